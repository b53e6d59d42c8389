"""What was asked of the service by messages, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table."""
    texts = ("detail", "player_lookup", "game_id", "batch_id", "correlation_id", "model_id", "chances")
    op.create_table(
        "served_requests",
        sa.Column("message_id", sa.Text(), primary_key=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("game_date", sa.Date()),
        sa.Column("player_id", sa.BigInteger()),
        sa.Column("predicted", sa.Double()),
        *(sa.Column(name, sa.Text()) for name in texts),
    )
    op.create_index("served_requests_batch", "served_requests", ["batch_id"])
