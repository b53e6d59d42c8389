"""How the command line prints: data to standard output, everything else to standard error. Imports nothing heavy."""

import sys
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console


class Format(StrEnum):
    """How a result is printed."""

    table = "table"
    csv = "csv"
    json = "json"


@cache
def console() -> "Console":
    """Return the console of standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


def say(text: str, style: str | None = None) -> None:
    """Print one line to standard error."""
    console().print(text, style=style)


def show(frame: "pl.DataFrame", form: Format) -> None:
    """Print a frame to standard output; JSON is a list with one object per row."""
    import polars as pl

    if form is Format.csv:
        nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
        texts = (pl.Series(name, [None if value is None else str(value) for value in frame[name].to_list()]) for name in nested)
        sys.stdout.write(frame.with_columns(*texts).write_csv())
    elif form is Format.json:
        sys.stdout.write(frame.write_json() + "\n")
    else:
        _show_table(frame)


def _show_table(frame: "pl.DataFrame") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, kind in frame.schema.items():
        table.add_column(name, justify="right" if kind.is_numeric() else "left", no_wrap=True)
    for row in frame.iter_rows():
        table.add_row(*(Text(_cell(value)) for value in row))
    # A file or pipe has no width to fit into.
    Console(width=None if sys.stdout.isatty() else 10_000).print(table)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
