"""The database's tables of usage coefficients, from their contract; `migrations` lead there from older states."""

from typing import Any

import sqlalchemy as sa

from nba_assets.stores.database import Database, DatabaseError
from nba_assets.tables.contracts import Column
from nba_assets.tables.usage import SERVED_COEFFICIENTS

METADATA = sa.MetaData()
# A name of its own: a website's database may be under Alembic for itself.
VERSION_TABLE = "usage_alembic_version"
HEAD = "0003"
LENGTHS = {"model_version": 50, "team_name": 50, "teammate_key": 300, "teammate_name": 300, "joint_with": 300}
TEXT_LENGTH = 100
DIGITS = {"p_value": (10, 8), "sign_probability": (10, 8), "r_squared": (5, 3)}
NUMBER = (6, 3)
SMALL = ("games_used", "games_together", "games_apart")


def _sql_column(column: Column) -> "sa.Column[Any]":
    kinds: dict[str, sa.types.TypeEngine[Any]] = {
        "STRING": sa.String(LENGTHS.get(column.name, TEXT_LENGTH)),
        "INT64": sa.Integer() if column.name in SMALL else sa.BigInteger(),
        "FLOAT64": sa.Numeric(*DIGITS.get(column.name, NUMBER), asdecimal=False),
        "DATE": sa.Date(),
        "TIMESTAMP": sa.DateTime(timezone=True),
    }
    is_key, nullable = column.name in SERVED_COEFFICIENTS.key, column.null_when is not None
    return sa.Column(column.name, kinds[column.type], primary_key=is_key, nullable=nullable)


COEFFICIENTS = sa.Table(SERVED_COEFFICIENTS.name, METADATA, *(_sql_column(column) for column in SERVED_COEFFICIENTS.columns))

# The newest row is the version that is served where none is asked for.
PROMOTIONS = sa.Table(
    "usage_model_promotions",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("model_version", sa.String(50), nullable=False),
    sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=False),
)


def migrate(database: Database) -> None:
    """Create the tables, or bring older ones to what they are now; rows are kept. Nothing is done where they are current.

    Raises:
        DatabaseError: it cannot be written, or a newer release of this package made its tables.
    """
    if _is_current(database):
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


def _is_current(database: Database) -> bool:
    """Whether the database records the newest migration: asking takes a millisecond, Alembic a tenth of a second."""
    try:
        found = database.read(lambda connection: connection.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")))  # noqa: S608 (a constant)
    except DatabaseError:
        return False
    return found == HEAD
