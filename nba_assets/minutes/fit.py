"""Fits the minutes model: minutes given that a player plays with their distribution, and the chance to play, by decision."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.calendar import DECISIONS
from nba_assets.minutes.bundle import play_file
from nba_assets.minutes.spec import MINUTES_V1, PARAMETERS, PLAY_PARAMETERS, PLAY_ROUNDS, ROUNDS, TRAINING_DAYS
from nba_assets.modelling import distributions, learners
from nba_assets.modelling.bundles import DISTRIBUTION, Meta, model_file, to_files
from nba_assets.modelling.fitting import Trained, at_tip, expected_minutes, held_out, library_versions, window
from nba_assets.modelling.learners import LIBRARIES, Labelled
from nba_assets.modelling.matrix import matrix
from nba_assets.modelling.targets import OUTCOME
from nba_assets.modelling.time_splits import TrainingSet
from nba_assets.stores.artifacts import content_hash

LIBRARY, FEATURES = MINUTES_V1.library, MINUTES_V1.features
CARRIED = ("game_date", "game_id", "player_id", "decision", "on_roster", "is_out")


def training_rows(features: pl.DataFrame, outcomes: pl.DataFrame, cutoff: date) -> TrainingSet:
    """Return what a bundle of a cutoff may learn from: everybody on the slates of its last three seasons, who played or not.

    Args:
        features: rows of `ml_feature_store`.
        outcomes: box scores as of the cutoff.
        cutoff: the first day of which nothing is known.

    Returns:
        Rows with `target`: the minutes; null where the player did not play.
    """
    played = outcomes.select("game_id", "game_date", "player_id", MINUTES_V1.target.outcome().alias(OUTCOME))
    recent = features.filter(pl.col("game_date").is_between(cutoff - timedelta(days=TRAINING_DAYS), cutoff, closed="left"))
    rows = (
        recent.select(*CARRIED, *(name for name in FEATURES if name not in CARRIED))
        # A game without a box score says nothing about who played.
        .join(played, on=["game_id", "game_date"], how="semi")
        .join(played, on=["game_id", "game_date", "player_id"], how="left", maintain_order="left")
    )
    return TrainingSet(cutoff, rows.sort("game_date", "game_id", "player_id", "decision"))


def train(data: TrainingSet) -> Trained:
    """Train the bundle of a cutoff: the errors of a fit on the first four fifths of the dates make the distribution.

    Raises:
        TooFewRowsError: fewer than 5,000 rows.
        TooFewResidualsError: too few validation rows for a distribution.
    """
    data.require_rows(MINUTES_V1.model_id)
    earlier, held = data.split()
    return fit(data.cutoff, earlier, held, ship=data.rows)


def fit(cutoff: date, learn: pl.DataFrame, calibrate: pl.DataFrame, ship: pl.DataFrame) -> Trained:
    """Fit a bundle.

    Args:
        cutoff: of the bundle.
        learn: rows of `training_rows` that the model whose errors are looked at is fitted on.
        calibrate: later rows, whose errors make the distribution.
        ship: rows that the bundle's own models are fitted on.
    """
    held = calibrate.filter(pl.col(OUTCOME).is_not_null())
    files: dict[str, bytes] = {}
    validated, learned = np.zeros(held.height), list[Floats]()
    for decision in DECISIONS:
        own = pl.col("decision") == decision
        file = _minutes_model(learn.filter(own))
        model = learners.read(LIBRARY, file, LIBRARIES[LIBRARY].formats[0])
        judged = held.with_row_index().filter(own)
        validated[judged["index"].to_numpy()] = model.predict(matrix(judged, FEATURES))
        known = _played(learn.filter(own))
        learned.append(np.abs(model.predict(matrix(known, FEATURES)) - known[OUTCOME].to_numpy()))
        files[model_file(LIBRARY, decision)] = file if ship is learn else _minutes_model(ship.filter(own))
        files[play_file(decision)] = _play_model(ship.filter(own))
    validated = np.maximum(validated, 0.0)
    spread = distributions.fit(validated, held[OUTCOME].to_numpy(), expected_minutes(held), at_tip(held))
    files[DISTRIBUTION] = distributions.to_file(spread)
    meta = Meta(
        model_id=MINUTES_V1.model_id,
        training_cutoff=cutoff,
        library=LIBRARY,
        feature_version=MINUTES_V1.feature_version,
        features=FEATURES,
        rounds=len(DECISIONS) * ROUNDS,
        window=window(ship),
        held_out=held_out(held, validated, float(np.concatenate(learned).mean())),
        libraries={**library_versions(), LIBRARY: LIBRARIES[LIBRARY].version},
        content_hash=content_hash(files),
    )
    return Trained(meta, to_files(meta, files), validated)


def _minutes_model(rows: pl.DataFrame) -> bytes:
    known = _played(rows)
    data = Labelled(matrix(known, FEATURES), known[OUTCOME].to_numpy())
    return learners.fit(LIBRARY, PARAMETERS, data, FEATURES, rounds=ROUNDS).file


def _play_model(rows: pl.DataFrame) -> bytes:
    """Of those on the roster who are not reported out: others are there only because they played."""
    asked = rows.filter(pl.col("on_roster") & ~pl.col("is_out"))
    played = asked[OUTCOME].is_not_null().cast(pl.Float64).to_numpy()
    return learners.fit(LIBRARY, PLAY_PARAMETERS, Labelled(matrix(asked, FEATURES), played), FEATURES, rounds=PLAY_ROUNDS).file


def _played(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col(OUTCOME).is_not_null())
