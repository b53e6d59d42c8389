"""The home folder's Dagster instance, and its UI."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from dagster import DagsterInstance

from nba_assets.settings import Settings
from nba_assets.stores.package_data import package_data

# dagster.yaml of earlier releases: a home that has one unchanged gets the new one.
EARLIER = {"a51409a6f4771510"}


def dagster_folder(settings: Settings) -> Path:
    """Return the folder of the home's Dagster instance, made on first use; an unedited dagster.yaml is kept current."""
    folder = settings.home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    if not config.exists() or sha256(config.read_bytes()).hexdigest()[:16] in EARLIER:
        copied = folder / ".dagster.yaml"
        shutil.copy(package_data("dagster_home") / "dagster.yaml", copied)
        copied.replace(config)
    return folder


def dagster_instance(settings: Settings) -> DagsterInstance:
    """Return the home's Dagster instance."""
    folder = dagster_folder(settings)
    os.environ["DAGSTER_HOME"] = str(folder)
    return DagsterInstance.get()


def serve(settings: Settings, port: int) -> None:
    """Run the Dagster UI and daemon on a home folder until they are stopped."""
    folder = dagster_folder(settings)
    environment = os.environ | {"DAGSTER_HOME": str(folder), "NBA_ASSETS_HOME": str(settings.home)}
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "-m", "nba_assets.definitions", "-p", str(port)]
    subprocess.run(command, env=environment, check=False)  # noqa: S603 (our own interpreter's script)
