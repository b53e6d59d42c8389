"""A home folder: all state of a deployment on a laptop. `open_home(path).read(table, dates)` is for notebooks."""

from contextlib import nullcontext
from datetime import date
from pathlib import Path

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.orchestration.build import build_artifacts, build_lock, build_warehouse
from nba_assets.settings import Settings, load_settings
from nba_assets.stores.warehouse import WarehouseError
from nba_assets.tables import TABLES

READS = ("select", "with", "(", "show", "describe", "explain")


class Home:
    """What a home folder holds."""

    def __init__(self, settings: Settings) -> None:
        """Remember which; nothing is opened yet."""
        self.settings = settings
        self.warehouse = build_warehouse(settings)
        self.artifacts = build_artifacts(settings)
        self.lock = build_lock(settings)

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
        """Run GoogleSQL, all statements in one transaction, and return the rows of the last one.

        What is not a single query takes the home's lock, as every writer does.

        Raises:
            SqlError: a statement is wrong; nothing has changed.
            WarehouseLocked: another program holds the warehouse, or is writing.
        """
        only_reads = statement.lstrip().lower().startswith(READS) and ";" not in statement.rstrip().rstrip(";")
        with nullcontext() if only_reads else self.lock.writing("sql"):
            return self.warehouse.query(statement)


def open_home(path: Path | str | None = None) -> Home:
    """Open a home folder (default: NBA_ASSETS_HOME, else `.nba_assets`).

    Raises:
        WarehouseError: there is none.
    """
    settings = load_settings(Path(path) if path else None)
    if not settings.warehouse_path.exists():
        remedy = "`nba-assets backfill` makes some; --home DIR names another folder"
        raise WarehouseError(f"{settings.home} holds no data yet", remedy=remedy)
    return Home(settings)


def _date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
