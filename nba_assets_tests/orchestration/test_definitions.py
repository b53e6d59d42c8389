"""The code location: what it is made of, and its automation by real ticks."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import dagster as dg
import polars as pl
import pytest
import requests

from nba_assets.calendar import Dates
from nba_assets.definitions import build_defs
from nba_assets.orchestration.build import build_deployment
from nba_assets.orchestration.runner import RANGE_END, RANGE_START
from nba_assets.registry import service
from nba_assets.registry.rules import Actor
from nba_assets.settings import load_settings
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables import TABLES
from nba_assets.tables.facts import SCHEDULE_NOTICES, SOURCE_REQUESTS
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.registry import CHAMPION_DECISION
from nba_assets.tables.serving import OF_DATES
from nba_assets.tables.usage import SERVED_COEFFICIENTS
from nba_assets_tests.conftest import HOME
from nba_assets_tests.rows import of

ROOT = Path(__file__).parents[2]


ORDER = [
    "sites",
    "sources",
    "league",
    "features",
    "minutes",
    "rates",
    "usage",
    "points",
    "lineups",
    "registry",
    "forecasting",
    "evaluation",
    "serving",
]


@pytest.fixture
def defs(tmp_path: Path) -> dg.Definitions:
    return build_defs(load_settings(tmp_path, **HOME))


def test_a_home_that_asks_nobody_has_nothing_that_asks(defs: dg.Definitions) -> None:
    assert dg.AssetKey(SOURCE_REQUESTS.name) not in defs.resolve_asset_graph().get_all_asset_keys()
    assert "due_fetches" not in {sensor.name for sensor in defs.sensors or []}


def test_every_table_is_an_asset_that_describes_itself(tmp_path: Path) -> None:
    live = build_defs(load_settings(tmp_path, **HOME, injuries_source="drop"))
    graph = live.resolve_asset_graph()
    keys = graph.get_all_asset_keys()
    # Some are in the database that websites read, not in the warehouse.
    columns = {table.name: table.names for table in (*TABLES.values(), SERVED_COEFFICIENTS, *OF_DATES)}
    assert {key.to_user_string() for key in keys} == set(columns)
    assert keys == graph.materializable_asset_keys
    for key in keys:
        node = graph.get(key)
        assert node.group_name in ORDER
        assert node.description
        assert node.owners
        assert node.kinds
        schema = node.metadata["dagster/column_schema"]
        assert [column.name for column in schema.columns] == columns[key.to_user_string()]


def test_the_graph_goes_left_to_right(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        for parent in graph.get(key).parent_keys:
            assert ORDER.index(graph.get(parent).group_name) <= ORDER.index(graph.get(key).group_name), (parent, key)


@pytest.mark.parametrize("fitted", ["model_bundles", "minutes_bundles", "rates_bundles", "usage_coefficients"])
def test_what_is_fitted_sees_only_days_before_its_cutoff(defs: dg.Definitions, fitted: str) -> None:
    graph = defs.resolve_asset_graph()
    node = graph.get(dg.AssetKey(fitted))
    for parent in node.parent_keys:
        upstream = graph.get(parent).partitions_def
        assert upstream
        assert node.partitions_def
        subset = node.partitions_def.subset_with_partition_keys(["2023-10-01"])
        seen = node.partition_mappings[parent].get_upstream_mapped_partitions_result_for_partitions(
            subset, node.partitions_def, upstream
        )
        keys = seen.partitions_subset.get_partition_keys()
        assert max(keys) == "2023-09-30"


def test_the_code_location_validates(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("dagster")
    environment = {
        "PATH": "/usr/bin:/bin",
        "NBA_ASSETS_HOME": str(tmp_path),
        "DAGSTER_HOME": str(tmp_path),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [script, "definitions", "validate", "-w", "workspace.yaml"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "All code locations passed validation" in done.stderr + done.stdout


def test_importing_the_definitions_imports_no_model_library() -> None:
    code = (
        "import sys, nba_assets.definitions, nba_assets.cli.app; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"lightgbm", "pandas", "scipy", "matplotlib", "sklearn"} & set(done.stdout.split())


def tick(defs: dg.Definitions, schedule: str, at: datetime, tmp_path: Path) -> Any:
    deployment = build_deployment(load_settings(tmp_path, **HOME))
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=at,
            resources={"deployment": deployment},
            repository_def=defs.get_repository_def(),
        )
        with context:
            return defs.resolve_schedule_def(schedule).evaluate_tick(context)


def test_noon_predicts_the_day_if_there_are_games(defs: dg.Definitions, tmp_path: Path) -> None:
    found = tick(defs, "noon_predictions", datetime(2023, 1, 10, 17, tzinfo=UTC), tmp_path)
    assert found.run_requests
    assert found.run_requests[0].partition_key == "2023-01-10"
    assert found.run_requests[0].run_config["ops"]["ml_model_predictions"]["config"] == {"decisions": ["noon"]}
    summer = tick(defs, "noon_predictions", datetime(2023, 8, 10, 16, tzinfo=UTC), tmp_path)
    assert not summer.run_requests
    assert summer.skip_message == "no games on 2023-08-10 in source simulated"


def test_the_night_grades_three_days(defs: dg.Definitions, tmp_path: Path) -> None:
    found = tick(defs, "night_grades", datetime(2023, 1, 10, 7, tzinfo=UTC), tmp_path)
    assert [request.partition_key for request in found.run_requests or []] == ["2023-01-09", "2023-01-08", "2023-01-07"]


def test_usage_is_refreshed_daily_in_season(defs: dg.Definitions, tmp_path: Path) -> None:
    found = tick(defs, "usage_retrain", datetime(2023, 1, 10, 9, tzinfo=UTC), tmp_path)
    assert [request.partition_key for request in found.run_requests or []] == ["2023-01-10"]
    summer = tick(defs, "usage_retrain", datetime(2023, 8, 10, 8, tzinfo=UTC), tmp_path)
    assert summer.skip_message == "no games within 8 days of 2023-08-10"


def test_retraining_is_for_the_cutoff_of_the_tick(defs: dg.Definitions, tmp_path: Path) -> None:
    found = tick(defs, "retrain", datetime(2023, 1, 1, 5, tzinfo=UTC), tmp_path)
    assert [request.partition_key for request in found.run_requests or []] == ["2023-01-01"]


def test_the_night_is_reviewed(defs: dg.Definitions, tmp_path: Path) -> None:
    assert len(tick(defs, "nightly_review", datetime(2023, 1, 10, 8, tzinfo=UTC), tmp_path).run_requests or []) == 1


class Webhook(BaseHTTPRequestHandler):
    """A chat that remembers what it was told, and answers as it is told to."""

    told: ClassVar[list[dict[str, str]]] = []
    answer = 200

    def do_POST(self) -> None:
        self.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.answer)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def webhook() -> Iterator[str]:
    Webhook.told.clear()
    Webhook.answer = 200
    with ThreadingHTTPServer(("127.0.0.1", 0), Webhook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/secret-path"
        server.shutdown()


@pytest.mark.parametrize("answer", [200, 500])
def test_a_failed_run_is_told(tmp_path: Path, webhook: str, answer: int) -> None:
    Webhook.answer = answer
    settings = load_settings(tmp_path, **HOME, alert_url=webhook)
    assert "secret-path" not in repr(settings)
    defs = build_defs(settings)
    with dg.DagsterInstance.ephemeral() as instance:
        nothing = replace(build_deployment(settings), source=ArchiveSource(tmp_path / "nothing"))
        failing = build_defs(settings, nothing).resolve_job_def("prepare")
        tags = {RANGE_START: "2023-01-01", RANGE_END: "2023-01-02"}
        result = failing.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            sensor_name="failed_runs",
            dagster_event=result.get_run_failure_event(),
            dagster_instance=instance,
            dagster_run=result.dagster_run,
        ).for_run_failure()
        sensor = defs.resolve_sensor_def("failed_runs")
        with pytest.raises(requests.HTTPError) if answer == 500 else nullcontext():
            sensor(context)
    assert Webhook.told[0]["text"].startswith("nba_assets: prepare of 2023-01-01 failed (run ")


def test_schedules_and_sensors_are_stopped_and_in_new_york(defs: dg.Definitions) -> None:
    for schedule in defs.schedules or []:
        assert isinstance(schedule, dg.ScheduleDefinition)
        assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
        assert schedule.execution_timezone == "America/New_York"
    for sensor in defs.sensors or []:
        assert sensor.default_status == dg.DefaultSensorStatus.STOPPED


def test_the_sensor_asks_for_games_about_to_start(defs: dg.Definitions, league: SimulatedSource, tmp_path: Path) -> None:
    deployment = build_deployment(load_settings(tmp_path, **HOME))
    day = date(2023, 1, 10)
    notices = league.read(SCHEDULE_NOTICES, Dates(day, day)).filter(pl.col("status") == "scheduled")
    tips = notices["tip_off"].unique().sort().to_list()

    def asked(at: datetime) -> list[str | None]:
        with dg.DagsterInstance.ephemeral() as instance:
            resources = {"deployment": replace(deployment, source=league, clock=lambda: at)}
            context = dg.build_sensor_context(instance, resources=resources, repository_def=defs.get_repository_def())
            found = defs.resolve_sensor_def("tip_predictions").evaluate_tick(context)
        return [request.run_key for request in found.run_requests or []]

    assert asked(tips[0] - timedelta(minutes=16)) == []
    assert asked(tips[0] - timedelta(minutes=14)) == [f"tip {tips[0].isoformat()}"]
    assert asked(tips[-1] + timedelta(minutes=1)) == []


def test_a_graded_night_asks_for_one_decision_and_its_news_is_told_once(tmp_path: Path, webhook: str) -> None:
    settings = load_settings(tmp_path, **HOME, alert_url=webhook)
    deployment = build_deployment(settings)
    defs, warehouse = build_defs(settings, deployment), deployment.warehouse

    def watched(cursor: str | None) -> Any:
        with dg.DagsterInstance.ephemeral() as instance:
            resources = {"deployment": deployment}
            context = dg.build_sensor_context(
                instance, cursor=cursor, resources=resources, repository_def=defs.get_repository_def()
            )
            return defs.resolve_sensor_def("champion_watch").evaluate_tick(context)

    assert watched(None).skip_message == "nothing is graded yet"
    night = date(2023, 1, 10)
    warehouse.append(GRADED_PREDICTIONS, of(GRADED_PREDICTIONS, {"game_date": night}))
    (request,) = watched(None).run_requests or []
    assert (request.run_key, request.partition_key) == ("champion 2023-01-10", "2023-01-10")
    assert Webhook.told == []
    warehouse.query("UPDATE nba_predictions.ml_model_registry SET enabled = FALSE WHERE TRUE")
    service.sync(warehouse, Actor("sql", None, deployment.clock()))
    warehouse.query("UPDATE nba_predictions.ml_model_registry SET enabled = FALSE WHERE TRUE")
    with dg.DagsterInstance.ephemeral() as instance:
        tags = {"dagster/partition": "2023-01-10"}
        assert defs.resolve_job_def("decide_champion").execute_in_process(instance=instance, tags=tags).success
    assert warehouse.read(CHAMPION_DECISION).select("challenger", "decision", "reason").rows() == [
        ("nobody", "kept", "nobody serves")
    ]
    decided = watched(None)
    assert decided.skip_message.startswith("2023-01-10 is decided: nobody serves")
    assert [text["text"] for text in Webhook.told] == ["nba_assets: nobody serves; `nba-assets models promote ID`"]
    watched(decided.cursor)
    assert len(Webhook.told) == 1
    # Two nights that were graded since then get a decision each; what was graded long ago gets none.
    later = [{"game_date": date(2023, 1, day), "game_id": str(day)} for day in (11, 30, 31)]
    warehouse.append(GRADED_PREDICTIONS, of(GRADED_PREDICTIONS, *later))
    assert [request.partition_key for request in watched(None).run_requests or []] == ["2023-01-30", "2023-01-31"]
