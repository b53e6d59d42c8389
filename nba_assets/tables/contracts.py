"""What a table's contract is: grain, key, write scope and columns. Nothing here knows a database or Dagster."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import polars as pl

from nba_assets.calendar import TIMESTAMP
from nba_assets.errors import NbaAssetsError

Type = Literal["STRING", "INT64", "FLOAT64", "BOOL", "DATE", "TIMESTAMP"]

POLARS_TYPES: dict[Type, pl.DataType] = {
    "STRING": pl.String(),
    "INT64": pl.Int64(),
    "FLOAT64": pl.Float64(),
    "BOOL": pl.Boolean(),
    "DATE": pl.Date(),
    "TIMESTAMP": TIMESTAMP,
}


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        type: GoogleSQL's.
        null_when: when the column has no value; None: it always has one.
        allowed: the only values that it may have; empty: any.
        initial: GoogleSQL expression for rows that were written before the column existed; None: null.
    """

    name: str
    type: Type
    meaning: str
    unit: str = ""
    null_when: str | None = None
    allowed: tuple[str, ...] = ()
    initial: str | None = None


@dataclass(frozen=True)
class Table:
    """A table's contract.

    Attributes:
        grain: what one row is.
        key: columns that are unique together; an empty key promises nothing.
        scope: columns whose values a write replaces; an empty scope replaces the whole table.
        date_column: the column that a date range selects by.
        wall_clock: columns that record when something ran; fingerprints leave them out.
        versions: whether the table holds every version of a fact, each with its `known_at`.
        append_only: whether rows are only ever added.
    """

    name: str
    dataset: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    scope: tuple[str, ...] = ("game_date",)
    date_column: str | None = "game_date"
    wall_clock: tuple[str, ...] = ()
    versions: bool = False
    append_only: bool = False
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the columns and reject a contract that names a column it does not have."""
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})
        named = {*self.key, *self.scope, *self.wall_clock, *([self.date_column] if self.date_column else [])}
        missing = named - self.by_name.keys()
        if missing or len(self.by_name) != len(self.columns):
            raise ValueError(f"{self.name}: duplicate columns, or columns that are not there: {missing}")

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Column names and polars types, in order."""
        return {column.name: POLARS_TYPES[column.type] for column in self.columns}

    @property
    def names(self) -> list[str]:
        """Column names, in order."""
        return list(self.by_name)

    @property
    def qualified(self) -> str:
        """The name with its dataset, as SQL writes it."""
        return f"{self.dataset}.{self.name}"

    def empty(self) -> pl.DataFrame:
        """Return a frame of this table without rows."""
        return pl.DataFrame(schema=self.schema)


class ContractError(NbaAssetsError):
    """A frame that violates a table's contract."""


def _same_kind(have: pl.DataType, want: pl.DataType) -> bool:
    """Narrower integers and floats, empty columns and other time units are accepted; text for a number never is."""
    if have == want or have == pl.Null():
        return True
    if want == pl.Int64():
        return have.is_integer()
    if want == pl.Float64():
        return have.is_numeric()
    return isinstance(have, pl.Datetime) and want == TIMESTAMP and have.time_zone == "UTC"


def shaped(frame: pl.DataFrame, table: Table, source: str = "frame") -> pl.DataFrame:
    """Return the frame with exactly the contract's columns, types and order; values are not looked at.

    Args:
        frame: what is to be used; further columns are dropped.
        table: the contract.
        source: named in errors: a file or an asset.

    Raises:
        ContractError: a missing column or a wrong type.
    """
    missing = [name for name in table.schema if name not in frame.columns]
    if missing:
        message = f"missing column{'s' * (len(missing) > 1)} {', '.join(missing)}; has {frame.columns}"
        raise ContractError(message, source=source, table=table.name, column=missing[0])
    for name, want in table.schema.items():
        if not _same_kind(frame.schema[name], want):
            message = f"column {name} has type {frame.schema[name]}, must be {want}"
            raise ContractError(message, source=source, table=table.name, column=name)
    return frame.select(pl.col(name).cast(want) for name, want in table.schema.items())


def conform(frame: pl.DataFrame, table: Table, source: str = "frame") -> pl.DataFrame:
    """Return the frame with exactly the contract's columns, types and order, and only with values that it allows.

    Args:
        frame: what is to be written; further columns are dropped.
        table: the contract.
        source: named in errors: a file or an asset.

    Raises:
        ContractError: a missing column, a wrong type, a null where none may be, a value that is not allowed, or a
            duplicate key; it has the column and the row.
    """
    frame = shaped(frame, table, source)
    for fault in faults(table):
        if (bad := frame.select(fault.is_faulty).to_series()).any():
            row = bad.arg_true()[0]
            message = f"{fault.describe(frame, row)} ({_row(frame, row, table.key)})"
            raise ContractError(message, source=source, table=table.name, column=fault.column, row=row)
    if table.key and frame.height and (duplicates := frame.select(pl.struct(table.key).is_duplicated()).to_series()).any():
        row = duplicates.arg_true()[0]
        message = f"duplicate key {_row(frame, row, table.key)}"
        raise ContractError(message, source=source, table=table.name, column=", ".join(table.key), row=row)
    return frame


class Fault(NamedTuple):
    """What a value of a column may not be: the reason by name, the rows that are at fault, and what is wrong in words."""

    reason: str
    column: str
    is_faulty: pl.Expr
    words: str

    def describe(self, frame: pl.DataFrame, row: int) -> str:
        """Return what is wrong with a row."""
        return self.words.format(column=self.column, value=repr(frame[self.column][row]))


def faults(table: Table) -> Iterator[Fault]:
    """Yield the faults that a contract's columns rule out."""
    for column in table.columns:
        values = pl.col(column.name)
        if column.null_when is None:
            yield Fault("missing_value", column.name, values.is_null(), "{column} is null")
        if column.type == "FLOAT64":
            words = "{column} is not a finite number; unknown is null"
            yield Fault("not_a_number", column.name, ~values.is_finite().fill_null(value=True), words)
        if column.allowed:
            known = values.is_in(column.allowed).fill_null(value=True)
            yield Fault("value_not_allowed", column.name, ~known, f"{{column}} is {{value}}, must be one of {column.allowed}")


def _row(frame: pl.DataFrame, row: int, names: Iterable[str]) -> str:
    return ", ".join(f"{name}={frame[name][row]}" for name in names)
