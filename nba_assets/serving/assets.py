"""What is served as an asset: the only part of the room that knows Dagster."""

import dagster as dg

from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import Materialized, described, run_dates, tables_asset
from nba_assets.serving.publishing import publish, publish_night
from nba_assets.tables import league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.lineups import LINEUP_RATINGS
from nba_assets.tables.minutes import MINUTES_PREDICTIONS
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, PLAYER_PROP_PREDICTIONS
from nba_assets.tables.rates import PROJECTIONS
from nba_assets.tables.registry import CHAMPION_DECISION, ML_MODEL_REGISTRY
from nba_assets.tables.serving import OF_DATES

READ = (ML_FEATURE_STORE, league.PLAYER_GAMES, MINUTES_PREDICTIONS, PROJECTIONS, ML_MODEL_PREDICTIONS, PLAYER_PROP_PREDICTIONS)


@tables_asset(
    OF_DATES,
    group="serving",
    deps=[table.name for table in (*READ, GRADED_PREDICTIONS, ML_MODEL_REGISTRY, CHAMPION_DECISION, LINEUP_RATINGS)],
    kinds=("sqlalchemy", "postgres"),
)
def served(context: dg.AssetExecutionContext, deployment: Deployment) -> list[Materialized]:
    """Publish the run's dates, the documents of no date, and tonight's slate for what-ifs."""
    dates, database = run_dates(context), deployment.database
    published = publish(deployment.warehouse, database, dates, deployment.clock())
    night = publish_night(deployment.warehouse, deployment.artifacts, database, dates, deployment.clock())
    shown = {
        "database": str(database),
        "dates that changed": len(published.changed),
        "what-ifs of": str(night or "another date"),
    }
    frames = (published.slates, published.predictions)
    return [
        dg.MaterializeResult(asset_key=table.name, metadata={**described(frame, dates), **shown})
        for table, frame in zip(OF_DATES, frames, strict=True)
    ]


ASSETS = [served]
