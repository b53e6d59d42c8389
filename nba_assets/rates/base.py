"""What rates are learned from and predicted with: feature rows as the base names them, with expected minutes."""

import polars as pl

from nba_assets.league.box import by_worth, seconds_on_court
from nba_assets.tables.feature import STATISTICS
from nba_assets.tables.rates import OF_STORE, RATE_FEATURE_COLUMNS, RATES_TRAINING_BASE, RENAMED

KEY = ("game_date", "game_id", "player_id", "decision")
# A postponed game has rows under its old date, too.
PLAYED = ("game_date", "game_id", "player_id")
GAME = ("season", "season_type", "team_id")
MOST_REST_DAYS = 3
# Columns of the feature store and of `minutes_predictions` that a row is made of.
READ = tuple(
    dict.fromkeys((*KEY, *GAME, "opponent_team_id", "on_roster", "rest_days", *OF_STORE, *RENAMED.values(), "player_name"))
)
READ_MINUTES = (*KEY, "play_prob", "minutes_mean", "minutes_p10", "minutes_p50", "minutes_p90")
# Columns of the base that are known before a game.
LEARNED_FROM = (*KEY, *GAME, "opponent_id", "position_primary", *(column.name for column in RATE_FEATURE_COLUMNS))
IDS = ("team_id", "opponent_id", "player_id")
NAMES = tuple(column.name for column in RATE_FEATURE_COLUMNS)


def rate_features(features: pl.DataFrame, minutes: pl.DataFrame, players: pl.DataFrame) -> pl.DataFrame:
    """Return one row per feature row: its key, the player's position, and the features of the base.

    Args:
        features: rows of `ml_feature_store`, at least the columns READ.
        minutes: rows of `minutes_predictions` of the same slates.
        players: facts `players`.
    """
    rest = pl.col("rest_days").clip(0, MOST_REST_DAYS)
    return (
        features.join(minutes.select(READ_MINUTES), on=KEY, how="left", maintain_order="left")
        .join(players.select("player_id", "position_primary"), on="player_id", how="left", maintain_order="left")
        .with_columns(
            minutes_expected_p50="minutes_p50",
            minutes_expected_mean="minutes_mean",
            minutes_spread=pl.col("minutes_p90") - pl.col("minutes_p10"),
            days_rest=rest,
            opp_itt=pl.col("total") - pl.col("implied_team_total"),
            opponent_id="opponent_team_id",
            **{name: pl.col(of) for name, of in RENAMED.items()},
        )
        .select(pl.col(LEARNED_FROM[: -len(NAMES)]), pl.col(NAMES).cast(pl.Float64))
    )


def training_base(rows: pl.DataFrame, games: pl.DataFrame) -> pl.DataFrame:
    """Return `rates_training_base`: the rows of those who played for at least a second, with their rates.

    Args:
        rows: of `rate_features`.
        games: `player_games` of the same dates, or box scores of one version each.
    """
    played = games.with_columns(minutes_actual=seconds_on_court() / 60, **by_worth()).filter(pl.col("minutes_actual") > 0)
    rates = played.select(
        *(*PLAYED, "minutes_actual", "fgm2", "fgm3", "ftm", "pts"),
        **{f"{name}_per_min": pl.col(name) / pl.col("minutes_actual") for name in STATISTICS},
    )
    found = rows.join(rates, on=PLAYED).sort(RATES_TRAINING_BASE.key)
    return found.select(pl.col(name).cast(kind) for name, kind in RATES_TRAINING_BASE.schema.items())


def as_modellers_name_it(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the season as its start year and ids as text, as the views `gold.…` and the export have them."""
    return rows.with_columns(
        pl.col("season").str.slice(0, 4).cast(pl.Int64), *(pl.col(name).cast(pl.String) for name in IDS if name in rows.columns)
    )
