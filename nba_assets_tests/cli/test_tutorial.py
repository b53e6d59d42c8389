"""The tutorial, typed as it is written; its first command made the home that these tests share."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nba_assets.settings import Settings
from nba_assets_tests.conftest import HOME, PREDICTED

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text()
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ran_home")]


def test_every_command_works_and_prints_the_columns_that_the_page_shows(ran_home: Settings, tmp_path: Path) -> None:
    first = f"backfill --source {HOME['source']} --seasons {HOME['seasons']} --from {PREDICTED.first} --to {PREDICTED.last}"
    assert f"    nba-assets {first}\n" in PAGE
    shutil.copytree(ran_home.home, tmp_path / "evening")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "NBA_ASSETS_HOME": "evening", "COLUMNS": "200"}
    said = ""
    for part in re.findall(r"(?:^    .*\n)+|^```\n.*?\n```$", PAGE.replace(f"    nba-assets {first}\n", ""), re.MULTILINE):
        if part.startswith("```"):
            assert set(part.strip("`\n").split()) <= set(said.split()), part
        else:
            script = ["bash", "-euo", "pipefail", "-c", part]
            done = subprocess.run(script, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{part}\n{done.stderr}"
            said = done.stdout
