"""Slates on request: what a coordinator says without Dagster. With a real one: orchestration/test_starts.py."""

import json
from datetime import date
from pathlib import Path

import pytest

from nba_assets.orchestration.schedules import SCHEDULED
from nba_assets.serving import runs
from nba_assets.serving.schema import BATCHES, REQUESTS
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets_tests.pubsub import pubsub
from nba_assets_tests.serving.served import detail, free_port, pushed, rows, serving, with_a_night

DAY = "2022-11-06"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    return with_a_night(folder, DuckDBWarehouse(folder / "warehouse.duckdb", lock_timeout=0.5))


def test_without_dagster_nothing_is_started_and_nothing_is_recorded(home: Path) -> None:
    with serving(home, dagster_url=f"http://127.0.0.1:{free_port()}") as ask:
        found = ask("/start", "POST", json={"game_date": DAY})
        assert "Dagster" in detail(found, 503)["detail"] and "127.0.0.1" not in found.text
        assert found.headers["retry-after"]
        assert ask("/start", "POST", json=pushed({"game_date": DAY}, "1")).status_code == 500
    database = Database(f"sqlite:///{home / 'usage.db'}")
    assert rows(database, BATCHES) == rows(database, REQUESTS) == []


@pytest.mark.parametrize(
    "body",
    [
        {"game_date": "2017-01-01"},
        {"game_date": "2101-01-01"},
        {"game_date": "YESTERDAY"},
        {"game_date": DAY, "min_minutes": -1},
        {"game_date": DAY, "min_minutes": "all"},
        {"game_date": DAY, "minimum": 3},
        {"game_date": DAY, "correlation_id": "x" * 101},
        [],
        None,
    ],
)
def test_requests_that_make_no_sense_start_nothing(home: Path, body: object) -> None:
    with serving(home, dagster_url=f"http://127.0.0.1:{free_port()}") as ask:
        detail(ask("/start", "POST", json=body), 422)


def test_an_unknown_batch_is_not_found(home: Path) -> None:
    with serving(home) as ask:
        assert "'x'" in detail(ask("/status?batch_id=x"), 404)["detail"]
        detail(ask("/status"), 422)


def test_a_completion_is_recorded_once_and_poison_is_refused(home: Path) -> None:
    told = {"batch_id": "b", "player_lookup": "nikolajokic", "game_date": DAY, "predictions": 5}
    with serving(home) as ask:
        for body in (pushed(told, "1"), pushed(told, "1"), pushed({"player_lookup": "x"}, "2"), {"message": {"data": "%"}}):
            answer = ask("/complete", "POST", json=body)
            assert (answer.status_code, answer.content) == (204, b"")
        detail(ask("/complete", "POST", json={}), 422)
    found = rows(Database(f"sqlite:///{home / 'usage.db'}"), REQUESTS)
    assert [row["outcome"] for row in found] == ["completed", "refused", "refused"]
    assert found[0]["batch_id"] == "b" and found[0]["game_date"] == date(2022, 11, 6)
    assert found[1]["detail"] == "it names neither batch_id nor game_date"


def test_what_makes_no_sense_is_told_to_the_dead_letters_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topic, database = "projects/p/topics/dead", Database(f"sqlite:///{home / 'usage.db'}")
    poison = {"message": {"data": "%", "messageId": "dead"}}
    with pubsub() as (address, held), serving(home, dead_letter_topic=topic) as ask:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)
        before = len(rows(database, REQUESTS))
        # Where nobody can be told, the message stays with Pub/Sub.
        assert "topic" in detail(ask("/start", "POST", json=poison), 500)["detail"]
        assert len(rows(database, REQUESTS)) == before
        held.topics.append(topic)
        for path in ("/predict", "/start", "/start"):
            assert ask(path, "POST", json=poison).status_code == 204
        assert len(rows(database, REQUESTS)) == before + 2
    assert [json.loads(data) for _, data, _ in held.published] == [poison["message"]] * 2
    assert held.published[0][2]["detail"] == "its data are not base64"


def test_runs_are_asked_for_as_schedules_ask() -> None:
    assert runs.TAGS == SCHEDULED
