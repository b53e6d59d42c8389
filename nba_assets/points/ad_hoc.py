"""Ad-hoc training: one model on a range of dates, as a file; several ranges compared on the same later games."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.calendar import Dates, eastern
from nba_assets.errors import NbaAssetsError
from nba_assets.modelling import learners
from nba_assets.modelling.fitting import Spec, labelled
from nba_assets.modelling.learners import LIBRARIES, Progress
from nba_assets.modelling.matrix import matrix
from nba_assets.modelling.targets import OUTCOME, REAL_MINUTES, Target
from nba_assets.modelling.time_splits import TrainingSet, training_set
from nba_assets.points.acceptance import Trial
from nba_assets.points.spec import PLAYER_POINTS, SPECS, TARGETS, spec
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts
from nba_assets.tables.features import FEATURE_VERSIONS, ML_FEATURE_STORE
from nba_assets.tables.versions import as_of

# When the last games of a range are known.
NEXT_MORNING = time(2)
OURS = {each.model_id: each for each in SPECS}
TARGET_BY_NAME = {target.name: target for target in TARGETS}


class SpecError(NbaAssetsError):
    """A model whose library, features or market is not known."""


class AdHocModel(NamedTuple):
    """A model trained on demand: its file, and how it did on the validation rows, fitted without them."""

    file: bytes
    rounds: int
    trial: Trial


def spec_of(model_id: str, library: str | None, feature_version: str | None, market: str | None = None) -> Spec:
    """Return the spec to train: one of ours by its name, or another by library, features and market.

    Raises:
        SpecError: the library or the features are not known, or there is no such market.
    """
    ours = OURS.get(model_id)
    library = library or (ours.library if ours else model_id.partition("_")[0])
    feature_version = feature_version or (ours.feature_version if ours else None)
    if library not in LIBRARIES:
        raise SpecError(f"{model_id}: name its library with --library: {', '.join(LIBRARIES)}")
    if feature_version not in FEATURE_VERSIONS:
        raise SpecError(f"{model_id}: name its features with --features: {', '.join(FEATURE_VERSIONS)}")
    market = market or (ours.target.name if ours else PLAYER_POINTS.name)
    if market not in TARGET_BY_NAME:
        raise SpecError(f"{model_id}: market {market!r} is not known; there are {', '.join(TARGET_BY_NAME)}")
    return spec(model_id, library, feature_version, TARGET_BY_NAME[market])


def known_rows(warehouse: Warehouse, dates: Dates, target: Target) -> TrainingSet:
    """Return the feature rows of a range of dates with their outcomes, as known the morning after the last one."""
    versions, after = warehouse.read(facts.BOX_SCORES, dates), dates.last + timedelta(days=1)
    known = as_of(versions, facts.BOX_SCORES, eastern(after, NEXT_MORNING))
    return training_set(warehouse.read(ML_FEATURE_STORE, dates), known, after, target)


def train(spec: Spec, data: TrainingSet, progress: Progress) -> AdHocModel:
    """Train a model on all rows, with as many rounds as served the last fifth of the dates best.

    Raises:
        TooFewRowsError: fewer than 5,000 rows.
    """
    data.require_rows(spec.model_id)
    earlier, held = data.split()
    stopped = learners.fit(
        spec.library,
        spec.parameters,
        labelled(earlier, spec.features),
        spec.features,
        validation=labelled(held, spec.features),
        progress=progress,
    )
    whole = _fit(spec, data.rows, spec.features, stopped.rounds)
    trial = _trial(spec, stopped.file, stopped.rounds, earlier, held)
    return AdHocModel(whole, stopped.rounds, replace(trial, training_rows=_player_games(data.rows)))


def compare(spec: Spec, trainings: Mapping[str, TrainingSet], later: pl.DataFrame) -> dict[str, Trial]:
    """Compare models of the same kind that were trained on different rows, on the same later ones.

    The last one has a leaky copy beside it: its means of the last 5 and 10 games include the game itself, which is how
    most of the published accuracies come about.
    """
    sets = [(name, data, later) for name, data in trainings.items()]
    name, data, _ = sets[-1]
    sets.append((f"LEAKY copy of {name}", TrainingSet(data.cutoff, _leaky(data.rows)), _leaky(later)))
    found: dict[str, Trial] = {}
    for name, data, judged in sets:
        trained = train(spec, data, learners.quiet)
        found[name] = _trial(spec, trained.file, trained.rounds, data.rows, judged)
    return found


def _leaky(rows: pl.DataFrame) -> pl.DataFrame:
    """The windows of `game_date <= analysis_date`."""
    own = {f"points_avg_last_{n}": ((n - 1) * pl.col(f"points_avg_last_{n}") + pl.col(OUTCOME)) / n for n in (5, 10)}
    return rows.with_columns(**{name: pl.coalesce(leak, name) for name, leak in own.items()})


def _trial(spec: Spec, file: bytes, rounds: int, fitted_on: pl.DataFrame, later: pl.DataFrame) -> Trial:
    with_minutes = (*spec.features, REAL_MINUTES)
    oracle = _fit(spec, fitted_on, with_minutes, rounds)
    learned = _predicted(spec, file, fitted_on, spec.features)
    return Trial(
        rows=later,
        predicted=_predicted(spec, file, later, spec.features),
        oracle=_predicted(spec, oracle, later, with_minutes),
        training_mae=float(np.abs(learned - fitted_on[OUTCOME].cast(pl.Float64).to_numpy()).mean()),
        training_rows=_player_games(fitted_on),
    )


def _fit(spec: Spec, rows: pl.DataFrame, features: tuple[str, ...], rounds: int) -> bytes:
    return learners.fit(spec.library, spec.parameters, labelled(rows, features), features, rounds=rounds).file


def _player_games(rows: pl.DataFrame) -> int:
    return rows.select("game_id", "player_id").n_unique()


def _predicted(spec: Spec, file: bytes, rows: pl.DataFrame, features: tuple[str, ...]) -> Floats:
    model = learners.read(spec.library, file, LIBRARIES[spec.library].formats[0])
    return np.maximum(model.predict(matrix(rows, features)), 0.0)
