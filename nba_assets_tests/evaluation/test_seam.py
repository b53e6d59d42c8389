"""What changes where facts come from another source."""

from datetime import date, timedelta

import polars as pl
import pytest

from nba_assets.evaluation.seam import coverage, errors, sides
from nba_assets.home import Home
from nba_assets.settings import Settings
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.grades import GRADED_PREDICTIONS

SEAM = date(2023, 1, 16)


def test_sides_touch_and_do_not_overlap() -> None:
    before, after = sides(SEAM, 10).values()
    assert (before.first, before.last, after.first, after.last) == (
        date(2023, 1, 6), date(2023, 1, 15), date(2023, 1, 16), date(2023, 1, 25))  # fmt: skip


def test_coverage_by_hand() -> None:
    rows = pl.DataFrame(
        {
            "decision": ["tip"] * 4,
            "game_date": [SEAM - timedelta(days=1)] * 2 + [SEAM] * 2,
            "touches_ewma": [1.0, None, None, None],
            "points_ewma": [1.0, 1.0, 1.0, 1.0],
        }
    )
    assert coverage(rows, SEAM, 5).rows() == [("tip", "touches_ewma", 0.5, 0.0, -0.5), ("tip", "points_ewma", 1.0, 1.0, 0.0)]


@pytest.mark.slow
@pytest.mark.xdist_group("ran_home")
def test_a_home_without_a_seam_shows_none(ran_home: Settings) -> None:
    home = Home(ran_home)
    found = errors(home.warehouse.read(GRADED_PREDICTIONS), SEAM, 15)
    lightgbm = found.filter((pl.col("model_id") == "lightgbm_v2") & (pl.col("decision") == "tip"))
    assert lightgbm["side"].to_list() == ["before", "after"]
    before, after = lightgbm.iter_rows(named=True)
    assert before["mae_low"] < after["mae"] < before["mae_high"] or after["mae_low"] < before["mae"] < after["mae_high"]
    shifts = coverage(home.warehouse.read(ML_FEATURE_STORE), SEAM, 15)
    assert shifts["shift"].abs().max() < 0.2
