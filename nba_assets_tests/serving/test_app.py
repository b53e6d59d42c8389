"""The service over real HTTP: what it answers, what it refuses and how it says so."""

import hashlib
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import SecretStr

from nba_assets.calendar import Dates
from nba_assets.forecasting.betting import prob_over
from nba_assets.reference.names import Person
from nba_assets.reference.teams import TEAMS
from nba_assets.serving.publishing import publish
from nba_assets.serving.service import Directory
from nba_assets.settings import SettingsError, load_settings
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables import league
from nba_assets.tables.lineups import LINEUP_RATINGS
from nba_assets.usage.coefficients import save_coefficients
from nba_assets_tests.postgres import PASSWORD, PostgresServer
from nba_assets_tests.rows import DAY, of
from nba_assets_tests.serving.night import NOW, one_night, played, put
from nba_assets_tests.serving.served import NAMES, Ask, detail, distribution, model_file, serving, with_models

KEY = "a key that nobody may read"
PAGE = f"/predictions/{DAY}"


def test_a_slate_is_answered_with_who_is_out(ask: Ask) -> None:
    found = ask(PAGE).json()
    assert (found["market"], found["decision"], found["model"]) == ("player_points", "last", "champion")
    (row,) = found["predictions"]
    expected = {"player_name": "Nikola Jokić", "model_id": "best", "predicted": 26.5, "play_prob": 0.8, "actual": None}
    assert {name: row[name] for name in expected} == expected
    assert row["tip_off"] == "2024-01-01T23:45:00Z"
    assert [(each["player_name"], each["player_id"]) for each in found["out"]] == [("Out", 2)]
    (other,) = ask(f"{PAGE}?model=other").json()["predictions"]
    assert (other["predicted"], other["is_champion"]) == (24.0, False)
    assert ask(f"{PAGE}?decision=noon").json()["predictions"] == []


def test_csv_has_the_same_rows(ask: Ask) -> None:
    answer = ask(f"{PAGE}?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = pl.read_csv(BytesIO(answer.content))
    assert rows.columns == list(ask(PAGE).json()["predictions"][0])
    assert rows["player_name"].to_list() == ["Nikola Jokić"]


def test_what_has_not_changed_is_not_sent_again(ask: Ask, home: Path, warehouse: DuckDBWarehouse) -> None:
    first = ask(PAGE)
    tag = {"If-None-Match": first.headers["etag"]}
    again = ask(PAGE, headers=tag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert ask(f"{PAGE}?format=csv", headers=tag).status_code == 200
    played(warehouse, 31.0)
    publish(warehouse, Database(f"sqlite:///{home / 'usage.db'}"), Dates(DAY, DAY), NOW)
    newer = ask(PAGE, headers=tag)
    assert newer.status_code == 200 and newer.json()["predictions"][0]["actual"] == 31.0


def test_a_player_changes_with_any_of_the_players_games(ask: Ask, home: Path, warehouse: DuckDBWarehouse) -> None:
    database, later = Database(f"sqlite:///{home / 'usage.db'}"), DAY + timedelta(days=1)
    one_night(warehouse, day=later)
    publish(warehouse, database, Dates(DAY, later), NOW)
    first = ask("/players/1")
    tag = {"If-None-Match": first.headers["etag"]}
    assert [game["actual"] for game in first.json()["games"]] == [None, None]
    assert ask("/players/1", headers=tag).status_code == 304
    played(warehouse, 31.0)
    publish(warehouse, database, Dates(DAY, DAY), NOW + timedelta(hours=1))
    assert [game["actual"] for game in ask("/players/1", headers=tag).json()["games"]] == [None, 31.0]


def test_a_date_without_games_says_which_there_are(ask: Ask) -> None:
    for day in ("2023-12-31", "2024-07-01", "2100-01-01"):
        found = detail(ask(f"/predictions/{day}"), 404)
        assert found["nearest"] == [str(DAY)] and str(DAY) in found["detail"]
    assert "path.day" in detail(ask("/predictions/tomorrow"), 422)["detail"]


def test_players_are_found_by_id_and_by_names_in_any_spelling(ask: Ask) -> None:
    for who in ("1", "Nikola Jokic", "N. Jokić", "nikolajokic", "Jokic, Nikola"):
        assert ask(f"/players/{who}").json()["player_id"] == 1, who
    found = ask("/players/nikolajokic").json()
    assert found["newest"]["pts"] == 27.0
    assert [game["predicted"] for game in found["games"]] == [26.5]
    for nearly in ("nikola jokik", "jok"):
        assert detail(ask(f"/players/{nearly}"), 404)["suggestions"] == ["Nikola Jokić"]
    assert detail(ask("/players/99"), 404)["suggestions"] == []
    for strange in ("..%2f..%2fetc%2fpasswd", "%00", "🏀", "9" * 40, "-1", "'; DROP TABLE served_slates"):
        detail(ask(f"/players/{strange}"), 404)
    for nothing in (f"{PAGE}?market=%00", f"{PAGE}?model=%00", "/usage/x?team=%00", "/usage/%00"):
        detail(ask(nothing), 422)
    detail(ask(f"/players/{'x' * 101}"), 422)


def test_a_name_of_two_is_answered_with_both(home: Path, warehouse: DuckDBWarehouse) -> None:
    one_night(warehouse, out_name="Nikola Jokic")
    publish(warehouse, Database(f"sqlite:///{home / 'usage.db'}"), Dates(DAY, DAY), NOW)
    with serving(home) as ask:
        found = detail(ask("/players/nikola jokic"), 409)
        assert [each["player_id"] for each in found["candidates"]] == [1, 2]


def test_a_surname_alone_is_enough_where_one_player_has_it(ask: Ask, home: Path, warehouse: DuckDBWarehouse) -> None:
    assert ask("/players/jokić").json()["player_id"] == 1
    one_night(warehouse, out_name="Istok Jokić")
    publish(warehouse, Database(f"sqlite:///{home / 'usage.db'}"), Dates(DAY, DAY), NOW + timedelta(hours=1))
    assert [each["player_id"] for each in detail(ask("/players/jokic"), 409)["candidates"]] == [1, 2]


def test_lineups_are_answered_with_names_and_as_csv(ask: Ask, home: Path, warehouse: DuckDBWarehouse) -> None:
    assert "train_lineups" in detail(ask("/lineups/ATL"), 404)["detail"]
    rated = {"team_id": TEAMS[0].team_id, "possessions": 400, "net_rating": 12.5, "net_expected": 3.25}
    seasons = {"2022-23": "1-2-3-4-5", "2023-24": "1-3-4-5-6"}
    for season, lineup in seasons.items():
        rows = of(LINEUP_RATINGS, {**rated, "season": season, "lineup": lineup})
        warehouse.replace(LINEUP_RATINGS, rows, {"season": season})
    game = {"game_id": "g", "team_id": TEAMS[0].team_id, "player_id": 1, "player_name": "Nikola Jokić"}
    put(warehouse, league.PLAYER_GAMES, game)
    publish(warehouse, Database(f"sqlite:///{home / 'usage.db'}"), Dates(DAY, DAY), NOW + timedelta(hours=1))
    found = ask(f"/lineups/{TEAMS[0].abbreviation}").json()
    assert found["season"] == "2023-24" and len(found["lineups"]) == 1
    assert found["lineups"][0]["players"] == ["Nikola Jokić", "3", "4", "5", "6"]
    assert (found["lineups"][0]["net_rating"], found["lineups"][0]["net_expected"]) == (12.5, 3.25)
    assert '"Nikola Jokić, 3, 4, 5, 6"' in ask(f"/lineups/{TEAMS[0].abbreviation}?format=csv").text
    assert TEAMS[0].abbreviation in detail(ask(f"/lineups/{TEAMS[1].abbreviation}"), 404)["detail"]
    detail(ask("/lineups/nobody"), 422)


def test_of_two_names_of_one_player_the_newest_is_shown_and_an_initial_of_two_stays_ambiguous() -> None:
    people = [Person(1, "Al Smith"), Person(2, "Abe Smith"), Person(1, "Zed Other")]
    known = Directory("1", people)
    assert known.by_id == {1: "Zed Other", 2: "Abe Smith"}
    assert known.ids(known.names.resolve("A. Smith").candidates) == [1, 2]


def test_the_chances_of_a_line_are_those_of_the_distribution(ask: Ask) -> None:
    quantiles = distribution().quantiles(np.array([26.5]), np.array([np.nan]), np.array([1.0]))
    for line in (24.5, 25.0, 0.0):
        found = ask(f"/players/1/distribution?line={line}").json()
        assert found["prob_over"] == pytest.approx(prob_over(quantiles, np.array([line]))[0], abs=1e-12)
        assert found["prob_over"] + found["prob_under"] == pytest.approx(1)
        assert found["fair_over"] == pytest.approx(1 / found["prob_over"])
    assert [each["value"] for each in found["quantiles"]] == pytest.approx(quantiles[0].tolist())
    assert "prob_over" not in ask("/players/1/distribution").json()
    for line in ("-1", "nan", "1e9", "much"):
        detail(ask(f"/players/1/distribution?line={line}"), 422)
    detail(ask("/players/2/distribution"), 404)


def test_a_distribution_that_is_gone_is_said_and_the_rest_goes_on(ask: Ask, home: Path) -> None:
    for file in (home / "artifacts").rglob("*.json"):
        file.unlink()
    assert detail(ask("/players/1/distribution"), 503)["detail"] == "a file of a model cannot be read"
    assert ask(PAGE).status_code == 200


def test_usage_when_teammates_are_out(ask: Ask, home: Path) -> None:
    database = Database(f"sqlite:///{home / 'usage.db'}")
    trae = {"vit_krejci": 11.38, "kristaps_porzingis": 6.66}
    save_coefficients("trae_young", "ATL", 17.96, trae, {"vit_krejci": 0.0004}, 10, 0.41, database=database)
    assert ask("/usage/trae_young").json()["teammate_deltas"] == trae
    for out, usage in (([], 17.96), (["vit_krejci"], 29.34), (["vit_krejci", "kristaps_porzingis"], 36.00)):
        found = ask("/usage/predict", "POST", json={"player": "trae_young", "out": out}).json()
        assert found["usage_percentage"] == usage
    assert (
        "kristaps_porzingis"
        in detail(ask("/usage/predict", "POST", json={"player": "trae_young", "out": ["x"]}), 404)["detail"]
    )
    detail(ask("/usage/nobody"), 404)
    for wrong in (b"{", b'{"player": 1}', b'{"player": "x", "out": "y"}', b'{"player": "x", "more": 1}', b"[]"):
        detail(ask("/usage/predict", "POST", data=wrong, headers={"Content-Type": "application/json"}), 422)
    detail(ask("/usage/predict", "POST", json={"player": "trae_young", "out": ["x"] * 10_000}), 422)


def test_bodies_have_a_limit_whether_they_say_so_or_not(ask: Ask) -> None:
    large = b"x" * 10_000_000
    assert "at most 1,048,576 bytes" in detail(ask("/usage/predict", "POST", data=large), 413)["detail"]
    parts = (large[:100_000] for _ in range(20))
    detail(ask("/usage/predict", "POST", data=parts, headers={"Content-Type": "application/json"}), 413)


def test_keys_are_asked_for_in_the_header_alone(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(home, serve_keys=(hashlib.sha256(KEY.encode()).hexdigest(),)) as ask:
        assert ask(PAGE, headers={"X-API-Key": KEY}).status_code == 200
        for wrong in ({}, {"X-API-Key": "other"}, {"Authorization": f"Bearer {KEY}"}):
            detail(ask(PAGE, headers=wrong), 401)
        detail(ask(f"{PAGE}?key=x"), 401)
        assert ask("/health").status_code == ask("/ready").status_code == ask("/metrics").status_code == 200
        assert KEY not in ask("/metrics").text
    assert KEY not in caplog.text


def test_who_asks_too_often_is_told_when_to_come_back(home: Path) -> None:
    with serving(home, serve_rate="3/minute") as ask:
        assert [ask(PAGE).status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = ask(PAGE)
        detail(refused, 429)
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert ask("/health").status_code == 200


def test_every_answer_has_an_id_and_is_counted_and_logged(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "nba_assets.serving.access")
    assert ask("/health", headers={"X-Request-ID": "mine-1"}).headers["x-request-id"] == "mine-1"
    assert len(ask("/health", headers={"X-Request-ID": "two\tparts"}).headers["x-request-id"]) == 32
    ask(PAGE)
    ask("/players/nobody")
    counted = ask("/metrics").text
    assert 'nba_assets_requests_total{method="GET",route="/predictions/{day}",status="200"} 1.0' in counted
    assert 'route="/players/{who}",status="404"} 1.0' in counted
    assert any('"request_id": "mine-1"' in message for message in caplog.messages)


def test_long_answers_are_zipped_and_pages_of_others_may_be_let_in(home: Path) -> None:
    with serving(home, serve_origins=("https://example.org",)) as ask:
        assert ask(PAGE, headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
        let_in = ask(PAGE, headers={"Origin": "https://example.org"})
        assert let_in.headers["access-control-allow-origin"] == "https://example.org"
        assert "access-control-allow-origin" not in ask(PAGE, headers={"Origin": "https://other.org"}).headers


def test_a_page_of_another_site_may_send_a_key_and_read_a_refusal(home: Path) -> None:
    hashed = hashlib.sha256(KEY.encode()).hexdigest()
    with serving(home, serve_origins=("https://example.org",), serve_keys=(hashed,)) as ask:
        page = {"Origin": "https://example.org"}
        wants = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key, if-none-match"}
        assert ask("/usage/predict", "OPTIONS", headers=page | wants).status_code == 200
        refused = ask(PAGE, headers=page)
        assert detail(refused, 401) and refused.headers["access-control-allow-origin"] == "https://example.org"
        let_in = ask(PAGE, headers=page | {"X-API-Key": KEY})
        assert let_in.status_code == 200 and "ETag" in let_in.headers["access-control-expose-headers"]


@pytest.mark.parametrize("wrong", [{"serve_rate": "300/fortnite"}, {"serve_keys": (KEY,)}], ids=["rate", "key"])
def test_settings_that_would_lock_everybody_out_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        load_settings(tmp_path, **wrong)


def test_an_empty_home_is_not_ready_and_says_what_to_do(tmp_path: Path) -> None:
    with serving(tmp_path / "empty") as ask:
        assert ask("/health").status_code == 200
        answer = ask("/ready")
        assert answer.status_code == 503 and "a run of the graph makes them" in answer.json()["missing"][0]
        assert ask("/").json()["status"] == "not ready"
        detail(ask(PAGE), 503)


def test_a_database_that_stops_is_said_and_comes_back(
    postgres: PostgresServer, home: Path, warehouse: DuckDBWarehouse, fresh_postgres: Database
) -> None:
    publish(warehouse, fresh_postgres, Dates(DAY, DAY), NOW)
    with serving(home, database_url=SecretStr(postgres.url())) as ask:
        before = ask(PAGE)
        assert before.json()["predictions"][0]["tip_off"] == "2024-01-01T23:45:00Z"
        postgres.stop()
        try:
            refused = ask(PAGE)
            assert PASSWORD not in detail(refused, 503)["detail"] and refused.headers["retry-after"] == "5"
            missing = ask("/ready")
            assert missing.status_code == 503 and PASSWORD not in missing.text
        finally:
            postgres.start()
        assert ask(PAGE).json() == before.json()
        assert ask("/ready").status_code == 200
    fresh_postgres.close()


def test_under_load_a_database_that_stops_and_starts_gives_slates_or_says_that_it_does_not_answer(
    postgres: PostgresServer, home: Path, warehouse: DuckDBWarehouse, fresh_postgres: Database
) -> None:
    publish(warehouse, fresh_postgres, Dates(DAY, DAY), NOW)
    begun, over, answers = Event(), Event(), list[tuple[int, bytes]]()
    with serving(home, database_url=SecretStr(postgres.url())) as ask, ThreadPoolExecutor(4) as pool:

        def asking() -> None:
            while not over.is_set():
                answer = ask(PAGE)
                answers.append((answer.status_code, answer.content))
                begun.set()

        loads = [pool.submit(asking) for _ in range(4)]
        try:
            assert begun.wait(20)
            postgres.stop()
            try:
                detail(ask(PAGE), 503)
            finally:
                postgres.start()
            after = ask(PAGE)
        finally:
            over.set()
        for load in loads:
            load.result()
    assert after.status_code == 200 and {status for status, _ in answers} == {200, 503}
    assert {content for status, content in answers if status == 200} == {after.content}
    fresh_postgres.close()


@pytest.fixture
def modelled(home: Path, warehouse: DuckDBWarehouse) -> Path:
    return with_models(home, warehouse)


def test_every_enabled_model_is_loaded_or_says_why_not(modelled: Path) -> None:
    with serving(modelled) as ask:
        found = ask("/").json()
        systems = found["systems"]
        assert found["status"] == "ready" and systems.keys() == {"xgboost_v1", "gone", "untrained"}
        loaded = systems["xgboost_v1"]
        expected = {"status": "loaded", "champion": True, "path": "x.json", "reason": None, "market": "player_points"}
        assert {name: loaded[name] for name in expected} == expected
        assert loaded["hash"] == hashlib.sha256(model_file(2)).hexdigest()
        assert systems["gone"]["status"] == "not loaded" and systems["gone"]["reason"]
        assert "no bundle is trained yet" in systems["untrained"]["reason"]
        about = ask("/v2/models/xgboost_v1").json()
        assert [each["name"] for each in about["inputs"]] == list(NAMES)
        assert [ask(f"/v2/models/{name}/ready").status_code for name in ("xgboost_v1", "gone", "off")] == [200, 503, 404]


def test_a_variable_puts_a_file_in_the_place_of_the_registrys(modelled: Path) -> None:
    mine = modelled / "mine.json"
    mine.write_bytes(model_file(3))
    for name in ("XGBOOST_V1_MODEL_PATH", "NBA_ASSETS_MODEL_PATH_XGBOOST_V1"):
        with serving(modelled, {name: str(mine)}) as ask:
            loaded = ask("/").json()["systems"]["xgboost_v1"]
            assert (loaded["path"], loaded["hash"]) == (str(mine), hashlib.sha256(model_file(3)).hexdigest())
    for path in (modelled / "nowhere.json", modelled / "model.pickle"):
        with serving(modelled, {"NBA_ASSETS_MODEL_PATH_GONE": "x.json", "XGBOOST_V1_MODEL_PATH": str(path)}) as ask:
            systems = ask("/").json()["systems"]
            assert systems["xgboost_v1"]["reason"] and systems["gone"]["status"] == "loaded"
            assert ask(PAGE).status_code == 200


def test_another_champion_takes_its_place_while_the_service_runs(
    modelled: Path, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nba_assets.serving.watching.SECONDS", 0.02)
    with serving(modelled) as ask:
        assert ask("/").json()["systems"]["untrained"]["champion"] is False
        warehouse.query("UPDATE nba_predictions.ml_model_registry SET is_production = model_id = 'untrained' WHERE TRUE")
        publish(warehouse, Database(f"sqlite:///{modelled / 'usage.db'}"), Dates(DAY, DAY), NOW)
        until = monotonic() + 20
        while not ask("/").json()["systems"]["untrained"]["champion"]:
            assert monotonic() < until
        assert ask("/").json()["systems"]["xgboost_v1"]["champion"] is False


def test_the_service_knows_no_dagster() -> None:
    script = "import sys, nba_assets.serving.app; sys.exit(any(name in sys.modules for name in ('dagster', 'duckdb')))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_times_are_utc_whatever_the_zone_of_who_published(ask: Ask) -> None:
    row = ask(PAGE).json()["predictions"][0]
    assert datetime.fromisoformat(row["predicted_at"]).astimezone(UTC) == datetime(2024, 1, 1, 23, 45, tzinfo=UTC)
