"""Of which training the minutes and box scores of a slate are."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns; of dates that are not published again they are not known."""
    for name in ("minutes_cutoff", "rates_cutoff"):
        op.add_column("served_slates", sa.Column(name, sa.Date()))
