"""The `report` source: fetches official reports at noon and before tip-offs; and the `drop` source: a folder of CSV files."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

import polars as pl

from nba_assets.calendar import EASTERN, MIDNIGHT, NOON, STARTERS_BEFORE_TIP, TIMESTAMP, Dates, eastern, tip_off_or_assumed
from nba_assets.reference.names import Names
from nba_assets.sources.injuries.drop import dropped
from nba_assets.sources.injuries.pdf import Report, report
from nba_assets.sources.injuries.statements import STATEMENT, availability, resolved, team_ids
from nba_assets.sources.protocol import AsksNobody
from nba_assets.sources.raw import Kept, RawStore
from nba_assets.sources.web import REFUSALS, Asked, Request, Unusable, Web, understood

SOURCE, ENDPOINT = "report", "pdf"
ADDRESS = "https://ak-static.cms.nba.com/referee/injury"
# Until then a report came every hour, at half past; since then every quarter of an hour.
QUARTERLY_SINCE = date(2025, 12, 22)
# More than a report has.
ROWS = 10_000
# Teams report by five o'clock, their time, of the day before; by one o'clock of the day itself if they played the day before.
EVENING, PATIENCE = time(22, 30), timedelta(hours=1)
# A report that is not there yet: the one before it is asked for, and the one before that.
EARLIER = 2
NOON_FROM, BEFORE_TIP, EVERY = timedelta(minutes=30), timedelta(minutes=45), timedelta(minutes=10)


class ReportSource:
    """Official injury reports.

    Args:
        raw: where they are kept.
        web: asks for more.
        slate: gives the games of some dates: columns of `schedule_notices`.
        names: gives everybody who may be meant on some dates.
        address: in place of the real one.
    """

    name = SOURCE

    def __init__(
        self,
        raw: RawStore,
        web: Web,
        slate: Callable[[Dates], pl.DataFrame],
        names: Callable[[Dates], Names],
        address: str | None = None,
    ) -> None:
        """Remember them; nothing is asked or read yet."""
        self._raw, self._web, self._slate, self._names, self._base = raw, web, slate, names, address or ADDRESS
        # A season has hundreds, and reading a PDF takes a quarter of a second.
        self._parsed = lru_cache(maxsize=1024)(self._parse)

    def needs(self, day: date, now: datetime) -> Iterator[list[Request]]:
        """Yield the reports that are due for a date: each as what to ask for, one after the other, until one is there."""
        slate = self._slate(Dates(day, day))
        if slate.is_empty():
            return
        evening = eastern(day - timedelta(days=1), EVENING).astimezone(EASTERN)
        if now >= evening and not self._has_evening(evening):
            yield self._asks(evening.date(), evening)
        start = tip_off_or_assumed(pl.col("tip_off"), pl.col("game_date"))
        tip_offs: list[datetime] = slate.select(start.unique().sort()).to_series().to_list()
        noon = eastern(day, NOON)
        if now >= eastern(day + timedelta(days=1), MIDNIGHT):
            for at in sorted({_issue(noon), *(_issue(tip_off - STARTERS_BEFORE_TIP) for tip_off in tip_offs)}):
                if not self._has(day, at, EARLIER):
                    yield self._asks(day, at)
            return
        due = noon - NOON_FROM <= now <= noon or any(tip_off - BEFORE_TIP <= now < tip_off for tip_off in tip_offs)
        if due and not any(now - answer.asked_at < EVERY for answer in self._raw.kept(SOURCE, ENDPOINT, day.isoformat())):
            yield self._asks(day, _issue(now))

    def due(self, day: date, now: datetime) -> Iterator[Request]:
        """Yield the newest of the reports that are due for a date."""
        return (requests[0] for requests in self.needs(day, now))

    def fetch(self, day: date, now: datetime) -> Iterator[Asked]:
        """Ask for the reports that are due for a date, and yield what became of each request."""
        for requests in self.needs(day, now):
            for request in requests:
                asked = self._web.ask(request, report)
                yield asked
                if asked.outcome != "gone":
                    break

    def availability(self, dates: Dates) -> pl.DataFrame:
        """Return the facts `availability` about the given dates; what a report says is known from its own time."""
        return availability(self._resolved(dates)[0], self._slate(dates))

    def aside(self, dates: Dates) -> pl.DataFrame:
        """Return `quarantined_rows` of the rows whose player or team is not known."""
        return self._resolved(dates)[1]

    def _resolved(self, dates: Dates) -> tuple[pl.DataFrame, pl.DataFrame]:
        # A report has games of its own day and of the next.
        days = Dates(dates.first - timedelta(days=1), dates.last)
        parts = [_statements(number, found) for number, found in enumerate(self._usable(days))]
        said = pl.concat([pl.DataFrame(schema=STATEMENT), *parts])
        return resolved(said.filter(pl.col("game_date").is_between(*dates)), self._names(dates))

    def _usable(self, days: Dates) -> Iterator[Report]:
        first, last = days.first.isoformat(), days.last.isoformat()
        for folder in self._raw.folders(SOURCE, ENDPOINT):
            if first <= folder <= last:
                for kept in self._raw.kept(SOURCE, ENDPOINT, folder):
                    if found := self._parsed(kept):
                        yield found

    def _parse(self, kept: Kept) -> Report | None:
        try:
            return understood(self._raw.read(kept), report)
        except Unusable:
            return None

    def asides(self) -> list[str]:
        """Return what `aside` may have rows about: dates of which there are reports."""
        folders = [date.fromisoformat(folder) for folder in self._raw.folders(SOURCE, ENDPOINT)]
        return sorted({f"{SOURCE}/{day + timedelta(days=later)}" for day in folders for later in (0, 1)})

    def _has(self, day: date, at: datetime, earlier: int) -> bool:
        wanted = {_subject(issue) for issue in _issues(at, earlier)}
        return any(answer.subject in wanted for answer in self._raw.kept(SOURCE, ENDPOINT, day.isoformat()))

    def _has_evening(self, evening: datetime) -> bool:
        """Whether the evening's report is there, or was asked for late enough and is not."""
        subject, folder = _subject(evening), evening.date().isoformat()
        there = any(answer.subject == subject for answer in self._raw.kept(SOURCE, ENDPOINT, folder))
        refused = self._raw.kept(SOURCE, f"{ENDPOINT}{REFUSALS}", folder)
        return there or any(answer.subject == subject and answer.asked_at >= evening + PATIENCE for answer in refused)

    def _asks(self, day: date, at: datetime) -> list[Request]:
        return [
            Request(SOURCE, ENDPOINT, day.isoformat(), _subject(issue), f"{self._base}/{_file(issue)}", form="pdf")
            for issue in _issues(at, EARLIER)
        ]


class DropSource(AsksNobody):
    """A folder of CSV files that anyone may feed.

    Args:
        folder: with files as `drop` describes them.
        slate: gives the games of some dates: columns of `schedule_notices`.
        names: gives everybody who may be meant on some dates.
    """

    name = "drop"

    def __init__(self, folder: Path, slate: Callable[[Dates], pl.DataFrame], names: Callable[[Dates], Names]) -> None:
        """Remember them; nothing is read yet."""
        self._folder, self._slate, self._names = folder, slate, names

    def availability(self, dates: Dates) -> pl.DataFrame:
        """Return the facts `availability` about the given dates."""
        said, _ = dropped(self._folder)
        return availability(
            resolved(said.filter(pl.col("game_date").is_between(*dates)), self._names(dates))[0], self._slate(dates)
        )

    def asides(self) -> list[str]:
        """Return what `aside` may have rows about: files."""
        return sorted(path.name for path in self._folder.glob("*.csv"))

    def aside(self, dates: Dates) -> pl.DataFrame:
        """Return `quarantined_rows` of the lines that cannot be used, and of those whose player is not known."""
        said, bad = dropped(self._folder)
        return pl.concat([bad, resolved(said.filter(pl.col("game_date").is_between(*dates)), self._names(dates))[1]])


def _statements(number: int, found: Report) -> pl.DataFrame:
    """The rows of a report, the n-th of those read."""
    rows = found.rows.with_columns(
        reported_at=pl.lit(found.at, TIMESTAMP),
        game_date=pl.col("game_date").str.to_date("%m/%d/%Y"),
        team_id=pl.Series(team_ids(found.rows["team"].to_list()), dtype=pl.Int64),
        status=pl.col("status").str.to_lowercase(),
        reason=pl.col("reason").replace("", None),
        source_table=pl.lit(SOURCE),
        row_number=number * ROWS + pl.int_range(pl.len(), dtype=pl.Int64),
    )
    return rows.with_columns(source=pl.format("{}/{}", "source_table", "game_date")).select(STATEMENT.keys())


def _issue(at: datetime) -> datetime:
    """When the newest report that an instant knows was issued."""
    local = at.astimezone(EASTERN).replace(second=0, microsecond=0)
    if local.date() >= QUARTERLY_SINCE:
        return local - timedelta(minutes=local.minute % 15)
    half = local.replace(minute=30)
    return half if half <= local else half - timedelta(hours=1)


def _issues(at: datetime, earlier: int) -> list[datetime]:
    step = timedelta(minutes=15) if at.date() >= QUARTERLY_SINCE else timedelta(hours=1)
    return [at - number * step for number in range(earlier + 1)]


def _subject(issue: datetime) -> str:
    return f"{issue:%H%M}"


def _file(issue: datetime) -> str:
    local: time = issue.time()
    clock = f"{local:%I_%M%p}" if issue.date() >= QUARTERLY_SINCE else f"{local:%I%p}"
    return f"Injury-Report_{issue:%Y-%m-%d}_{clock}.pdf"
