"""Grades of predictions and their evaluation as assets."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import TypeVar

import dagster as dg
import polars as pl

from nba_assets.calendar import box_score_known_at
from nba_assets.evaluation.grading import Inputs, Models, changed, grade, standing_grades
from nba_assets.evaluation.metrics import accuracy_picture, by_season
from nba_assets.evaluation.monitoring import drift, missing_dates
from nba_assets.modelling.bundles import Bundle, bundle_paths, load, read_distribution
from nba_assets.modelling.serving import serving_cutoff
from nba_assets.orchestration.factory import Materialized, check_results, described, run_dates, table_asset
from nba_assets.points.fit import SPECS
from nba_assets.registry.service import champion
from nba_assets.stores.artifacts import ArtifactError, LocalArtifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import GRADED_PREDICTIONS, ML_MODEL_PREDICTIONS, MODEL_BUNDLES, POINTS_EVALUATION

GRADED_WITH = (ML_MODEL_PREDICTIONS, ML_FEATURE_STORE, league.PLAYER_GAMES, league.SCHEDULE, facts.PROP_LINES)
Found = TypeVar("Found")
# A player's last 20 games may lie this far back.
HISTORY_DAYS = 1000


@table_asset(
    GRADED_PREDICTIONS,
    group="evaluation",
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
    group="evaluation",
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


ASSETS = [graded_predictions, points_evaluation]
