"""Who was out, where a source has no inactive lists: a stand-in from box scores and dated injury notes, without look-ahead.

In the morning a rotation player is questionable who missed the team's previous game, or whose newest note since the last game,
of an earlier date, is of the injured list: whether or not the player then plays. Who of the rotation has no row in the game's
box score was out; that is known 30 minutes before tip-off, and so is that a questionable player plays.
"""

from datetime import time

import polars as pl

from nba_assets.calendar import ASSUMED_TIP_OFF, STARTERS_BEFORE_TIP, eastern_expr
from nba_assets.reference.names import Names, Person
from nba_assets.tables import facts
from nba_assets.tables.contracts import conform

ROTATION_MINUTES = 12
RECENT_TEAM_GAMES = 20
MINUTES_WINDOW = 10
MORNING_REPORT = time(11, 0)
# Not all notes put a player on the list: some take players off, some are of fines and contracts.
OFF_THE_LIST = "activated|returned|fined|free agent|head coach"


def availability(box_scores: pl.DataFrame, notes: pl.DataFrame, *, told: bool = False) -> pl.DataFrame:
    """Return the facts `availability`: starting fives, and who of the rotation was questionable, out, or available after all.

    Args:
        box_scores: columns of the facts `box_scores`, one version per row, all seasons.
        notes: columns of the facts `injury_reports`.
        told: whether a morning knows of the questionable who will be out, instead of their being questionable. That is
            look-ahead; it is the other end of a bracket around what a morning's true reports are worth.
    """
    known_at_tip = eastern_expr(pl.col("game_date"), ASSUMED_TIP_OFF) - STARTERS_BEFORE_TIP
    morning = eastern_expr(pl.col("game_date"), MORNING_REPORT)
    starters = box_scores.filter("starter").select(
        "game_id", "game_date", "team_id", "player_id", status=pl.lit("starter"), known_at=known_at_tip
    )
    asked = _rotation_players(box_scores)
    asked = asked.join(_noted_before(asked, box_scores, notes), on=["game_id", "player_id"], how="left")
    doubtful = asked.filter(pl.col("missed_previous") | pl.col("note").is_not_null())
    out, plays = (asked.filter(~pl.col("played")), doubtful.filter("played"))
    plays = plays.join(starters, on=["game_id", "player_id"], how="anti")
    early = pl.when(pl.col("missed_previous") | pl.col("note").is_not_null()).then(morning).otherwise(known_at_tip)
    reported = {
        "out": out.with_columns(known_at=early if told else known_at_tip),
        "available": plays.clear() if told else plays.with_columns(known_at=known_at_tip),
        "questionable": doubtful.clear() if told else doubtful.with_columns(known_at=morning),
    }
    rows = [frame.with_columns(status=pl.lit(status), reason="note") for status, frame in reported.items()]
    return conform(pl.concat([starters, *rows], how="diagonal"), facts.AVAILABILITY, "absences")


def _rotation_players(box_scores: pl.DataFrame) -> pl.DataFrame:
    """One row per team's game and rotation player whose latest game was for the team; `played`: whether in this one, too."""
    team_games = (
        box_scores.select("team_id", "game_date", "game_id")
        .unique()
        .sort("team_id", "game_date", "game_id")
        .with_columns(number=pl.int_range(pl.len()).over("team_id"))
    )
    played = (
        box_scores.select("player_id", "team_id", "game_id", "game_date", "minutes")
        .sort("player_id", "game_date", "game_id")
        .join(team_games.select("team_id", "game_id", "number"), on=["team_id", "game_id"], maintain_order="left")
        .with_columns(
            expected=(
                pl.col("minutes").rolling_sum(MINUTES_WINDOW, min_samples=1).over("player_id")
                / pl.min_horizontal(pl.int_range(pl.len()).over("player_id") + 1, MINUTES_WINDOW)
            ),
            next_date=pl.col("game_date").shift(-1).over("player_id"),
        )
        .filter(pl.col("expected") >= ROTATION_MINUTES)
    )
    asked = (
        played.with_columns(missed=pl.int_ranges(1, RECENT_TEAM_GAMES + 1))
        .explode("missed", empty_as_null=True, keep_nulls=False)
        .with_columns(number=pl.col("number") + pl.col("missed"))
        .select("player_id", "team_id", "number", "missed", "next_date", last_played="game_date")
    )
    there = box_scores.select("game_id", "player_id", played=pl.lit(value=True))
    return (
        asked.join(team_games, on=["team_id", "number"])
        .join(there, on=["game_id", "player_id"], how="left")
        .with_columns(pl.col("played").fill_null(value=False), missed_previous=pl.col("missed") > 1)
        # Until the next game for whatever team: on its day nobody could know yet for which one it would be.
        .filter(pl.col("next_date").is_null() | (pl.col("game_date") <= pl.col("next_date")))
    )


def _noted_before(out: pl.DataFrame, box_scores: pl.DataFrame, notes: pl.DataFrame) -> pl.DataFrame:
    """The newest note between the player's last game and this one, if it is of the injured list."""
    people = box_scores.select("player_id", "player_name", "team_id").unique()
    names = Names(Person(*row) for row in people.iter_rows())
    printed = notes.select("player_name", "team_id").unique()
    meant = [names.resolve(name, team).player_id for name, team in printed.iter_rows()]
    named = notes.join(printed.with_columns(player_id=pl.Series(meant, dtype=pl.Int64)), on=["player_name", "team_id"])
    return (
        out.join(named.select("team_id", "player_id", "report_date", "note"), on=["team_id", "player_id"])
        .filter((pl.col("last_played") < pl.col("report_date")) & (pl.col("report_date") < pl.col("game_date")))
        .sort("game_id", "player_id", "report_date", "note")
        .unique(["game_id", "player_id"], keep="last", maintain_order=True)
        .filter(~pl.col("note").str.contains(OFF_THE_LIST))
        .select("game_id", "player_id", "note")
    )
