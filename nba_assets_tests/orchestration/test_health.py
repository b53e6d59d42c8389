"""`nba-assets doctor`: what is wrong is found, each with its remedy."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from nba_assets.home import Home
from nba_assets.orchestration.health import FAULT, OK, WARNING, Check, checks
from nba_assets.settings import Settings, load_settings
from nba_assets.tables.league import PLAYER_GAMES
from nba_assets_tests.cli.test_cli import run
from nba_assets_tests.conftest import HOME
from nba_assets_tests.rows import of


def found(settings: Settings) -> dict[str, Check]:
    return {check.check: check for check in checks(settings)}


def test_a_new_home_is_healthy_and_empty(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "new", **HOME)
    by_name = found(settings)
    assert {name for name, check in by_name.items() if check.state == OK} == {"settings", "rights", "disk", "clock", "source"}
    assert by_name["schema"].state == WARNING
    assert "`nba-assets backfill" in by_name["schema"].remedy
    # Looking makes nothing.
    assert not settings.home.exists()


def test_what_is_empty_or_stale_is_said(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, **HOME)
    warehouse = Home(settings).warehouse
    day = date(2024, 1, 5)
    warehouse.replace(PLAYER_GAMES, of(PLAYER_GAMES, {"game_date": day}), {"game_date": day})
    by_name = found(settings)
    assert by_name["schema"].state == OK
    assert by_name["contents"].state == WARNING
    assert by_name["contents"].found.startswith("empty: box_scores, ml_feature_store, model_bundles, ml_model_registry")
    assert by_name["freshness"][1:3] == (WARNING, "newest box score 2024-01-05, newest grade None")
    assert by_name["freshness"].remedy.startswith("`nba-assets grade 2024-01-05`")


def test_faults_have_remedies(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"source": "simulated"}')
    later = (datetime.now(UTC) + timedelta(days=1)).timestamp()
    os.utime(tmp_path / "settings.json", (later, later))
    (tmp_path / "warehouse.duckdb").write_text("not a database")
    by_name = found(load_settings(tmp_path, source="archive", archive_path=tmp_path / "nowhere"))
    assert {name for name, check in by_name.items() if check.state == FAULT} >= {"clock", "source", "schema"}
    assert all(check.remedy for check in by_name.values() if check.state != OK)
    missing = found(load_settings(tmp_path / "other", source="archive", archive_path=tmp_path / "nowhere"))
    assert "has no readable player_games/" in missing["source"].found


def test_a_home_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    # Below a file nobody can write, not even root.
    (tmp_path / "file").write_text("")
    assert found(load_settings(tmp_path / "file" / "home"))["rights"].state == FAULT


def test_the_command_prints_every_check_and_fails_on_a_fault(tmp_path: Path) -> None:
    printed = run("doctor", "--home", tmp_path / "new").stdout
    assert printed.splitlines()[0].split() == ["check", "state", "found", "remedy"]
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "warehouse.duckdb").write_text("not a database")
    failed = run("doctor", "--json", "--home", tmp_path / "home", code=1)
    assert "checks found a fault: schema, contents, freshness" in failed.stderr
