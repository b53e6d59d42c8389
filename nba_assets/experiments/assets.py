"""Grades and their evaluation as assets."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache

import dagster as dg
import polars as pl

from nba_assets.calendar import box_score_known_at
from nba_assets.experiments.evaluation import accuracy_picture, by_season
from nba_assets.experiments.grading import changed, grade
from nba_assets.experiments.monitoring import missing_dates
from nba_assets.graph import Materialized, check_results, described, run_dates, table_asset
from nba_assets.points.bundles import Bundle, bundle_paths, load
from nba_assets.points.training import MODEL_ID
from nba_assets.stores.artifacts import LocalArtifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import GRADED_PREDICTIONS, ML_MODEL_PREDICTIONS, MODEL_BUNDLES, POINTS_EVALUATION

GRADED_WITH = (ML_MODEL_PREDICTIONS, ML_FEATURE_STORE, league.PLAYER_GAMES, league.SCHEDULE, facts.PROP_LINES)


@table_asset(GRADED_PREDICTIONS, group="experiments", deps=[table.name for table in GRADED_WITH])
def graded_predictions(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    artifacts: dg.ResourceParam[LocalArtifacts],
    clock: dg.ResourceParam[Callable[[], datetime]],
) -> Materialized:
    """Grade what has a result; a grade that changed is appended as a new version."""
    dates = run_dates(context)
    paths = bundle_paths(warehouse.read(MODEL_BUNDLES), MODEL_ID)

    @cache
    def bundle(cutoff: date) -> Bundle:
        return load(artifacts, paths[cutoff])

    grades = grade(*(warehouse.read(table, dates) for table in GRADED_WITH), load=bundle, now=clock())
    new = changed(grades, warehouse.read(GRADED_PREDICTIONS, dates))
    warehouse.append(GRADED_PREDICTIONS, new)
    return dg.MaterializeResult(metadata={**described(new, dates), "graded": grades.height})


@table_asset(
    POINTS_EVALUATION,
    group="experiments",
    partitions=None,
    deps=[GRADED_PREDICTIONS.name],
    checks=["possible_accuracy", "no_missing_dates"],
)
def points_evaluation(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    clock: dg.ResourceParam[Callable[[], datetime]],
) -> Materialized:
    """Evaluate every season; look for errors nobody can reach and for dates on which something is missing."""
    grades = warehouse.read(GRADED_PREDICTIONS)
    found = by_season(grades)
    warehouse.replace(POINTS_EVALUATION, found, {})
    too_good = pl.col("mae_high") < pl.col("mae_known_minutes")
    results = check_results({"possible_accuracy": found.filter(too_good)}, dg.AssetCheckSeverity.ERROR)
    results += check_results({"no_missing_dates": _missing(warehouse, clock())}, dg.AssetCheckSeverity.WARN)
    shown = {"calibration": dg.MetadataValue.md(accuracy_picture(grades))} if found.height else {}
    return dg.MaterializeResult(metadata=described(found) | shown, check_results=results)


def _missing(warehouse: Warehouse, now: datetime) -> pl.DataFrame:
    """What is missing of the games that were over at 02:00 ET."""
    over = box_score_known_at(pl.col("game_date")) <= now
    schedule = warehouse.read(league.SCHEDULE).filter(over)
    tables = (ML_FEATURE_STORE, ML_MODEL_PREDICTIONS, GRADED_PREDICTIONS)
    played = warehouse.read(league.PLAYER_GAMES, columns=["game_id", "game_date", "team_id"])
    return missing_dates(schedule, played, *(warehouse.read(table, columns=["game_id", "game_date"]) for table in tables))


ASSETS = [graded_predictions, points_evaluation]
