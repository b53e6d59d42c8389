"""Sensors of slates: features that nobody has predicted from yet, and published predictions that others wait for."""

import json
from datetime import timedelta
from hashlib import sha256

import dagster as dg
import polars as pl

from nba_assets.calendar import Dates
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.jobs import PREDICT_JOB
from nba_assets.orchestration.schedules import SCHEDULED, UNFINISHED, day_of
from nba_assets.serving import reading
from nba_assets.stores.relational import is_current
from nba_assets.stores.topics import tell
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS

SECONDS = 60
GAME = ["game_date", "game_id", "decision"]


@dg.sensor(job=PREDICT_JOB, minimum_interval_seconds=SECONDS)
def ready_features(
    context: dg.SensorEvaluationContext, deployment: dg.ResourceParam[Deployment]
) -> list[dg.RunRequest] | dg.SkipReason:
    """Predict a slate, today's or tomorrow's, as soon as its features are there: once per set of games that lack predictions.

    A date that a run predicts already is left to it.
    """
    now = deployment.clock()
    dates = Dates(day_of(now), day_of(now) + timedelta(days=1))
    built = deployment.warehouse.read(ML_FEATURE_STORE, dates, [*GAME, "tip_off"])
    # The decision `tip` is predicted when it comes, by a sensor of its own.
    built = built.filter(pl.col("tip_off") > now, decision="noon")
    predicted = deployment.warehouse.read(ML_MODEL_PREDICTIONS, dates, GAME)
    lacking = built.select(GAME).unique().join(predicted, on=GAME, how="anti").sort(GAME)
    unfinished = dg.RunsFilter(job_name=PREDICT_JOB.name, statuses=list(UNFINISHED))
    busy = {run.tags.get("dagster/partition") for run in context.instance.get_runs(unfinished)}
    found: list[dg.RunRequest] = []
    for day in lacking["game_date"].unique().sort():
        if day.isoformat() not in busy:
            games = sha256(str(lacking.filter(game_date=day).rows()).encode()).hexdigest()[:16]
            found.append(dg.RunRequest(f"features {day} {games}", partition_key=day.isoformat(), tags=SCHEDULED))
    return found or dg.SkipReason("no features wait for predictions")


def ready_slates(topic: str) -> dg.SensorDefinition:
    """Return the sensor that tells a topic of every slate, today's or a later one, that is published or has changed."""

    @dg.sensor(name="ready_slates", minimum_interval_seconds=SECONDS)
    def ready(context: dg.SensorEvaluationContext, deployment: dg.ResourceParam[Deployment]) -> dg.SkipReason:
        """Publish {game_date, version, games, published_at}; what cannot be published is tried again at the next tick."""
        if not is_current(deployment.database):
            return dg.SkipReason("nothing is published yet")
        today = day_of(deployment.clock())
        told: dict[str, str] = json.loads(context.cursor or "{}")
        slates = {str(row["game_date"]): row for row in reading.dates(deployment.database, since=today)}
        news = {day: row for day, row in slates.items() if told.get(day) != row["version"]}
        for day, row in news.items():
            tell(topic, {**row, "game_date": day, "published_at": row["published_at"].isoformat()}, kind="ready", game_date=day)
        context.update_cursor(json.dumps({day: row["version"] for day, row in slates.items()}))
        return dg.SkipReason(f"told {topic} of {', '.join(news)}" if news else "no slate has changed")

    return ready
