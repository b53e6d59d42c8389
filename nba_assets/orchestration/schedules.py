"""Schedules, in New York time. All are stopped until somebody starts them in the UI."""

from datetime import date, datetime, timedelta

import dagster as dg

from nba_assets.calendar import EASTERN, Dates
from nba_assets.lineups.assets import SEASON_CRON
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import TIME_ZONE, URGENT
from nba_assets.orchestration.jobs import (
    GRADE_JOB,
    LINEUPS_JOB,
    PREDICT_JOB,
    REVIEW_JOB,
    TRAIN_JOB,
    TRAIN_MINUTES_JOB,
    TRAIN_RATES_JOB,
    USAGE_JOB,
)
from nba_assets.settings import Settings
from nba_assets.tables import facts
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS

# Stat corrections arrive within days, so the newest results are fetched again.
REGRADED_DAYS = 3
# The All-Star break is a week.
SEASON_GAP_DAYS = 8
# A scheduled run does not queue behind a backfill, and goes before its next step.
SCHEDULED = {URGENT: "true", "dagster/priority": "10"}
Status = dg.DagsterRunStatus
UNFINISHED = (Status.QUEUED, Status.NOT_STARTED, Status.STARTING, Status.STARTED, Status.CANCELING)


def build_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Return all schedules, with the retraining crons of the settings."""

    @dg.schedule(name="usage_retrain", job=USAGE_JOB, cron_schedule=settings.usage_refresh_cron, execution_timezone=TIME_ZONE)
    def usage_retrain(
        context: dg.ScheduleEvaluationContext, deployment: dg.ResourceParam[Deployment]
    ) -> dg.RunRequest | dg.SkipReason:
        """Refresh the usage coefficients in season, on what was known before today, and publish them."""
        today = day_of(context.scheduled_execution_time)
        if deployment.source.read(facts.SCHEDULE_NOTICES, Dates(today, today).wider(SEASON_GAP_DAYS)).is_empty():
            return dg.SkipReason(f"no games within {SEASON_GAP_DAYS} days of {today}")
        return dg.RunRequest(partition_key=today.isoformat(), tags=SCHEDULED)

    retraining = [
        _retraining("retrain", TRAIN_JOB.name, settings.cutoff_cron),
        _retraining("minutes_retrain", TRAIN_MINUTES_JOB.name, settings.cutoff_cron),
        _retraining("rates_retrain", TRAIN_RATES_JOB.name, settings.cutoff_cron),
        _retraining("lineups_retrain", LINEUPS_JOB.name, SEASON_CRON),
    ]
    return [noon_predictions, night_grades, nightly_review, *retraining, usage_retrain]


def _retraining(name: str, job_name: str, cron: str) -> dg.ScheduleDefinition:
    @dg.schedule(name=name, job_name=job_name, cron_schedule=cron, execution_timezone=TIME_ZONE)
    def retrain(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        """Train the bundles whose cutoff is now."""
        return dg.RunRequest(partition_key=day_of(context.scheduled_execution_time).isoformat(), tags=SCHEDULED)

    return retrain


@dg.schedule(job=PREDICT_JOB, cron_schedule="0 12 * * *", execution_timezone=TIME_ZONE)
def noon_predictions(
    context: dg.ScheduleEvaluationContext, deployment: dg.ResourceParam[Deployment]
) -> dg.RunRequest | dg.SkipReason:
    """Predict today's slate as the `noon` decision, at 12:00 ET."""
    today = day_of(context.scheduled_execution_time)
    if deployment.source.read(facts.SCHEDULE_NOTICES, Dates(today, today)).is_empty():
        return dg.SkipReason(f"no games on {today} in source {deployment.source.name}")
    return dg.RunRequest(partition_key=today.isoformat(), run_config=predicting("noon"), tags=SCHEDULED)


@dg.schedule(job=GRADE_JOB, cron_schedule="0 2 * * *", execution_timezone=TIME_ZONE)
def night_grades(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest]:
    """Grade yesterday, and the two days before it again, at 02:00 ET."""
    today = day_of(context.scheduled_execution_time)
    keys = [(today - timedelta(days=days)).isoformat() for days in range(1, REGRADED_DAYS + 1)]
    return [dg.RunRequest(run_key=f"{today} {key}", partition_key=key, tags=SCHEDULED) for key in keys]


@dg.schedule(job=REVIEW_JOB, cron_schedule="0 3 * * *", execution_timezone=TIME_ZONE)
def nightly_review(_: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Review what the night has left, at 03:00 ET."""
    return dg.RunRequest(tags=SCHEDULED)


def predicting(decision: str) -> dict[str, object]:
    """Return the run config of a job that predicts one decision."""
    return {"ops": {ML_MODEL_PREDICTIONS.name: {"config": {"decisions": [decision]}}}}


def day_of(instant: datetime) -> date:
    """Return the day in New York."""
    return instant.astimezone(EASTERN).date()
