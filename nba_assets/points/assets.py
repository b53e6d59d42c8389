"""Points models as assets: bundles by training cutoff."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context

import dagster as dg
import polars as pl

from nba_assets.calendar import FIRST_GAME_DATE, MIDNIGHT, Dates, eastern
from nba_assets.league.lines import POINTS
from nba_assets.modelling.bundles import REAL_MINUTES, Meta, card, load
from nba_assets.orchestration.factory import Materialized, described, past, table_asset, training_cutoffs
from nba_assets.points import fit as training
from nba_assets.points.fit import ENSEMBLE_ID, MEMBERS, SPECS, Spec, Trained, TrainingSet
from nba_assets.stores.artifacts import LocalArtifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import MODEL_BUNDLES
from nba_assets.tables.registry import ML_MODEL_REGISTRY
from nba_assets.tables.versions import as_of

PROCESSES = 2
TRAINING_DAYS = 3000
MEMBER_IDS = {spec.model_id for spec in MEMBERS}
TRAINED_ON = (ML_FEATURE_STORE.name, facts.BOX_SCORES.name)


def points_assets(cutoff_cron: str) -> list[dg.AssetsDefinition]:
    """Return the assets of the points room for a retraining cron."""

    @table_asset(
        MODEL_BUNDLES,
        group="points",
        partitions=training_cutoffs(cutoff_cron),
        kinds=("lightgbm", "catboost", "xgboost"),
        deps=[dg.AssetDep(name, partition_mapping=past(TRAINING_DAYS, with_today=False)) for name in TRAINED_ON],
    )
    def model_bundles(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        artifacts: dg.ResourceParam[LocalArtifacts],
    ) -> Materialized:
        wanted = [date.fromisoformat(key) for key in context.partition_keys]
        rows = _train_all(wanted, warehouse, artifacts, context.log.info)
        scope = {"model_id": rows["model_id"].unique().to_list(), "training_cutoff": wanted}
        warehouse.replace(MODEL_BUNDLES, rows, scope)
        for cutoff, bundles in rows.group_by("training_cutoff", maintain_order=True):
            context.add_asset_metadata({"rows": bundles.height}, partition_key=str(cutoff[0]))
        newest = rows.filter(pl.col("training_cutoff") == pl.col("training_cutoff").max())
        cards = "\n\n".join(card(load(artifacts, path)) for path in newest["path"])
        return dg.MaterializeResult(metadata=described(rows) | {"model cards": dg.MetadataValue.md(cards)})

    return [model_bundles]


def _train_all(
    cutoffs: Sequence[date], warehouse: Warehouse, artifacts: LocalArtifacts, log: Callable[[str], object]
) -> pl.DataFrame:
    """Train all models at some cutoffs, two processes of one thread each, and store them; return `model_bundles` rows."""
    before = Dates(FIRST_GAME_DATE, max(cutoffs) - timedelta(days=1))
    features, versions = warehouse.read(ML_FEATURE_STORE, before), warehouse.read(facts.BOX_SCORES, before)
    specs, ensemble = _wanted(warehouse.read(ML_MODEL_REGISTRY))
    rows: list[dict[str, object]] = []

    def store(trained: Trained) -> str:
        meta = trained.meta
        path = artifacts.put(f"bundles/{meta.model_id}/{meta.training_cutoff}", trained.files)
        log(
            f"{meta.model_id} {meta.training_cutoff}: trained on {meta.window.row_count:,} rows up to"
            f" {meta.window.last_game_date}; error on the rows held out {meta.held_out.mae:.3f}"
        )
        rows.append(_row(meta, path))
        return path

    def sets() -> Iterator[dict[str, TrainingSet]]:
        for cutoff in cutoffs:
            known = as_of(versions, facts.BOX_SCORES, eastern(cutoff, MIDNIGHT))
            yield {market: training.training_set(features, known, cutoff, market) for market in {spec.market for spec in specs}}

    # Fresh processes: a forked one inherits locks of threads that are not there.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        for data, trained in _in_turn(pool, sets(), specs):
            paths = {each.meta.model_id: store(each) for each in trained}
            if ensemble:
                members = {each.meta.model_id: each for each in trained if each.meta.model_id in MEMBER_IDS}
                store(training.combine(members, {name: paths[name] for name in members}, data[POINTS]))
    return pl.DataFrame(rows, schema=MODEL_BUNDLES.schema)


def _row(meta: Meta, path: str) -> dict[str, object]:
    said = {**asdict(meta), **asdict(meta.window), "path": path, "trained_at": datetime.now(UTC)}
    held = {"held_out_rows": meta.held_out.row_count, "held_out_mae": meta.held_out.mae}
    said |= {**held, "training_mae": meta.held_out.training_mae, "library_version": meta.libraries.get(meta.library)}
    return {name: said[name] for name in MODEL_BUNDLES.names}


def _wanted(registry: pl.DataFrame) -> tuple[list[Spec], bool]:
    """Which models are enabled, the slowest first, and whether the ensemble is, which needs its members."""
    said = dict(registry.select("model_id", "enabled").iter_rows())
    ensemble = bool(said.get(ENSEMBLE_ID, True))
    wanted = [spec for spec in SPECS if said.get(spec.model_id, spec.enabled) or (ensemble and spec in MEMBERS)]
    return sorted(wanted, key=lambda spec: spec.library != "catboost"), ensemble


def _in_turn(
    pool: ProcessPoolExecutor, sets: Iterator[dict[str, TrainingSet]], specs: Sequence[Spec]
) -> Iterator[tuple[dict[str, TrainingSet], list[Trained]]]:
    """Yield what was trained at each cutoff, in order. Two cutoffs are in memory at most: each is hundreds of megabytes."""
    waiting: deque[tuple[dict[str, TrainingSet], list[Future[Trained]]]] = deque()
    for data in sets:
        waiting.append((data, [pool.submit(training.train, spec, _needed(spec, data[spec.market])) for spec in specs]))
        if len(waiting) == PROCESSES:
            done, trained = waiting.popleft()
            yield done, [future.result() for future in trained]
    for done, trained in waiting:
        yield done, [future.result() for future in trained]


def _needed(spec: Spec, data: TrainingSet) -> TrainingSet:
    """The columns that a model needs: what goes to another process is copied."""
    columns = {"game_date", "game_id", "player_id", "decision", "target", REAL_MINUTES, "expected_minutes"}
    return TrainingSet(data.cutoff, data.rows.select(sorted(columns | set(spec.features))))
