"""The posterior probability of an effect's sign, beside the p-value."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; of rows that are there it is not known."""
    op.add_column("usage_model_coefficients", sa.Column("sign_probability", sa.Numeric(10, 8, asdecimal=False)))
