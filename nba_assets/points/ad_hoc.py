"""Training by hand: one model on a range of dates, as a file; two ranges compared on the same later games."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from nba_assets.calendar import Dates, eastern
from nba_assets.features.history import Floats
from nba_assets.league.lines import COUNTED, POINTS
from nba_assets.modelling import learners
from nba_assets.modelling.bundles import REAL_MINUTES, matrix
from nba_assets.modelling.learners import LIBRARIES, Progress
from nba_assets.points.acceptance import Outcome
from nba_assets.points.fit import BY_ID, Spec, TrainingSet, check_rows, labelled, training_set
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts
from nba_assets.tables.features import FEATURE_VERSIONS, ML_FEATURE_STORE
from nba_assets.tables.versions import as_of

# When the last games of a range are known.
NEXT_MORNING = time(2)


class SpecError(ValueError):
    """A model that cannot be told: says what to name."""


class Made(NamedTuple):
    """A model that was trained by hand: its file, and how it did on the last fifth of the dates, fitted without them."""

    file: bytes
    rounds: int
    outcome: Outcome


def spec_of(model_id: str, library: str | None, feature_version: str | None, market: str | None = None) -> Spec:
    """Return what is to be trained: one of ours by its name, or another by library, features and market.

    Raises:
        SpecError: the library or the features cannot be told, or there is no such market.
    """
    ours = BY_ID.get(model_id)
    library = library or (ours.library if ours else model_id.partition("_")[0])
    feature_version = feature_version or (ours.feature_version if ours else None)
    if library not in LIBRARIES:
        raise SpecError(f"{model_id}: name its library with --library: {', '.join(LIBRARIES)}")
    if feature_version not in FEATURE_VERSIONS:
        raise SpecError(f"{model_id}: name its features with --features: {', '.join(FEATURE_VERSIONS)}")
    market = market or (ours.market if ours else POINTS)
    if market not in COUNTED:
        raise SpecError(f"{model_id}: market {market!r} is not known; there are {', '.join(COUNTED)}")
    return Spec(model_id, library, feature_version, market)


def known_rows(warehouse: Warehouse, dates: Dates, market: str) -> TrainingSet:
    """Return feature rows of a range of dates with what came of them, as known the morning after the last one."""
    versions, after = warehouse.read(facts.BOX_SCORES, dates), dates.last + timedelta(days=1)
    known = as_of(versions, facts.BOX_SCORES, eastern(after, NEXT_MORNING))
    return training_set(warehouse.read(ML_FEATURE_STORE, dates), known, after, market)


def make(spec: Spec, data: TrainingSet, progress: Progress) -> Made:
    """Return a model's file, fitted on all rows with as many trees as served the last fifth of the dates best.

    Raises:
        TooFewRowsError: fewer than 5,000 rows.
    """
    check_rows(spec.model_id, data)
    earlier, held = data.parts()
    held_out = labelled(held, spec.features)
    stopped = learners.fit(spec.library, labelled(earlier, spec.features), spec.features, held_out=held_out, progress=progress)
    whole = learners.fit(spec.library, labelled(data.rows, spec.features), spec.features, rounds=stopped.rounds)
    outcome = _outcome(spec, stopped.file, stopped.rounds, earlier, held)
    return Made(whole.file, stopped.rounds, replace(outcome, training_rows=_player_games(data.rows)))


def compare(spec: Spec, trainings: Mapping[str, TrainingSet], later: pl.DataFrame) -> dict[str, Outcome]:
    """Return how models of the same kind that were trained on different rows do on the same later ones.

    The last one has a leaky twin beside it: its means of the last 5 and 10 games have the game itself among them, which is
    how most of the published accuracies come about.
    """
    sets = [(name, data, later) for name, data in trainings.items()]
    name, data, _ = sets[-1]
    sets.append((f"LEAKY twin of {name}", TrainingSet(data.cutoff, _leaky(data.rows)), _leaky(later)))
    found: dict[str, Outcome] = {}
    for name, data, judged in sets:
        made = make(spec, data, learners.quiet)
        found[name] = _outcome(spec, made.file, made.rounds, data.rows, judged)
    return found


def _leaky(rows: pl.DataFrame) -> pl.DataFrame:
    """The windows of `game_date <= analysis_date`."""
    own = {f"points_avg_last_{n}": ((n - 1) * pl.col(f"points_avg_last_{n}") + pl.col("target")) / n for n in (5, 10)}
    return rows.with_columns(**{name: pl.coalesce(leak, name) for name, leak in own.items()})


def _outcome(spec: Spec, file: bytes, rounds: int, fitted_on: pl.DataFrame, later: pl.DataFrame) -> Outcome:
    told = (*spec.features, REAL_MINUTES)
    floor = learners.fit(spec.library, labelled(fitted_on, told), told, rounds=rounds).file
    learned = _said(spec, file, fitted_on, spec.features)
    return Outcome(
        rows=later,
        predicted=_said(spec, file, later, spec.features),
        floor=_said(spec, floor, later, told),
        training_mae=float(np.abs(learned - fitted_on["target"].cast(pl.Float64).to_numpy()).mean()),
        training_rows=_player_games(fitted_on),
    )


def _player_games(rows: pl.DataFrame) -> int:
    return rows.select("game_id", "player_id").n_unique()


def _said(spec: Spec, file: bytes, rows: pl.DataFrame, features: tuple[str, ...]) -> Floats:
    model = learners.read(spec.library, file, LIBRARIES[spec.library].formats[0])
    return np.maximum(model.predict(matrix(rows, features)), 0.0)
