"""Who may write a home: one at a time, scheduled runs first, and a backfill that is interrupted by one loses nothing."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import polars as pl
import pytest

from nba_assets.home import Home
from nba_assets.orchestration.locks import HomeLock
from nba_assets.settings import Settings
from nba_assets.stores.warehouse import WarehouseLocked
from nba_assets.tables import TABLES
from nba_assets_tests.orchestration.conftest import DAYS, fingerprints

# What is of no date, the noon slate changes too.
DATED = [name for name, table in TABLES.items() if table.date_column]
HOLD = """
import sys
from pathlib import Path
from nba_assets.orchestration.locks import HomeLock
with HomeLock(Path(sys.argv[1]), 5).writing("another step", urgent=sys.argv[2] == "urgent"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def holding(home: Path, urgency: str = "ordinary") -> "subprocess.Popen[str]":
    """Another process that writes until it gets a line."""
    words = [sys.executable, "-c", HOLD, str(home), urgency]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_a_writer_may_ask_again_and_others_are_told_who_it_is(tmp_path: Path) -> None:
    mine = HomeLock(tmp_path, 0.2)
    with mine.writing("a command"), HomeLock(tmp_path, 0.2).writing("a step of it"):
        assert mine.holder().startswith("a command (process ")
    holder = holding(tmp_path)
    waited: list[str] = []
    with pytest.raises(WarehouseLocked) as caught, mine.writing("mine", log=waited.append):
        raise AssertionError("two writers at once")
    assert f"another step (process {holder.pid}, since " in caught.value.message
    assert caught.value.remedy == "try again when it is done"
    assert waited[0].startswith(f"mine waits for another step (process {holder.pid}")
    # A writer that dies lets go.
    holder.kill()
    holder.communicate()
    with mine.writing("mine"):
        assert mine.holder().startswith("mine (process ")


def test_an_urgent_writer_goes_before_one_that_waits_longer(tmp_path: Path) -> None:
    holder = holding(tmp_path)
    order: list[str] = []
    waiting, urgent_waits = Event(), Event()

    def write(name: str, told: Event, *, urgent: bool) -> None:
        lock = HomeLock(tmp_path, 30)
        with lock.writing(name, urgent=urgent, log=lambda _: told.set()):
            order.append(name)
        lock.end_urgency()

    ordinary = Thread(target=write, args=("ordinary", waiting), kwargs={"urgent": False})
    urgent = Thread(target=write, args=("urgent", urgent_waits), kwargs={"urgent": True})
    ordinary.start()
    assert waiting.wait(10)
    urgent.start()
    assert urgent_waits.wait(10)
    holder.communicate("\n")
    for thread in (ordinary, urgent):
        thread.join(20)
    assert order == ["urgent", "ordinary"]


def test_a_step_that_only_waits_lets_others_write(tmp_path: Path) -> None:
    mine = HomeLock(tmp_path, 5)
    with mine.writing("training"):
        with mine.released("training"):
            other = holding(tmp_path)
            other.communicate("\n")
        assert mine.holder().startswith("training (process ")


def test_a_scheduled_training_lets_the_noon_slate_in_while_it_computes(tmp_path: Path) -> None:
    training = HomeLock(tmp_path, 5)
    with training.writing("scheduled training", urgent=True):
        with training.released("scheduled training"):
            noon = holding(tmp_path, "urgent")
            noon.communicate("\n")
            assert noon.returncode == 0
        assert training.holder().startswith("scheduled training (process ")
    training.end_urgency()


def test_who_waits_in_vain_for_a_turn_leaves_the_writers_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nba_assets.orchestration.locks.RUN_PATIENCE", 0.2)
    mine = HomeLock(tmp_path, 5)
    with pytest.raises(WarehouseLocked), mine.writing("training"), mine.released("training"):
        other = holding(tmp_path)
    assert mine.holder().startswith(f"another step (process {other.pid}")
    other.communicate("\n")


def test_a_second_long_command_is_refused(tmp_path: Path) -> None:
    with HomeLock(tmp_path, 5).command("backfill"):
        refused: list[str] = []

        def ask() -> None:
            with pytest.raises(WarehouseLocked) as caught, HomeLock(tmp_path, 0.1).command("predict"):
                raise AssertionError("two commands at once")
            refused.append(caught.value.message)

        thread = Thread(target=ask)
        thread.start()
        thread.join(10)
        assert refused == [f"another command is at work on {tmp_path} (waited 0.1 s for predict)"]


# A scheduled run as the daemon starts it: a process of its own with the schedule's tags. Its clock shows noon when it starts
# and runs five times as fast as the true one.
NOON = """
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from nba_assets.definitions import build_defs
from nba_assets.orchestration.build import build_deployment
from nba_assets.orchestration.instance import dagster_instance
from nba_assets.orchestration.schedules import SCHEDULED, predicting
from nba_assets.settings import load_settings
from pathlib import Path
settings, noon = load_settings(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2])
began = monotonic()
clock = lambda: noon + timedelta(seconds=5 * (monotonic() - began))
job = build_defs(settings, replace(build_deployment(settings), clock=clock)).resolve_job_def("predict")
with dagster_instance(settings) as instance:
    config = predicting("noon") | {"loggers": {"steps": {}}}
    tags = SCHEDULED | {"dagster/partition": str(noon.date())}
    assert job.execute_in_process(instance=instance, run_config=config, tags=tags).success
print(clock().isoformat())
"""


@pytest.mark.slow
@pytest.mark.xdist_group("crashes")
def test_the_noon_slate_is_predicted_by_ten_past_while_a_backfill_runs_and_nothing_is_lost(
    tmp_path: Path, undisturbed_home: Settings, undisturbed: dict[str, str]
) -> None:
    # What serves the day is there before; then the days up to it are taken from facts to grades once more.
    settings = undisturbed_home.model_copy(update={"home": Path(shutil.copytree(undisturbed_home.home, tmp_path / "home"))})
    day = DAYS.last + timedelta(days=1)
    noon = datetime.combine(day, time(17), UTC)
    words = ["--home", str(settings.home), "backfill", "--from", str(DAYS.first), "--to", str(DAYS.last)]
    with subprocess.Popen([sys.executable, "-m", "nba_assets.cli", *words], stderr=subprocess.PIPE, text=True) as backfill:
        assert backfill.stderr
        assert any("schedule_notices" in line for line in backfill.stderr)
        drained = Thread(target=backfill.stderr.read)
        drained.start()
        assert backfill.poll() is None
        script = [sys.executable, "-c", NOON, str(settings.home), noon.isoformat()]
        ran = subprocess.run(script, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert backfill.wait() == 0
        drained.join()
    rows = Home(settings).read("ml_model_predictions", (day, day))
    live = rows.filter(pl.col("origin") == "live")
    assert live.height > 100
    assert live["decision"].unique().to_list() == ["noon"]
    assert live["predicted_at"].max() < noon + timedelta(minutes=10)  # type: ignore[operator]
    assert datetime.fromisoformat(ran.stdout.splitlines()[-1]) < noon + timedelta(minutes=10)
    assert rows.select("model_id", "market", "game_id", "player_id", "decision", "origin").is_duplicated().sum() == 0
    # Of the days before, the home is as if nobody had come in between.
    mine = fingerprints(Home(settings))
    assert {name: mine[name] for name in DATED} == {name: undisturbed[name] for name in DATED}


def test_waiting_ends(tmp_path: Path) -> None:
    holder = holding(tmp_path, "urgent")
    began = monotonic()
    with pytest.raises(WarehouseLocked), HomeLock(tmp_path, 0.3).writing("mine"):
        raise AssertionError("two writers at once")
    assert monotonic() - began < 10
    holder.communicate("\n")
