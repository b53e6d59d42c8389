"""Season-to-date averages of players."""

import polars as pl

from nba_assets.league.box import plays_used
from nba_assets.tables import league

PER_GAME = {
    "minutes": "minutes",
    "points": "pts",
    "rebounds": "reb",
    "assists": "ast",
    "fga": "fga",
    "fg3a": "fg3a",
    "fta": "fta",
    "turnovers": "tov",
}


def player_season_averages(games: pl.DataFrame) -> pl.DataFrame:
    """Return `player_season_averages`: one row per player and game date, that game included.

    Usage percentage is the quotient of the season's sums, so that it is weighted by minutes (see `box.usage`).

    Args:
        games: `player_games` of whole seasons up to some date.
    """
    team = ("game_id", "team_id")
    so_far = ("player_id", "season")
    counted = games.sort("player_id", "game_date", "game_id").with_columns(
        used=plays_used(), team_minutes=pl.col("minutes").sum().over(team), team_used=plays_used().sum().over(team)
    )
    number = pl.int_range(1, pl.len() + 1).over(so_far)
    # 5 x minutes x team plays, over team minutes, is what an average player would have used in these minutes.
    fair = (5 * pl.col("minutes") * pl.col("team_used") / pl.col("team_minutes")).cum_sum().over(so_far)
    return (
        counted.with_columns(
            games_played=number,
            games_started=pl.col("starter").cast(pl.Int64).cum_sum().over(so_far),
            usage_percentage=pl.when(fair > 0).then(100 * pl.col("used").cum_sum().over(so_far) / fair),
            **{f"{name}_per_game": pl.col(column).cum_sum().over(so_far) / number for name, column in PER_GAME.items()},
        )
        .select(league.PLAYER_SEASON_AVERAGES.names)
        .sort(league.PLAYER_SEASON_AVERAGES.key)
    )
