"""Sensors: tip-offs, failed runs and graded nights. All are stopped until somebody starts them in the UI."""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import polars as pl
import requests

from nba_assets.calendar import TIP_DECISION_BEFORE_TIP, Dates
from nba_assets.league.schedule import schedule
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.jobs import CHAMPION_JOB, FETCH_JOB, PREDICT_JOB
from nba_assets.orchestration.ready import ready_features, ready_slates
from nba_assets.orchestration.schedules import SCHEDULED, UNFINISHED, day_of, predicting
from nba_assets.settings import Settings
from nba_assets.tables import facts
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.registry import CHAMPION_DECISION

ALERT_SECONDS = 10
TIP_SENSOR_SECONDS = 300
FETCH_SECONDS, FAILED_AGAIN = 300, timedelta(minutes=14)
# Results are corrected for days; what was missed is fetched as long.
LOOKS_BACK_DAYS = 4
WATCH_SECONDS = 3600
LONGEST_FETCH = timedelta(hours=1)
FETCHES = SCHEDULED | {"dagster/priority": "5"}
# Nights that are decided after all when the sensor was stopped for a while.
DECIDED_LATE_DAYS = 7
Tell = Callable[[logging.Logger, str], None]


def build_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """Return all sensors; alerts go to the log, and to a chat's webhook if the settings name one."""
    alert_url = settings.alert_url

    def tell(log: logging.Logger, text: str) -> None:
        log.error(text)
        if alert_url:
            requests.post(alert_url.get_secret_value(), json={"text": text}, timeout=ALERT_SECONDS).raise_for_status()

    @dg.run_failure_sensor(name="failed_runs")
    def failed_runs(context: dg.RunFailureSensorContext) -> None:
        """Log a failed run, and post it as {"text": …} to the webhook that NBA_ASSETS_ALERT_URL names."""
        run = context.dagster_run
        dates = run.tags.get("dagster/partition") or run.tags.get("dagster/asset_partition_range_start") or "no date"
        text = f"nba_assets: {run.job_name} of {dates} failed (run {run.run_id}): {context.failure_event.message}"
        tell(context.log, text)

    told = [ready_slates(settings.ready_topic)] if settings.ready_topic else []
    fetching = [due_fetches] if settings.is_live else []
    return [tip_predictions, ready_features, failed_runs, champion_watch(tell), *told, *fetching]


def champion_watch(tell: Tell) -> dg.SensorDefinition:
    """Return the sensor that requests a decision on the champion after every graded night, and reports its news."""

    @dg.sensor(name="champion_watch", job=CHAMPION_JOB, minimum_interval_seconds=WATCH_SECONDS)
    def watch(
        context: dg.SensorEvaluationContext, deployment: dg.ResourceParam[Deployment]
    ) -> list[dg.RunRequest] | dg.SkipReason:
        """Request one run of `champion_decision` per graded night; report a promotion, a proposal or a drift once."""
        graded = deployment.warehouse.summary(GRADED_PREDICTIONS).last
        if graded is None:
            return dg.SkipReason("nothing is graded yet")
        decided = deployment.warehouse.summary(CHAMPION_DECISION).last
        news = _news(deployment, decided) if decided else ""
        if news and news != context.cursor:
            tell(context.log, f"nba_assets: {news}")
        context.update_cursor(news)
        if decided is not None and decided >= graded:
            return dg.SkipReason(f"{graded} is decided: {news or 'no news'}")
        nights = _graded_after(deployment, decided or graded - timedelta(days=1), graded)
        keys = [night.isoformat() for night in nights]
        return [dg.RunRequest(run_key=f"champion {key}", partition_key=key, tags=SCHEDULED) for key in keys]

    return watch


def _graded_after(deployment: Deployment, decided: date, newest: date) -> list[date]:
    """The graded nights that are not decided yet; of a backfill only the newest, since its predictions promote nobody."""
    first = max(decided + timedelta(days=1), newest - timedelta(days=DECIDED_LATE_DAYS))
    grades = deployment.warehouse.read(GRADED_PREDICTIONS, Dates(first, newest), columns=["game_date"])
    return grades["game_date"].unique().sort().to_list()


def _news(deployment: Deployment, night: date) -> str:
    rows = deployment.warehouse.read(CHAMPION_DECISION, Dates(night, night))
    return "; ".join(rows["news"].drop_nulls().unique(maintain_order=True))


@dg.sensor(job=FETCH_JOB, minimum_interval_seconds=FETCH_SECONDS)
def due_fetches(
    context: dg.SensorEvaluationContext, deployment: dg.ResourceParam[Deployment]
) -> list[dg.RunRequest] | dg.SkipReason:
    """Fetch what is due: schedule and rosters, line-ups and lines before games, results after them, corrections for days.

    What failed is asked for again after a quarter of an hour. A date whose fetch waits or runs is not fetched beside it, and
    predictions go before fetches that wait.
    """
    now = deployment.clock()
    # Of a run that was killed nobody says that it has ended.
    since = datetime.now(UTC) - LONGEST_FETCH
    unfinished = dg.RunsFilter(job_name=FETCH_JOB.name, statuses=list(UNFINISHED), created_after=since)
    busy = {run.tags.get("dagster/partition") for run in context.instance.get_runs(unfinished)}
    today = day_of(now)
    recent_days = (today - timedelta(days=back) for back in reversed(range(LOOKS_BACK_DAYS)))
    days = [day for day in recent_days if day.isoformat() not in busy]
    if not days:
        return dg.SkipReason("a fetch of each date waits or runs")
    asked = deployment.warehouse.read(facts.SOURCE_REQUESTS, Dates(days[0], days[-1]))
    recent = set(asked.filter(pl.col("asked_at") > now - FAILED_AGAIN).select("endpoint", "folder", "subject").iter_rows())
    found: list[dg.RunRequest] = []
    for day in days:
        if any((each.endpoint, each.folder, each.subject) not in recent for each in deployment.source.due(day, now)):
            key = f"fetch {day} {now:%Y-%m-%dT%H:%M}"
            found.append(dg.RunRequest(run_key=key, partition_key=day.isoformat(), tags=FETCHES))
    return found or dg.SkipReason("nothing is due")


@dg.sensor(job=PREDICT_JOB, minimum_interval_seconds=TIP_SENSOR_SECONDS)
def tip_predictions(deployment: dg.ResourceParam[Deployment]) -> list[dg.RunRequest] | dg.SkipReason:
    """Predict the games whose `tip` decision, 15 minutes before tip-off, has come: one run per tip-off time."""
    now = deployment.clock()
    today = day_of(now)
    notices = deployment.source.read(facts.SCHEDULE_NOTICES, Dates(today, today)).filter(pl.col("known_at") <= now)
    games = schedule(notices).filter(pl.col("status") == "scheduled")
    due = games.filter(pl.col("tip_off").is_between(now, now + TIP_DECISION_BEFORE_TIP, closed="right"))
    if due.is_empty():
        return dg.SkipReason(f"no game tips off within {TIP_DECISION_BEFORE_TIP} of {now:%H:%M} UTC")
    tips = due["tip_off"].unique().sort()
    return [
        dg.RunRequest(
            run_key=f"tip {tip.isoformat()}", partition_key=today.isoformat(), run_config=predicting("tip"), tags=SCHEDULED
        )
        for tip in tips
    ]
