"""Time: date ranges, seasons, when a fact is known and when a decision is taken.

Pure: Dagster's partition definitions are in `orchestration`, so that models can use time without Dagster.
All instants are UTC; a `game_date` is a day in America/New_York.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

EASTERN = ZoneInfo("America/New_York")
FIRST_GAME_DATE = date(2018, 10, 1)
# In the order of the day.
DECISIONS = ("noon", "tip")

TIMESTAMP = pl.Datetime("us", "UTC")
STARTERS_BEFORE_TIP = timedelta(minutes=30)
TIP_DECISION_BEFORE_TIP = timedelta(minutes=15)
ASSUMED_TIP_OFF = time(19, 0)
FIRST_TIP_OFF = time(6, 0)
BOX_SCORE_AFTER_MIDNIGHT = timedelta(hours=2)
MIDNIGHT = time(0, 0)
NOON = time(12, 0)


class Dates(NamedTuple):
    """A closed range of game dates."""

    first: date
    last: date

    def __str__(self) -> str:
        """Render as in log lines: one date, or `first … last`."""
        return f"{self.first}" if self.first == self.last else f"{self.first} … {self.last}"

    def wider(self, days: int) -> "Dates":
        """Return the range with some days more at both ends."""
        return Dates(self.first - timedelta(days=days), self.last + timedelta(days=days))

    def overlap(self, other: "Dates") -> "Dates | None":
        """Return the common part of two ranges, or None."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Dates(first, last) if first <= last else None


class SeasonSpan(NamedTuple):
    """The dates of one season for which a source has anything."""

    season: str
    dates: Dates


def season_year(season: str) -> int:
    """Return the calendar year in which a season starts: 2023 for '2023-24'."""
    return int(season[:4])


def eastern(day: date, clock: time) -> datetime:
    """Return the UTC instant of a wall-clock time in New York."""
    return datetime.combine(day, clock, EASTERN).astimezone(UTC)


def eastern_expr(day: pl.Expr, clock: time, days_later: int = 0) -> pl.Expr:
    """Return the UTC instant of a wall-clock time in New York, `days_later` days after a date column."""
    return (
        day.dt.offset_by(f"{days_later}d")
        .dt.combine(clock)
        .dt.cast_time_unit("us")
        .dt.replace_time_zone("America/New_York")
        .dt.convert_time_zone("UTC")
    )


def box_score_known_at(game_date: pl.Expr) -> pl.Expr:
    """Box scores are known two hours after midnight: 02:00 ET, but for the two nights on which clocks change."""
    return eastern_expr(game_date, MIDNIGHT, days_later=1) + BOX_SCORE_AFTER_MIDNIGHT


def tip_off_or_assumed(tip_off: pl.Expr, game_date: pl.Expr) -> pl.Expr:
    """A published tip-off time, else 19:00 ET; a time before 06:00 ET of the day or a day later stands for none."""
    earliest, latest = (eastern_expr(game_date, FIRST_TIP_OFF, days) for days in (0, 1))
    return pl.when(tip_off.is_between(earliest, latest)).then(tip_off).otherwise(eastern_expr(game_date, ASSUMED_TIP_OFF))


def decision_order(column: str = "decision") -> pl.Expr:
    """Return the place of a decision in the day: noon 0, tip 1."""
    return pl.col(column).replace_strict(DECISIONS, range(len(DECISIONS)), return_dtype=pl.Int64)


def decision_at(decision: str, tip_off: pl.Expr, game_date: pl.Expr) -> pl.Expr:
    """When a decision is taken: noon is 12:00 ET (tip-off if that is earlier), tip is 15 minutes before tip-off."""
    if decision == "noon":
        return pl.min_horizontal(eastern_expr(game_date, NOON), tip_off)
    if decision == "tip":
        return tip_off - TIP_DECISION_BEFORE_TIP
    raise ValueError(f"unknown decision {decision!r}; known: {', '.join(DECISIONS)}")
