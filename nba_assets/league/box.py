"""Box scores as the league keeps them: players' games, team games with possessions, pace and ratings, usage."""

import polars as pl

from nba_assets.reference.teams import abbreviation
from nba_assets.tables import facts, league
from nba_assets.tables.archive import BOX_SCORE_COUNTS
from nba_assets.tables.versions import as_of

REGULATION_MINUTES = 240
OVERTIME_MINUTES = 25
GAME_TEAM = ("game_id", "team_id")


def player_games(box_scores: pl.DataFrame) -> pl.DataFrame:
    """Return `player_games`: the newest version of each player's box score, with names of teams and the result.

    Args:
        box_scores: facts `box_scores`, all versions.
    """
    current = as_of(box_scores, facts.BOX_SCORES)
    points = current.group_by(GAME_TEAM).agg(team_pts=pl.col("pts").sum())
    return (
        current.join(points, on=GAME_TEAM, how="left")
        .join(
            points.rename({"team_id": "opponent_team_id", "team_pts": "opponent_pts"}),
            on=["game_id", "opponent_team_id"],
            how="left",
        )
        .with_columns(
            team_abbreviation=abbreviation("team_id"),
            opponent_abbreviation=abbreviation("opponent_team_id"),
            won=pl.col("team_pts") > pl.col("opponent_pts"),
            reb=pl.col("oreb") + pl.col("dreb"),
        )
        .select(league.PLAYER_GAMES.names)
        .sort(league.PLAYER_GAMES.key)
    )


def team_games(games: pl.DataFrame) -> pl.DataFrame:
    """Return `team_games`: players' lines summed, possessions, pace and ratings.

    Possessions of a game are the mean of both teams' FGA + 0.4 FTA - 1.07 OREB / (OREB + opponent's DREB) x (FGA - FG)
    + TOV, pace is 48 x possessions / (team minutes / 5), ratings are points per 100 possessions; all after
    basketball-reference.com's glossary, after Dean Oliver, Basketball on Paper (2004). Turnovers are the players' ones.
    Team minutes are 240 plus 25 an overtime period, the number of which is read off the summed minutes of the players.

    Args:
        games: one row per game and player: box-score columns, one version each.

    Returns:
        One row per game and team; a game with one team only has no row.
    """
    counts = [column.name for column in BOX_SCORE_COUNTS if column.name not in ("plus_minus", "pf")]
    teams = games.group_by(
        "season", "season_type", "game_id", "game_date", "team_id", "opponent_team_id", "is_home", maintain_order=True
    ).agg(pl.col(counts).sum(), pl.col("minutes").sum())
    other = teams.select("game_id", opponent_team_id="team_id", **{f"opponent_{name}": name for name in counts})
    both = teams.join(other, on=["game_id", "opponent_team_id"])
    overtimes = ((pl.col("minutes") - REGULATION_MINUTES) / OVERTIME_MINUTES).round().clip(0).cast(pl.Int64)
    minutes = REGULATION_MINUTES + OVERTIME_MINUTES * pl.col("overtimes")
    return (
        both.with_columns(
            team_abbreviation=abbreviation("team_id"),
            overtimes=overtimes,
            # Home and away add the same two numbers in one order, so both teams have equal possessions.
            possessions=pl.when("is_home").then(_plays("") + _plays("opponent_")).otherwise(_plays("opponent_") + _plays(""))
            / 2,
        )
        .with_columns(
            pace=48 * pl.col("possessions") / (minutes / 5),
            offensive_rating=100 * pl.col("pts") / pl.col("possessions"),
            defensive_rating=100 * pl.col("opponent_pts") / pl.col("possessions"),
        )
        .select(league.TEAM_GAMES.names)
        .sort(league.TEAM_GAMES.key)
    )


def _plays(side: str) -> pl.Expr:
    other = "" if side else "opponent_"
    fga, fgm, fta, tov, oreb = (pl.col(f"{side}{name}") for name in ("fga", "fgm", "fta", "tov", "oreb"))
    rebounds = oreb + pl.col(f"{other}dreb")
    second_chances = pl.when(rebounds > 0).then(1.07 * oreb / rebounds * (fga - fgm)).otherwise(0.0)
    return fga + 0.4 * fta - second_chances + tov


def seconds_on_court() -> pl.Expr:
    """Return the seconds of a row: exact where the box score has them, else of its minutes."""
    return pl.coalesce("seconds_played", 60 * pl.col("minutes"))


def by_worth() -> dict[str, pl.Expr]:
    """Return two-pointers and three-pointers of a row, attempted (fga2, fga3) and made (fgm2, fgm3)."""
    return {
        "fga2": pl.col("fga") - pl.col("fg3a"),
        "fga3": pl.col("fg3a"),
        "fgm2": pl.col("fgm") - pl.col("fg3m"),
        "fgm3": pl.col("fg3m"),
    }


def plays_used() -> pl.Expr:
    """Return 100 x (FGA + 0.44 FTA + TOV) of a row, an exact integer."""
    return 100 * pl.col("fga") + 44 * pl.col("fta") + 100 * pl.col("tov")


def usage(games: pl.DataFrame) -> pl.DataFrame:
    """Return `usage`: the share of the team's plays that a player used while on court.

    100 x (FGA + 0.44 FTA + TOV) x (team minutes / 5) / (minutes x (team FGA + 0.44 team FTA + team TOV)), after
    basketball-reference.com's glossary; team minutes are the sum of the players' minutes.

    Args:
        games: one row per game and player: box-score columns, one version each.
    """
    used, minutes = plays_used(), pl.col("minutes")
    percentage = 100 * used * minutes.sum().over(GAME_TEAM) / (5 * minutes * used.sum().over(GAME_TEAM))
    return (
        games.with_columns(usage_percentage=pl.when(minutes > 0).then(percentage))
        .select(league.USAGE.names)
        .sort(league.USAGE.key)
    )
