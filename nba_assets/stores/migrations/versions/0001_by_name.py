"""Coefficients by name, as the notebooks made the table; where they did, it stays as it is."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NAME = "usage_model_coefficients"


def upgrade() -> None:
    """Create the table unless it is there."""
    if sa.inspect(op.get_bind()).has_table(NAME):
        return
    op.create_table(
        NAME,
        sa.Column("player_name", sa.String(100), primary_key=True),
        sa.Column("team_name", sa.String(50)),
        sa.Column("teammate_name", sa.String(100), primary_key=True),
        sa.Column("usage_delta", sa.Numeric(6, 3)),
        sa.Column("baseline_usage", sa.Numeric(6, 3)),
        sa.Column("p_value", sa.Numeric(10, 8)),
        sa.Column("games_used", sa.Integer),
        sa.Column("r_squared", sa.Numeric(5, 3)),
        sa.Column("timestamp", sa.DateTime(timezone=True)),
        sa.Column("model_version", sa.String(50), primary_key=True),
    )
