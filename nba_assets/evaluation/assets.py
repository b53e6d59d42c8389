"""Grades of predictions, their evaluation, and the decision on the champion as assets."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from nba_assets.calendar import Dates
from nba_assets.evaluation import minutes, rates, rooms
from nba_assets.evaluation.champion import decide_champions
from nba_assets.evaluation.chances import reliability, reliability_picture
from nba_assets.evaluation.grading import GRADED_WITH, changed, grade, grade_inputs, standing_grades
from nba_assets.evaluation.metrics import accuracy_picture, by_season, played
from nba_assets.evaluation.monitoring import missing_now
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import Materialized, check_results, cutoff_dates, described, run_dates, table_asset
from nba_assets.registry.service import champion, champions
from nba_assets.settings import Settings
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.grades import GRADED_PREDICTIONS, POINTS_EVALUATION
from nba_assets.tables.minutes import MINUTES_BUNDLES, MINUTES_EVALUATION, MINUTES_PREDICTIONS
from nba_assets.tables.rates import RATES_BUNDLES, RATES_EVALUATION, RATES_TRAINING_BASE
from nba_assets.tables.registry import CHAMPION_DECISION, ML_MODEL_REGISTRY


@table_asset(
    GRADED_PREDICTIONS,
    group="evaluation",
    deps=[*(table.name for table in GRADED_WITH), ML_MODEL_REGISTRY.name],
    checks=["artifacts_readable"],
)
def graded_predictions(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Grade what has a result; a grade that changed is appended as a new version."""
    dates, warehouse, artifacts = run_dates(context), deployment.warehouse, deployment.artifacts
    given, models, unreadable = grade_inputs(warehouse, artifacts, dates)
    grades = grade(given, models, deployment.clock())
    new = changed(grades, warehouse.read(GRADED_PREDICTIONS, dates))
    warehouse.append(GRADED_PREDICTIONS, new)
    fault = pl.DataFrame(list(unreadable.items()), schema=["artifact", "fault"], orient="row")
    results = check_results({"artifacts_readable": fault}, dg.AssetCheckSeverity.ERROR)
    return dg.MaterializeResult(metadata={**described(new, dates), "graded": grades.height}, check_results=results)


@table_asset(
    POINTS_EVALUATION,
    group="evaluation",
    partitions=None,
    deps=[GRADED_PREDICTIONS.name],
    checks=["possible_accuracy", "no_missing_dates"],
)
def points_evaluation(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Evaluate every season; report errors that nobody can reach, and dates on which something is missing."""
    warehouse = deployment.warehouse
    grades = standing_grades(warehouse)
    found = by_season(grades)
    warehouse.replace(POINTS_EVALUATION, found, {})
    too_good = pl.col("mae_high") < pl.col("mae_known_minutes")
    results = check_results({"possible_accuracy": found.filter(too_good)}, dg.AssetCheckSeverity.ERROR)
    results += check_results({"no_missing_dates": missing_now(warehouse, deployment.clock())}, dg.AssetCheckSeverity.WARN)
    serves = champion(warehouse)
    shown = {"calibration": dg.MetadataValue.md(accuracy_picture(grades, serves).markdown)} if found.height and serves else {}
    shown |= {
        f"chances of the over, {model_id}": dg.MetadataValue.md(text) for model_id, text in _reliability(grades, warehouse)
    }
    return dg.MaterializeResult(metadata=described(found) | shown, check_results=results)


def _reliability(grades: pl.DataFrame, warehouse: Warehouse) -> Iterator[tuple[str, str]]:
    """How the champions' chances of the over came out at tip, drawn."""
    for market, model_id in champions(warehouse).items():
        own = (pl.col("market") == market) & (pl.col("model_id") == model_id) & (pl.col("decision") == "tip")
        rows = reliability(played(grades.filter(own)))
        if rows.height:
            title = f"{model_id}, tip, {rows['n'].sum():,} lines"
            yield model_id, reliability_picture(rows, title).markdown


def champion_asset(promotion: str) -> dg.AssetsDefinition:
    """Return the asset of decisions on the champion, which promotes a better challenger or proposes it."""

    @table_asset(
        CHAMPION_DECISION,
        group="evaluation",
        deps=[GRADED_PREDICTIONS.name, ML_MODEL_REGISTRY.name],
        checks=["champion_holds"],
    )
    def champion_decision(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
        """Compare every challenger with its market's champion on the grades up to the run's last date."""
        night, promotes = run_dates(context).last, promotion == "promote"
        rows = decide_champions(deployment.warehouse, deployment.artifacts, night, promotes=promotes, now=deployment.clock())
        # Only the last night of a range is decided: what earlier nights decided is history.
        dates = Dates(night, night)
        deployment.warehouse.replace(CHAMPION_DECISION, rows, {"game_date": dates})
        drifts = rows.filter(pl.col("news").str.contains(" drifts: ")).select("market", "champion", "news").unique()
        results = check_results({"champion_holds": drifts}, dg.AssetCheckSeverity.ERROR)
        reasons = {f"decision: {market}": reason for market, reason in rows.select("market", "reason").unique().iter_rows()}
        return dg.MaterializeResult(metadata=described(rows, dates) | reasons, check_results=results)

    return champion_decision


@table_asset(
    MINUTES_EVALUATION,
    group="evaluation",
    partitions=None,
    deps=[MINUTES_PREDICTIONS.name, MINUTES_BUNDLES.name, ML_FEATURE_STORE.name, league.PLAYER_GAMES.name],
    checks=["intervals_hold"],
)
def minutes_evaluation(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Evaluate the minutes of the newest season; warn of intervals that hold too few or too many."""
    warehouse = deployment.warehouse
    dates = rooms.newest_season(warehouse)
    rows = minutes.judged(warehouse, deployment.artifacts, dates) if dates else pl.DataFrame()
    found = rooms.by_part(MINUTES_EVALUATION, rows, minutes.evaluate)
    warehouse.replace(MINUTES_EVALUATION, found, {"season": found["season"].unique().to_list()})
    results = check_results({"intervals_hold": rooms.wrong_intervals(found)}, dg.AssetCheckSeverity.WARN)
    regular = found.filter(pl.col("season_type") == "Regular Season")
    shown = {"coverage": dg.MetadataValue.md(rooms.minutes_picture(regular).markdown)} if regular.height else {}
    return dg.MaterializeResult(metadata=described(found) | shown, check_results=results)


def rates_evaluation_asset(cutoff_cron: str) -> dg.AssetsDefinition:
    """Return the asset of the evaluation of rates for a retraining cron."""

    @table_asset(
        RATES_EVALUATION,
        group="evaluation",
        partitions=None,
        deps=[RATES_TRAINING_BASE.name, RATES_BUNDLES.name],
        checks=["better_than_own_rate"],
    )
    def rates_evaluation(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
        """Evaluate the rates of the newest season; warn of targets that are worse than the player's own shrunk rate."""
        warehouse = deployment.warehouse
        dates = rooms.newest_season(warehouse)
        judged = rates.judged(warehouse, deployment.artifacts, dates, cutoff_dates(cutoff_cron)) if dates else pl.DataFrame()
        found = rooms.by_part(RATES_EVALUATION, judged, rates.evaluate)
        warehouse.replace(RATES_EVALUATION, found, {"season": found["season"].unique().to_list()})
        results = check_results({"better_than_own_rate": rooms.worse_rates(found)}, dg.AssetCheckSeverity.WARN)
        tenths = rates.calibration(judged)
        shown = {"calibration": dg.MetadataValue.md(rooms.rates_picture(tenths).markdown)} if tenths.height else {}
        return dg.MaterializeResult(metadata=described(found) | shown, check_results=results)

    return rates_evaluation


def evaluation_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """Return the assets of the evaluation room."""
    champion_decision, rates_evaluation = champion_asset(settings.promotion), rates_evaluation_asset(settings.cutoff_cron)
    return [graded_predictions, points_evaluation, minutes_evaluation, rates_evaluation, champion_decision]
