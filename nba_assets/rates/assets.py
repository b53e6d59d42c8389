"""Rates as assets: the base that they are learned from, a run per training cutoff, and projected box scores."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import asdict
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl

from nba_assets.calendar import Dates
from nba_assets.modelling.at_cutoffs import trained_in_turn
from nba_assets.modelling.bundles import bundle_paths
from nba_assets.modelling.time_splits import split_of
from nba_assets.orchestration import planning
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import (
    Materialized,
    cutoff_dates,
    described,
    past,
    replace_dates,
    run_dates,
    table_asset,
    training_cutoffs,
)
from nba_assets.rates.base import READ, rate_features, training_base
from nba_assets.rates.bundle import RatesMeta, folder_of
from nba_assets.rates.by_hand import rows_before
from nba_assets.rates.fit import RatesTraining, TrainedRates, train_run
from nba_assets.rates.slates import slate_projections
from nba_assets.rates.spec import LIBRARY, MODEL_ID, ROUNDS, TRAINING_DAYS
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.minutes import MINUTES_PREDICTIONS
from nba_assets.tables.rates import PROJECTIONS, RATES_BUNDLES, RATES_TRAINING_BASE

SLATE = (ML_FEATURE_STORE.name, MINUTES_PREDICTIONS.name, facts.PLAYERS.name)


@table_asset(RATES_TRAINING_BASE, group="rates", deps=[*SLATE, league.PLAYER_GAMES.name])
def rates_training_base(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Join what was known before each game to what those who played did per minute."""
    warehouse, dates = deployment.warehouse, run_dates(context)
    rows = rate_features(*_slate(warehouse, dates))
    frame = training_base(rows, warehouse.read(league.PLAYER_GAMES, dates))
    return replace_dates(context, warehouse, RATES_TRAINING_BASE, frame)


def rates_assets(cutoff_cron: str, calibration: float, validation: float) -> list[dg.AssetsDefinition]:
    """Return the assets of the rates room for a retraining cron and the shares of dates that calibrate and validate."""

    @table_asset(
        RATES_BUNDLES,
        group="rates",
        partitions=training_cutoffs(cutoff_cron),
        kinds=("lightgbm",),
        deps=[
            dg.AssetDep(table.name, partition_mapping=past(TRAINING_DAYS, with_today=False))
            for table in (RATES_TRAINING_BASE, facts.BOX_SCORES)
        ],
    )
    def rates_bundles(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
        """Train the nine models at each cutoff before which enough is known."""
        warehouse, artifacts, lock, log = deployment.warehouse, deployment.artifacts, deployment.lock, context.log.info
        wanted = [date.fromisoformat(key) for key in context.partition_keys]
        cutoffs = planning.trainable(wanted, warehouse.read(facts.BOX_SCORES, columns=["known_at"])["known_at"])

        def sets() -> Iterator[RatesTraining]:
            for cutoff in cutoffs:
                rows = rows_before(warehouse, cutoff)
                yield RatesTraining(cutoff, rows, split_of(rows["game_date"], calibration, validation))

        def wait(future: Future[TrainedRates]) -> TrainedRates:
            # Whoever has a slate to predict need not wait for the training.
            with lock.released(f"{context.run.job_name}: {RATES_BUNDLES.name}", log):
                return future.result()

        rows = RATES_BUNDLES.empty()
        if cutoffs:
            trained = trained_in_turn(train_run, sets(), wait)
            stored = [(each.meta, artifacts.put(folder_of(each.meta), each.files)) for each in trained]
            rows = pl.DataFrame([_row(*each) for each in stored], schema=RATES_BUNDLES.schema)
            warehouse.replace(RATES_BUNDLES, rows, {"model_id": [MODEL_ID], "training_cutoff": cutoffs})
        for cutoff in wanted:
            context.add_asset_metadata({"rows": int(cutoff in cutoffs)}, partition_key=str(cutoff))
        return dg.MaterializeResult(metadata=described(rows))

    @table_asset(
        PROJECTIONS,
        group="rates",
        kinds=("lightgbm", "polars", "duckdb"),
        deps=[*SLATE, RATES_BUNDLES.name],
    )
    def projections(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
        """Project the box scores of the run's slates with the run of rates that serves each date."""
        warehouse, dates = deployment.warehouse, run_dates(context)
        paths = bundle_paths(warehouse.read(RATES_BUNDLES), MODEL_ID)
        frame = slate_projections(*_slate(warehouse, dates), cutoff_dates(cutoff_cron), paths, deployment.artifacts)
        return replace_dates(context, warehouse, PROJECTIONS, frame)

    return [rates_training_base, rates_bundles, projections]


def _slate(warehouse: Warehouse, dates: Dates) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    features = warehouse.read(ML_FEATURE_STORE, dates, READ)
    return features, warehouse.read(MINUTES_PREDICTIONS, dates), warehouse.read(facts.PLAYERS)


def _row(meta: RatesMeta, path: str) -> dict[str, object]:
    """The row of a run at a path; it was trained now."""
    values = asdict(meta) | {
        "path": path,
        "feature_version": f"stage{meta.stage}",
        "last_game_date": meta.train_end,
        "library_version": meta.libraries[LIBRARY],
        "rounds": sum(ROUNDS[kind] for kinds in meta.kinds.values() for kind in kinds),
        "held_out_gain": sum(meta.gains.values()) / len(meta.gains),
        "trained_at": datetime.now(UTC),
    }
    return {name: values[name] for name in RATES_BUNDLES.names}
