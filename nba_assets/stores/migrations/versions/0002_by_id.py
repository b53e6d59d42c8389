"""Keys by id and team, so that traded players and namesakes do not collide; errors, intervals, games and training window."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from nba_assets.reference.names import lookup
from nba_assets.reference.teams import abbreviation_of

revision = "0002"
down_revision = "0001"

KEY = ("model_version", "player_key", "team_name", "teammate_key")
NAME, OLD = "usage_model_coefficients", "usage_model_coefficients_by_name"


# Longer than 40 lines: the table as it was made then, column by column.
def upgrade() -> None:
    """Make the new table, take the rows over, and drop the old one."""
    op.rename_table(NAME, OLD)
    # Of the state that this step leads to; later ones change it, not this list.
    table = op.create_table(
        NAME,
        sa.Column("model_version", sa.String(50), nullable=False),
        sa.Column("player_key", sa.String(100), nullable=False),
        sa.Column("team_name", sa.String(50), nullable=False),
        sa.Column("teammate_key", sa.String(300), nullable=False),
        sa.Column("player_name", sa.String(100), nullable=False),
        sa.Column("player_lookup", sa.String(100), nullable=False),
        sa.Column("player_id", sa.BigInteger),
        sa.Column("teammate_name", sa.String(300)),
        sa.Column("teammate_id", sa.BigInteger),
        sa.Column("usage_delta", sa.Numeric(6, 3, asdecimal=False)),
        sa.Column("baseline_usage", sa.Numeric(6, 3, asdecimal=False)),
        sa.Column("p_value", sa.Numeric(10, 8, asdecimal=False)),
        sa.Column("games_used", sa.Integer, nullable=False),
        sa.Column("r_squared", sa.Numeric(5, 3, asdecimal=False)),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("standard_error", sa.Numeric(6, 3, asdecimal=False)),
        sa.Column("delta_low", sa.Numeric(6, 3, asdecimal=False)),
        sa.Column("delta_high", sa.Numeric(6, 3, asdecimal=False)),
        sa.Column("games_together", sa.Integer),
        sa.Column("games_apart", sa.Integer),
        sa.Column("joint_with", sa.String(300)),
        sa.Column("joint_delta", sa.Numeric(6, 3, asdecimal=False)),
        sa.Column("joint_standard_error", sa.Numeric(6, 3, asdecimal=False)),
        sa.Column("training_cutoff", sa.Date),
        sa.Column("training_start", sa.Date),
        sa.Column("training_end", sa.Date),
        sa.PrimaryKeyConstraint(*KEY, name="usage_model_coefficients_by_id"),
    )
    op.create_index("ix_usage_model_coefficients_player_lookup", NAME, ["player_lookup"])
    old = sa.Table(OLD, sa.MetaData(), autoload_with=op.get_bind())
    kept = [column for column in old.columns if column.name in table.columns]
    rows = [dict(row) for row in op.get_bind().execute(sa.select(*kept)).mappings()]
    completed = [row | _completed(row) for row in rows]
    # Two spellings of one name were two players: the set of the newer one stays, whole.
    newest = {tuple(row[name] for name in KEY[:3]): row["player_name"] for row in sorted(completed, key=_age)}
    kept_sets = [row for row in completed if newest[tuple(row[name] for name in KEY[:3])] == row["player_name"]]
    taken_over = {tuple(row[name] for name in KEY): row for row in sorted(kept_sets, key=_age)}
    if taken_over:
        op.bulk_insert(table, list(taken_over.values()))
    op.drop_table(OLD)
    op.create_table(
        "usage_model_promotions",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("model_version", sa.String(50), nullable=False),
        sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=False),
    )


def _age(row: dict[str, object]) -> str:
    return str(row["timestamp"])


def _completed(row: dict[str, object]) -> dict[str, object]:
    plain = lookup(str(row["player_name"]))
    return {
        "player_key": plain,
        "player_lookup": plain,
        "teammate_key": lookup(str(row["teammate_name"])),
        "team_name": abbreviation_of(str(row["team_name"] or "")) or str(row["team_name"] or "").strip(),
        "games_used": row["games_used"] or 0,
        "timestamp": row["timestamp"] or datetime.now(UTC),
    }
