"""Box-score warnings: known faults of real box scores, reported and not stopped on. Unusable games are quarantined."""

import polars as pl

from nba_assets.league.box import GAME_TEAM, OVERTIME_MINUTES, REGULATION_MINUTES

STARTERS = 5
# Players' minutes are rounded one by one; thirteen of them are rarely off by more than this together.
ROUNDED_MINUTES = 6
# Possessions of a team's game differ from the estimate by 1.3% in standard deviation.
NEAR = 0.1


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


def possession_warnings(found: pl.DataFrame, teams: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the faulty rows of each check, by the check's name.

    final_score: a team's points of a game are not its box score's. ten_players: a possession without five players of each team.
    near_box_score: a game's possessions are more than 10% off the box score's estimate.

    Args:
        found: `possessions`.
        teams: `team_games` of the same dates.
    """
    own = found.group_by("game_id", team_id="offense_team_id").agg(
        count=pl.len(), points=(pl.col("points") + pl.col("technical_points")).sum()
    )
    others = found.group_by("game_id", team_id="defense_team_id").agg(technical=pl.col("technical_points_against").sum())
    both = teams.join(own, on=GAME_TEAM).join(others, on=GAME_TEAM, how="left").sort("game_date", *GAME_TEAM)
    both = both.with_columns(points=pl.col("points") + pl.col("technical").fill_null(0))
    off = (pl.col("count") / pl.col("possessions") - 1).abs()
    return {
        "final_score": both.filter(pl.col("points") != pl.col("pts")).select("game_date", *GAME_TEAM, "points", "pts"),
        "ten_players": found.filter(pl.col("offense_player_1").is_null()).select("game_date", "game_id", "possession"),
        "near_box_score": both.filter(off > NEAR).select("game_date", *GAME_TEAM, "count", "possessions"),
    }
