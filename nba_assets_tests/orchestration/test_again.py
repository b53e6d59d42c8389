"""What has run can be run again: every table is then the same, and what somebody has damaged is mended."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from nba_assets.calendar import Dates
from nba_assets.home import Home
from nba_assets.orchestration.runner import Runner
from nba_assets.settings import Settings, load_settings
from nba_assets_tests.orchestration.conftest import CRON, DAYS, fingerprints


@pytest.mark.slow
@pytest.mark.xdist_group("crashes")
def test_run_again_it_gives_the_same(undisturbed_home: Settings, undisturbed: dict[str, str], tmp_path: Path) -> None:
    shutil.copytree(undisturbed_home.home, tmp_path / "home")
    settings = load_settings(tmp_path / "home", cutoff_cron=CRON)
    home, runner = Home(settings), Runner(settings)
    # What is missing before a date is prepared first: here the league's rows of five days earlier.
    home.sql("DELETE FROM nba_league.player_games WHERE game_date = '2022-11-02'")
    home.sql("UPDATE nba_features.ml_feature_store SET points_ewma = 1 WHERE game_date = '2022-11-05'")
    runner.predict(date(2022, 11, 6))
    runner.grade(date(2022, 11, 6))
    runner.backfill(Dates(DAYS.first, date(2022, 11, 6)))
    assert fingerprints(home) == undisturbed
    assert runner.timing.bookkeeping_ms < 100
