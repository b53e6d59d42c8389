"""A fortnight of the simulated league as an archive, and copies of it to break."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.sources.export import export_archive
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables import facts
from nba_assets_tests.sources.site import DAYS, known_facts

FORTNIGHT = Dates(date(2023, 11, 1), date(2023, 11, 14))


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, league: SimulatedSource) -> Path:
    """A fortnight of the simulated league as an archive."""
    folder = tmp_path_factory.mktemp("exported")
    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb")
    for table in facts.DAILY:
        warehouse.replace(table, league.read(table, FORTNIGHT), {table.date_column or "": FORTNIGHT})
    warehouse.replace(facts.PLAYERS, league.read(facts.PLAYERS, FORTNIGHT), {})
    for _ in export_archive(warehouse.read, warehouse.seasons(facts.SCHEDULE_NOTICES), folder / "archive"):
        pass
    return folder / "archive"


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """A copy of the archive, to break."""
    for path in exported.rglob("*.parquet"):
        target = tmp_path / path.relative_to(exported)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return tmp_path


@pytest.fixture(scope="session")
def one_season() -> SimulatedSource:
    return SimulatedSource(seed=7, first_season=2022, seasons=1)


@pytest.fixture(scope="session")
def truth(one_season: SimulatedSource) -> dict[str, pl.DataFrame]:
    """What the site of these days may answer, read once."""
    return known_facts(one_season, DAYS)
