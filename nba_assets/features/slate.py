"""Who and what a decision is about: the games of a slate and the players of its rosters, as known at the decision."""

from datetime import datetime

import numpy as np
import polars as pl

from nba_assets.calendar import DECISIONS, TIMESTAMP, Dates, decision_at, tip_off_or_assumed
from nba_assets.features.history import History
from nba_assets.tables import facts
from nba_assets.tables.versions import as_of

ROSTER_TEAM_GAMES = 20
# More than any day since 1970 or number of a game.
MANY = 100_000


def slate_as_of(notices: pl.DataFrame, dates: Dates, at: datetime) -> pl.DataFrame:
    """Return the games that were on at an instant, with that instant as their decision: `tip` once its own has come.

    Args:
        notices: facts `schedule_notices`, all versions.
        dates: the slates that are wanted.
        at: before the tip-off of each game.

    Returns:
        As of `slate`.
    """
    known = as_of(notices.filter(pl.col("game_date").is_between(*dates)), facts.SCHEDULE_NOTICES, at)
    tip_off = tip_off_or_assumed(pl.col("tip_off"), pl.col("game_date"))
    decided = known.filter(pl.col("status") == "scheduled").with_columns(
        tip_off=tip_off, decision_at=pl.lit(at).cast(TIMESTAMP)
    )
    late = decision_at("tip", pl.col("tip_off"), pl.col("game_date")) <= pl.col("decision_at")
    return _by_team(decided.with_columns(decision=pl.when(late).then(pl.lit("tip")).otherwise(pl.lit("noon"))))


def slate(notices: pl.DataFrame, dates: Dates) -> pl.DataFrame:
    """Return one row per game, team and decision: the games that were on at the decision.

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
    return _by_team(games.filter(pl.col("status") == "scheduled"))


def _by_team(games: pl.DataFrame) -> pl.DataFrame:
    """Each game once for its home and once for its away team."""
    columns = ("game_id", "game_date", "season", "season_type", "decision", "decision_at", "tip_off")
    home, away = pl.col("home_team_id"), pl.col("away_team_id")
    return pl.concat(
        [
            games.select(*columns, team_id=home, opponent_team_id=away, is_home=pl.lit(value=True)),
            games.select(*columns, team_id=away, opponent_team_id=home, is_home=pl.lit(value=False)),
        ]
    ).sort("game_date", "game_id", "decision", "team_id")


def rosters(games: pl.DataFrame, box_scores: pl.DataFrame) -> pl.DataFrame:
    """Return one row per game, decision and player: who may play for the teams of the slate.

    A player is on a team's roster if the player's latest game was for it and is among its last 20 games.

    Args:
        games: rows of `slate`.
        box_scores: one version each; only games of dates before a slate's are looked at.

    Returns:
        The columns of `games`, player_id, player_name and team_games_missed (0: the player was in the team's latest game).
    """
    asked = _numbered(games, box_scores).sort("team_id", "game_number", "game_date")
    appeared = (
        team_numbers(box_scores)
        .sort("player_id", "game_date")
        .with_columns(next_date=pl.col("game_date").shift(-1).over("player_id"))
    )
    # Of a team's questions, in order: those from a player's game on, up to 20 games later, up to the player's next game.
    team, number = appeared["team_id"].to_numpy() * MANY, appeared["game_number"].to_numpy()
    by_number = asked["team_id"].to_numpy() * MANY + asked["game_number"].to_numpy()
    by_date = asked["team_id"].to_numpy() * MANY + asked["game_date"].cast(pl.Int64).to_numpy()
    first = np.searchsorted(by_number, team + number, "left")
    last = np.minimum(
        np.searchsorted(by_number, team + number + ROSTER_TEAM_GAMES - 1, "right"),
        np.searchsorted(by_date, team + appeared["next_date"].cast(pl.Int64).fill_null(MANY - 1).to_numpy(), "right"),
    )
    each = np.maximum(last - first, 0)
    player = np.repeat(np.arange(len(each)), each)
    question = np.arange(len(player)) - np.repeat(np.cumsum(each) - each - first, each)
    return (
        asked[question]
        .hstack(appeared.select("player_id", "player_name", played="game_number")[player])
        .with_columns(team_games_missed=pl.col("game_number") - pl.col("played"))
        .drop("game_number", "played")
    )


def team_numbers(box_scores: pl.DataFrame) -> pl.DataFrame:
    """Return box scores with `game_number`: the number of the team's game, the first one is 1."""
    return box_scores.join(_team_games(box_scores), on=["team_id", "game_id"], maintain_order="left")


def _team_games(box_scores: pl.DataFrame) -> pl.DataFrame:
    games = box_scores.select("team_id", "game_date", "game_id").unique().sort("team_id", "game_date", "game_id")
    return games.select("team_id", "game_id", game_number=pl.int_range(1, pl.len() + 1).over("team_id"))


def _numbered(games: pl.DataFrame, box_scores: pl.DataFrame) -> pl.DataFrame:
    """Games of the slate with `game_number`: how many games their team played on earlier dates."""
    played = box_scores.select("team_id", "game_date", "game_id", "season").unique()
    numbered = played.join(_team_games(box_scores), on=["team_id", "game_id"])
    return games.with_columns(game_number=History(numbered, games, "team_id").last("game_number").fill_null(0))
