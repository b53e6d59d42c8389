"""Evaluation: error with its population and interval, beside baselines, line and floor on the same rows."""

from collections.abc import Iterator
from math import sqrt

import polars as pl

from nba_assets.experiments.grading import latest

WITHIN = 3
POPULATIONS = {
    "all_played": pl.lit(value=True),
    "expected_minutes_15plus": pl.col("expected_minutes") >= 15,
    "line_listed": pl.col("betting_line").is_not_null(),
}
BESIDE = {
    "mae_season_average": "season_average",
    "mae_last_10": "last_10",
    "mae_ewma": "ewma",
    "mae_known_minutes": "known_minutes_points",
}
Z_95 = 1.959964


def evaluate(grades: pl.DataFrame) -> list[dict[str, object]]:
    """Return one record a model, decision and population, of predictions whose player played.

    Where a prediction has a live and a backfill grade, the live one counts. `mae_low` and `mae_high` are the 95% interval
    of the mean absolute error with game dates as clusters.

    Args:
        grades: `graded_predictions`, all versions.
    """
    played = latest(grades).filter(pl.col("outcome") == "played")
    key = ["model_id", "game_date", "game_id", "player_id", "decision"]
    once = played.sort(*key, pl.col("origin") == "backfill").unique(key, keep="first", maintain_order=True)
    return list(_records(once))


def _records(rows: pl.DataFrame) -> Iterator[dict[str, object]]:
    for (model, decision), of_model in rows.group_by(["model_id", "decision"], maintain_order=True):
        for population, members in POPULATIONS.items():
            figures = _figures(of_model.filter(members))
            yield {"model_id": model, "decision": decision, "population": population, **figures}


def _figures(rows: pl.DataFrame) -> dict[str, object]:
    listed = rows.filter(pl.col("betting_line").is_not_null())
    mae, half = _mean_with_half_width(rows)
    actual = pl.col("actual_points")
    beside = rows.select((pl.col(column) - actual).abs().mean().alias(name) for name, column in BESIDE.items())
    return {
        "n": rows.height,
        "mae": mae,
        "mae_low": mae - half if mae is not None and half is not None else None,
        "mae_high": mae + half if mae is not None and half is not None else None,
        "rmse": rows.select((pl.col("error") ** 2).mean().sqrt()).item(),
        "bias": rows["error"].mean(),
        "within_3": rows.select((pl.col("prediction_error") <= WITHIN).mean()).item(),
        **beside.row(0, named=True),
        "n_line": listed.height,
        "mae_on_line_rows": listed["prediction_error"].mean(),
        "mae_line": listed.select((pl.col("betting_line") - actual).abs().mean()).item(),
    }


def _mean_with_half_width(rows: pl.DataFrame) -> tuple[float | None, float | None]:
    """Mean absolute error and half of its 95% interval: the sandwich variance with dates as clusters; null if unknown."""
    mean = rows.select(pl.col("prediction_error").mean()).item()
    sums = rows.group_by("game_date", maintain_order=True).agg((pl.col("prediction_error") - mean).sum())
    clusters = sums.height
    if clusters < 2:
        return mean, None
    squares = sums.select((pl.col("prediction_error") ** 2).sum()).item()
    return mean, Z_95 * sqrt(squares * clusters / (clusters - 1)) / rows.height
