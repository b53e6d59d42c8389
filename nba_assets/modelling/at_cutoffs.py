"""Training at cutoffs: all models of a room, two processes of one thread each, a cutoff after the other."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from typing import TypeVar

import polars as pl

from nba_assets.calendar import FIRST_GAME_DATE, MIDNIGHT, Dates, eastern
from nba_assets.modelling.bundles import Meta
from nba_assets.modelling.fitting import EnsembleSpec, Spec, Trained, combine, train
from nba_assets.modelling.targets import OUTCOME, REAL_MINUTES
from nba_assets.modelling.time_splits import TrainingSet, training_set
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import MODEL_BUNDLES
from nba_assets.tables.versions import as_of

PROCESSES = 2
CARRIED = ("game_date", "game_id", "player_id", "decision", OUTCOME, REAL_MINUTES, "expected_minutes")
Sets = dict[str, TrainingSet]
Data = TypeVar("Data")
Result = TypeVar("Result")
# Waits for a process; whoever holds a lock may let it go meanwhile.
Wait = Callable[["Future[Trained]"], Trained]


@dataclass(frozen=True)
class Room:
    """The models of a room that are enabled: the slowest first, so that no process is idle at the end; and ensembles."""

    specs: Sequence[Spec]
    ensembles: Sequence[EnsembleSpec]


def train_at_cutoffs(
    room: Room,
    cutoffs: Sequence[date],
    warehouse: Warehouse,
    artifacts: Artifacts,
    log: Callable[[str], object],
    wait: Wait = Future[Trained].result,
) -> pl.DataFrame:
    """Train all models of a room at some cutoffs, store the bundles, and return their `model_bundles` rows.

    Raises:
        TooFewRowsError: too little is known before a cutoff.
    """
    features, versions = _known_before(room, warehouse, max(cutoffs))
    rows: list[dict[str, object]] = []

    def store(trained: Trained) -> str:
        meta = trained.meta
        path = artifacts.put(f"bundles/{meta.model_id}/{meta.training_cutoff}", trained.files)
        log(
            f"{meta.model_id} {meta.training_cutoff}: trained on {meta.window.row_count:,} rows up to"
            f" {meta.window.last_game_date}; validation MAE {meta.held_out.mae:.3f}"
        )
        rows.append(bundle_row(meta, path))
        return path

    def sets() -> Iterator[Sets]:
        targets = {spec.target.name: spec.target for spec in room.specs}
        for cutoff in cutoffs:
            known = as_of(versions, facts.BOX_SCORES, eastern(cutoff, MIDNIGHT))
            yield {name: training_set(features, known, cutoff, target) for name, target in targets.items()}

    # Fresh processes: a forked one inherits the locks of threads that do not exist in it.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        for data, trained in _in_turn(pool, sets(), room.specs, wait):
            paths = {each.meta.model_id: store(each) for each in trained}
            by_model = {each.meta.model_id: each for each in trained}
            for ensemble in room.ensembles:
                members = {name: by_model[name] for name in paths if name in ensemble.members}
                store(combine(ensemble, members, {name: paths[name] for name in members}, data[ensemble.target.name]))
    return pl.DataFrame(rows, schema=MODEL_BUNDLES.schema)


def trained_in_turn(
    fit: Callable[[Data], Result], sets: Iterator[Data], wait: Callable[["Future[Result]"], Result]
) -> Iterator[Result]:
    """Yield what `fit` makes of each training set, in order: two at a time, each in a process of its own.

    Args:
        fit: a function of a module, which another process can import.
        sets: made when there is a process for them: each is hundreds of megabytes.
        wait: waits for a process.
    """
    # Fresh processes: a forked one inherits the locks of threads that do not exist in it.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[Result]] = deque()
        for data in sets:
            waiting.append(pool.submit(fit, data))
            if len(waiting) > PROCESSES:
                yield wait(waiting.popleft())
        yield from map(wait, waiting)


def _known_before(room: Room, warehouse: Warehouse, cutoff: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Feature rows, of which only what the room needs, and box scores."""
    before = Dates(FIRST_GAME_DATE, cutoff - timedelta(days=1))
    needed = {*CARRIED, *(name for spec in room.specs for name in spec.features)}
    columns = [name for name in ML_FEATURE_STORE.names if name in needed]
    return warehouse.read(ML_FEATURE_STORE, before, columns), warehouse.read(facts.BOX_SCORES, before)


def bundle_row(meta: Meta, path: str) -> dict[str, object]:
    """Return the `model_bundles` row of a bundle at a path; it was trained now."""
    values = {**asdict(meta), **asdict(meta.window), "path": path, "trained_at": datetime.now(UTC)}
    held = {"held_out_rows": meta.held_out.row_count, "held_out_mae": meta.held_out.mae}
    values |= {**held, "training_mae": meta.held_out.training_mae, "library_version": meta.libraries.get(meta.library)}
    return {name: values[name] for name in MODEL_BUNDLES.names}


def _in_turn(
    pool: ProcessPoolExecutor, sets: Iterator[Sets], specs: Sequence[Spec], wait: Wait
) -> Iterator[tuple[Sets, list[Trained]]]:
    """Yield the bundles of each cutoff, in order. At most two cutoffs are in memory: each is hundreds of megabytes."""
    waiting: deque[tuple[Sets, list[Future[Trained]]]] = deque()
    for data in sets:
        waiting.append((data, [pool.submit(train, spec, needed(spec, data[spec.target.name])) for spec in specs]))
        if len(waiting) == PROCESSES:
            done, trained = waiting.popleft()
            yield done, [wait(future) for future in trained]
    for done, trained in waiting:
        yield done, [wait(future) for future in trained]


def needed(spec: Spec, data: TrainingSet) -> TrainingSet:
    """Return the columns that a model needs: what goes to another process is copied."""
    return TrainingSet(data.cutoff, data.rows.select(sorted({*CARRIED, *spec.features})))
