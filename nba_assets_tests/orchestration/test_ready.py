"""Sensors of slates: features without predictions ask for a run, and published slates are told."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from nba_assets.calendar import Dates
from nba_assets.definitions import build_defs
from nba_assets.orchestration.build import build_deployment
from nba_assets.orchestration.deployment import Deployment
from nba_assets.serving.publishing import publish
from nba_assets.settings import SettingsError, load_settings
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets_tests.conftest import HOME
from nba_assets_tests.pubsub import pubsub
from nba_assets_tests.rows import DAY
from nba_assets_tests.serving.night import NOW, one_night, put

TOPIC = "projects/p/topics/ready"


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return replace(build_deployment(load_settings(tmp_path, **HOME)), clock=lambda: at(DAY, 17))


def tick(name: str, deployment: Deployment, instance: dg.DagsterInstance, cursor: str | None = None) -> Any:
    defs = build_defs(load_settings(Path("unused"), **HOME, ready_topic=TOPIC), deployment)
    context = dg.build_sensor_context(
        instance, cursor=cursor, resources={"deployment": deployment}, repository_def=defs.get_repository_def()
    )
    return defs.resolve_sensor_def(name).evaluate_tick(context)


def test_features_without_predictions_ask_for_one_run(deployment: Deployment) -> None:
    with dg.DagsterInstance.ephemeral() as instance:

        def asked() -> list[tuple[str | None, str | None]]:
            found = tick("ready_features", deployment, instance)
            return [(request.partition_key, request.run_key) for request in found.run_requests or []]

        assert asked() == []
        game = {"game_id": "g", "player_id": 1, "decision": "noon", "tip_off": at(DAY, 23)}
        put(deployment.warehouse, ML_FEATURE_STORE, {**game, "decision": "tip"})
        # What is predicted at tip-off has a sensor of its own.
        assert asked() == []
        put(deployment.warehouse, ML_FEATURE_STORE, game)
        ((day, key),) = asked()
        assert day == DAY.isoformat() and asked() == [(day, key)]
        # Another game of the same slate is another request; one that has begun is none.
        put(deployment.warehouse, ML_FEATURE_STORE, game, {**game, "game_id": "h"})
        assert [(day, key)] != asked() != []
        put(deployment.warehouse, ML_FEATURE_STORE, {**game, "tip_off": at(DAY, 16)})
        assert asked() == []
        # Tomorrow's slate counts; one of the day after does not; one that a run predicts is left to it.
        tomorrow, later = DAY + timedelta(days=1), DAY + timedelta(days=2)
        for each in (tomorrow, later):
            put(deployment.warehouse, ML_FEATURE_STORE, {**game, "tip_off": at(each, 23)}, day=each)
        assert [day for day, _ in asked()] == [tomorrow.isoformat()]
        tags = {"dagster/partition": tomorrow.isoformat()}
        instance.add_run(dg.DagsterRun(job_name="predict", tags=tags, status=dg.DagsterRunStatus.STARTED))
        assert asked() == []


def test_predicted_features_ask_for_nothing(deployment: Deployment) -> None:
    one_night(deployment.warehouse)
    put(deployment.warehouse, ML_FEATURE_STORE, {"game_id": "g", "player_id": 1, "decision": "tip", "tip_off": at(DAY, 23)})
    with dg.DagsterInstance.ephemeral() as instance:
        assert not tick("ready_features", deployment, instance).run_requests


def test_a_published_slate_is_told_once_and_again_when_it_changes(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dg.DagsterInstance.ephemeral() as instance, pubsub(TOPIC) as (address, held):
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)
        assert tick("ready_slates", deployment, instance).skip_message == "nothing is published yet"
        one_night(deployment.warehouse)
        publish(deployment.warehouse, deployment.database, Dates(DAY, DAY), NOW)
        first = tick("ready_slates", deployment, instance)
        assert first.skip_message == f"told {TOPIC} of {DAY}"
        assert tick("ready_slates", deployment, instance, first.cursor).skip_message == "no slate has changed"
        ((_, data, attributes),) = held.published
        message = json.loads(data)
        assert (message["game_date"], message["games"]) == (DAY.isoformat(), 1)
        assert message["version"] and datetime.fromisoformat(message["published_at"]) == NOW
        assert (attributes["kind"], attributes["game_date"]) == ("ready", DAY.isoformat())
        one_night(deployment.warehouse, out_name="Another")
        publish(deployment.warehouse, deployment.database, Dates(DAY, DAY), NOW + timedelta(hours=1))
        # While the topic is away nothing is forgotten: the tick fails, and the next one tells it.
        held.topics.clear()
        with pytest.raises(Exception, match="not found"):
            tick("ready_slates", deployment, instance, first.cursor)
        held.topics.append(TOPIC)
        assert tick("ready_slates", deployment, instance, first.cursor).skip_message == f"told {TOPIC} of {DAY}"
        # Results of yesterday are no news of a slate.
        yesterdays = replace(deployment, clock=lambda: at(DAY + timedelta(days=2), 17))
        assert tick("ready_slates", yesterdays, instance).skip_message == "no slate has changed"


def test_a_topic_by_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'ready' is no topic, as projects/mine/topics/ready"):
        load_settings(tmp_path, ready_topic="ready")
