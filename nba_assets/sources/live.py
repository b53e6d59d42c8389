"""One home, several sources: games, lines and injuries each from their own; an archive for the past, sites for today.

Each fact has one origin, which is decided by its table and date alone: `origins` says which.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

import polars as pl

from nba_assets.calendar import MIDNIGHT, Dates, SeasonSpan, eastern, tip_off_or_assumed
from nba_assets.sources.injuries import DropSource, ReportSource
from nba_assets.sources.odds import OddsSource
from nba_assets.sources.protocol import SetAside, Source
from nba_assets.sources.web import Asked, Request
from nba_assets.tables import facts
from nba_assets.tables.contracts import Table, conform
from nba_assets.tables.versions import as_of

# The longest games take less.
OVER_AFTER = timedelta(hours=4)
LINES = (facts.GAME_LINES.name, facts.PROP_LINES.name)


class Asks(Protocol):
    """The half of a source that asks sites."""

    def due(self, day: date, now: datetime, /) -> Iterator[Request]:
        """Yield what `fetch` would ask for a date at an instant, as far as is known before the first answer."""
        ...

    def fetch(self, day: date, now: datetime, /) -> Iterator[Asked]:
        """Ask for what is due for a date, and yield what became of each request."""
        ...


class Asides(Protocol):
    """The half of a source of names that tells which it could not resolve."""

    @property
    def name(self) -> str:
        """Which source."""
        ...

    def asides(self) -> list[str]:
        """Return what `aside` may have rows about."""
        ...

    def aside(self, dates: Dates) -> pl.DataFrame:
        """Return `quarantined_rows` of the rows whose player is not known."""
        ...


class Parts(NamedTuple):
    """What a home's facts are made of.

    Attributes:
        games: schedule, box scores, play-by-play, tracking, line-ups and players.
        lines: None: those of `games`.
        injuries: None: those of `games`; else its reports come beside the line-ups of `games`.
        past: all facts before `seam`; None: there is no past.
        seam: the first date that is not the past's.
    """

    games: Source
    lines: OddsSource | None = None
    injuries: ReportSource | DropSource | None = None
    past: Source | None = None
    seam: date = date.min


class LiveSource:
    """Facts from several sources.

    Args:
        parts: makes them, given who may be meant by a name; the sources of lines and injuries need to know.
    """

    name = "live"

    def __init__(self, parts: Parts) -> None:
        """Remember them; nothing is asked or read yet."""
        self.parts = parts
        # Of sources that have names only: the dates that were read last.
        self._looked: dict[Asides, Dates] = {}

    def seasons(self) -> list[SeasonSpan]:
        """Return the seasons of the past and of today; one that is in both has all its dates."""
        past = self.parts.past.seasons() if self.parts.past else []
        spans = {span.season: span.dates for span in past}
        for season, dates in self.parts.games.seasons():
            before = spans.get(season, dates)
            spans[season] = Dates(min(before.first, dates.first), max(before.last, dates.last))
        return [SeasonSpan(season, spans[season]) for season in sorted(spans)]

    def remarks(self) -> list[str]:
        """Return what was corrected or set aside, and where the seam is."""
        past = self.parts.past
        seam = (
            [f"facts before {self.parts.seam} are of source {past.name}, later ones of {self.parts.games.name}"] if past else []
        )
        return [*seam, *(past.remarks() if past else []), *self.parts.games.remarks()]

    def set_aside(self) -> SetAside:
        """Return the rows that could not be used, of what was read so far, and the names that nobody or more than one bears."""
        read, files, rows = list[str](), list[str](), [facts.QUARANTINED_ROWS.empty()]
        for source in (self.parts.past, self.parts.games):
            found = source.set_aside() if source else SetAside([], [], rows[0])
            read, files, rows = [*read, *found.read], [*files, *found.files], [*rows, found.rows]
        for part, dates in self._looked.items():
            days = [dates.first + timedelta(days=n) for n in range((dates.last - dates.first).days + 1)]
            named = {f"{part.name}/{day}" for day in days}
            about = [name for name in part.asides() if name in named or "/" not in name]
            read, rows = [*read, *about], [*rows, part.aside(dates)]
        for part in self._asides():
            files += part.asides()
        return SetAside(read, files, pl.concat(rows))

    def _asides(self) -> Iterator[Asides]:
        yield from (part for part in (self.parts.lines, self.parts.injuries) if part)

    def read(self, table: Table, dates: Dates) -> pl.DataFrame:
        """Return all versions of the facts of one table about the given dates."""
        parts = self.parts
        if table.date_column is None:
            # The past knows players who are in no roster any more; where both know one, today counts.
            both = [source.read(table, dates) for source in (parts.games, parts.past) if source]
            if table == facts.ROSTERS and parts.past:
                both[1] = both[1].filter(pl.col("known_at") < eastern(parts.seam, MIDNIGHT))
            return conform(
                pl.concat(both).unique(table.key, keep="first", maintain_order=True).sort(table.key), table, self.name
            )
        found: list[pl.DataFrame] = []
        if parts.past and dates.first < parts.seam:
            found.append(parts.past.read(table, Dates(dates.first, min(dates.last, parts.seam - date.resolution))))
        if dates.last >= parts.seam:
            found += self._today(table, Dates(max(dates.first, parts.seam), dates.last))
        return conform(pl.concat(found).unique(table.key, keep="first", maintain_order=True).sort(table.key), table, self.name)

    def _today(self, table: Table, dates: Dates) -> Iterator[pl.DataFrame]:
        parts = self.parts
        if table.name in LINES and parts.lines:
            self._looked[parts.lines] = dates
            yield parts.lines.read(table, dates)
            return
        yield parts.games.read(table, dates)
        if table == facts.AVAILABILITY and parts.injuries:
            self._looked[parts.injuries] = dates
            yield parts.injuries.availability(dates)

    def origins(self, table: Table, day: date) -> list[str]:
        """Return the sources that the facts of a table about a date come from."""
        parts = self.parts
        if parts.past and day < parts.seam:
            return [parts.past.name]
        if table.name in LINES and parts.lines:
            return [parts.lines.name]
        injuries = [parts.injuries.name] if table == facts.AVAILABILITY and parts.injuries else []
        return [parts.games.name, *injuries]

    def fetch(self, day: date, now: datetime) -> Iterator[Asked]:
        """Ask for what is due for a date, and yield what became of each request; nothing is asked about the past."""
        if day < self.parts.seam:
            return
        for part in self._asking():
            yield from part.fetch(day, now)
        yield from self._half_slate(day, now)

    def _half_slate(self, day: date, now: datetime) -> Iterator[Asked]:
        """Report the games of a date that must be over and have no box score."""
        days = Dates(day, day)
        notices = as_of(self.read(facts.SCHEDULE_NOTICES, days), facts.SCHEDULE_NOTICES)
        tip_off = tip_off_or_assumed(pl.col("tip_off"), pl.col("game_date"))
        over = notices.filter((pl.col("status") == "scheduled") & (tip_off + OVER_AFTER < now))
        missing = over.join(self.read(facts.BOX_SCORES, days), on="game_id", how="anti").sort("game_id")["game_id"]
        if len(missing):
            detail = f"{len(missing)} of {over.height} games that are over have no box score: {', '.join(missing)}"
            yield Asked(Request(self.parts.games.name, "slate", day.isoformat(), "all", ""), now, "half_slate", detail)

    def due(self, day: date, now: datetime) -> Iterator[Request]:
        """Yield what would be asked for a date at an instant, as far as is known before the first answer."""
        if day < self.parts.seam:
            return
        for part in self._asking():
            yield from part.due(day, now)

    def _asking(self) -> Iterator[Asks]:
        parts = self.parts
        yield parts.games
        yield from (part for part in (parts.lines, parts.injuries) if part)
