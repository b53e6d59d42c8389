"""Predictions of slates: which bundle serves a date, and what it says."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple

import polars as pl

from nba_assets.points.bundles import Bundle
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, PREDICTED_KEY


class Serving(NamedTuple):
    """The cutoff whose bundle serves; `current` is false where an older one stands in for a missing one."""

    cutoff: date
    current: bool


def serving_cutoff(day: date, windows: Sequence[date], trained: Sequence[date]) -> Serving | None:
    """Return which bundle serves a date: that of its window, else the newest older one, never a newer one.

    Args:
        day: the slate.
        windows: all training cutoffs, in order.
        trained: the cutoffs that have a bundle.
    """
    own = max((cutoff for cutoff in windows if cutoff <= day), default=None)
    served = max((cutoff for cutoff in trained if cutoff <= day), default=None)
    return None if served is None else Serving(served, served == own)


def predict(features: pl.DataFrame, bundle: Bundle, *, current: bool, now: datetime) -> pl.DataFrame:
    """Return `ml_model_predictions` of feature rows: everyone but those who are said to be out.

    A row made before tip-off is `live` and carries the true time; a later one is `backfill` and carries the instant of
    its decision. Before tip-off there is no `tip` row until that decision has come; `noon` may be asked for early.

    Args:
        features: rows of `ml_feature_store`.
        bundle: the model that serves their dates.
        current: whether it is the bundle of their window.
        now: the true time.
    """
    due = (pl.col("decision") == "noon") | (pl.col("decision_at") <= now)
    rows = features.filter(~pl.col("is_out") & due)
    live = pl.col("tip_off") > now
    return rows.with_columns(
        model_id=pl.lit(bundle.meta.model_id),
        origin=pl.when(live).then(pl.lit("live")).otherwise(pl.lit("backfill")),
        training_cutoff=pl.lit(bundle.meta.training_cutoff),
        bundle_is_current=pl.lit(current),
        predicted_points=pl.Series(bundle.predict(rows), dtype=pl.Float64),
        predicted_at=pl.when(live).then(pl.lit(now)).otherwise(pl.col("decision_at")),
    ).select(ML_MODEL_PREDICTIONS.names)


def keep_frozen(new: pl.DataFrame, stored: pl.DataFrame, starts: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Return live rows to store: a stored row whose game has begun stays as it is.

    Args:
        new: live rows of this run.
        stored: live rows of the same decisions.
        starts: game_id, game_date and tip_off as the schedule has them now: a game may have been moved since.
        now: the true time.
    """
    begun = starts.filter(pl.col("tip_off") <= now)
    frozen = stored.join(begun, on=["game_id", "game_date"], how="semi")
    return pl.concat([frozen, new.join(frozen, on=PREDICTED_KEY, how="anti")])


def by_serving(
    features: pl.DataFrame, windows: Sequence[date], bundles: Sequence[date], load: Callable[[date], Bundle], now: datetime
) -> pl.DataFrame:
    """Return predictions of many dates, each by the bundle that serves it; dates without any bundle have none."""
    parts = [ML_MODEL_PREDICTIONS.empty()]
    served = {day: serving_cutoff(day, windows, bundles) for day in features["game_date"].unique().sort()}
    for serving in sorted({serving for serving in served.values() if serving}):
        days = [day for day, by in served.items() if by == serving]
        rows = features.filter(pl.col("game_date").is_in(days))
        parts.append(predict(rows, load(serving.cutoff), current=serving.current, now=now))
    return pl.concat(parts)
