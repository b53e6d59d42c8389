"""The schedule, as NBA.com publishes it: games with their dates, those to come and those put off included."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import cast

import polars as pl

from nba_assets.calendar import MIDNIGHT, TIMESTAMP, eastern_expr
from nba_assets.reference.teams import ABBREVIATION_BY_ID
from nba_assets.sources.answers import Record, document, part, table
from nba_assets.sources.known import versions
from nba_assets.sources.raw import Response
from nba_assets.sources.web import Unusable
from nba_assets.tables import facts

# The first three digits of a game id. Games of the preseason and of all-stars are none of ours.
# The final of the Cup counts for no average of NBA.com's, but it is played like any other game.
KINDS = {"002": "Regular Season", "004": "Playoffs", "005": "Playoffs", "006": "Regular Season"}
FIELDS = {"game_id": "gameId", "day": "gameDateEst", "starts": "gameDateTimeUTC", "says": "gameStatusText"}
TEXT = pl.String()
POSTPONED = "P"
# A season's schedule is out at least two weeks before its first game.
PUBLISHED_BEFORE = timedelta(days=14)


def season_of(game_id: str) -> str:
    """Return the season of a game, as '2023-24'."""
    year = 2000 + int(game_id[3:5])
    return f"{year}-{(year + 1) % 100:02}"


def season_at(day: date) -> str:
    """Return the season that a date belongs to: seasons begin in October, and the schedule of the next is out in August."""
    year = day.year if day.month >= 8 else day.year - 1
    return f"{year}-{(year + 1) % 100:02}"


def games(response: Response) -> pl.DataFrame:
    """Return one row per game of a season: columns of `schedule_notices` but `known_at`.

    Raises:
        Unusable: a field is missing, or there is not one game.
    """
    found = [game for game in _games(document(response)) if str(part(game, "gameId"))[:3] in KINDS]
    if not found:
        raise Unusable("empty", "the schedule has no games")
    rows = table(found, FIELDS, dict.fromkeys(FIELDS, TEXT), "schedule")
    home, away = ([int(part(game, f"{side}Team", "teamId")) for game in found] for side in ("home", "away"))
    put_off = [str(game.get("postponedStatus")) == POSTPONED for game in found]
    # Teams of a later round of the playoffs are not known yet: their games have team 0.
    known = pl.all_horizontal(pl.col(name).is_in(list(ABBREVIATION_BY_ID)) for name in ("home_team_id", "away_team_id"))
    says_time = ~pl.col("says").str.contains("(?i)TBD")
    starts = pl.col("starts").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC")
    return (
        rows.with_columns(home_team_id=pl.Series(home), away_team_id=pl.Series(away), put_off=pl.Series(put_off))
        .filter(known)
        .select(
            season=pl.col("game_id").map_elements(season_of, return_dtype=pl.String),
            season_type=pl.col("game_id").str.slice(0, 3).replace_strict(KINDS),
            game_id="game_id",
            game_date=pl.col("day").str.slice(0, 10).str.to_date("%Y-%m-%d"),
            home_team_id="home_team_id",
            away_team_id="away_team_id",
            tip_off=pl.when(says_time).then(starts).cast(TIMESTAMP),
            status=pl.when("put_off").then(pl.lit("postponed")).otherwise(pl.lit("scheduled")),
        )
    )


def notices(answers: list[tuple[Response, pl.DataFrame]]) -> pl.DataFrame:
    """Return the facts `schedule_notices` of one season: a game that moved is postponed under its old date.

    Args:
        answers: the answers and their games, in the order of time.
    """
    if not answers:
        return facts.SCHEDULE_NOTICES.empty()
    seen = [frame.with_columns(seen_at=pl.lit(response.kept.asked_at, TIMESTAMP)) for response, frame in answers]
    for (_, before), (response, after) in pairwise(answers):
        gone = before.join(after, on=["game_id", "game_date"], how="anti").filter(pl.col("status") == "scheduled")
        seen.append(gone.with_columns(status=pl.lit("postponed"), seen_at=pl.lit(response.kept.asked_at, TIMESTAMP)))
    rows = pl.concat(seen)
    opening = pl.col("game_date").min().over("season", "season_type")
    published = pl.when(pl.col("season_type") == "Playoffs").then(pl.col("game_date") - timedelta(days=1))
    nominal = eastern_expr(published.otherwise(opening - PUBLISHED_BEFORE), MIDNIGHT)
    return versions(rows.with_columns(nominal=nominal), facts.SCHEDULE_NOTICES)


def _games(found: Record) -> Iterator[Record]:
    for day in part(found, "leagueSchedule", "gameDates"):
        yield from cast("list[Record]", part(day, "games"))
