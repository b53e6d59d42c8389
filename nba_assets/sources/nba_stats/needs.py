"""What is due: which requests a date needs at an instant, given what is kept. Nothing is asked here."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

import polars as pl

from nba_assets.calendar import tip_off_or_assumed
from nba_assets.reference.teams import TEAMS
from nba_assets.sources.nba_stats import games, queries
from nba_assets.sources.nba_stats.answers import Answers
from nba_assets.sources.nba_stats.queries import Queries
from nba_assets.sources.web import Request

SCHEDULE_EVERY, ROSTERS_EVERY, LINEUPS_EVERY = timedelta(hours=6), timedelta(hours=20), timedelta(minutes=4)
# The fives are announced half an hour before tip-off.
LINEUPS_FROM = timedelta(minutes=45)
# The shortest game takes two hours; one that is not over is asked for again.
PLAYED_AFTER = timedelta(hours=2)
# Statistics are corrected within days; each night looks again.
CORRECTED_WITHIN, CORRECTED_EVERY = timedelta(days=3), timedelta(hours=8)


class Need(NamedTuple):
    """Something that is due, by one of several ways: each is a list of requests that all have to be answered."""

    ways: tuple[tuple[Request, ...], ...]


def of_season(asks: Queries, answers: Answers, day: date, now: datetime) -> Iterator[Need]:
    """Yield what is due of a date's season: its schedule, and the rosters."""
    season = games.season_at(day)
    is_current = season == games.season_at(now.date())

    def is_due(endpoint: str, subject: str, every: timedelta) -> bool:
        return _is_due(answers, endpoint, season, subject, now, every if is_current else None)

    if is_due(queries.SCHEDULE, season, SCHEDULE_EVERY):
        yield Need(((asks.schedule(season),),))
    for team in TEAMS:
        if is_due(queries.ROSTER, str(team.team_id), ROSTERS_EVERY):
            yield Need(((asks.roster(season, team.team_id),),))


def of_slate(asks: Queries, answers: Answers, day: date, slate: pl.DataFrame, now: datetime) -> Iterator[Need]:
    """Yield what is due of a date's games.

    Args:
        asks: makes requests.
        answers: that there are.
        day: of the games.
        slate: the games that are on: columns of `schedule_notices`.
        now: the true time.
    """
    if slate.is_empty():
        return
    start = tip_off_or_assumed(pl.col("tip_off"), pl.col("game_date"))
    tip_offs: list[datetime] = []
    for game_id, tip_off in slate.select("game_id", start).iter_rows():
        tip_offs.append(tip_off)
        yield from _of_game(asks, answers, day, game_id, tip_off, now)
    if now < max(tip_offs) + PLAYED_AFTER:
        return
    season, season_type = slate.select("season", "season_type").row(0)
    again = CORRECTED_EVERY if now < max(tip_offs) + CORRECTED_WITHIN else None
    for measure in queries.MEASURES:
        if _is_due(answers, queries.TRACKING, day.isoformat(), measure, now, again):
            yield Need(((asks.tracking(day, season, season_type, measure),),))


def _of_game(asks: Queries, answers: Answers, day: date, game_id: str, tip_off: datetime, now: datetime) -> Iterator[Need]:
    folder = day.isoformat()
    if tip_off - LINEUPS_FROM <= now < tip_off and _is_due(answers, queries.LINEUPS, folder, game_id, now, LINEUPS_EVERY):
        yield Need(((asks.lineups(day, game_id),),))
    if now < tip_off + PLAYED_AFTER:
        return
    again = CORRECTED_EVERY if now < tip_off + CORRECTED_WITHIN else None
    if all(_is_due(answers, endpoint, folder, game_id, now, again) for endpoint in (queries.BOX, queries.LIVE_BOX)):
        is_over = answers.newest(queries.SUMMARY, folder, game_id) is not None
        first = () if is_over else (asks.summary(day, game_id),)
        yield Need(((*first, asks.box(day, game_id)), (asks.live_box(day, game_id),)))
    if _is_due(answers, queries.PLAYS, folder, game_id, now, again):
        yield Need(((asks.plays(day, game_id),),))


def _is_due(answers: Answers, endpoint: str, folder: str, subject: str, now: datetime, every: timedelta | None) -> bool:
    """Whether there is no usable answer yet, or only ones older than `every` (None: one is enough for ever)."""
    newest = answers.newest(endpoint, folder, subject)
    return newest is None or (every is not None and now - newest >= every)
