"""Training of points models on what was known before a cutoff."""

from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
import polars as pl

from nba_assets.points.bundles import FLOOR, MODEL, Meta, matrix, to_files
from nba_assets.stores.artifacts import content_hash
from nba_assets.tables.features import FEATURE_VERSIONS

MODEL_ID = "lightgbm_v1"
FEATURE_VERSION = "v2_wide"
REAL_MINUTES = "real_minutes"
MIN_ROWS = 5_000

# Chosen on the regular season 2022-23 (trained on the seasons before it); docs/models.md has what was tried.
PARAMETERS = {
    "objective": "regression_l1",
    "learning_rate": 0.03,
    "num_leaves": 31,
    "min_data_in_leaf": 400,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
ROUNDS = 500


class TooFewRowsError(ValueError):
    """Too little is known before a cutoff to train on."""


class Trained(NamedTuple):
    """A bundle that was trained: what it says of itself, and its files."""

    meta: Meta
    files: dict[str, bytes]


@dataclass(frozen=True)
class TrainingSet:
    """Feature rows of players who played, with `points` and `real_minutes`, all known before the cutoff."""

    cutoff: date
    rows: pl.DataFrame


def training_set(features: pl.DataFrame, outcomes: pl.DataFrame, cutoff: date) -> TrainingSet:
    """Return the rows that a bundle of this cutoff may learn from.

    Args:
        features: rows of `ml_feature_store`.
        outcomes: box scores as of the cutoff: game_id, game_date, player_id, pts, minutes.
        cutoff: the first day that is not known.
    """
    played = outcomes.select("game_id", "game_date", "player_id", points="pts", **{REAL_MINUTES: "minutes"})
    rows = features.join(played, on=["game_id", "game_date", "player_id"]).sort("game_date", "game_id", "player_id", "decision")
    return TrainingSet(cutoff, rows)


def train(data: TrainingSet) -> Trained:
    """Return a `lightgbm_v1` bundle: LightGBM on absolute error, both decisions in one model.

    One thread and fixed seeds, so that the same rows give the same files. The floor is the same on the same rows, but told
    the real minutes.

    Raises:
        TooFewRowsError: fewer than 5,000 rows.
    """
    rows = data.rows
    if rows.height < MIN_ROWS:
        raise TooFewRowsError(f"{MODEL_ID} at {data.cutoff}: {rows.height} rows known before it, needs {MIN_ROWS}")
    features = FEATURE_VERSIONS[FEATURE_VERSION]
    models = {MODEL: _fit(rows, features), FLOOR: _fit(rows, (*features, REAL_MINUTES))}
    first, last = rows.select(pl.col("game_date").min().alias("first"), pl.col("game_date").max().alias("last")).row(0)
    meta = Meta(
        model_id=MODEL_ID,
        training_cutoff=data.cutoff,
        feature_version=FEATURE_VERSION,
        features=features,
        population="all who played, regular season and playoffs, both decisions",
        first_game_date=first,
        last_game_date=last,
        row_count=rows.height,
        libraries={name: version(name) for name in ("lightgbm", "numpy", "polars")},
        content_hash=content_hash(models),
    )
    return Trained(meta, to_files(meta, models))


def _fit(rows: pl.DataFrame, features: tuple[str, ...]) -> bytes:
    import lightgbm

    labels = rows["points"].cast(pl.Float64).to_numpy()
    data = lightgbm.Dataset(matrix(rows, features), np.asarray(labels), feature_name=list(features))
    # LightGBM's own annotations leave some arguments open, which the strict checker counts against the caller.
    booster: lightgbm.Booster = lightgbm.train(PARAMETERS, data, ROUNDS)  # pyright: ignore[reportUnknownMemberType]
    return booster.model_to_string().encode()
