"""Predictions of all enabled models, who was skipped, and the champion's predictions as assets."""

from collections.abc import Callable
from datetime import date, datetime

import dagster as dg
import polars as pl
from pydantic import Field

from nba_assets.calendar import DECISIONS
from nba_assets.forecasting import inference as runner
from nba_assets.forecasting.registered import contenders
from nba_assets.modelling.serving import keep_frozen
from nba_assets.orchestration.factory import (
    Materialized,
    check_results,
    described,
    run_dates,
    table_asset,
    training_cutoffs,
    written_beside,
)
from nba_assets.registry.service import champion
from nba_assets.stores.artifacts import LocalArtifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, ML_MODEL_SKIPS, MODEL_BUNDLES, PLAYER_PROP_PREDICTIONS
from nba_assets.tables.registry import ML_MODEL_REGISTRY


class PredictionConfig(dg.Config):
    """Which decisions a run predicts."""

    decisions: list[str] = Field(default=list(DECISIONS), description="noon, tip or both")


def prediction_asset(cutoff_cron: str) -> dg.AssetsDefinition:
    """Return the asset of all models' predictions, for a retraining cron."""
    cutoffs = training_cutoffs(cutoff_cron)

    @table_asset(
        ML_MODEL_PREDICTIONS,
        group="forecasting",
        deps=[table.name for table in (ML_FEATURE_STORE, MODEL_BUNDLES, league.SCHEDULE, facts.PROP_LINES, ML_MODEL_REGISTRY)],
        kinds=("lightgbm", "catboost", "xgboost", "duckdb"),
    )
    def ml_model_predictions(
        context: dg.AssetExecutionContext,
        config: PredictionConfig,
        warehouse: dg.ResourceParam[Warehouse],
        artifacts: dg.ResourceParam[LocalArtifacts],
        clock: dg.ResourceParam[Callable[[], datetime]],
    ) -> Materialized:
        dates, now = run_dates(context), clock()
        windows = [date.fromisoformat(key) for key in cutoffs.get_partition_keys()]
        features = warehouse.read(ML_FEATURE_STORE, dates).filter(pl.col("decision").is_in(config.decisions))
        # A game that was moved since the decision freezes when it really starts.
        starts = warehouse.read(league.SCHEDULE, dates).select("game_id", "game_date", "tip_off")
        features = features.drop("tip_off").join(starts, on=["game_id", "game_date"])
        ready, refused, remarks = contenders(warehouse, artifacts, windows)
        for remark in remarks:
            context.log.warning(remark)
        rows, left_out = runner.predict(features, warehouse.read(facts.PROP_LINES, dates), ready, windows, now)
        models = sorted(contender.model_id for contender in ready)
        stored = warehouse.read(ML_MODEL_PREDICTIONS, dates).filter(
            pl.col("model_id").is_in(models) & pl.col("decision").is_in(config.decisions)
        )
        # Who fails on a slate leaves what was there.
        failed, slate = left_out.filter(pl.col("stage") != "window"), ["model_id", "game_date", "decision"]
        kept, replaced = (stored.join(failed, on=slate, how=how) for how in ("semi", "anti"))
        for origin in ("live", "backfill"):
            found, before, left = (part.filter(pl.col("origin") == origin) for part in (rows, replaced, kept))
            found = keep_frozen(found, before, starts, now) if origin == "live" else found
            scope = {"game_date": dates, "decision": config.decisions, "model_id": models, "origin": origin}
            warehouse.replace(ML_MODEL_PREDICTIONS, pl.concat([found, left]), scope)
        left_out = pl.concat([left_out, *(runner.skips(features, *refusal, now) for refusal in refused)])
        warehouse.replace(ML_MODEL_SKIPS, left_out, {"game_date": dates, "decision": config.decisions})
        _tell_skips(context, left_out)
        return dg.MaterializeResult(metadata={**described(rows, dates), "models": models, "skipped": left_out.height})

    return ml_model_predictions


def _tell_skips(context: dg.AssetExecutionContext, skips: pl.DataFrame) -> None:
    """One line and one observation a model and reason."""
    for (model_id, stage, reason), rows in skips.group_by("model_id", "stage", "reason", maintain_order=True):
        days = rows["game_date"].n_unique()
        context.log.warning(f"{model_id} skipped on {days} dates ({stage}): {reason}")
        said = {"model_id": str(model_id), "stage": str(stage), "reason": str(reason), "dates": days}
        context.log_event(dg.AssetObservation(asset_key=ML_MODEL_PREDICTIONS.name, metadata=said))


@table_asset(
    PLAYER_PROP_PREDICTIONS,
    group="forecasting",
    deps=[ML_MODEL_PREDICTIONS.name, ML_MODEL_REGISTRY.name, league.SCHEDULE.name],
    checks=["champion_predicted"],
)
def player_prop_predictions(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    clock: dg.ResourceParam[Callable[[], datetime]],
) -> Materialized:
    """Take over what the champion says; what was there before tip-off stays, whoever is champion now."""
    dates, now = run_dates(context), clock()
    serves = champion(warehouse)
    predictions = warehouse.read(ML_MODEL_PREDICTIONS, dates)
    key = PLAYER_PROP_PREDICTIONS.key
    said = predictions.filter((pl.col("model_id") == serves) & pl.col("is_out_of_sample"))
    said = said.sort(pl.col("origin") == "backfill").unique(key, keep="first", maintain_order=True)
    starts = warehouse.read(league.SCHEDULE, dates).select("game_id", "game_date", "tip_off")
    stored = warehouse.read(PLAYER_PROP_PREDICTIONS, dates).filter(pl.col("origin") == "live")
    rows = keep_frozen(said, stored, starts, now, key)
    warehouse.replace(PLAYER_PROP_PREDICTIONS, rows, {"game_date": dates, "decision": list(DECISIONS)})
    lacking = predictions.select("game_date").unique().join(rows, on="game_date", how="anti")
    fault = lacking.select(pl.lit(serves).alias("champion"), "game_date").sort("game_date")
    results = check_results({"champion_predicted": fault}, dg.AssetCheckSeverity.ERROR)
    return dg.MaterializeResult(metadata={**described(rows, dates), "champion": serves or "nobody"}, check_results=results)


def forecasting_assets(cutoff_cron: str) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Return the assets of the forecasting room for a retraining cron."""
    return [
        prediction_asset(cutoff_cron),
        written_beside(ML_MODEL_SKIPS, group="forecasting", by=ML_MODEL_PREDICTIONS),
        player_prop_predictions,
    ]
