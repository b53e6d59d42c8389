"""Grades as an asset."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache

import dagster as dg

from nba_assets.experiments.grading import changed, grade
from nba_assets.graph import Materialized, described, run_dates, table_asset
from nba_assets.points.bundles import Bundle, bundle_paths, load
from nba_assets.points.training import MODEL_ID
from nba_assets.stores.artifacts import LocalArtifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import GRADED_PREDICTIONS, ML_MODEL_PREDICTIONS, MODEL_BUNDLES

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


ASSETS = [graded_predictions]
