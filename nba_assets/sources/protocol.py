"""What a source is: a reader of facts. One that asks sites keeps what they answer, and reads facts from that."""

from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

import polars as pl

from nba_assets.calendar import Dates, SeasonSpan
from nba_assets.errors import NbaAssetsError
from nba_assets.tables.contracts import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    # The web reads no facts; only what became of a request is named here.
    from nba_assets.sources.web import Asked, Request


class SourceError(NbaAssetsError):
    """A source that cannot deliver facts."""


class SetAside(NamedTuple):
    """Rows that could not be used.

    Attributes:
        read: files that were read so far.
        files: all files that there are.
        rows: `quarantined_rows` of those that were read.
    """

    read: list[str]
    files: list[str]
    rows: pl.DataFrame


class Source(Protocol):
    """Where facts come from."""

    name: str

    def seasons(self) -> list[SeasonSpan]:
        """Return the seasons it has anything about, in order, with their first and last dates.

        Raises:
            SourceError: the source has a structural fault; nothing should be written.
        """
        ...

    def remarks(self) -> list[str]:
        """Return what was corrected or set aside in what it was given, one line per kind, for the user to know."""
        ...

    def set_aside(self) -> SetAside:
        """Return the rows that could not be used, of what was read so far."""
        ...

    def origins(self, table: Table, day: date, /) -> list[str]:
        """Return the sources that the facts of a table about a date come from."""
        ...

    def due(self, day: date, now: datetime, /) -> "Iterator[Request]":
        """Yield what `fetch` would ask for a date at an instant, as far as is known before the first answer."""
        ...

    def fetch(self, day: date, now: datetime, /) -> "Iterator[Asked]":
        """Ask sites for what is due for a date at an instant, and yield what became of each request.

        What is answered is kept, and `read` reads it from there.
        """
        ...

    def read(self, table: Table, dates: Dates) -> pl.DataFrame:
        """Return all versions of the facts of one table about the given dates, with the columns of its contract.

        Bad games are in `quarantine` and nowhere in `box_scores`.

        Args:
            table: one of `tables.facts`.
            dates: by the table's date column; ignored for a table without one.
        """
        ...


class AsksNobody:
    """The half of a source that has all its facts already."""

    name: str

    def origins(self, _table: Table, _day: date, /) -> list[str]:
        """Return the source's own name."""
        return [self.name]

    def due(self, _day: date, _now: datetime, /) -> "Iterator[Request]":
        """Yield nothing."""
        return iter(())

    def fetch(self, _day: date, _now: datetime, /) -> "Iterator[Asked]":
        """Ask nobody."""
        return iter(())
