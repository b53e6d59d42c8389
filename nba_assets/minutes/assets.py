"""Minutes as assets: a bundle per training cutoff, and predictions for everybody on every slate."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from datetime import date, timedelta

import dagster as dg
import polars as pl

from nba_assets.calendar import FIRST_GAME_DATE, MIDNIGHT, Dates, eastern
from nba_assets.minutes.bundle import folder_of
from nba_assets.minutes.fit import train, training_rows
from nba_assets.minutes.slates import READ, minutes_predictions
from nba_assets.minutes.spec import MINUTES_V1, TRAINING_DAYS
from nba_assets.modelling.at_cutoffs import bundle_row, trained_in_turn
from nba_assets.modelling.bundles import bundle_paths, load
from nba_assets.modelling.cards import card
from nba_assets.modelling.fitting import Trained
from nba_assets.modelling.time_splits import TrainingSet
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
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.minutes import MINUTES_BUNDLES, MINUTES_PREDICTIONS
from nba_assets.tables.versions import as_of

LEARNED_FROM = (ML_FEATURE_STORE.name, facts.BOX_SCORES.name)


def minutes_assets(cutoff_cron: str) -> list[dg.AssetsDefinition]:
    """Return the assets of the minutes room for a retraining cron."""

    @table_asset(
        MINUTES_BUNDLES,
        group="minutes",
        partitions=training_cutoffs(cutoff_cron),
        kinds=("lightgbm",),
        deps=[dg.AssetDep(name, partition_mapping=past(TRAINING_DAYS, with_today=False)) for name in LEARNED_FROM],
    )
    def minutes_bundles(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
        """Train the minutes model at each cutoff before which enough is known."""
        warehouse, artifacts, lock, log = deployment.warehouse, deployment.artifacts, deployment.lock, context.log.info
        wanted = [date.fromisoformat(key) for key in context.partition_keys]
        cutoffs = planning.trainable(wanted, warehouse.read(facts.BOX_SCORES, columns=["known_at"])["known_at"])

        def wait(future: Future[Trained]) -> Trained:
            # Whoever has a slate to predict need not wait for the training.
            with lock.released(f"{context.run.job_name}: {MINUTES_BUNDLES.name}", log):
                return future.result()

        trained = trained_in_turn(train, _known_before(warehouse, cutoffs), wait) if cutoffs else ()
        stored = [bundle_row(each.meta, artifacts.put(folder_of(each.meta), each.files)) for each in trained]
        rows = pl.DataFrame(stored, schema=MINUTES_BUNDLES.schema)
        if cutoffs:
            warehouse.replace(MINUTES_BUNDLES, rows, {"model_id": [MINUTES_V1.model_id], "training_cutoff": cutoffs})
        for cutoff in wanted:
            context.add_asset_metadata({"rows": int(cutoff in cutoffs)}, partition_key=str(cutoff))
        newest = rows.filter(pl.col("training_cutoff") == pl.col("training_cutoff").max())
        cards = "\n\n".join(card(load(artifacts, path)) for path in newest["path"])
        return dg.MaterializeResult(metadata=described(rows) | ({"model card": dg.MetadataValue.md(cards)} if cards else {}))

    @table_asset(
        MINUTES_PREDICTIONS,
        group="minutes",
        kinds=("lightgbm", "polars", "duckdb"),
        deps=[ML_FEATURE_STORE.name, MINUTES_BUNDLES.name],
    )
    def minutes_predictions_asset(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
        """Predict minutes of the run's slates with the bundle that serves each date."""
        warehouse = deployment.warehouse
        paths = bundle_paths(warehouse.read(MINUTES_BUNDLES), MINUTES_V1.model_id)
        features = warehouse.read(ML_FEATURE_STORE, run_dates(context), READ)
        frame = minutes_predictions(features, cutoff_dates(cutoff_cron), paths, deployment.artifacts)
        return replace_dates(context, warehouse, MINUTES_PREDICTIONS, frame)

    return [minutes_bundles, minutes_predictions_asset]


def _known_before(warehouse: Warehouse, cutoffs: Sequence[date]) -> Iterator[TrainingSet]:
    """What each bundle may learn from; features are read once."""
    before = Dates(FIRST_GAME_DATE, max(cutoffs) - timedelta(days=1))
    features, versions = warehouse.read(ML_FEATURE_STORE, before, READ), warehouse.read(facts.BOX_SCORES, before)
    for cutoff in cutoffs:
        yield training_rows(features, as_of(versions, facts.BOX_SCORES, eastern(cutoff, MIDNIGHT)), cutoff)
