"""The registry, predictions of all its models, what the champion says, grades and their evaluation as assets."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import TypeVar

import dagster as dg
import polars as pl
from pydantic import Field

from nba_assets.calendar import DECISIONS, box_score_known_at
from nba_assets.experiments import registry as rules
from nba_assets.experiments import runner
from nba_assets.experiments.contenders import contenders
from nba_assets.experiments.evaluation import accuracy_picture, by_season
from nba_assets.experiments.grading import Inputs, Models, changed, grade, standing_grades
from nba_assets.experiments.monitoring import drift, missing_dates
from nba_assets.experiments.registrar import champion, sync
from nba_assets.graph import Materialized, check_results, described, run_dates, table_asset, training_cutoffs, written_beside
from nba_assets.points.bundles import Bundle, bundle_paths, load, read_distribution
from nba_assets.points.predictions import keep_frozen, serving_cutoff
from nba_assets.points.training import SPECS
from nba_assets.stores.artifacts import ArtifactError, LocalArtifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import (
    GRADED_PREDICTIONS,
    ML_MODEL_PREDICTIONS,
    ML_MODEL_SKIPS,
    MODEL_BUNDLES,
    PLAYER_PROP_PREDICTIONS,
    POINTS_EVALUATION,
)
from nba_assets.tables.registry import ML_MODEL_AUDIT, ML_MODEL_REGISTRY

GRADED_WITH = (ML_MODEL_PREDICTIONS, ML_FEATURE_STORE, league.PLAYER_GAMES, league.SCHEDULE, facts.PROP_LINES)
Found = TypeVar("Found")
# A player's last 20 games may lie this far back.
HISTORY_DAYS = 1000


class PredictionConfig(dg.Config):
    """Which decisions a run predicts."""

    decisions: list[str] = Field(default=list(DECISIONS), description="noon, tip or both")


@table_asset(ML_MODEL_REGISTRY, group="experiments", partitions=None, checks=["one_champion", "no_refused_row"])
def ml_model_registry(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    clock: dg.ResourceParam[Callable[[], datetime]],
) -> Materialized:
    """Look at who may predict: models that are trained here are there from the first run, others by INSERT or command."""
    held, _ = sync(warehouse, rules.By(rules.FOUND, None, clock()))
    marked = held.filter("is_production", "enabled")["model_id"].unique()
    _, refused = rules.usable(held)
    faults = {
        "one_champion": pl.DataFrame({"marked": [", ".join(marked) or "nobody"]}).head(len(marked) != 1),
        "no_refused_row": pl.DataFrame(refused, schema=rules.Refusal._fields, orient="row"),
    }
    results = check_results(faults, dg.AssetCheckSeverity.WARN)
    return dg.MaterializeResult(metadata=described(held), check_results=results)


@table_asset(ML_MODEL_AUDIT, group="experiments", partitions=None, deps=[ML_MODEL_REGISTRY.name])
def ml_model_audit(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Materialized:
    """Show the newest changes of the registry."""
    audit = warehouse.read(ML_MODEL_AUDIT)
    newest = (
        audit.tail(20).reverse().select("changed_at", "model_id", "event", "old_value", "new_value", "changed_by", "reason")
    )
    with pl.Config(tbl_formatting="MARKDOWN", tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, tbl_rows=20):
        return dg.MaterializeResult(metadata=described(audit) | {"newest": dg.MetadataValue.md(str(newest))})


def prediction_asset(cutoff_cron: str) -> dg.AssetsDefinition:
    """Return the asset of all models' predictions, for a retraining cron."""
    cutoffs = training_cutoffs(cutoff_cron)

    @table_asset(
        ML_MODEL_PREDICTIONS,
        group="experiments",
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
    group="experiments",
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


@table_asset(
    GRADED_PREDICTIONS,
    group="experiments",
    deps=[table.name for table in GRADED_WITH],
    checks=["artifacts_readable"],
)
def graded_predictions(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    artifacts: dg.ResourceParam[LocalArtifacts],
    clock: dg.ResourceParam[Callable[[], datetime]],
) -> Materialized:
    """Grade what has a result; a grade that changed is appended as a new version."""
    dates = run_dates(context)
    bundles = warehouse.read(MODEL_BUNDLES)
    paths = {spec.market: bundle_paths(bundles, spec.model_id) for spec in SPECS if spec.with_floor}

    faults: dict[str, str] = {}

    def floor(day: date, market: str) -> Bundle | None:
        serving = serving_cutoff(day, [], sorted(paths[market]))
        return _tried(faults, partial(load, artifacts), paths[market][serving.cutoff]) if serving else None

    given = {table.name: warehouse.read(table, dates) for table in GRADED_WITH}
    given |= {league.PLAYER_GAMES.name: warehouse.read(league.PLAYER_GAMES, dates.wider(HISTORY_DAYS))}
    predictions = given[ML_MODEL_PREDICTIONS.name]
    read = partial(read_distribution, artifacts)
    found = {path: _tried(faults, read, path) for path in predictions["distribution_path"].unique()}
    able = {path: distribution for path, distribution in found.items() if distribution}
    given[ML_MODEL_PREDICTIONS.name] = predictions.filter(pl.col("distribution_path").is_in(list(able)))
    grades = grade(Inputs(*given.values()), Models(able.__getitem__, floor), clock())
    new = changed(grades, warehouse.read(GRADED_PREDICTIONS, dates))
    warehouse.append(GRADED_PREDICTIONS, new)
    fault = pl.DataFrame(list(faults.items()), schema=["artifact", "fault"], orient="row")
    results = check_results({"artifacts_readable": fault}, dg.AssetCheckSeverity.ERROR)
    return dg.MaterializeResult(metadata={**described(new, dates), "graded": grades.height}, check_results=results)


def _tried(faults: dict[str, str], read: Callable[[str], Found], path: str) -> Found | None:
    try:
        return read(path)
    except ArtifactError as error:
        faults[path] = str(error)
        return None


@table_asset(
    POINTS_EVALUATION,
    group="experiments",
    partitions=None,
    deps=[GRADED_PREDICTIONS.name],
    checks=["possible_accuracy", "no_missing_dates", "champion_holds"],
)
def points_evaluation(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    clock: dg.ResourceParam[Callable[[], datetime]],
) -> Materialized:
    """Evaluate every season; look for errors nobody can reach and for dates on which something is missing."""
    grades = standing_grades(warehouse)
    found = by_season(grades)
    warehouse.replace(POINTS_EVALUATION, found, {})
    too_good = pl.col("mae_high") < pl.col("mae_known_minutes")
    results = check_results({"possible_accuracy": found.filter(too_good)}, dg.AssetCheckSeverity.ERROR)
    results += check_results({"no_missing_dates": _missing(warehouse, clock())}, dg.AssetCheckSeverity.WARN)
    serves = champion(warehouse)
    results += check_results({"champion_holds": drift(grades, serves or "")}, dg.AssetCheckSeverity.ERROR)
    shown = {"calibration": dg.MetadataValue.md(accuracy_picture(grades, serves))} if found.height and serves else {}
    return dg.MaterializeResult(metadata=described(found) | shown, check_results=results)


def _missing(warehouse: Warehouse, now: datetime) -> pl.DataFrame:
    """What is missing of the games that were over at 02:00 ET."""
    over = box_score_known_at(pl.col("game_date")) <= now
    schedule = warehouse.read(league.SCHEDULE).filter(over)
    tables = (ML_FEATURE_STORE, ML_MODEL_PREDICTIONS, GRADED_PREDICTIONS)
    played = warehouse.read(league.PLAYER_GAMES, columns=["game_id", "game_date", "team_id"])
    return missing_dates(schedule, played, *(warehouse.read(table, columns=["game_id", "game_date"]) for table in tables))


def experiments_assets(cutoff_cron: str) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Return the assets of the experiments room for a retraining cron."""
    return [
        ml_model_registry,
        ml_model_audit,
        prediction_asset(cutoff_cron),
        written_beside(ML_MODEL_SKIPS, group="experiments", by=ML_MODEL_PREDICTIONS),
        player_prop_predictions,
        graded_predictions,
        points_evaluation,
    ]
