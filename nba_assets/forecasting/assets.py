"""Predictions of all enabled models, who was skipped, and the champions' predictions as assets."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import dagster as dg
import polars as pl

from nba_assets.calendar import DECISIONS, Dates
from nba_assets.forecasting import inference
from nba_assets.forecasting.betting import sized
from nba_assets.forecasting.chances import LOOK_BACK, Earlier
from nba_assets.forecasting.models import RegisteredModel
from nba_assets.forecasting.registered import load_models
from nba_assets.modelling.time_splits import keep_frozen
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import (
    Materialized,
    check_results,
    cutoff_dates,
    described,
    past,
    run_dates,
    table_asset,
    tables_asset,
)
from nba_assets.registry.service import champions
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import (
    ML_MODEL_PREDICTIONS,
    ML_MODEL_SKIPS,
    MODEL_BUNDLES,
    PLAYER_PROP_PREDICTIONS,
    PREDICTED_KEY,
)
from nba_assets.tables.rates import PROJECTIONS
from nba_assets.tables.registry import ML_MODEL_REGISTRY

ORIGINS = ("live", "backfill")
SLATE = ["model_id", "market", "game_date", "decision"]
PREDICTED_WITH = (ML_FEATURE_STORE, MODEL_BUNDLES, league.SCHEDULE, facts.PROP_LINES, ML_MODEL_REGISTRY)
DECIDED = dg.Field([str], default_value=list(DECISIONS), description="which decisions are predicted: noon, tip or both")


def prediction_asset(cutoff_cron: str, exposure: float) -> dg.AssetsDefinition:
    """Return the asset of all models' predictions and skips, for a retraining cron and the most that is staked on a night."""

    @tables_asset(
        [ML_MODEL_PREDICTIONS, ML_MODEL_SKIPS],
        group="forecasting",
        deps=[
            *(table.name for table in PREDICTED_WITH),
            # A derived model of our own.
            PROJECTIONS.name,
            # What became of earlier lines.
            dg.AssetDep(facts.BOX_SCORES.name, partition_mapping=past(LOOK_BACK.days, with_today=True)),
        ],
        kinds=("lightgbm", "catboost", "xgboost", "duckdb"),
        config_schema={"decisions": DECIDED},
    )
    def predictions(context: dg.AssetExecutionContext, deployment: Deployment) -> list[Materialized]:
        """Predict the run's slates with every enabled model; live rows of games that have begun stay as they are."""
        dates, decisions, now = run_dates(context), context.op_execution_context.op_config["decisions"], deployment.clock()
        warehouse, windows = deployment.warehouse, cutoff_dates(cutoff_cron)
        features, starts = _slates(warehouse, dates, decisions)
        models = load_models(warehouse, deployment.artifacts, windows, dates)
        for remark in models.remarks:
            context.log.warning(remark)
        lines, earlier = warehouse.read(facts.PROP_LINES, dates), Earlier.read(warehouse, dates)
        rows, skipped = inference.predict(features, lines, models.ready, windows, now, earlier)
        _store(warehouse, rows, skipped, Run(dates, decisions, models.ready, starts, now, exposure))
        refused = (inference.skips(features, *refusal, now) for refusal in models.refused)
        skipped = pl.concat([skipped, *refused])
        warehouse.replace(ML_MODEL_SKIPS, skipped, {"game_date": dates, "decision": decisions})
        _log_skips(context, skipped)
        names = sorted({model.model_id for model in models.ready})
        predicted = {**described(rows, dates), "models": names}
        return [
            dg.MaterializeResult(asset_key=ML_MODEL_PREDICTIONS.name, metadata=predicted),
            dg.MaterializeResult(asset_key=ML_MODEL_SKIPS.name, metadata=described(skipped, dates)),
        ]

    return predictions


class Run(NamedTuple):
    """What a run predicts: dates, decisions, models, when games start as scheduled now, and the most staked on a night."""

    dates: Dates
    decisions: list[str]
    models: Sequence[RegisteredModel]
    starts: pl.DataFrame
    now: datetime
    exposure: float


def _slates(warehouse: Warehouse, dates: Dates, decisions: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Feature rows of the decisions, and when games start: a game that was moved freezes when it really starts."""
    features = warehouse.read(ML_FEATURE_STORE, dates).filter(pl.col("decision").is_in(decisions))
    starts = warehouse.read(league.SCHEDULE, dates).select("game_id", "game_date", "tip_off")
    return features.drop("tip_off").join(starts, on=["game_id", "game_date"]), starts


def _store(warehouse: Warehouse, rows: pl.DataFrame, skipped: pl.DataFrame, run: Run) -> None:
    """Replace the run's predictions. A model that failed on a slate leaves what was there; a begun game's live row stays."""
    models = pl.DataFrame(
        sorted({(model.model_id, model.market) for model in run.models}), schema=["model_id", "market"], orient="row"
    )
    stored = warehouse.read(ML_MODEL_PREDICTIONS, run.dates).filter(pl.col("decision").is_in(run.decisions))
    failed = skipped.filter(pl.col("stage") != "window")
    # Of a model and market that did not run, everything stays.
    ran = stored.join(models, on=["model_id", "market"], how="semi")
    idle = stored.join(models, on=["model_id", "market"], how="anti")
    kept, replaced = (ran.join(failed, on=SLATE, how=how) for how in ("semi", "anti"))
    chosen = {name: models[name].unique().sort().to_list() for name in ("model_id", "market")}
    for origin in ORIGINS:
        found, before, *left = (part.filter(pl.col("origin") == origin) for part in (rows, replaced, kept, idle))
        frozen, found = (
            keep_frozen(found, before, run.starts, run.now, PREDICTED_KEY) if origin == "live" else (kept.clear(), found)
        )
        found = pl.concat([frozen, sized(found, frozen, run.exposure)])
        left = [part.filter(pl.all_horizontal(pl.col(name).is_in(values) for name, values in chosen.items())) for part in left]
        scope = {"game_date": run.dates, "decision": run.decisions, "origin": origin, **chosen}
        warehouse.replace(ML_MODEL_PREDICTIONS, pl.concat([found, *left]), scope)


def _log_skips(context: dg.AssetExecutionContext, skips: pl.DataFrame) -> None:
    """One line and one observation per model, market and reason."""
    key = ("model_id", "market", "stage", "reason")
    for group, rows in skips.group_by(key, maintain_order=True):
        values = dict(zip(key, map(str, group), strict=True))
        days = rows["game_date"].n_unique()
        context.log.warning(f"{values['model_id']} skipped on {days} dates ({values['stage']}): {values['reason']}")
        context.log_event(dg.AssetObservation(asset_key=ML_MODEL_PREDICTIONS.name, metadata={**values, "dates": days}))


@table_asset(
    PLAYER_PROP_PREDICTIONS,
    group="forecasting",
    deps=[ML_MODEL_PREDICTIONS.name, ML_MODEL_REGISTRY.name, league.SCHEDULE.name],
    checks=["champion_predicted"],
)
def player_prop_predictions(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Take over the champions' predictions; those made before tip-off stay, whoever is champion now."""
    dates, warehouse = run_dates(context), deployment.warehouse
    serving = champions(warehouse)
    predictions = warehouse.read(ML_MODEL_PREDICTIONS, dates)
    key = PLAYER_PROP_PREDICTIONS.key
    serves = pl.DataFrame(list(serving.items()), schema={"market": pl.String, "model_id": pl.String}, orient="row")
    served = predictions.join(serves, on=["market", "model_id"], how="semi").filter("is_out_of_sample")
    served = served.sort(pl.col("origin") != "live").unique(key, keep="first", maintain_order=True)
    starts = warehouse.read(league.SCHEDULE, dates).select("game_id", "game_date", "tip_off")
    stored = warehouse.read(PLAYER_PROP_PREDICTIONS, dates).filter(pl.col("origin") == "live")
    rows = pl.concat(keep_frozen(served, stored, starts, deployment.clock(), key))
    warehouse.replace(PLAYER_PROP_PREDICTIONS, rows, {"game_date": dates, "decision": list(DECISIONS)})
    who = ", ".join(f"{model_id} ({market})" for market, model_id in serving.items()) or "nobody"
    # A date on which some model predicted, but not the champion.
    asked = predictions.join(serves.select("market"), on="market", how="semi") if serving else predictions
    lacking = asked.select("game_date", "market").unique().join(rows, on=["game_date", "market"], how="anti")
    fault = lacking.select(pl.lit(who).alias("champion"), "market", "game_date").sort("game_date", "market")
    results = check_results({"champion_predicted": fault}, dg.AssetCheckSeverity.ERROR)
    return dg.MaterializeResult(metadata={**described(rows, dates), "champions": who}, check_results=results)


def forecasting_assets(cutoff_cron: str, exposure: float) -> list[dg.AssetsDefinition]:
    """Return the assets of the forecasting room for a retraining cron and the most that is staked on a night."""
    return [prediction_asset(cutoff_cron, exposure), player_prop_predictions]
