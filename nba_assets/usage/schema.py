"""The database's tables of usage coefficients, from their contract, and as the notebooks made the first of them."""

from typing import Any

import sqlalchemy as sa

from nba_assets.stores.relational import METADATA, sql_table
from nba_assets.tables.usage import SERVED_COEFFICIENTS

LENGTHS = {"model_version": 50, "team_name": 50, "teammate_key": 300, "teammate_name": 300, "joint_with": 300}
TEXT_LENGTH = 100
DIGITS = {"p_value": (10, 8), "sign_probability": (10, 8), "r_squared": (5, 3)}
NUMBER = (6, 3)
SMALL = ("games_used", "games_together", "games_apart")


def _kinds() -> dict[str, sa.types.TypeEngine[Any]]:
    """Types that are narrower than the contract's."""
    of = {
        kind: [column.name for column in SERVED_COEFFICIENTS.columns if column.type == kind] for kind in ("STRING", "FLOAT64")
    }
    return {
        **{name: sa.String(LENGTHS.get(name, TEXT_LENGTH)) for name in of["STRING"]},
        **{name: sa.Numeric(*DIGITS.get(name, NUMBER), asdecimal=False) for name in of["FLOAT64"]},
        **dict.fromkeys(SMALL, sa.Integer()),
    }


COEFFICIENTS = sql_table(SERVED_COEFFICIENTS, _kinds())

# The newest row is the version that is served where none is asked for.
PROMOTIONS = sa.Table(
    "usage_model_promotions",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("model_version", sa.String(50), nullable=False),
    sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=False),
)
