"""Tracking by game: touches, passes and drives, and what they are per minute on court."""

import polars as pl

from nba_assets.league.box import seconds_on_court
from nba_assets.tables import facts, league
from nba_assets.tables.versions import as_of

PER_MINUTE = {"touches_per_min": "touches", "passes_per_min": "passes_made", "drives_per_min": "drives"}


def tracking_game(versions: pl.DataFrame, games: pl.DataFrame) -> pl.DataFrame:
    """Return `tracking_game`: one row per game and player that was tracked, with minutes of the box score.

    Args:
        versions: facts `tracking_games`, all versions.
        games: `player_games` of the same dates.
    """
    minutes = seconds_on_court() / 60
    played = games.select("game_id", "player_id", minutes_tracking=minutes)
    seen = as_of(versions, facts.TRACKING_GAMES).join(played, on=["game_id", "player_id"])
    on_court = pl.col("minutes_tracking") > 0
    rates = {name: pl.when(on_court).then(pl.col(of) / pl.col("minutes_tracking")) for name, of in PER_MINUTE.items()}
    return (
        seen.with_columns(
            time_of_poss_seconds="time_of_possession",
            top_per_min=pl.when(on_court).then(pl.col("time_of_possession") / 60 / pl.col("minutes_tracking")),
            **rates,
        )
        .select(league.TRACKING_GAME.names)
        .sort(league.TRACKING_GAME.key)
    )
