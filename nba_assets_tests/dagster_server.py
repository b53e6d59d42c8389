"""A real Dagster on a home: its web server, and its daemon if wanted."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from nba_assets.orchestration.instance import dagster_folder
from nba_assets.settings import Settings
from nba_assets_tests.serving.served import free_port


@contextmanager
def dagster(settings: Settings, *, daemon: bool) -> Iterator[str]:
    """Yield the URL of a web server on a free port; without the daemon, runs that are asked for stay in the queue."""
    port, binaries = free_port(), Path(sys.executable).parent
    places = {"DAGSTER_HOME": str(dagster_folder(settings)), "NBA_ASSETS_HOME": str(settings.home)}
    web = [str(binaries / "dagster-webserver"), "-m", "nba_assets.definitions", "-p", str(port)]
    both = [str(binaries / "nba-assets"), "--home", str(settings.home), "dev", "--port", str(port)]
    with (settings.home / "dagster.log").open("w") as log:
        process = subprocess.Popen(
            both if daemon else web, stdout=log, stderr=log, env=os.environ | places, start_new_session=True
        )
        try:
            url = f"http://127.0.0.1:{port}"
            assert _answers(url), (settings.home / "dagster.log").read_text()
            yield url
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(60)


@retry(
    retry=retry_if_result(lambda found: not found),
    stop=stop_after_delay(120),
    wait=wait_fixed(0.3),
    retry_error_callback=lambda _: False,
)
def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/server_info", timeout=5).ok
    except requests.ConnectionError:
        return False
