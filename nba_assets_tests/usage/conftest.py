"""Databases: SQLite and a real Postgres server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from nba_assets.stores.database import Database
from nba_assets.usage.schema import migrate
from nba_assets_tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server for all tests of a worker."""
    server = PostgresServer()
    yield server
    server.remove()


def emptied(database: Database) -> Database:
    """Without the tables of an earlier test."""

    def drop(connection: sa.Connection) -> None:
        for name in ("usage_model_coefficients", "usage_model_promotions", "usage_alembic_version"):
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {name}"))

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
def database(fresh: Database) -> Database:
    """A database with its tables."""
    migrate(fresh)
    return fresh
