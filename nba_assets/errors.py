"""The base of every error that a person can act on. Each room derives its own; none of them is caught by message."""

from datetime import date


class NbaAssetsError(Exception):
    """An expected error: what is wrong, where, and what to do next.

    The message is one sentence. The fields locate the fault and are rendered around it, as
    `source → table: row 7: message; remedy`.

    Attributes:
        source: the file, address, database or command at fault.
        table: the table concerned.
        date: the game date or training cutoff concerned.
        column: the column at fault.
        row: its row, counted from 0.
        remedy: what to do next.
    """

    def __init__(
        self,
        message: str,
        *,
        source: object = None,
        table: str | None = None,
        date: date | None = None,
        column: str | None = None,
        row: int | None = None,
        remedy: str | None = None,
    ) -> None:
        """Keep the message and where it applies."""
        super().__init__(message)
        self.message = message
        self.source = None if source is None else str(source)
        self.table, self.date, self.column, self.row, self.remedy = table, date, column, row, remedy

    def __str__(self) -> str:
        """Render as one line for a terminal or a log."""
        place = " → ".join(part for part in (self.source, self.table) if part)
        located = [place, f"row {self.row}" if self.row is not None else "", self.message]
        line = ": ".join(part for part in located if part)
        return f"{line}; {self.remedy}" if self.remedy else line
