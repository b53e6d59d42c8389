"""What an answer costs: the service beside a bare FastAPI endpoint under the same load, from another process (`hey`)."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from time import monotonic

import psutil
import pytest
import requests
from tenacity import retry, stop_after_delay, wait_fixed

from nba_assets.home import Home
from nba_assets.settings import Settings
from nba_assets.tables.predictions import PLAYER_PROP_PREDICTIONS

SECONDS, WORKERS, RATE = 60, 4, 200
# Said by us, `hey` does not unzip what it gets: on the same two cores that would take longer than the answer.
ZIPPED = ("-H", "Accept-Encoding: gzip")
BARE = """
import sys
import uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.get("/ready")
def ready() -> dict[str, str]:
    return {"status": "ready"}
uvicorn.run(app, port=int(sys.argv[1]), log_config=None, access_log=False)
"""


@contextmanager
def server(*words: str) -> Iterator[tuple[str, float, float]]:
    """A process that serves: its address, the seconds until it was ready, and its megabytes then."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    began, url = monotonic(), f"http://127.0.0.1:{port}"
    with subprocess.Popen([*words, port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:

        @retry(wait=wait_fixed(0.1), stop=stop_after_delay(60), reraise=True)
        def ready() -> None:
            requests.get(f"{url}/ready", timeout=5).raise_for_status()

        try:
            ready()
            yield url, monotonic() - began, psutil.Process(process.pid).memory_info().rss / 2**20
        finally:
            process.terminate()


def load(url: str, *more: str) -> tuple[float, float, float]:
    """Milliseconds of the median and of the slowest hundredth at a fixed rate; answers a second at no rate. All must be 200."""

    def run(*words: str) -> str:
        said = subprocess.run(
            ["hey", "-c", str(WORKERS), *ZIPPED, *words, *more, url], capture_output=True, text=True, check=True
        ).stdout
        assert re.findall(r"\[(\d+)]\s+\d+ responses", said) == ["200"], said
        return said

    said = run("-z", f"{SECONDS}s", "-q", str(RATE // WORKERS))
    half, most = (1000 * float(re.findall(rf"{part}%+ in ([\d.]+) secs", said)[0]) for part in (50, 99))
    return half, most, float(re.findall(r"Requests/sec:\s+([\d.]+)", run("-z", "10s"))[0])


def what_ifs(url: str, players: list[str], asked: int = 100) -> tuple[float, float]:
    """Milliseconds of the median and of the slowest twentieth of what-ifs, none of which was asked before."""
    taken, rng = [], Random(1)
    for number in range(asked):
        out = rng.sample(players, 1 + number % 3)
        began = monotonic()
        requests.post(f"{url}/what-if", json={"out": out}, timeout=20).raise_for_status()
        taken.append(1000 * (monotonic() - began))
    return sorted(taken)[asked // 2], sorted(taken)[asked * 19 // 20]


@pytest.mark.skipif(not shutil.which("hey"), reason="no `hey` (Debian has a package)")
def test_answers_beside_those_of_a_bare_endpoint(ran_home: Settings) -> None:
    day = Home(ran_home).warehouse.summary(PLAYER_PROP_PREDICTIONS).last
    player = Home(ran_home).read("usage_coefficients")["player_name"][0]
    with server(sys.executable, "-c", BARE) as (url, _, _):
        bare = load(f"{url}/ready")
    print(f"bare endpoint: median {bare[0]:.1f} ms, p99 {bare[1]:.1f} ms at {RATE}/s; {bare[2]:,.0f}/s")
    words = (sys.executable, "-m", "nba_assets.cli", "serve", "--home", str(ran_home.home), "--port")
    with server(*words) as (url, seconds, megabytes):
        print(f"ready after {seconds:.1f} s, with {megabytes:.0f} MB")
        json = ("-m", "POST", "-T", "application/json", "-d", f'{{"player": "{player}", "out": []}}')
        paths = {f"/predictions/{day}": (), f"/app/slate/{day}": (), "/health": (), "/usage/predict": json}
        for path, more in paths.items():
            half, most, most_a_second = load(url + path, *more)
            at_rate = f"median {half:.1f} ms, p99 {most:.1f} ms at {RATE}/s"
            print(f"{path}: {at_rate}; {most_a_second:,.0f}/s, {most_a_second / bare[2]:.2f} of the bare one's")
        players = [row["player_name"] for row in requests.get(f"{url}/predictions/{day}", timeout=20).json()["predictions"]]
        print("what-ifs of one to three players: median {:.0f} ms, p95 {:.0f} ms".format(*what_ifs(url, players)))
    assert seconds < 20
    assert megabytes < 600
