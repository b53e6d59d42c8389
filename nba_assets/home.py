"""A home folder: all state of a deployment on a laptop. `open_home(path).read(table, dates)` is for notebooks."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from filelock import FileLock, Timeout

from nba_assets.calendar import Dates
from nba_assets.resources import build_warehouse
from nba_assets.settings import Settings, load_settings
from nba_assets.shipped import shipped
from nba_assets.stores.artifacts import LocalArtifacts
from nba_assets.stores.warehouse import WarehouseError, WarehouseLocked
from nba_assets.tables import TABLES

if TYPE_CHECKING:
    from dagster import DagsterInstance


class Home:
    """What a home folder holds, to read."""

    def __init__(self, settings: Settings) -> None:
        """Remember which; nothing is opened yet."""
        self.settings = settings
        self.warehouse = build_warehouse(settings)
        self.artifacts = LocalArtifacts(settings.home / "artifacts")

    def read(self, table: str, dates: tuple[date | str, date | str] | None = None) -> pl.DataFrame:
        """Return a table's rows of a closed range of dates (None: all).

        Args:
            table: a name from `tables`, as 'player_games'.
            dates: first and last date, as dates or as '2024-01-31'.

        Raises:
            KeyError: there is no such table; the message lists those there are.
        """
        if table not in TABLES:
            raise KeyError(f"no table {table!r}; there are: {', '.join(TABLES)}")
        first, last = dates or (None, None)
        return self.warehouse.read(TABLES[table], Dates(_date(first), _date(last)) if first and last else None)

    def sql(self, statement: str) -> pl.DataFrame:
        """Run GoogleSQL and return what the last statement returns."""
        return self.warehouse.query(statement)


def open_home(path: Path | str | None = None) -> Home:
    """Open a home folder (default: NBA_ASSETS_HOME, else `.nba_assets`).

    Raises:
        WarehouseError: there is none.
    """
    settings = load_settings(Path(path) if path else None)
    if not settings.warehouse_path.exists():
        raise WarehouseError(
            f"{settings.home} holds no data yet: `nba-assets backfill` makes some; --home DIR names another folder"
        )
    return Home(settings)


def dagster_folder(settings: Settings) -> Path:
    """Return the folder of the home's Dagster instance, made on first use."""
    folder = settings.home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "dagster.yaml").exists():
        copied = folder / ".dagster.yaml"
        shutil.copy(shipped("dagster_home") / "dagster.yaml", copied)
        copied.replace(folder / "dagster.yaml")
    return folder


def dagster_instance(settings: Settings) -> "DagsterInstance":
    """Return the home's Dagster instance."""
    from dagster import DagsterInstance

    folder = dagster_folder(settings)
    os.environ["DAGSTER_HOME"] = str(folder)
    return DagsterInstance.get()


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Keep other commands of a home out: two that write the same dates would undo each other's work.

    Raises:
        WarehouseLocked: another one is at work, and still was after the time that settings allow.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(settings.home / "running.lock", timeout=settings.lock_timeout):
            yield
    except Timeout as error:
        home, waited = settings.home, f"waited {settings.lock_timeout:g} s"
        raise WarehouseLocked(f"another command is at work on {home} ({waited}); try again when it is done") from error


def _date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def serve(settings: Settings, port: int) -> None:
    """Run the Dagster UI and daemon on a home folder until they are stopped."""
    folder = dagster_folder(settings)
    environment = os.environ | {"DAGSTER_HOME": str(folder), "NBA_ASSETS_HOME": str(settings.home)}
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "-m", "nba_assets.definitions", "-p", str(port)]
    subprocess.run(command, env=environment, check=False)  # noqa: S603 (our own interpreter's script)
