"""Intervals of means of rows that are not independent: those of one night are alike, and so are those of one player."""

from math import sqrt
from typing import NamedTuple

import polars as pl

LEVEL = 0.95
CLUSTERS = ("game_date", "player_id")


class Interval(NamedTuple):
    """A figure with its 95% interval; None where it cannot be computed."""

    value: float | None
    low: float | None
    high: float | None


def mean_interval(rows: pl.DataFrame, value: pl.Expr, weight: pl.Expr | None = None) -> Interval:
    """Return the mean of a value with its interval, dates and players as clusters.

    Args:
        rows: with game_date and player_id, one per player-game.
        value: of each row.
        weight: of each row; None: all count alike.
    """
    weighed = rows.with_columns(_weight=pl.lit(1.0) if weight is None else weight, _value=value)
    weight, value = pl.col("_weight"), pl.col("_value")
    total, size = weighed.select((weight * value).sum().alias("sum"), weight.sum().alias("size")).row(0)
    if rows.is_empty() or not size:
        return Interval(None, None, None)
    mean = float(total) / float(size)
    half = half_width_of_sum(weighed, weight * (value - mean))
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

    deviations = rows.select(*CLUSTERS, deviation.alias("_deviation"))
    counts = [deviations[name].n_unique() for name in CLUSTERS]
    if min(counts) < 2:
        return None
    by = [_variance(deviations, name) for name in CLUSTERS]
    variance = sum(by) - _variance(deviations, *CLUSTERS)
    # With few clusters the difference may fall below either part, or below zero.
    return float(stdtrit(min(counts) - 1, (1 + LEVEL) / 2)) * sqrt(max(variance, *by))


def _variance(deviations: pl.DataFrame, *clusters: str) -> float:
    sums = deviations.group_by(clusters, maintain_order=True).agg(pl.col("_deviation").sum())["_deviation"]
    return float((sums**2).sum()) * len(sums) / (len(sums) - 1)
