"""What a source is. Implementations are pure readers: they return facts and write nothing."""

from typing import NamedTuple, Protocol

import polars as pl

from nba_assets.calendar import Dates, SeasonSpan
from nba_assets.errors import NbaAssetsError
from nba_assets.tables.contracts import Table


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

    def read(self, table: Table, dates: Dates) -> pl.DataFrame:
        """Return all versions of the facts of one table about the given dates, with the columns of its contract.

        Bad games are in `quarantine` and nowhere in `box_scores`.

        Args:
            table: one of `tables.facts`.
            dates: by the table's date column; ignored for a table without one.
        """
        ...
