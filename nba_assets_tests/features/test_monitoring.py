from datetime import date, timedelta

import polars as pl
import pytest

from nba_assets.features.monitoring import NAMES, constant_features, coverage, unusual_features
from nba_assets.tables.contracts import conform
from nba_assets.tables.features import FEATURE_COVERAGE, ML_FEATURE_STORE

FIRST = date(2023, 10, 24)


def rows(days: int, **features: list[float | None]) -> pl.DataFrame:
    """Two players a day and decision; features that are not named differ from row to row."""
    records = [
        {
            "season": "2023-24", "game_date": FIRST + timedelta(days=day), "game_id": str(day), "player_id": player,
            "decision": decision, **{name: float(7 * day + player + len(name)) for name in NAMES},
            **{name: values[day] for name, values in features.items()},
        }
        for day in range(days) for player in (1, 2) for decision in ("noon", "tip")
    ]  # fmt: skip
    schema = {name: kind for name, kind in ML_FEATURE_STORE.schema.items() if name in records[0]}
    return pl.DataFrame(records, schema=schema)


def test_coverage_by_hand() -> None:
    found = coverage(rows(4, spread=[1.0, 3.0, None, None], home=[1.0] * 4))
    conform(found, FEATURE_COVERAGE)
    assert found.height == 2 * len(NAMES)
    spread = found.row(by_predicate=(pl.col("feature") == "spread") & (pl.col("decision") == "noon"), named=True)
    assert (spread["dates"], spread["row_count"], spread["coverage"], spread["distinct_values"]) == (4, 8, 0.5, 2)
    assert (spread["mean"], spread["std"]) == (2.0, pytest.approx((4 / 3) ** 0.5))
    assert spread["null_when"] == "the decision cannot know it"


def test_a_feature_that_never_changes_is_found_and_one_that_is_never_known_is_not() -> None:
    thirty = rows(30, pace_score=[50.0] * 30, vegas_points_line=[None] * 30)
    assert constant_features(coverage(thirty)).rows() == [("2023-24", "pace_score", 50.0)]
    assert constant_features(coverage(thirty.filter(pl.col("game_date") < FIRST + timedelta(days=29)))).is_empty()


def test_a_feature_that_differs_between_decisions_only_is_no_constant() -> None:
    frame = rows(30).with_columns(at_tip=(pl.col("decision") == "tip").cast(pl.Float64))
    assert constant_features(coverage(frame)).is_empty()


def test_a_day_unlike_its_season_is_found() -> None:
    usual = [float(day % 5) for day in range(39)]
    found = unusual_features(rows(40, total=[*usual, 100.0], spread=[*usual, None], home=[*usual, 2.0]))
    assert found.filter(pl.col("feature").is_in(["total", "spread", "home"])).select("decision", "feature").rows() == [
        ("noon", "spread"), ("noon", "total"), ("tip", "spread"), ("tip", "total"),
    ]  # fmt: skip
    assert unusual_features(rows(20, total=[*usual[:19], 100.0])).is_empty()
