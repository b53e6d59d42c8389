"""Tables of the relational database from their contracts, and the migrations that lead there from older states."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from nba_assets.stores.database import Database, DatabaseError
from nba_assets.tables.contracts import Column, Table

METADATA = sa.MetaData()
# A name of its own, from when there were usage coefficients only: a website's database may be under Alembic for itself.
VERSION_TABLE = "usage_alembic_version"
HEAD = "0007"


def sql_table(table: Table, kinds: Mapping[str, sa.types.TypeEngine[Any]] | None = None) -> sa.Table:
    """Return a contract's table.

    Args:
        table: the contract.
        kinds: types of columns that are narrower than their contract says.
    """
    return sa.Table(table.name, METADATA, *(_column(table, column, kinds or {}) for column in table.columns))


def _column(table: Table, column: Column, kinds: Mapping[str, sa.types.TypeEngine[Any]]) -> "sa.Column[Any]":
    usual: dict[str, sa.types.TypeEngine[Any]] = {
        "STRING": sa.Text(),
        "INT64": sa.BigInteger(),
        "FLOAT64": sa.Double(),
        "BOOL": sa.Boolean(),
        "DATE": sa.Date(),
        "TIMESTAMP": sa.DateTime(timezone=True),
    }
    kind = kinds.get(column.name, usual[column.type])
    return sa.Column(column.name, kind, primary_key=column.name in table.key, nullable=column.null_when is not None)


def migrate(database: Database) -> None:
    """Create the tables, or bring older ones to what they are now; rows are kept. Nothing is done where they are current.

    Raises:
        DatabaseError: it cannot be written, or a newer release of this package made its tables.
    """
    if is_current(database):
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    def upgrade(connection: sa.Connection) -> None:
        if not database.is_sqlite:
            # Two processes at once: the second finds everything done.
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('nba_assets usage'))"))
        config = Config()
        config.set_main_option("script_location", "nba_assets.stores:migrations")
        config.attributes |= {"connection": connection, "version_table": VERSION_TABLE}
        command.upgrade(config, "head")

    try:
        database.write(upgrade)
    except CommandError as error:
        raise DatabaseError(str(error), source=f"database {database}", remedy="a newer release made its tables") from error


def is_current(database: Database) -> bool:
    """Whether the database records the newest migration: asking takes a millisecond, Alembic a tenth of a second."""
    try:
        found = database.read(lambda connection: connection.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")))  # noqa: S608 (a constant)
    except DatabaseError:
        return False
    return found == HEAD
