"""Who plays where, and how tall: rosters; and tracking, which is asked for by date and not by game."""

from datetime import datetime

import polars as pl

from nba_assets.calendar import TIMESTAMP
from nba_assets.reference.positions import POSITIONS
from nba_assets.sources.answers import document, result_set, table
from nba_assets.sources.raw import Response
from nba_assets.sources.web import Unusable

INT, FLOAT, TEXT = pl.Int64(), pl.Float64(), pl.String()
ROSTER = {
    "player_id": "PLAYER_ID",
    "player_name": "PLAYER",
    "position": "POSITION",
    "height": "HEIGHT",
    "weight": "WEIGHT",
    "born": "BIRTH_DATE",
}
WORDS = {"G": "Guard", "F": "Forward", "C": "Center"}
# What each measure of tracking is asked for.
MEASURED = {
    "Possessions": {"touches": "TOUCHES", "minutes_of_possession": "TIME_OF_POSS"},
    "Passing": {"passes_made": "PASSES_MADE", "passes_received": "PASSES_RECEIVED", "potential_ast": "POTENTIAL_AST"},
    "Drives": {"drives": "DRIVES"},
    "CatchShoot": {"catch_shoot_fga": "CATCH_SHOOT_FGA"},
}


def roster(response: Response) -> pl.DataFrame:
    """Return one row per player of a team: columns of `players`, team_id and seen_at.

    Raises:
        Unusable: the roster is empty, or a field is missing.
    """
    found = result_set(document(response), "CommonTeamRoster")
    if not found:
        raise Unusable("empty", "the roster is empty")
    types = dict.fromkeys(ROSTER, TEXT) | {"player_id": INT}
    rows = table(found, ROSTER, types, "commonteamroster")
    feet, inches = (pl.col("height").str.extract(r"^(\d+)-(\d+)$", group).cast(INT) for group in (1, 2))
    listed = pl.col("position").str.split("-").list.eval(pl.element().replace_strict(WORDS, default=None)).list.join("-")
    return rows.select(
        player_id="player_id",
        player_name="player_name",
        # A roster tells guards from forwards and centers, hardly more.
        position_primary=pl.when(pl.col("position").is_in(POSITIONS)).then("position"),
        position_listed=pl.when(listed != "").then(listed),
        height_inches=12 * feet + inches,
        weight_lbs=pl.col("weight").cast(FLOAT, strict=False),
        birth_date=pl.col("born").map_elements(_birth_date, return_dtype=pl.Date),
        team_id=pl.lit(int(response.kept.subject), INT),
        seen_at=pl.lit(response.kept.asked_at, TIMESTAMP),
    )


def tracked(response: Response) -> pl.DataFrame:
    """Return one row per player of a date: player_id and the columns of the measure that was asked for.

    Raises:
        Unusable: nobody was tracked, or a field is missing.
    """
    found = result_set(document(response), "LeagueDashPtStats")
    if not found:
        raise Unusable("empty", "nobody was tracked")
    fields = {"player_id": "PLAYER_ID", **MEASURED[response.kept.subject]}
    types = dict.fromkeys(fields, INT) | {"minutes_of_possession": FLOAT}
    return table(found, fields, types, f"leaguedashptstats {response.kept.subject}")


def _birth_date(text: str) -> object:
    """Of 'FEB 18, 1989'."""
    return datetime.strptime(text.title(), "%b %d, %Y").date() if text else None  # noqa: DTZ007 (a day has no zone)
