"""The tables of usage coefficients in the database, as they are now; `migrations` lead there from any older state."""

import sqlalchemy as sa

from nba_assets.stores.database import Database, DatabaseError

METADATA = sa.MetaData()


def _number(name: str, precision: int, scale: int) -> "sa.Column[float]":
    return sa.Column(name, sa.Numeric(precision, scale, asdecimal=False))


# A row a model version, player of a team and teammate, or group of teammates who were always out together. A player without
# any coefficient has one row without a teammate, for his baseline. Keys are ids where they are known, else plain names.
COEFFICIENTS = sa.Table(
    "usage_model_coefficients",
    METADATA,
    sa.Column("model_version", sa.String(50), primary_key=True),
    sa.Column("player_key", sa.String(100), primary_key=True),
    sa.Column("team_name", sa.String(50), primary_key=True),
    sa.Column("teammate_key", sa.String(300), primary_key=True),
    sa.Column("player_name", sa.String(100), nullable=False),
    sa.Column("player_lookup", sa.String(100), nullable=False, index=True),
    sa.Column("player_id", sa.BigInteger),
    sa.Column("teammate_name", sa.String(300)),
    sa.Column("teammate_id", sa.BigInteger),
    _number("usage_delta", 6, 3),
    _number("baseline_usage", 6, 3),
    _number("p_value", 10, 8),
    sa.Column("games_used", sa.Integer, nullable=False),
    _number("r_squared", 5, 3),
    sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
    _number("standard_error", 6, 3),
    _number("delta_low", 6, 3),
    _number("delta_high", 6, 3),
    sa.Column("games_together", sa.Integer),
    sa.Column("games_apart", sa.Integer),
    sa.Column("joint_with", sa.String(300)),
    _number("joint_delta", 6, 3),
    _number("joint_standard_error", 6, 3),
    sa.Column("training_cutoff", sa.Date),
    sa.Column("training_start", sa.Date),
    sa.Column("training_end", sa.Date),
)

# The newest row is the version that is served where none is asked for.
PROMOTIONS = sa.Table(
    "usage_model_promotions",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("model_version", sa.String(50), nullable=False),
    sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=False),
)


def migrate(database: Database) -> None:
    """Create the tables, or bring older ones to what they are now; rows are kept.

    Raises:
        DatabaseError: it cannot be written, or a newer release of this package made them.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    def upgrade(connection: sa.Connection) -> None:
        if not database.is_sqlite:
            # Two processes at once: the second finds everything done.
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('nba_assets usage'))"))
        config = Config()
        config.set_main_option("script_location", "nba_assets.stores:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    try:
        database.write(upgrade)
    except CommandError as error:
        raise DatabaseError(f"database {database}: {error}; a newer release made its tables") from error
