"""Acceptance: a training against the criteria that circulate for this task, beside a model that is given the actual minutes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.modelling.targets import OUTCOME

# Criteria and earlier figures as users of points models have written them down, without the population they were measured on.
MOST_MAE, LEAST_WITHIN_3, MOST_GAP, LEAST_ROWS = 4.0, 0.50, 1.5, 9_300
EARLIER = {"mae": "4.26 and, with CatBoost, 3.4", "within_3": "46.7%"}
POPULATIONS = {
    "all who played": pl.lit(value=True),
    "expected to play 15 minutes": pl.col("minutes_ewma") >= 15,
    "with a line on points": pl.col("vegas_points_line").is_not_null(),
}


@dataclass(frozen=True)
class Trial:
    """A training judged on later rows that it was not fitted on.

    Attributes:
        rows: feature rows with `target`.
        predicted: (rows,) the model's predictions.
        oracle: (rows,) predictions of the same model given the actual minutes.
        training_mae: error on the rows that it was fitted on.
        training_rows: number of player-games fitted on; both decisions of one count once.
    """

    rows: pl.DataFrame
    predicted: Floats
    oracle: Floats
    training_mae: float
    training_rows: int


def acceptance(trials: Mapping[str, Trial]) -> pl.DataFrame:
    """Return one row per training, population and criterion.

    Returns:
        training, population, rows, criterion, found, met, known_minutes (the oracle's figure) and reachable: whether the
        oracle meets the criterion; one that it does not meet, no honest model can.
    """
    return pl.DataFrame(
        [
            {"training": name, **record}
            for name, trial in trials.items()
            for population, members in POPULATIONS.items()
            for record in _judged(trial, population, members)
        ]
    )


def _judged(trial: Trial, population: str, members: pl.Expr) -> Iterator[dict[str, object]]:
    inside = trial.rows.with_columns(inside=members.fill_null(value=False))["inside"].to_numpy()
    if not inside.any():
        return
    actual = trial.rows[OUTCOME].cast(pl.Float64).to_numpy()[inside]
    error, oracle = np.abs(trial.predicted[inside] - actual), np.abs(trial.oracle[inside] - actual)
    mae = float(error.mean())
    within = f"share within 3 points at least {LEAST_WITHIN_3:.0%} (earlier: {EARLIER['within_3']})"
    criteria: list[tuple[str, float, float | None, float, float]] = [
        (f"error at most {MOST_MAE:g} (earlier: {EARLIER['mae']})", mae, float(oracle.mean()), 0.0, MOST_MAE),
        (within, float((error <= 3).mean()), float((oracle <= 3).mean()), LEAST_WITHIN_3, 1.0),
    ]
    if inside.all():
        gap, count = mae - trial.training_mae, float(trial.training_rows)
        criteria.append((f"error here less error in training at most {MOST_GAP}", gap, None, -np.inf, MOST_GAP))
        criteria.append((f"trained on at least {LEAST_ROWS:,} player-games", count, None, float(LEAST_ROWS), np.inf))
    for criterion, found, known_minutes, least, most in criteria:
        yield {
            "population": population,
            "rows": int(inside.sum()),
            "criterion": criterion,
            "found": found,
            "met": least <= found <= most,
            "known_minutes": known_minutes,
            "reachable": None if known_minutes is None else least <= known_minutes <= most,
        }
