"""Verdicts: a training against the criteria that circulate for this task, beside a model that is told the real minutes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from nba_assets.features.history import Floats

# Criteria and earlier figures as users of points models have written them down; which population they were of, nobody has.
MOST_MAE, LEAST_WITHIN_3, MOST_GAP, LEAST_ROWS = 4.0, 0.50, 1.5, 9_300
EARLIER = {"mae": "4.26 and, with CatBoost, 3.4", "within_3": "46.7%"}
POPULATIONS = {
    "all who played": pl.lit(value=True),
    "expected to play 15 minutes": pl.col("minutes_ewma") >= 15,
    "with a line on points": pl.col("vegas_points_line").is_not_null(),
}


@dataclass(frozen=True)
class Outcome:
    """What a training came to, on later rows that it was not fitted on.

    Attributes:
        rows: feature rows with `target`.
        predicted: of the rows.
        floor: what the same model says of them that is told the real minutes.
        training_mae: on the rows that it was fitted on.
        training_rows: how many player-games these are, both decisions of one counted once.
    """

    rows: pl.DataFrame
    predicted: Floats
    floor: Floats
    training_mae: float
    training_rows: int


def verdicts(trainings: Mapping[str, Outcome]) -> pl.DataFrame:
    """Return one row a training, population and criterion.

    Returns:
        training, population, criterion, wanted, found, met, known_minutes (the same of the floor) and reachable: whether the
        floor meets it; what it does not meet, no honest model can.
    """
    return pl.DataFrame(
        [
            {"training": name, **record}
            for name, outcome in trainings.items()
            for population, members in POPULATIONS.items()
            for record in _judged(outcome, population, members)
        ]
    )


def _judged(outcome: Outcome, population: str, members: pl.Expr) -> Iterator[dict[str, object]]:
    inside = outcome.rows.with_columns(inside=members.fill_null(value=False))["inside"].to_numpy()
    if not inside.any():
        return
    actual = outcome.rows["target"].cast(pl.Float64).to_numpy()[inside]
    error, floor = np.abs(outcome.predicted[inside] - actual), np.abs(outcome.floor[inside] - actual)
    mae = float(error.mean())
    within = f"share within 3 points at least {LEAST_WITHIN_3:.0%} (earlier: {EARLIER['within_3']})"
    criteria: list[tuple[str, float, float | None, float, float]] = [
        (f"error at most {MOST_MAE:g} (earlier: {EARLIER['mae']})", mae, float(floor.mean()), 0.0, MOST_MAE),
        (within, float((error <= 3).mean()), float((floor <= 3).mean()), LEAST_WITHIN_3, 1.0),
    ]
    if inside.all():
        gap, count = mae - outcome.training_mae, float(outcome.training_rows)
        criteria.append((f"error here less error in training at most {MOST_GAP}", gap, None, -np.inf, MOST_GAP))
        criteria.append((f"trained on at least {LEAST_ROWS:,} player-games", count, None, float(LEAST_ROWS), np.inf))
    for criterion, found, told, least, most in criteria:
        yield {
            "population": population,
            "rows": int(inside.sum()),
            "criterion": criterion,
            "found": found,
            "met": least <= found <= most,
            "known_minutes": told,
            "reachable": None if told is None else least <= told <= most,
        }
