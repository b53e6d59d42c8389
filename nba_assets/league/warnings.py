"""Box-score warnings: known faults of real box scores, reported and not stopped on. Unusable games are quarantined."""

import polars as pl

from nba_assets.league.box import GAME_TEAM, OVERTIME_MINUTES, REGULATION_MINUTES

STARTERS = 5
# Players' minutes are rounded one by one; thirteen of them are rarely off by more than this together.
ROUNDED_MINUTES = 6


def box_score_warnings(games: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the faulty rows of each check, by the check's name.

    points_add_up: a player's points are not 2 FGM + 3PM + FTM. five_starters: a team's game has other than five starters.
    minutes_add_up: a team's minutes are not near 240 plus 25 per overtime.

    Args:
        games: `player_games`.
    """
    points = 2 * pl.col("fgm") + pl.col("fg3m") + pl.col("ftm")
    teams = games.group_by(*GAME_TEAM, "game_date").agg(pl.col("starter").sum().alias("starters"), pl.col("minutes").sum())
    over = pl.col("minutes") - REGULATION_MINUTES
    off = (over - OVERTIME_MINUTES * (over / OVERTIME_MINUTES).round().clip(0)).abs()
    return {
        "points_add_up": games.filter(pl.col("pts") != points).select("game_date", "game_id", "player_id", "pts"),
        "five_starters": teams.filter(pl.col("starters") != STARTERS).sort("game_date", *GAME_TEAM),
        "minutes_add_up": teams.filter(off > ROUNDED_MINUTES).sort("game_date", *GAME_TEAM),
    }
