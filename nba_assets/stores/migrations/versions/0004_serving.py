"""Slates, predictions and documents that the API and the page read."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    _slates()
    _predictions()
    op.create_table(
        "served_dates",
        *_key(sa.Date(), "game_date"),
        *_given(sa.Text(), "version"),
        *_given(sa.BigInteger(), "games"),
        *_given(sa.DateTime(timezone=True), "published_at"),
    )
    op.create_table(
        "served_documents",
        *_key(sa.Text(), "name"),
        *_given(sa.Text(), "version", "body"),
        *_given(sa.DateTime(timezone=True), "published_at"),
    )


def _slates() -> None:
    op.create_table(
        "served_slates",
        *_key(sa.Date(), "game_date"),
        *_key(sa.Text(), "game_id"),
        *_key(sa.BigInteger(), "player_id"),
        *_key(sa.Text(), "decision"),
        *_given(sa.Text(), "player_name", "player_lookup", "team", "opponent"),
        *_given(sa.Boolean(), "is_home"),
        *_given(sa.DateTime(timezone=True), "tip_off", "decision_at"),
        *_given(sa.Boolean(), "on_roster", "is_out"),
        sa.Column("starter", sa.Boolean()),
        *_given(sa.Double(), "play_probability"),
        *_maybe(
            *("play_prob", "minutes_mean", "minutes_p10", "minutes_p50", "minutes_p90", "usage_avg_last_10"),
            *("fga2", "fga3", "fta", "fgm3", "pts", "reb", "ast", "stl", "blk", "tov", "pra", "draftkings", "fanduel"),
            *("pts_unconditional", "minutes_played"),
        ),
    )
    op.create_index("served_slates_player", "served_slates", ["player_id", "game_date"])


def _predictions() -> None:
    op.create_table(
        "served_predictions",
        *_key(sa.Date(), "game_date"),
        *_key(sa.Text(), "game_id"),
        *_key(sa.BigInteger(), "player_id"),
        *_key(sa.Text(), "decision", "market", "model_id"),
        *_given(sa.Boolean(), "is_champion"),
        *_given(sa.Text(), "origin"),
        *_given(sa.DateTime(timezone=True), "predicted_at"),
        sa.Column("training_cutoff", sa.Date()),
        *_given(sa.Text(), "distribution_path"),
        *_given(sa.Double(), "predicted"),
        *_maybe("expected"),
        *_given(sa.Double(), "p10", "p50", "p90"),
        *_maybe("form", "expected_minutes", "betting_line"),
        sa.Column("bookmaker", sa.Text()),
        sa.Column("over_price", sa.BigInteger()),
        sa.Column("under_price", sa.BigInteger()),
        sa.Column("line_is_ambiguous", sa.Boolean()),
        *_maybe("no_vig_over", "model_prob_over", "prob_over", "edge"),
        sa.Column("recommendation", sa.Text()),
        *_maybe("kelly_stake"),
        sa.Column("outcome", sa.Text()),
        *_maybe("actual"),
    )
    op.create_index("served_predictions_player", "served_predictions", ["player_id", "game_date"])


def _key(kind: sa.types.TypeEngine[Any], *names: str) -> "list[sa.Column[Any]]":
    return [sa.Column(name, kind, primary_key=True) for name in names]


def _given(kind: sa.types.TypeEngine[Any], *names: str) -> "list[sa.Column[Any]]":
    return [sa.Column(name, kind, nullable=False) for name in names]


def _maybe(*names: str) -> "list[sa.Column[float]]":
    return [sa.Column(name, sa.Double()) for name in names]
