"""Intervals of means of rows that are not independent: those of one night are alike, and so are those of one player."""

from math import sqrt
from typing import NamedTuple

import numpy as np
import polars as pl

from nba_assets.arrays import Floats, Ints

LEVEL = 0.95
CLUSTERS = ("game_date", "player_id")


class Interval(NamedTuple):
    """A figure with its 95% interval; None where it cannot be computed."""

    value: float | None
    low: float | None
    high: float | None

    def named(self, name: str) -> dict[str, float | None]:
        """Return the figure under a name, and the ends of its interval under the name with _low and _high."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


NO_INTERVAL = Interval(None, None, None)


def mean_interval(rows: pl.DataFrame, value: pl.Expr, weight: pl.Expr | None = None) -> Interval:
    """Return the mean of a value with its interval, dates and players as clusters.

    Args:
        rows: with game_date and player_id, one per player-game.
        value: of each row.
        weight: of each row; None: all count alike.
    """
    if rows.is_empty():
        return NO_INTERVAL
    weighed = rows.select(*CLUSTERS, _weight=pl.lit(1.0) if weight is None else weight.cast(pl.Float64), _value=value)
    weights, values = (weighed[name].to_numpy() for name in ("_weight", "_value"))
    size = float(weights.sum())
    mean = float((weights * values).sum()) / size
    half = half_width_of_sum(weighed, pl.col("_weight") * (pl.col("_value") - mean))
    return Interval(mean, None, None) if half is None else Interval(mean, mean - half / size, mean + half / size)


def half_width_of_sum(rows: pl.DataFrame, deviation: pl.Expr) -> float | None:
    """Return half of the 95% interval of a sum over rows, dates and players as clusters; None: fewer than two of either.

    The two-way sandwich: the variance by dates, plus that by players, less that of single rows (Cameron, Gelbach & Miller,
    "Robust Inference With Multiway Clustering", 2011), each corrected for few clusters, G / (G - 1); the quantile is Student's
    t with one degree of freedom less than there are clusters of the rarer kind.

    Args:
        rows: with game_date and player_id.
        deviation: of each row from what was expected of it; they sum to zero.
    """
    from scipy.special import stdtrit

    codes = [rows[name].rank("dense").cast(pl.Int64).to_numpy() for name in CLUSTERS]
    deviations = rows.select(deviation.alias("_deviation")).to_series().to_numpy()
    counts = [len(np.unique(code)) for code in codes]
    if min(counts, default=0) < 2:
        return None
    by = [_variance(deviations, code) for code in codes]
    variance = sum(by) - _variance(deviations, codes[0] * (max(counts) + 1) + codes[1])
    # With few clusters the difference may fall below either part, or below zero.
    return float(stdtrit(min(counts) - 1, (1 + LEVEL) / 2)) * sqrt(max(variance, *by))


def _variance(deviations: Floats, clusters: Ints) -> float:
    """Sums run in the order of the rows, so that they repeat to the last bit: those of polars' groups do not."""
    _, place = np.unique(clusters, return_inverse=True)
    sums = np.bincount(place, weights=deviations)
    return float((sums**2).sum()) * len(sums) / (len(sums) - 1)
