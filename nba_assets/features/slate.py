"""Who and what a decision is about: the games of a slate and the players of its rosters, as known at the decision."""

import polars as pl

from nba_assets.calendar import DECISIONS, Dates, decision_at, tip_off_or_assumed
from nba_assets.features.history import History

ROSTER_TEAM_GAMES = 20


def slate(notices: pl.DataFrame, dates: Dates) -> pl.DataFrame:
    """Return one row a game, team and decision: the games that were on at the decision.

    A version of the schedule sets its own decision times, and counts if it is the newest one known then. Where a late
    change of tip-off gives two decisions of a kind, the first one stands; where it moves tip-off so near that the `tip`
    decision is past already, that is taken when the change is known.

    Args:
        notices: facts `schedule_notices`, all versions.
        dates: the slates that are wanted.

    Returns:
        game_id, game_date, season, season_type, decision, decision_at, tip_off, team_id, opponent_team_id, is_home.
    """
    versions = (
        notices.filter(pl.col("game_date").is_between(*dates))
        .sort("known_at", maintain_order=True)
        .with_columns(
            tip_off=tip_off_or_assumed(pl.col("tip_off"), pl.col("game_date")),
            superseded_at=pl.col("known_at").shift(-1).over("game_id", "game_date"),
        )
    )
    decided = pl.concat(
        versions.with_columns(
            decision=pl.lit(decision), decision_at=decision_at(decision, pl.col("tip_off"), pl.col("game_date"))
        )
        for decision in DECISIONS
    )
    is_late = (pl.col("decision") == "tip") & (pl.col("known_at") < pl.col("tip_off"))
    decided = decided.with_columns(
        decision_at=pl.when(is_late).then(pl.max_horizontal("decision_at", "known_at")).otherwise("decision_at")
    )
    in_force = (pl.col("known_at") <= pl.col("decision_at")) & (
        pl.col("superseded_at").is_null() | (pl.col("decision_at") < pl.col("superseded_at"))
    )
    games = decided.filter(in_force).unique(["game_id", "game_date", "decision"], keep="first", maintain_order=True)
    games = games.filter(pl.col("status") == "scheduled")
    columns = ("game_id", "game_date", "season", "season_type", "decision", "decision_at", "tip_off")
    home, away = pl.col("home_team_id"), pl.col("away_team_id")
    return pl.concat(
        [
            games.select(*columns, team_id=home, opponent_team_id=away, is_home=pl.lit(value=True)),
            games.select(*columns, team_id=away, opponent_team_id=home, is_home=pl.lit(value=False)),
        ]
    ).sort("game_date", "game_id", "decision", "team_id")


def rosters(games: pl.DataFrame, box_scores: pl.DataFrame) -> pl.DataFrame:
    """Return one row a game, decision and player: who may play for the teams of the slate.

    A player is on a team's roster if his latest game was for it and is among its last 20 games.

    Args:
        games: rows of `slate`.
        box_scores: one version each; only games of dates before a slate's are looked at.

    Returns:
        The columns of `games`, player_id, player_name and team_games_missed (0: he played in the team's latest game).
    """
    team_games = box_scores.select("team_id", "game_date", "game_id", "season").unique().sort("team_id", "game_date")
    team_games = team_games.with_columns(number=pl.int_range(pl.len()).over("team_id"))
    latest = (
        box_scores.select("player_id", "player_name", "team_id", "game_id", "game_date")
        .sort("player_id", "game_date")
        .with_columns(next_date=pl.col("game_date").shift(-1).over("player_id"))
        .join(team_games.select("team_id", "game_id", "number"), on=["team_id", "game_id"])
        .select("player_id", "player_name", "team_id", "number", "next_date", missed=pl.int_ranges(ROSTER_TEAM_GAMES))
        .explode("missed", empty_as_null=True, keep_nulls=False)
        .with_columns(number=pl.col("number") + pl.col("missed") + 1)
        .rename({"missed": "team_games_missed"})
    )
    asked = games.with_columns(number=pl.Series(History.before(games, team_games, "team_id").count))
    return (
        asked.join(latest, on=["team_id", "number"])
        .filter(pl.col("next_date").is_null() | (pl.col("game_date") <= pl.col("next_date")))
        .drop("number", "next_date")
        .sort("game_date", "game_id", "decision", "player_id")
    )
