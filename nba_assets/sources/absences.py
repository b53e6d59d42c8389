"""Who was out, where a source has no inactive lists: the honest stand-in, from box scores and dated injury notes.

A rotation player without a row in the team's game was out. That is known 30 minutes before tip-off; at 11:00 ET of the day
if the player also missed the team's previous game, or if the newest note since the player's last game, of an earlier date,
is of the injured list.
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


def availability(box_scores: pl.DataFrame, notes: pl.DataFrame) -> pl.DataFrame:
    """Return the facts `availability`: the starting fives and the rotation players who were out.

    Args:
        box_scores: columns of the facts `box_scores`, one version per row, all seasons.
        notes: columns of the facts `injury_reports`.
    """
    known_at_tip = eastern_expr(pl.col("game_date"), ASSUMED_TIP_OFF) - STARTERS_BEFORE_TIP
    starters = box_scores.filter("starter").select(
        "game_id", "game_date", "team_id", "player_id", status=pl.lit("starter"), reason=pl.lit(None, pl.String)
    )
    out = _absent_rotation_players(box_scores)
    noted = _noted_before(out, box_scores, notes)
    out = out.join(noted, on=["game_id", "player_id"], how="left").with_columns(
        status=pl.lit("out"),
        reason=pl.coalesce("note", pl.lit("no row in the box score")),
        known_at=pl.when(pl.col("missed_previous") | pl.col("note").is_not_null())
        .then(eastern_expr(pl.col("game_date"), MORNING_REPORT))
        .otherwise(known_at_tip),
    )
    both = pl.concat([starters.with_columns(known_at=known_at_tip), out], how="diagonal")
    return conform(both, facts.AVAILABILITY, "absences")


def _absent_rotation_players(box_scores: pl.DataFrame) -> pl.DataFrame:
    """One row per team's game and rotation player without a box-score row: whose latest game was for the team."""
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
    missed = (
        played.with_columns(missed=pl.int_ranges(1, RECENT_TEAM_GAMES + 1))
        .explode("missed", empty_as_null=True, keep_nulls=False)
        .with_columns(number=pl.col("number") + pl.col("missed"))
        .select("player_id", "team_id", "number", "missed", "next_date", last_played="game_date")
    )
    return (
        missed.join(team_games, on=["team_id", "number"])
        .filter(pl.col("next_date").is_null() | (pl.col("game_date") < pl.col("next_date")))
        .select("game_id", "game_date", "team_id", "player_id", "last_played", missed_previous=pl.col("missed") > 1)
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
