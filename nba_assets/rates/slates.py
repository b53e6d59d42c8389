"""Projections of slates: which run of rates serves each date, and the box scores that it expects."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from nba_assets.modelling.time_splits import serving_cutoff
from nba_assets.rates.base import rate_features
from nba_assets.rates.bundle import load_run
from nba_assets.rates.projections import NAMES, projected, projections
from nba_assets.stores.artifacts import Artifacts
from nba_assets.tables.minutes import SLATE_PLAYER
from nba_assets.tables.rates import PROJECTIONS


def slate_projections(
    features: pl.DataFrame,
    minutes: pl.DataFrame,
    players: pl.DataFrame,
    windows: Sequence[date],
    paths: Mapping[date, str],
    artifacts: Artifacts,
) -> pl.DataFrame:
    """Return `projections` of feature rows; before the first run of rates they are null.

    Args:
        features: rows of `ml_feature_store`, at least the columns `base.READ`.
        minutes: rows of `minutes_predictions` of the same slates.
        players: facts `players`.
        windows: all training cutoffs, in order.
        paths: artifact paths of the runs, by cutoff.
        artifacts: where they are.
    """
    trained = sorted(paths)
    parts = [PROJECTIONS.empty()]
    slates = features.sort("game_date", "game_id", "player_id", "decision").partition_by("game_date", maintain_order=True)
    by_cutoff: dict[date | None, list[pl.DataFrame]] = {}
    for slate in slates:
        serving = serving_cutoff(slate["game_date"][0], windows, trained)
        by_cutoff.setdefault(serving.cutoff if serving else None, []).append(slate)
    for cutoff, days in by_cutoff.items():
        rows = rate_features(pl.concat(days), minutes, players)
        names = [column.name for column in SLATE_PLAYER]
        slate = pl.concat(days).select(names).with_columns(training_cutoff=pl.lit(cutoff, pl.Date), play_prob=rows["play_prob"])
        found = projected(rows, load_run(artifacts, paths[cutoff])) if cutoff else _nothing(rows.height)
        parts.append(projections(slate, found))
    return pl.concat(parts).sort(PROJECTIONS.key)


def _nothing(rows: int) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series([None] * rows, dtype=pl.Float64) for name in (*NAMES, "predicted_points")})
