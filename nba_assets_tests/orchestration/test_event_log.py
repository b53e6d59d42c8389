"""Dagster's events, with files that stay open: seen by others at once, killed or not."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import dagster as dg
import psutil
import pytest
from dagster._core.events.log import EventLogEntry
from dagster._core.utils import make_new_run_id

from nba_assets.orchestration.event_log import KEPT_OPEN, EventLog
from nba_assets.orchestration.instance import dagster_instance
from nba_assets.settings import load_settings


def store(log: EventLog, run_id: str, message: str) -> None:
    log.store_event(EventLogEntry(error_info=None, level=20, user_message=message, run_id=run_id, timestamp=1.7e9))


def messages(log: EventLog, run_id: str) -> list[str]:
    return [entry.user_message for entry in log.get_logs_for_run(run_id)]


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[tuple[EventLog, EventLog]]:
    """Two logs of one folder, as two processes have them."""
    both = EventLog(str(tmp_path)), EventLog(str(tmp_path))
    yield both
    for log in both:
        log.dispose()


def test_what_one_writes_the_other_sees_at_once_and_is_called_back_for(logs: tuple[EventLog, EventLog]) -> None:
    writer, reader = logs
    run_id, seen = make_new_run_id(), Queue[str]()

    def said(entry: EventLogEntry, _: str) -> None:
        seen.put(entry.user_message)

    store(writer, run_id, "first")
    assert messages(reader, run_id) == ["first"]
    reader.watch(run_id, None, said)
    assert seen.get(timeout=30) == "first"
    store(writer, run_id, "second")
    assert seen.get(timeout=30) == "second"
    reader.end_watch(run_id, said)


def test_of_many_runs_only_the_last_stay_open(logs: tuple[EventLog, EventLog]) -> None:
    writer, reader = logs
    runs = [make_new_run_id() for _ in range(2 * KEPT_OPEN)]
    for run_id in runs:
        store(writer, run_id, run_id)
    open_files = {Path(file.path).name for file in psutil.Process().open_files()}
    assert 0 < sum(f"{run_id}.db" in open_files for run_id in runs) <= KEPT_OPEN
    assert [messages(log, run_id) for log in logs for run_id in runs] == [[run_id] for run_id in runs] * 2
    assert set(reader.get_all_run_ids()) == set(runs)


KILLED = """
import os, signal, sys
from pathlib import Path
import dagster as dg
from nba_assets.orchestration.instance import dagster_instance
from nba_assets.settings import load_settings

instance = dagster_instance(load_settings(Path(sys.argv[1])))
for number in range(1, 21):
    instance.report_runless_asset_event(dg.AssetMaterialization("games", partition=f"2024-01-{number:02}"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_written_before_a_kill_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    with dagster_instance(load_settings(tmp_path)) as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        assert len(instance.get_materialized_partitions(dg.AssetKey("games"))) == 20
