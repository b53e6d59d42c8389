"""Minutes of slates: which bundle serves each date, and what it predicts."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from nba_assets.minutes.bundle import PREDICTED, MinutesBundle, load_minutes
from nba_assets.minutes.spec import FEATURES
from nba_assets.modelling.time_splits import serving_cutoff
from nba_assets.stores.artifacts import Artifacts
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.minutes import MINUTES_PREDICTIONS, SLATE_PLAYER

# What minutes are predicted from.
READ = tuple(
    name for name in ML_FEATURE_STORE.names if name in {*FEATURES, *(column.name for column in SLATE_PLAYER), "is_out"}
)


def with_minutes(features: pl.DataFrame, bundle: MinutesBundle) -> pl.DataFrame:
    """Return the keys of feature rows with what a bundle predicts of them."""
    return features.select(MINUTES_PREDICTIONS.key).with_columns(bundle.predict(features).get_columns())


def minutes_predictions(
    features: pl.DataFrame, windows: Sequence[date], paths: Mapping[date, str], artifacts: Artifacts
) -> pl.DataFrame:
    """Return `minutes_predictions` of feature rows; before the first bundle minutes are null.

    Args:
        features: rows of `ml_feature_store`, at least the columns READ.
        windows: all training cutoffs, in order.
        paths: artifact paths of the bundles, by cutoff.
        artifacts: where they are.
    """
    trained = sorted(paths)
    days = features["game_date"].unique().sort()
    serving = {day: serving_cutoff(day, windows, trained) for day in days}
    cutoffs = pl.Series([found.cutoff if found else None for found in serving.values()], dtype=pl.Date)
    rows = features.with_columns(training_cutoff=pl.col("game_date").replace_strict(days, cutoffs, return_dtype=pl.Date))
    parts = [MINUTES_PREDICTIONS.empty()]
    for (cutoff,), part in rows.group_by("training_cutoff", maintain_order=True):
        found = (
            load_minutes(artifacts, paths[cutoff]).predict(part).get_columns()
            if isinstance(cutoff, date)
            else [pl.Series(name, [None] * part.height, dtype=pl.Float64) for name in PREDICTED]
        )
        parts.append(part.with_columns(found).select(MINUTES_PREDICTIONS.names))
    return pl.concat(parts).sort(MINUTES_PREDICTIONS.key)
