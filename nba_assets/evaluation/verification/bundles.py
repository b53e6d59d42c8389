"""Are bundles what the table says, trained on what was known, and the same again when they are trained again?"""

from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context

import polars as pl

from nba_assets.calendar import FIRST_GAME_DATE, MIDNIGHT, Dates, eastern
from nba_assets.evaluation.verification.verdicts import Examined, Verdict, listed
from nba_assets.modelling.at_cutoffs import bundle_row, needed
from nba_assets.modelling.bundles import ENSEMBLE, META, META_FILE, Meta, bundle_paths, load
from nba_assets.modelling.fitting import EnsembleSpec, Spec, Trained, combine, train
from nba_assets.modelling.learners import LIBRARIES
from nba_assets.modelling.time_splits import TrainingSet, serving_cutoff, training_set
from nba_assets.registry.catalog import TRAINED_HERE
from nba_assets.stores.artifacts import ArtifactError
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, MODEL_BUNDLES
from nba_assets.tables.versions import as_of

WALL_CLOCK = "trained_at"
SAME = ("content_hash", "rounds", "window", "held_out", "median", "weights")


def of_bundles(examined: Examined) -> Iterator[Verdict]:
    """Yield the verdicts on bundles and on which of them predicted what."""
    rows = examined.warehouse.read(MODEL_BUNDLES)
    looked, metas, faults = f"{rows.height} bundles", dict[tuple[str, date], Meta](), list[str]()
    for row in rows.iter_rows(named=True):
        name = f"{row['model_id']} {row['training_cutoff']}"
        try:
            meta = load(examined.artifacts, row["path"]).meta
        except ArtifactError as error:
            faults.append(f"{name}: {error}")
            continue
        metas[row["model_id"], row["training_cutoff"]] = meta
        fresh = bundle_row(meta, row["path"])
        off = [
            f"{key} is {fresh[key]} in {META}, {value} in the table"
            for key, value in row.items()
            if key != WALL_CLOCK and fresh[key] != value
        ]
        faults += [f"{name}: {', '.join(off)}"] if off else []
    yield listed("bundles are what their files say", looked, faults)
    late = [
        f"{model} {cutoff} learned from games up to {meta.window.last_game_date}"
        for (model, cutoff), meta in metas.items()
        if meta.window.last_game_date >= meta.training_cutoff
    ]
    yield listed("bundles learn from games before their cutoff", looked, late)
    yield _served(examined, rows)


def _served(examined: Examined, bundles: pl.DataFrame) -> Verdict:
    """Whether each date was predicted by the bundle of its window, or the newest older one."""
    columns = ["model_id", "game_date", "training_cutoff", "bundle_is_current"]
    made = examined.warehouse.read(ML_MODEL_PREDICTIONS, examined.dates, [*columns, "origin"])
    of_bundle = made.filter((pl.col("origin") == "backfill") & pl.col("training_cutoff").is_not_null())
    wrong: list[str] = []
    for model, day, cutoff, current in of_bundle.select(columns).unique().sort(columns).iter_rows():
        serving = serving_cutoff(day, examined.windows, sorted(bundle_paths(bundles, model)))
        if serving is None or (serving.cutoff, serving.current) != (cutoff, current):
            wrong.append(f"{model} on {day} came from cutoff {cutoff}, not {serving.cutoff if serving else 'none'}")
    return listed("predictions come from the bundle of their window", f"{made.height:,} predictions", wrong)


class Refit:
    """One bundle of each model, trained again beside the other checks: the oldest that serves a date of the range."""

    def __init__(self, examined: Examined, pool: ProcessPoolExecutor) -> None:
        """Begin to train."""
        bundles = examined.warehouse.read(MODEL_BUNDLES)
        used = examined.warehouse.read(ML_MODEL_PREDICTIONS, examined.dates, ["model_id", "training_cutoff"]).drop_nulls()
        oldest = used.group_by("model_id").agg(pl.col("training_cutoff").min()).sort("model_id")
        self.stored: dict[str, Meta] = {}
        for model_id, cutoff in oldest.iter_rows():
            path = bundle_paths(bundles, model_id).get(cutoff)
            if path and model_id in TRAINED_HERE:
                self.stored[model_id] = META_FILE.validate_json(examined.artifacts.get(path)[META])
        self.data = {cutoff: _known(examined, cutoff) for cutoff in {row[1] for row in oldest.iter_rows()}}
        self.fitted: dict[str, Future[Trained]] = {}
        for model_id, meta in self.stored.items():
            spec = TRAINED_HERE[model_id]
            if isinstance(spec, Spec) and not _other_version(meta):
                self.fitted[model_id] = pool.submit(train, spec, needed(spec, self._set(spec, meta)))

    def _set(self, spec: Spec | EnsembleSpec, meta: Meta) -> TrainingSet:
        features, versions = self.data[meta.training_cutoff]
        known = as_of(versions, facts.BOX_SCORES, eastern(meta.training_cutoff, MIDNIGHT))
        return training_set(features, known, meta.training_cutoff, spec.target)

    def verdict(self) -> Verdict:
        """Wait for the trainings and compare: the files have equal hashes, the records are equal."""
        wrong, skipped = list[str](), list[str]()
        trained = {model_id: future.result() for model_id, future in self.fitted.items()}
        for model_id, meta in self.stored.items():
            spec = TRAINED_HERE[model_id]
            if isinstance(spec, EnsembleSpec) and set(meta.members) <= trained.keys():
                fresh = combine(spec, {name: trained[name] for name in meta.members}, meta.members, self._set(spec, meta))
            elif model_id in trained:
                fresh = trained[model_id]
            else:
                skipped.append(f"{model_id}: {_other_version(meta) or 'its members were not trained again'}")
                continue
            off = [name for name in SAME if getattr(fresh.meta, name) != getattr(meta, name)]
            wrong += [f"{model_id} {meta.training_cutoff}: {', '.join(off)} differ"] if off else []
        looked = f"{len(self.stored)} bundles" + (f"; not compared: {'; '.join(skipped)}" if skipped else "")
        return listed("a bundle trained again is the same", looked, wrong)


def _other_version(meta: Meta) -> str:
    """Why a refit may differ: the library is of another version than then; empty: it is not."""
    if meta.library == ENSEMBLE:
        return ""
    then, now = meta.libraries.get(meta.library), LIBRARIES[meta.library].version
    return "" if then == now else f"trained with {meta.library} {then}, {now} is installed"


def _known(examined: Examined, cutoff: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    before = Dates(FIRST_GAME_DATE, cutoff - timedelta(days=1))
    return examined.warehouse.read(ML_FEATURE_STORE, before), examined.warehouse.read(facts.BOX_SCORES, before)


def trainers() -> ProcessPoolExecutor:
    """Return processes that train, fresh ones: a forked one inherits the locks of threads that do not exist in it."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))
