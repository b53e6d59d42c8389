"""Points models as assets: bundles by training cutoff, predictions by game date."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context

import dagster as dg
import polars as pl
from pydantic import Field

from nba_assets.calendar import DECISIONS, FIRST_GAME_DATE, MIDNIGHT, Dates, eastern
from nba_assets.graph import Materialized, described, past, run_dates, table_asset, training_cutoffs
from nba_assets.points import training
from nba_assets.points.bundles import bundle_paths, importance_picture, load
from nba_assets.points.predictions import by_serving, keep_frozen
from nba_assets.stores.artifacts import LocalArtifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, MODEL_BUNDLES
from nba_assets.tables.versions import as_of

PROCESSES = 2
TRAINING_DAYS = 3000


class PredictionConfig(dg.Config):
    """Which decisions a run predicts."""

    decisions: list[str] = Field(default=list(DECISIONS), description="noon, tip or both")


def points_assets(cutoff_cron: str) -> list[dg.AssetsDefinition]:
    """Return the assets of the points room for a retraining cron."""
    cutoffs = training_cutoffs(cutoff_cron)

    @table_asset(
        MODEL_BUNDLES,
        group="points",
        partitions=cutoffs,
        kinds=("lightgbm",),
        deps=[dg.AssetDep(name, partition_mapping=past(TRAINING_DAYS, with_today=False)) for name in TRAINED_ON],
    )
    def model_bundles(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        artifacts: dg.ResourceParam[LocalArtifacts],
    ) -> Materialized:
        wanted = [date.fromisoformat(key) for key in context.partition_keys]
        rows = _train_all(wanted, warehouse, artifacts, context.log.info)
        scope = {"model_id": training.MODEL_ID, "training_cutoff": wanted}
        warehouse.replace(MODEL_BUNDLES, rows, scope)
        for row in rows.iter_rows(named=True):
            context.add_asset_metadata({"rows": row["row_count"]}, partition_key=row["training_cutoff"].isoformat())
        newest = load(artifacts, rows.sort("training_cutoff")["path"][-1])
        return dg.MaterializeResult(metadata=described(rows) | {"importance": dg.MetadataValue.md(importance_picture(newest))})

    @table_asset(
        ML_MODEL_PREDICTIONS,
        group="points",
        deps=[ML_FEATURE_STORE.name, MODEL_BUNDLES.name, league.SCHEDULE.name],
        kinds=("lightgbm", "duckdb"),
    )
    def ml_model_predictions(
        context: dg.AssetExecutionContext,
        config: PredictionConfig,
        warehouse: dg.ResourceParam[Warehouse],
        artifacts: dg.ResourceParam[LocalArtifacts],
        clock: dg.ResourceParam[Callable[[], datetime]],
    ) -> Materialized:
        dates, now = run_dates(context), clock()
        features = warehouse.read(ML_FEATURE_STORE, dates).filter(pl.col("decision").is_in(config.decisions))
        # A game that was moved since the decision freezes when it really starts.
        starts = warehouse.read(league.SCHEDULE, dates).select("game_id", "game_date", "tip_off")
        features = features.drop("tip_off").join(starts, on=["game_id", "game_date"])
        paths = bundle_paths(warehouse.read(MODEL_BUNDLES), training.MODEL_ID)
        windows = [date.fromisoformat(key) for key in cutoffs.get_partition_keys()]
        rows = by_serving(features, windows, sorted(paths), lambda cutoff: load(artifacts, paths[cutoff]), now)
        stored = warehouse.read(ML_MODEL_PREDICTIONS, dates).filter(
            (pl.col("origin") == "live")
            & (pl.col("model_id") == training.MODEL_ID)
            & pl.col("decision").is_in(config.decisions)
        )
        for origin, found in (
            ("live", keep_frozen(rows.filter(pl.col("origin") == "live"), stored, starts, now)),
            ("backfill", rows.filter(pl.col("origin") == "backfill")),
        ):
            scope = {"game_date": dates, "decision": config.decisions, "model_id": training.MODEL_ID, "origin": origin}
            warehouse.replace(ML_MODEL_PREDICTIONS, found, scope)
        days = features["game_date"].n_unique() - rows["game_date"].n_unique()
        if days:
            context.log.warning(f"{days} dates of {dates} have no prediction: no bundle was trained before them")
        return dg.MaterializeResult(metadata=described(rows, dates))

    return [model_bundles, ml_model_predictions]


TRAINED_ON = (ML_FEATURE_STORE.name, facts.BOX_SCORES.name)


def _train_all(
    cutoffs: Sequence[date], warehouse: Warehouse, artifacts: LocalArtifacts, log: Callable[[str], object]
) -> pl.DataFrame:
    """Train the bundles of some cutoffs, two processes of one thread each, and store them; return `model_bundles` rows."""
    before = Dates(FIRST_GAME_DATE, max(cutoffs) - timedelta(days=1))
    features, versions = warehouse.read(ML_FEATURE_STORE, before), warehouse.read(facts.BOX_SCORES, before)
    rows: list[dict[str, object]] = []
    # Fresh processes: a forked one inherits locks of threads that are not there.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        for trained in _in_turn(pool, features, versions, cutoffs):
            meta = trained.meta
            path = artifacts.put(f"bundles/{meta.model_id}/{meta.training_cutoff}", trained.files)
            window = f"{meta.first_game_date} … {meta.last_game_date}"
            log(f"{meta.model_id} {meta.training_cutoff}: trained on {meta.row_count:,} rows, {window}")
            rows.append({**asdict(meta), "path": path, "trained_at": datetime.now(UTC)})
    return pl.DataFrame([{name: row[name] for name in MODEL_BUNDLES.names} for row in rows], schema=MODEL_BUNDLES.schema)


def _in_turn(
    pool: ProcessPoolExecutor, features: pl.DataFrame, versions: pl.DataFrame, cutoffs: Sequence[date]
) -> Iterator[training.Trained]:
    """Yield what was trained, in order. No more sets are made than there are processes: each is hundreds of megabytes."""
    running: deque[Future[training.Trained]] = deque()
    for cutoff in cutoffs:
        if len(running) == PROCESSES:
            yield running.popleft().result()
        known = as_of(versions, facts.BOX_SCORES, eastern(cutoff, MIDNIGHT))
        running.append(pool.submit(training.train, training.training_set(features, known, cutoff)))
    while running:
        yield running.popleft().result()
