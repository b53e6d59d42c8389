"""Asking sites, and keeping what they answer."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from nba_assets.sources.raw import Kept, RawError, RawStore, Response
from nba_assets.sources.web import FAILURES, Request, Web
from nba_assets_tests.sources.site import Clock, Fault, Site, served

NOW = datetime(2024, 11, 1, 12, tzinfo=UTC)
SECRET = "0123456789abcdef-secret"  # noqa: S105 (nobody's)


class Words(Site):
    """A site that answers the path it was asked for."""

    def answer(self, path: str, query: dict[str, str]) -> object:
        return {"path": path, "query": {name: value for name, value in query.items() if name != "apiKey"}}


@pytest.fixture
def words() -> Iterator[Words]:
    with served(Words({}, Clock(NOW))) as site:
        assert isinstance(site, Words)
        yield site


def request(site: Site, path: str = "odds", **more: str) -> Request:
    key = ("apiKey", SecretStr(SECRET))
    return Request("odds", path, "2024-11-01", "all", f"{site.address}/{path}", more, key=key)


def web(folder: Path, pauses: list[float] | None = None, **more: object) -> Web:
    return Web(RawStore(str(folder / "raw")), Clock(NOW), pause=(pauses if pauses is not None else []).append, **more)  # pyright: ignore[reportArgumentType]


def test_an_answer_is_kept_with_its_url_headers_time_and_hash(words: Words, tmp_path: Path) -> None:
    asked = web(tmp_path).ask(request(words, day="2"))
    raw = RawStore(str(tmp_path / "raw"))
    (kept,) = raw.everything()
    read = raw.read(kept)
    assert asked.outcome == "ok" and asked.response == Response(
        kept, f"{words.address}/odds?day=2", asked.response.headers, read.body
    )
    assert json.loads(read.body) == {"path": "/odds", "query": {"day": "2"}}
    assert kept[:4] == ("odds", "odds", "2024-11-01", "all") and abs((kept.asked_at - NOW).total_seconds()) < 1
    assert "Server" in dict(read.headers)


def test_a_refusal_is_kept_apart_with_its_status_and_without_the_key_it_quotes(words: Words, tmp_path: Path) -> None:
    quoted = f"wrong: apiKey={SECRET}".encode()
    words.faults["odds"] = [Fault(401, body=quoted, headers={"Location": f"/blocked?url=apiKey={SECRET}"})]
    assert web(tmp_path).ask(request(words)).outcome == "refused"
    raw = RawStore(str(tmp_path / "raw"))
    (kept,) = raw.everything()
    read = raw.read(kept)
    assert (kept.endpoint, read.status, read.body) == ("odds refused", "401 Unauthorized", b"wrong: apiKey=...")
    assert SECRET not in repr(read.headers) and dict(read.headers)["Location"] == "/blocked?url=apiKey=..."
    assert raw.kept("odds", "odds", "2024-11-01") == []


def test_no_key_is_kept_or_said(words: Words, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for fault in (None, Fault(401), Fault(500), Fault(200, b"<html>"), Fault(200, broken_off=True)):
        words.faults["odds"] = [fault] * 4 if fault else []
        asked = web(tmp_path).ask(request(words))
        assert SECRET not in repr(asked)
    assert any(SECRET in path for path in words.asked)
    assert SECRET not in caplog.text
    nowhere = Request("odds", "x", "f", "s", "http://127.0.0.1:9/", {}, key=("apiKey", SecretStr(SECRET)))
    asked = web(tmp_path).ask(nowhere)
    assert asked.outcome == "unavailable" and SECRET not in repr(asked)
    for kept in RawStore(str(tmp_path / "raw")).everything():
        read = RawStore(str(tmp_path / "raw")).read(kept)
        assert SECRET not in repr(read)


def test_requests_are_spaced_and_tries_back_off(words: Words, tmp_path: Path) -> None:
    pauses: list[float] = []
    one = web(tmp_path, pauses, spacing=(0.6, 1.0))
    for _ in range(3):
        one.ask(request(words))
    assert len(pauses) == 2 and all(0.4 < pause <= 1.0 for pause in pauses)
    pauses.clear()
    words.faults["odds"] = [Fault(503), Fault(429, headers={"Retry-After": "17"}), Fault(503)]
    asked = web(tmp_path, pauses, spacing=(0.6, 1.0)).ask(request(words))
    assert (asked.outcome, asked.tries) == ("ok", 4)
    # Spacing comes between, too: nobody really waits here.
    backed_off = [pause for pause in pauses if pause > 1]
    assert backed_off[1] == 17
    assert 1.2 <= backed_off[0] <= 2.2
    assert 4.8 <= backed_off[2] <= 5.8


def test_a_date_to_come_back_is_understood(words: Words, tmp_path: Path) -> None:
    pauses: list[float] = []
    dates = {"Retry-After": "Fri, 01 Nov 2024 12:00:09 GMT"}
    words.faults["odds"] = [Fault(429, headers=dates)]
    asked = web(tmp_path, pauses, spacing=(0.0, 0.0)).ask(request(words))
    # Long past by the server's own Date.
    assert asked.outcome == "ok" and pauses == [0.0]


def test_a_site_that_fails_again_and_again_is_left_alone(words: Words, tmp_path: Path) -> None:
    words.faults["odds"] = [Fault(503)] * 100
    one = web(tmp_path, spacing=(0.0, 0.0))
    outcomes = [one.ask(request(words)).outcome for _ in range(6)]
    assert outcomes == ["unavailable"] * FAILURES + ["left_alone"] * (6 - FAILURES)
    assert len(words.asked) == 4 * FAILURES
    # What a site answers for good says nothing about the site.
    words.faults["odds"] = [Fault(404)] * 10
    one = web(tmp_path, spacing=(0.0, 0.0))
    assert [one.ask(request(words)).outcome for _ in range(6)] == ["gone"] * 6


def test_prune_keeps_the_first_of_what_differs_and_the_newest(tmp_path: Path) -> None:
    raw = RawStore(str(tmp_path))
    bodies = [
        {"x": 1, "meta": 1},
        {"x": 1, "meta": 2},
        {"x": 1, "meta": 3},
        {"x": 2, "meta": 4},
        {"x": 2, "meta": 5},
        {"x": 2, "meta": 6},
    ]
    for minute, body in enumerate(bodies):
        kept = Kept("nba_stats", "box", "2024-01-01", "0022300001", NOW.replace(minute=minute))
        raw.keep(Response(kept, "http://x/", (), json.dumps(body).encode()))
    assert raw.prune() == (3, 6)
    assert [json.loads(raw.read(kept).body)["meta"] for kept in raw.everything()] == [1, 4, 6]
    assert raw.prune() == (0, 3)


def test_a_damaged_file_is_named(words: Words, tmp_path: Path) -> None:
    web(tmp_path).ask(request(words))
    raw = RawStore(str(tmp_path / "raw"))
    (kept,) = raw.everything()
    path = tmp_path / "raw" / kept.path
    whole = path.read_bytes()
    for content in (whole[:-40], whole[: len(whole) // 2], b"", b"nonsense", whole[:200] + b"\0" + whole[201:]):
        path.write_bytes(content)
        with pytest.raises(RawError, match=r"is damaged.*fetch the date again"):
            raw.read(kept)


def test_answers_are_kept_in_a_bucket(words: Words, bucket: str) -> None:
    raw = RawStore(f"{bucket}/raw")
    Web(raw, Clock(NOW)).ask(request(words))
    (kept,) = raw.everything()
    assert json.loads(raw.read(kept).body)["path"] == "/odds"
