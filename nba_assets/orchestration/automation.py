"""When things run: jobs, schedules and the tip-off sensor. All stopped until somebody starts them."""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta

import dagster as dg
import polars as pl
import requests

from nba_assets.calendar import EASTERN, TIP_DECISION_BEFORE_TIP, Dates
from nba_assets.evaluation.champion import watch
from nba_assets.league.schedule import schedule
from nba_assets.orchestration.factory import TIME_ZONE
from nba_assets.settings import Settings
from nba_assets.sources.protocol import Source
from nba_assets.stores.artifacts import LocalArtifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, features, league, predictions, registry, usage
from nba_assets.usage.schema import COEFFICIENTS

FACTS = [table.name for table in (*facts.DAILY, facts.PLAYERS)]
LEAGUE = [table.name for table in league.DAILY]
PREDICTIONS = predictions.ML_MODEL_PREDICTIONS.name
REGISTRY = [table.name for table in registry.ALL]
PREDICT = [*REGISTRY, PREDICTIONS, predictions.PLAYER_PROP_PREDICTIONS.name]
PREPARE = [*FACTS, *LEAGUE, features.ML_FEATURE_STORE.name]

PREPARE_JOB = dg.define_asset_job("prepare", selection=PREPARE, description="Facts, league tables and features.")
PREDICT_JOB = dg.define_asset_job("predict", selection=[*PREPARE, *PREDICT], description="Everything up to predictions.")
GRADE_JOB = dg.define_asset_job(
    "grade",
    selection=[*PREPARE, *PREDICT, predictions.GRADED_PREDICTIONS.name],
    description="Results, rows for those who appeared unexpectedly, and the grades of what was predicted.",
)
FORECAST_JOB = dg.define_asset_job(
    "forecast",
    selection=[*PREDICT, predictions.GRADED_PREDICTIONS.name],
    description="Predictions and grades from features that are there: the second half of a backfill.",
)
TRAIN_JOB = dg.define_asset_job("train", selection=[predictions.MODEL_BUNDLES.name], description="Bundles of a cutoff.")
USAGE_JOB = dg.define_asset_job(
    "train_usage",
    selection=[usage.USAGE_COEFFICIENTS.name, COEFFICIENTS.name],
    description="Usage coefficients of a cutoff, served.",
)
REVIEW_JOB = dg.define_asset_job(
    "review",
    selection=[features.FEATURE_COVERAGE.name, predictions.POINTS_EVALUATION.name, usage.USAGE_EVALUATION.name],
    description="Coverage of features, errors of points and usage by season, with pictures; missing dates, odd days.",
)
JOBS = [PREPARE_JOB, PREDICT_JOB, GRADE_JOB, FORECAST_JOB, TRAIN_JOB, USAGE_JOB, REVIEW_JOB]
ALERT_SECONDS = 10

# Stat corrections arrive within days: the newest results are asked for again.
REGRADED_DAYS = 3
TIP_SENSOR_SECONDS = 300
WATCH_SECONDS = 3600


def build_automation(settings: Settings) -> tuple[list[dg.ScheduleDefinition], list[dg.SensorDefinition]]:
    """Return schedules and sensors: for the retraining crons, for a chat's webhook if there is one, and a way of promotion."""
    alert_url, promotion = settings.alert_url, settings.promotion

    def tell(log: logging.Logger, text: str) -> None:
        log.error(text)
        if alert_url:
            requests.post(alert_url.get_secret_value(), json={"text": text}, timeout=ALERT_SECONDS).raise_for_status()

    @dg.schedule(name="usage_retrain", job=USAGE_JOB, cron_schedule=settings.usage_cron, execution_timezone=TIME_ZONE)
    def usage_retrain(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        """Fit the usage coefficients whose cutoff is now, and serve them."""
        return dg.RunRequest(partition_key=_today(context.scheduled_execution_time).isoformat())

    @dg.schedule(name="retrain", job=TRAIN_JOB, cron_schedule=settings.cutoff_cron, execution_timezone=TIME_ZONE)
    def retrain(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        """Train the bundle whose cutoff is now."""
        return dg.RunRequest(partition_key=_today(context.scheduled_execution_time).isoformat())

    @dg.run_failure_sensor(name="failed_runs")
    def failed_runs(context: dg.RunFailureSensorContext) -> None:
        """Log a failed run, and post it as {"text": …} to the webhook that NBA_ASSETS_ALERT_URL names."""
        run = context.dagster_run
        dates = run.tags.get("dagster/partition") or run.tags.get("dagster/asset_partition_range_start") or "no date"
        text = f"nba_assets: {run.job_name} of {dates} failed (run {run.run_id}): {context.failure_event.message}"
        tell(context.log, text)

    @dg.sensor(name="champion_watch", minimum_interval_seconds=WATCH_SECONDS)
    def champion_watch(
        context: dg.SensorEvaluationContext,
        warehouse: dg.ResourceParam[Warehouse],
        artifacts: dg.ResourceParam[LocalArtifacts],
        clock: dg.ResourceParam[Callable[[], datetime]],
    ) -> dg.SkipReason:
        """Promote a challenger that is better, or propose it (NBA_ASSETS_PROMOTION); raise an alarm if the champion drifts."""
        found = watch(warehouse, artifacts.root, promotes=promotion == "promote", now=clock())
        news = "; ".join(found.news)
        if news and news != context.cursor:
            tell(context.log, f"nba_assets: {news}")
        context.update_cursor(news)
        return dg.SkipReason("; ".join([found.decision.reason, *found.news]))

    return [noon_predictions, night_grades, nightly_review, retrain, usage_retrain], [
        tip_predictions,
        failed_runs,
        champion_watch,
    ]


@dg.schedule(job=REVIEW_JOB, cron_schedule="0 3 * * *", execution_timezone=TIME_ZONE)
def nightly_review(_: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Look over what the night has left, at 03:00 ET."""
    return dg.RunRequest()


@dg.schedule(job=PREDICT_JOB, cron_schedule="0 12 * * *", execution_timezone=TIME_ZONE)
def noon_predictions(context: dg.ScheduleEvaluationContext, source: dg.ResourceParam[Source]) -> dg.RunRequest | dg.SkipReason:
    """Predict today's slate as the `noon` decision, at 12:00 ET."""
    today = _today(context.scheduled_execution_time)
    if source.read(facts.SCHEDULE_NOTICES, Dates(today, today)).is_empty():
        return dg.SkipReason(f"no games on {today} in source {source.name}")
    return dg.RunRequest(partition_key=today.isoformat(), run_config=_deciding("noon"))


@dg.schedule(job=GRADE_JOB, cron_schedule="0 2 * * *", execution_timezone=TIME_ZONE)
def night_grades(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest]:
    """Grade yesterday, and the two days before it again, at 02:00 ET."""
    today = _today(context.scheduled_execution_time)
    keys = [(today - timedelta(days=days)).isoformat() for days in range(1, REGRADED_DAYS + 1)]
    return [dg.RunRequest(run_key=f"{today} {key}", partition_key=key) for key in keys]


@dg.sensor(job=PREDICT_JOB, minimum_interval_seconds=TIP_SENSOR_SECONDS)
def tip_predictions(
    source: dg.ResourceParam[Source], clock: dg.ResourceParam[Callable[[], datetime]]
) -> list[dg.RunRequest] | dg.SkipReason:
    """Predict the games whose `tip` decision, 15 minutes before tip-off, has come: one run a tip-off time."""
    now = clock()
    today = _today(now)
    notices = source.read(facts.SCHEDULE_NOTICES, Dates(today, today)).filter(pl.col("known_at") <= now)
    games = schedule(notices).filter(pl.col("status") == "scheduled")
    due = games.filter(pl.col("tip_off").is_between(now, now + TIP_DECISION_BEFORE_TIP, closed="right"))
    if due.is_empty():
        return dg.SkipReason(f"no game tips off within {TIP_DECISION_BEFORE_TIP} of {now:%H:%M} UTC")
    tips = due["tip_off"].unique().sort()
    return [
        dg.RunRequest(run_key=f"tip {tip.isoformat()}", partition_key=today.isoformat(), run_config=_deciding("tip"))
        for tip in tips
    ]


def _deciding(decision: str) -> dict[str, object]:
    return {"ops": {PREDICTIONS: {"config": {"decisions": [decision]}}}}


def _today(instant: datetime) -> date:
    return instant.astimezone(EASTERN).date()
