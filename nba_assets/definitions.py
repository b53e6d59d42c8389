"""The one list of what a deployment is made of."""

import dagster as dg

from nba_assets.evaluation.assets import evaluation_assets
from nba_assets.features import assets as features
from nba_assets.forecasting.assets import forecasting_assets
from nba_assets.league import assets as league
from nba_assets.lineups import assets as lineups
from nba_assets.minutes.assets import minutes_assets
from nba_assets.orchestration.build import build_deployment
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import step_log
from nba_assets.orchestration.jobs import FETCH_JOB, JOBS
from nba_assets.orchestration.schedules import build_schedules
from nba_assets.orchestration.sensors import build_sensors
from nba_assets.points.assets import points_assets
from nba_assets.rates.assets import rates_assets
from nba_assets.registry import assets as registry
from nba_assets.serving import assets as serving
from nba_assets.settings import Settings, load_settings
from nba_assets.sources import assets as sources
from nba_assets.usage.assets import usage_assets


def build_defs(settings: Settings, deployment: Deployment | None = None) -> dg.Definitions:
    """Return the definitions of a home folder, with its own deployment or a given one."""
    return dg.Definitions(
        assets=[
            *sources.source_assets(is_live=settings.is_live),
            *league.ASSETS,
            *features.ASSETS,
            *usage_assets(settings.usage_cron),
            *minutes_assets(settings.cutoff_cron),
            *rates_assets(settings.cutoff_cron, settings.rates_calibration, settings.rates_validation),
            *points_assets(settings.cutoff_cron),
            *lineups.ASSETS,
            *registry.ASSETS,
            *forecasting_assets(settings.cutoff_cron, settings.exposure),
            *evaluation_assets(settings),
            *serving.ASSETS,
        ],
        jobs=[FETCH_JOB, *JOBS] if settings.is_live else JOBS,
        schedules=build_schedules(settings),
        sensors=build_sensors(settings),
        resources={"deployment": deployment or build_deployment(settings)},
        loggers={"console": dg.colored_console_logger, "steps": step_log},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions of the home that the environment names."""
    return build_defs(load_settings())
