"""Points models as assets: bundles by training cutoff."""

from concurrent.futures import Future
from datetime import date

import dagster as dg
import polars as pl

from nba_assets.modelling.at_cutoffs import train_at_cutoffs
from nba_assets.modelling.bundles import load
from nba_assets.modelling.cards import card
from nba_assets.modelling.fitting import Trained
from nba_assets.orchestration import planning
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import Materialized, described, past, table_asset, training_cutoffs
from nba_assets.points.fit import enabled_models
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import MODEL_BUNDLES
from nba_assets.tables.registry import ML_MODEL_REGISTRY

TRAINING_DAYS = 3000
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
    def model_bundles(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
        """Train all enabled models at each cutoff before which enough is known."""
        warehouse, artifacts, lock, log = deployment.warehouse, deployment.artifacts, deployment.lock, context.log.info
        wanted = [date.fromisoformat(key) for key in context.partition_keys]
        known_at = warehouse.read(facts.BOX_SCORES, columns=["known_at"])["known_at"]
        cutoffs = planning.trainable(wanted, known_at)
        for cutoff in sorted(set(wanted) - set(cutoffs)):
            log(f"{cutoff}: too little is known before it to train; it has no bundle")

        room = enabled_models(warehouse.read(ML_MODEL_REGISTRY))
        share = 1 / (len(cutoffs) * len(room.specs)) if cutoffs else 0.0

        def wait(future: Future[Trained]) -> Trained:
            # Training takes minutes: whoever has a slate to predict need not wait for it.
            with lock.released(f"{context.run.job_name}: {MODEL_BUNDLES.name}", log):
                trained = future.result()
            deployment.advance(share)
            return trained

        rows = MODEL_BUNDLES.empty()
        if cutoffs:
            rows = train_at_cutoffs(room, cutoffs, warehouse, artifacts, log, wait)
            scope = {"model_id": rows["model_id"].unique().to_list(), "training_cutoff": cutoffs}
            warehouse.replace(MODEL_BUNDLES, rows, scope)
        trained = dict(rows.group_by("training_cutoff").len().iter_rows())
        for cutoff in wanted:
            context.add_asset_metadata({"rows": trained.get(cutoff, 0)}, partition_key=str(cutoff))
        newest = rows.filter(pl.col("training_cutoff") == pl.col("training_cutoff").max())
        cards = "\n\n".join(card(load(artifacts, path)) for path in newest["path"])
        return dg.MaterializeResult(metadata=described(rows) | ({"model cards": dg.MetadataValue.md(cards)} if cards else {}))

    return [model_bundles]
