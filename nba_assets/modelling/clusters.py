"""Standard errors with game dates as clusters: games of one night are not independent."""

from math import sqrt

import polars as pl

Z_95 = 1.959964


def standard_error_of_sum(rows: pl.DataFrame, deviation: pl.Expr) -> float | None:
    """Return the standard error of a sum over rows, game dates as clusters; None if there are fewer than two dates.

    The sandwich with its correction for few clusters, G / (G - 1): Cameron & Miller, "A Practitioner's Guide to
    Cluster-Robust Inference", 2015.

    Args:
        rows: with game_date.
        deviation: of each row from what was expected of it; they sum to zero.
    """
    sums = rows.group_by("game_date", maintain_order=True).agg(deviation.sum().alias("sum"))
    clusters = sums.height
    if clusters < 2:
        return None
    squares = float(sums.select((pl.col("sum") ** 2).sum()).item())
    return sqrt(squares * clusters / (clusters - 1))
