"""Who and what a decision is about: the games of a slate and the players of its rosters, as known at the decision."""

from datetime import UTC, datetime
from typing import Literal

import numpy as np
import polars as pl

from nba_assets.arrays import Ints
from nba_assets.calendar import DECISIONS, MIDNIGHT, TIMESTAMP, Dates, decision_at, eastern_expr, tip_off_or_assumed
from nba_assets.features.history import History
from nba_assets.tables import facts
from nba_assets.tables.versions import as_of

ROSTER_TEAM_GAMES = 20
NOBODY = 0
# More than any number of a game; more than any instant, in microseconds since 1970.
MANY, FAR = 100_000, 2**52
END_OF_TIME = datetime(2100, 1, 1, tzinfo=UTC)


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


def rosters(games: pl.DataFrame, box_scores: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Return one row per game, decision and player: who may play for the teams of the slate.

    A player is with the team that the newest of these names: the latest game, and the latest move that is known. Whom its
    roster does not list is off it after 20 games of the team without the player.

    Args:
        games: rows of `slate`.
        box_scores: one version each; only games of dates before a slate's are looked at.
        moves: facts `rosters`, all versions; where there are none, games decide.

    Returns:
        The columns of `games`, player_id, player_name and team_games_missed: how many games the team has played since the
        player's latest one for it, or since the player came; 0: none, 20: as many or more.
    """
    teams = games["team_id"].unique().sort()
    asked = _numbered(games, box_scores).sort("team_id", "game_date", "decision_at")
    spells = _spells(box_scores, moves).filter(pl.col("team_id").is_in(teams.implode()))

    def place(name: str, of_spell: str, side: Literal["left", "right"]) -> Ints:
        """Where each spell's value stands among the questions of its team, in order."""
        return np.searchsorted(_ordered(asked, name, teams), _ordered(spells, of_spell, teams), side)

    # A game counts for later dates, a move from its instant on; so does what ends a spell. And a roster forgets in 20 games.
    by_move, ends_by_move = spells["is_move"].to_numpy(), spells["ends_by_move"].to_numpy()
    first = np.where(by_move, place("decision_at", "at", "left"), place("game_date", "day", "right"))
    end = np.where(ends_by_move, place("decision_at", "until", "left"), place("game_date", "last_day", "right"))
    last = np.minimum(end, place("game_number", "last_number", "right"))
    each = np.maximum(last - first, 0)
    spell = np.repeat(np.arange(len(each)), each)
    question = np.arange(len(spell)) - np.repeat(np.cumsum(each) - each - first, each)
    return (
        asked[question]
        .hstack(spells.select("player_id", "player_name", played="number")[spell])
        .with_columns(team_games_missed=(pl.col("game_number") - pl.col("played")).clip(0, ROSTER_TEAM_GAMES))
        .drop("game_number", "played")
    )


def _spells(box_scores: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Return since when and until when a player is with a team: from an event, a game or a move, to the player's next one.

    Returns:
        player_id, player_name, team_id; is_move, at, day: what begins it and when; ends_by_move, until, last_day: what ends it
        and when; number: games of the team up to here are not counted as missed; last_number: after this one the player is
        dropped.
    """
    numbered = team_numbers(box_scores)
    who = ("player_id", "player_name", "team_id")
    played = numbered.select(*who, day="game_date", number="game_number", is_move=pl.lit(value=False))
    # In the order of events a game is over at midnight.
    days = played.select("day").unique().with_columns(at=eastern_expr(pl.col("day"), MIDNIGHT, days_later=1))
    games = played.join(days, on="day", maintain_order="left")
    events = pl.concat([games, _moved(moves, numbered, days).select(games.columns)]).sort("player_id", "at", "is_move")
    is_move, team = pl.col("is_move"), pl.col("team_id")

    def following(name: str, otherwise: object) -> pl.Expr:
        return pl.col(name).shift(-1).over("player_id").fill_null(otherwise)

    events = events.with_columns(
        listed_by=pl.when(is_move).then(team.fill_null(NOBODY)).forward_fill().over("player_id"),
        played_for=pl.when(~is_move).then(team).forward_fill().over("player_id"),
        played=pl.when(~is_move).then("number").forward_fill().over("player_id"),
        ends_by_move=following("is_move", otherwise=False),
        until=following("at", END_OF_TIME),
        last_day=following("day", END_OF_TIME.date()),
        day=pl.col("day").fill_null(END_OF_TIME.date()),
    )
    # A roster that lists who has played for the team already says nothing of games missed.
    number = pl.when(pl.col("played_for") == team).then("played").otherwise("number")
    return (
        events.filter(team.is_not_null())
        .with_columns(number)
        .with_columns(last_number=pl.when(pl.col("listed_by") == team).then(MANY).otherwise(number + ROSTER_TEAM_GAMES - 1))
    )


def _moved(moves: pl.DataFrame, numbered: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Moves to another team than the one before, with how many games the team had played by then."""
    games = numbered.select("team_id", day="game_date", number="game_number").unique().join(days, on="day").sort("at")
    ordered = moves.sort("player_id", "known_at")
    before = pl.col("team_id").shift(1).over("player_id")
    is_first = pl.col("player_id").is_first_distinct()
    return (
        ordered.filter(is_first | pl.col("team_id").ne_missing(before))
        .rename({"known_at": "at"})
        .sort("at")
        .join_asof(games.select("team_id", "at", "number"), on="at", by="team_id", check_sortedness=False)
        .with_columns(pl.col("number").fill_null(0), is_move=pl.lit(value=True), day=pl.lit(None, pl.Date))
    )


def _ordered(rows: pl.DataFrame, name: str, teams: pl.Series) -> Ints:
    """One ordered number for a team and an instant, a day or a number of its games."""
    return teams.search_sorted(rows["team_id"]).to_numpy().astype(np.int64) * FAR + rows[name].to_physical().to_numpy()


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
