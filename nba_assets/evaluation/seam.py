"""The seam between sources: whether coverage and errors change on the date from which facts come from another source."""

from datetime import date, timedelta

import polars as pl
import polars.selectors as cs

from nba_assets.calendar import Dates
from nba_assets.evaluation.metrics import played
from nba_assets.modelling.clusters import mean_interval


def sides(seam: date, days: int) -> dict[str, Dates]:
    """Return the dates before the seam, and those from it on."""
    day = timedelta(days=1)
    return {"before": Dates(seam - days * day, seam - day), "after": Dates(seam, seam + (days - 1) * day)}


def errors(grades: pl.DataFrame, seam: date, days: int) -> pl.DataFrame:
    """Return errors on both sides of a seam, of predictions whose player played.

    Args:
        grades: `graded_predictions`, all versions.
        seam: the first date of the later source.
        days: that are looked at on each side.

    Returns:
        model_id, market, decision, side, games, n, with_line (share of rows), mae with its 95% interval, and bias.
    """
    rows, found = played(grades), list[dict[str, object]]()
    key = ["model_id", "market", "decision"]
    for side, dates in sides(seam, days).items():
        part = rows.filter(pl.col("game_date").is_between(*dates))
        for names, members in part.group_by(key, maintain_order=True):
            found.append(
                {
                    **dict(zip(key, names, strict=True)),
                    "side": side,
                    "games": members["game_id"].n_unique(),
                    "n": members.height,
                    "with_line": members["betting_line"].is_not_null().mean(),
                    **mean_interval(members, pl.col("prediction_error")).named("mae"),
                    "bias": members["error"].mean(),
                }
            )
    return pl.DataFrame(found, infer_schema_length=None).sort(*key, pl.col("side") == "after") if found else pl.DataFrame()


def coverage(rows: pl.DataFrame, seam: date, days: int) -> pl.DataFrame:
    """Return the share of rows that have each feature on both sides of a seam, the largest change first.

    Args:
        rows: `ml_feature_store`.
        seam: the first date of the later source.
        days: that are looked at on each side.

    Returns:
        decision, feature, before, after, shift (after less before).
    """
    shares: list[pl.DataFrame] = []
    for side, dates in sides(seam, days).items():
        part = rows.filter(pl.col("game_date").is_between(*dates)).group_by("decision").agg(cs.all().is_not_null().mean())
        shares.append(part.unpivot(index="decision", variable_name="feature", value_name=side))
    both = shares[0].join(shares[1], on=["decision", "feature"]).filter(pl.col("feature") != "game_date")
    shift = (pl.col("after") - pl.col("before")).alias("shift")
    return both.with_columns(shift).sort(pl.col("shift").abs(), "decision", "feature", descending=[True, False, False])
