"""Answers that are kept whole: as long as nobody has written, and no longer."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from nba_assets.calendar import Dates
from nba_assets.serving.kept import Kept
from nba_assets.serving.publishing import publish
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.usage.coefficients import save_coefficients
from nba_assets_tests.rows import DAY
from nba_assets_tests.serving.night import HOME, NOW, one_night
from nba_assets_tests.serving.served import Ask

PATHS = (f"/predictions/{DAY}", f"/predictions/{DAY}?format=csv", f"/app/slate/{DAY}", "/players/1", "/models/leaderboard")
USAGE = {"player": "Nikola Jokić", "out": []}


def counted(ask: Ask) -> dict[str, float]:
    """Requests by route, as Prometheus has them."""
    lines = [line for line in ask("/metrics").text.splitlines() if line.startswith("nba_assets_requests_total")]
    return {line.split('route="')[1].split('"')[0]: float(line.split()[-1]) for line in lines}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("zipped", ["gzip", "identity"])
def test_the_second_answer_is_the_first(ask: Ask, path: str, zipped: str) -> None:
    headers = {"Accept-Encoding": zipped}
    first, second = (ask(path, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 200 and first.content == second.content
    own = ("x-request-id", "date")
    assert {k: v for k, v in first.headers.items() if k not in own} == {k: v for k, v in second.headers.items() if k not in own}
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    tag = {"If-None-Match": first.headers["etag"], **headers}
    assert [ask(path, headers=tag).status_code for _ in range(2)] == [304, 304]
    assert ask(path, headers=headers).content == first.content


def test_kept_answers_are_counted_by_their_route(ask: Ask) -> None:
    for _ in range(3):
        ask(f"/predictions/{DAY}")
    assert counted(ask)["/predictions/{day}"] == 3


def test_what_is_written_is_answered_at_once(ask: Ask, home: Path, warehouse: DuckDBWarehouse) -> None:
    database = Database(f"sqlite:///{home / 'usage.db'}")
    for number, name in enumerate(("First", "Second", "Third")):
        one_night(warehouse, out_name=name)
        publish(warehouse, database, Dates(DAY, DAY), NOW + timedelta(hours=number))
        for _ in range(2):
            assert [each["player_name"] for each in ask(f"/predictions/{DAY}").json()["out"]] == [name]
            assert name in ask(f"/app/slate/{DAY}").text


def test_bodies_are_told_apart_and_errors_are_not_kept(ask: Ask, home: Path) -> None:
    assert ask("/usage/predict", "POST", json=USAGE).status_code == 404
    database = Database(f"sqlite:///{home / 'usage.db'}")
    save_coefficients("Nikola Jokić", HOME.abbreviation, 28.0, {"Out": 4.5}, {}, 60, 0.4, database=database)
    for _ in range(2):
        assert ask("/usage/predict", "POST", json=USAGE).json()["usage_percentage"] == 28.0
        assert ask("/usage/predict", "POST", json={**USAGE, "out": ["Out"]}).json()["usage_percentage"] == 32.5
    long = {**USAGE, "out": ["Out"], "team": "x" * 9000}
    assert ask("/usage/predict", "POST", json=long).status_code == 422
    # A body that comes in parts, and one that is no JSON.
    parts = (part for part in (b'{"player": "Nikola Jokic",', b' "out": []}'))
    headers = {"Content-Type": "application/json"}
    assert ask("/usage/predict", "POST", data=parts, headers=headers).json()["usage_percentage"] == 28.0
    assert ask("/usage/predict", "POST", data=b"{", headers=headers).status_code == 422


def test_the_database_of_another_file_is_another_state(home: Path) -> None:
    database = Database(f"sqlite:///{home / 'usage.db'}")
    before = database.generation()
    assert before is not None and database.generation() == before
    Database(f"sqlite:///{home / 'usage.db'}").write(lambda connection: connection.exec_driver_sql("CREATE TABLE x (y)"))
    after = database.generation()
    assert after is not None and after != before
    (home / "usage.db").rename(home / "other.db")
    assert database.generation() is None
    database.close()


def test_what_is_kept_has_an_end_however_it_is_asked_for() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Another request is answered in between.
        await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 1000})

    async def received() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def sent(_: Message) -> None:
        pass

    kept = Kept(app, lambda: 1, most=20_000)

    async def asked(query: str) -> None:
        about = {"type": "http", "method": "GET", "path": "/app", "raw_path": b"/app", "headers": []}
        await kept({**about, "query_string": query.encode()}, received, sent)

    async def many() -> None:
        for number in range(50):
            # The same three at once are one entry.
            await asyncio.gather(*(asked(str(number)) for _ in range(3)))

    asyncio.run(many())
    sizes = [answer.size for answer in kept._answers.values()]
    assert 3 <= len(sizes) <= 6 and sum(sizes) == kept._size <= 20_000
