"""Box scores, starters and inactive players, from either of NBA.com's two ways."""

from collections.abc import Iterator
from datetime import date
from typing import Any, cast

import polars as pl

from nba_assets.calendar import TIMESTAMP
from nba_assets.sources.answers import Record, document, part, table
from nba_assets.sources.nba_stats.games import KINDS, season_of
from nba_assets.sources.raw import Response
from nba_assets.sources.web import Unusable
from nba_assets.tables import facts
from nba_assets.tables.archive import BOX_SCORE_COUNTS

SCHEDULED, FINAL = 1, 3
COUNTS = {
    "pts": "points",
    "fgm": "fieldGoalsMade",
    "fga": "fieldGoalsAttempted",
    "fg3m": "threePointersMade",
    "fg3a": "threePointersAttempted",
    "ftm": "freeThrowsMade",
    "fta": "freeThrowsAttempted",
    "oreb": "reboundsOffensive",
    "dreb": "reboundsDefensive",
    "ast": "assists",
    "stl": "steals",
    "blk": "blocks",
    "tov": "turnovers",
    "pf": "foulsPersonal",
    "plus_minus": "plusMinusPoints",
}
WHO = {"player_id": "personId", "first": "firstName", "family": "familyName"}
OF_GAME = {"team_id": "team_id", "opponent_team_id": "opponent_team_id", "is_home": "is_home"}
TYPES: dict[str, pl.DataType] = {
    **{column.name: pl.Int64() for column in BOX_SCORE_COUNTS},
    **dict.fromkeys(("player_id", "team_id", "opponent_team_id"), pl.Int64()),
    **dict.fromkeys(("first", "family", "time", "position", "status", "starter", "played"), pl.String()),
    "is_home": pl.Boolean(),
}
# Minutes and seconds: 38:14 in one way, PT38M14.00S in the other.
TIME = r"(?:PT)?(\d+)[:M](\d+)"


def summary(response: Response) -> pl.DataFrame:
    """Return the inactive players of a game that is over: player_id, team_id.

    Raises:
        Unusable: the game is not over, or a field is missing.
    """
    found = cast("Record", part(document(response), "boxScoreSummary"))
    _check_final(found)
    sides = [(int(part(team, "teamId")), part(team, "inactives")) for team in _teams(found)]
    rows = [{"player_id": int(part(player, "personId")), "team_id": team} for team, players in sides for player in players]
    return pl.DataFrame(rows, schema={"player_id": pl.Int64(), "team_id": pl.Int64()})


def box_score(response: Response) -> pl.DataFrame:
    """Return one row per player who played, from boxscoretraditionalv3: columns of `box_scores` but `known_at`.

    Raises:
        Unusable: nobody played (as in the answers of the older version since October 2025), or a field is missing.
    """
    found = cast("Record", part(document(response), "boxScoreTraditional"))
    fields = {**WHO, **OF_GAME, **COUNTS, "time": "minutes", "position": "position"}
    rows = table(_players(found), fields, TYPES, "boxscoretraditionalv3")
    return _rows(rows.filter(pl.col("time") != ""), pl.col("position") != "", response)


def live_box(response: Response) -> pl.DataFrame:
    """Return one row per player who played, from the live box score: columns of `box_scores` but `known_at`.

    Raises:
        Unusable: the game is not over, nobody played, or a field is missing.
    """
    found = cast("Record", part(document(response), "game"))
    _check_final(found)
    fields = {**WHO, **OF_GAME, **COUNTS, "time": "minutes", "starter": "starter", "played": "played"}
    rows = table(_players(found), fields, TYPES, "live box score")
    return _rows(rows.filter(pl.col("played") == "1"), pl.col("starter") == "1", response)


def lineups(response: Response) -> pl.DataFrame:
    """Return who starts and who is out, from the live box score before, during or after a game.

    Returns:
        player_id, team_id, status ('starter', 'out', 'available') and reason. Before the fives are announced only those who
        are out; whoever is active and does not start is available.

    Raises:
        Unusable: there are no players yet, or a field is missing.
    """
    found = cast("Record", part(document(response), "game"))
    fields = {"player_id": "personId", "team_id": "team_id", "status": "status", "starter": "starter"}
    players = list(_players(found, with_counts=False))
    if not players:
        raise Unusable("empty", "the live box score lists nobody yet")
    rows = table(players, fields, TYPES, "live box score")
    reasons = [player.get("notPlayingDescription") or player.get("notPlayingReason") or None for player in players]
    starts = pl.col("starter") == "1"
    announced = starts.sum().over("team_id") > 0
    return (
        rows.with_columns(reason=pl.Series(reasons, dtype=pl.String))
        .with_columns(
            status=pl.when(starts)
            .then(pl.lit("starter"))
            .when(pl.col("status") == "INACTIVE")
            .then(pl.lit("out"))
            .when(announced)
            .then(pl.lit("available"))
        )
        .drop_nulls("status")
        .select("player_id", "team_id", "status", reason=pl.when(pl.col("status") == "out").then("reason"))
    )


def _rows(rows: pl.DataFrame, starter: pl.Expr, response: Response) -> pl.DataFrame:
    if rows["team_id"].n_unique() < 2:
        raise Unusable("empty", f"the box score has players of {rows['team_id'].n_unique()} teams")
    minutes, seconds = (pl.col("time").str.extract(TIME, group).cast(pl.Int64) for group in (1, 2))
    game_id = response.kept.subject
    return rows.select(
        *(pl.col(name) for name in OF_GAME),
        *(pl.col(name) for name in COUNTS),
        season=pl.lit(season_of(game_id)),
        season_type=pl.lit(KINDS[game_id[:3]]),
        game_id=pl.lit(game_id),
        game_date=pl.lit(date.fromisoformat(response.kept.folder)),
        player_id="player_id",
        player_name=pl.concat_str("first", "family", separator=" ").str.strip_chars(),
        starter=starter,
        seconds_played=60 * minutes + seconds,
        # As NBA.com's pages round.
        minutes=minutes + (seconds >= 30),
        seen_at=pl.lit(response.kept.asked_at, TIMESTAMP),
    ).select(*(name for name in facts.BOX_SCORES.names if name != "known_at"), "seen_at")


def _check_final(found: Record) -> None:
    if (status := part(found, "gameStatus")) != FINAL:
        raise Unusable("running", f"the game is not over: {found.get('gameStatusText', status)}")


def _teams(found: Record) -> Iterator[Record]:
    for side in ("homeTeam", "awayTeam"):
        yield cast("Record", part(found, side))


def _players(found: Record, *, with_counts: bool = True) -> Iterator[Record]:
    """One record per player listed: what is said of the player, the counts, and the sides."""
    ids = [int(part(team, "teamId")) for team in _teams(found)]
    for place, team in enumerate(_teams(found)):
        sides: dict[str, Any] = {"team_id": ids[place], "opponent_team_id": ids[1 - place], "is_home": place == 0}
        for player in cast("list[Record]", part(team, "players")):
            counts = cast("Record", part(player, "statistics") if with_counts else {})
            yield {**player, **counts, **sides}
