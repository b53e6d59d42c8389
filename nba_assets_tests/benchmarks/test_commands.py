"""What commands that only read cost: imported modules and processor seconds, beside `python -c pass`."""

import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

from nba_assets.settings import Settings

RUNS = 5
COMMANDS = {
    "--help": ["--help"],
    "status": ["status"],
    "sql": ["sql", "SELECT COUNT(*) AS games FROM nba_league.schedule"],
    "models list": ["models", "list"],
    "usage predict": ["usage", "predict"],
}
COUNT = """
import sys
from nba_assets.cli.app import app
try:
    app()
finally:
    print(len(sys.modules), file=sys.stderr)
"""


def seconds(words: list[str]) -> float:
    """Processor seconds of a command: median of several runs."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(words, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return median(once() for _ in range(RUNS))


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_that_read_start_fast(ran_home: Settings, name: str) -> None:
    script = Path(sys.executable).with_name("nba-assets")
    words = list(COMMANDS[name])
    if name == "usage predict":
        from nba_assets.home import open_home

        words.append(open_home(ran_home.home).read("usage_coefficients")["player_name"][0])
    words += ["--home", str(ran_home.home)] if name != "--help" else []
    bare = seconds([sys.executable, "-c", "pass"])
    took = seconds([str(script), *words])
    counted = subprocess.run([sys.executable, "-c", COUNT, *words], capture_output=True, text=True, check=True)
    modules = int(counted.stderr.split()[-1])
    print(f"{name}: {took:.2f} s of processor time, {modules:,} modules; python -c pass {bare:.2f} s, {took / bare:.0f} times")
    assert took < 1
