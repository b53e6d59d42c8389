"""What many tests share: a real archive where there is one, a small simulated league, and homes that were run once."""

import os
import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings as hypothesis_settings

from nba_assets.calendar import Dates
from nba_assets.settings import Settings, load_settings
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.stores.relational import migrate
from nba_assets_tests.postgres import PostgresServer

BESIDE = Path(__file__).parents[2] / "shared" / "data" / "archive"
ARCHIVE = Path(os.environ.get("NBA_ASSETS_ARCHIVE", BESIDE))

# Machines are noisy: time is measured in the benchmarks, not here.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")

# A January is predicted by the bundle of the New Year's cutoff, which knows the autumn before it.
PREDICTED = Dates(date(2023, 1, 1), date(2023, 1, 31))
HOME = {"source": "simulated", "first_season": 2022, "seasons": 1}


@pytest.fixture(scope="session")
def archive_folder() -> Path:
    """The folder of real games."""
    if not (ARCHIVE / "player_games").is_dir():
        pytest.skip(f"no real games: set NBA_ASSETS_ARCHIVE to an archive folder ({ARCHIVE} is none)")
    return ARCHIVE


@pytest.fixture(scope="session")
def archive(archive_folder: Path) -> ArchiveSource:
    """Real games, read once."""
    return ArchiveSource(archive_folder)


@pytest.fixture(scope="session")
def league() -> SimulatedSource:
    """Two simulated seasons, made once."""
    return SimulatedSource(seed=7, first_season=2022, seasons=2)


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    """An empty warehouse that does not wait long for locks."""
    return DuckDBWarehouse(tmp_path / "warehouse.duckdb", lock_timeout=0.5)


@pytest.fixture(scope="session")
def ran_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home after `backfill` of one simulated month; tests only read it."""
    from nba_assets.orchestration.runner import Runner

    settings = load_settings(tmp_path_factory.mktemp("home"), **HOME)
    Runner(settings).backfill(PREDICTED)
    return settings


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of a Cloud Storage that runs in this process."""
    from gcp_storage_emulator.server import create_server

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="models")
    server.start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    yield "gs://models"
    server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server for all tests of a worker."""
    server = PostgresServer()
    yield server
    server.remove()


def emptied(database: Database) -> Database:
    """Without the tables of an earlier test."""

    def drop(connection: sa.Connection) -> None:
        for name in sa.inspect(connection).get_table_names():
            connection.execute(sa.text(f"DROP TABLE {name}"))

    database.write(drop)
    return database


@pytest.fixture(params=["sqlite", "postgres"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'usage.db'}")
    else:
        database = emptied(Database(request.getfixturevalue("postgres").url()))
    yield database
    database.close()


@pytest.fixture
def fresh_postgres(postgres: PostgresServer) -> Database:
    """A Postgres database without tables."""
    return emptied(Database(postgres.url()))


@pytest.fixture
def database(fresh: Database) -> Database:
    """A database with its tables."""
    migrate(fresh)
    return fresh
