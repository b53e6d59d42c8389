"""Acceptance by hand, and two trainings beside a leak."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from nba_assets.modelling.time_splits import TooFewRowsError, TrainingSet
from nba_assets.points.acceptance import Trial, acceptance
from nba_assets.points.ad_hoc import SpecError, compare, spec_of, train
from nba_assets.tables.features import FEATURES


def trial(**more: object) -> Trial:
    rows = pl.DataFrame(
        {"target": [10, 20, 5, 0], "minutes_ewma": [20.0, 30.0, None, 5.0], "vegas_points_line": [10.5, None, None, None]}
    )
    said = {"predicted": np.array([12.0, 26.0, 5.0, 8.0]), "oracle": np.array([11.0, 21.0, 5.0, 2.0])}
    return Trial(rows, **(said | {"training_mae": 3.0, "training_rows": 9_000} | more))  # type: ignore[arg-type]


def test_acceptance_by_hand() -> None:
    found = acceptance({"a": trial()})
    assert found["population"].unique(maintain_order=True).to_list() == [
        "all who played",
        "expected to play 15 minutes",
        "with a line on points",
    ]
    error, within, gap, rows, *_ = found.to_dicts()
    assert (error["found"], error["met"], error["known_minutes"], error["reachable"]) == (4.0, True, 1.0, True)
    assert (within["found"], within["met"], within["known_minutes"]) == (0.5, True, 1.0)
    assert (gap["found"], gap["met"], gap["reachable"]) == (1.0, True, None)
    assert (rows["found"], rows["met"]) == (9_000, False)
    regulars = found.filter(pl.col("population") == "expected to play 15 minutes").row(0, named=True)
    assert (regulars["rows"], regulars["found"]) == (2, 4.0)
    assert acceptance({"a": trial(training_mae=2.0)}).row(2, named=True)["met"] is False


def rows_of(days: int, seed: int) -> TrainingSet:
    """Rows whose points are noise around their form."""
    random = np.random.default_rng(seed)
    size = days * 120
    form = random.gamma(4, 3, size)
    frame = pl.DataFrame({feature.name: random.normal(size=size) for feature in FEATURES}).with_columns(
        **{name: pl.Series(form) for name in ("points_ewma", "points_avg_last_5", "points_avg_last_10", "minutes_ewma")},
        target=pl.Series(random.poisson(form).astype(float)),
        real_minutes=pl.Series(form),
        game_date=pl.Series([date(2024, 1, 1) + timedelta(days=number // 120) for number in range(size)]),
        game_id=pl.Series([str(number // 120) for number in range(size)]),
        player_id=pl.Series(range(size)),
        decision=pl.lit("tip"),
    )
    return TrainingSet(date(2024, 6, 1), frame)


def test_a_leak_looks_better_than_honest_training_can() -> None:
    spec = spec_of("xgboost_v1", None, None)
    found = compare(spec, {"small": rows_of(50, 1), "large": rows_of(80, 2)}, rows_of(20, 3).rows)
    errors = {name: np.abs(one.predicted - one.rows["target"].to_numpy()).mean() for name, one in found.items()}
    assert list(errors) == ["small", "large", "LEAKY copy of large"]
    assert errors["LEAKY copy of large"] < 0.9 * errors["large"] < errors["small"]
    with pytest.raises(TooFewRowsError, match="xgboost_v1 at 2024-06-01: 1200 rows are known before it, 5000 are needed"):
        train(spec, rows_of(10, 4), lambda *_: None)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("gpt_v1", None, "v2_wide"), "gpt_v1: name its library with --library: lightgbm, xgboost, catboost"),
        (("catboost_v9", None, None), "catboost_v9: name its features with --features: v1_33features"),
        (("catboost_v9", None, "v2_wide", "dunks"), "market 'dunks' is not known; there are player_points"),
    ],
)
def test_a_model_that_cannot_be_told_is_asked_for(words: tuple[str | None, ...], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        spec_of(*words)  # type: ignore[arg-type]
