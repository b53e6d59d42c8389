"""What must not break a home: being killed at any moment, a full disk, two commands at once, a bad game."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nba_assets.home import Home
from nba_assets.settings import load_settings
from nba_assets_tests.orchestration.conftest import CRON, DAYS, fingerprints

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crashes")]

# As the undisturbed home.
CHOSEN = {"NBA_ASSETS_CUTOFF_CRON": CRON, "NBA_ASSETS_SEASONS": "1"}
RANGE = ["--from", str(DAYS.first), "--to", str(DAYS.last)]
# In the first seconds the league is still being simulated.
KILLS, MOMENTS = int(os.environ.get("NBA_ASSETS_KILLS", "3")), (2.0, 12.0)


def command(home: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "nba_assets.cli", "--home", str(home), "backfill", *(more or RANGE)]


def run(home: Path, *more: str, code: int = 0, **environment: str) -> str:
    done = subprocess.run(
        command(home, *more), env=os.environ | CHOSEN | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_killed_at_random_moments_it_ends_as_if_undisturbed(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    moments = np.random.default_rng(20)
    killed = 0
    for _ in range(KILLS):
        with subprocess.Popen(command(tmp_path), env=os.environ | CHOSEN, stderr=subprocess.DEVNULL) as running:
            try:
                running.wait(timeout=moments.uniform(*MOMENTS))
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGKILL)
                killed += 1
    assert killed >= KILLS / 2
    run(tmp_path)
    assert fingerprints(Home(load_settings(tmp_path))) == undisturbed


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes, which root may mount."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(tmp_path)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no small disk: {mounted.stderr.decode().strip()}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_is_said_and_room_mends_it(small_disk: Path, undisturbed: dict[str, str]) -> None:
    said = run(small_disk / "home", code=1)
    assert any(words in said for words in ("No space left on device", "disk is full", "disk I/O error")), said
    subprocess.run(["mount", "-o", "remount,size=400m", str(small_disk)], check=True)
    run(small_disk / "home")
    assert fingerprints(Home(load_settings(small_disk / "home"))) == undisturbed


def lines_up_to(running: "subprocess.Popen[str]", words: str) -> None:
    assert running.stderr
    for line in running.stderr:
        if words in line:
            return
    raise AssertionError(f"{words!r} was not said")


def test_of_two_at_once_one_waits_or_is_refused_and_goes_on_where_the_other_was_interrupted(
    tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    environment = os.environ | CHOSEN | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command(tmp_path), env=environment, stderr=subprocess.PIPE, text=True) as first:
        lines_up_to(first, "schedule_notices")
        assert "another command is at work on" in run(tmp_path, code=1, NBA_ASSETS_LOCK_TIMEOUT="0.1")
        patient = environment | {"NBA_ASSETS_LOCK_TIMEOUT": "300"}
        with subprocess.Popen(command(tmp_path), env=patient, stderr=subprocess.DEVNULL) as second:
            lines_up_to(first, "train 2022")
            first.send_signal(signal.SIGINT)
            assert first.stderr
            first.stderr.read()
            assert first.wait() == 130
            assert second.wait() == 0
    assert fingerprints(Home(load_settings(tmp_path))) == undisturbed


def test_a_bad_game_is_named_skipped_and_mended(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    words = ["simulate", "--seed", "7", "--first-season", "2022", "--seasons", "1", "--archive", str(folder)]
    subprocess.run([sys.executable, "-m", "nba_assets.cli", *words], check=True)
    path = folder / "player_games" / "2022-23.parquet"
    games = pl.read_parquet(path)
    days = ["--source", "archive", "--path", str(folder), "--from", "2022-10-20", "--to", "2022-10-21"]
    third = games["game_date"].unique().sort()[2]
    row = games.with_row_index().filter(pl.col("game_date") == third)["index"][0]
    wrong = (pl.int_range(pl.len()) == row).cast(pl.Int64)
    games.with_columns(pts=(pl.col("pts") + wrong).cast(games.schema["pts"])).write_parquet(path)
    said = run(tmp_path / "home", *days, code=1)
    assert "ERROR: quarantine no_bad_games: 1 rows, first game_id=" in said
    assert "reason=points_do_not_add_up" in said
    home = Home(load_settings(tmp_path / "home"))
    bad = home.read("quarantine")["game_id"].to_list()
    for table in ("player_games", "team_games", "usage", "player_season_averages", "box_scores"):
        rows = home.read(table, ("2022-10-20", "2022-10-21"))
        assert rows.height > 20, table
        assert "game_id" not in rows.columns or rows.filter(pl.col("game_id").is_in(bad)).is_empty()
    games.write_parquet(path)
    assert "ERROR" not in run(tmp_path / "home", *days)
    assert home.read("quarantine").is_empty()
    assert home.read("player_games").filter(pl.col("game_id").is_in(bad)).height > 15
