"""What a table is: grain, key, write scope and columns. Nothing here knows a database or Dagster."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from nba_assets.calendar import TIMESTAMP

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
    """One column. `null_when` says when it has no value; None means it always has one. Types are GoogleSQL's."""

    name: str
    type: Type
    meaning: str
    unit: str = ""
    null_when: str | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table's contract.

    `key` is unique; an empty one promises nothing. `scope` names the columns whose values a write replaces; an empty one
    replaces the whole table. `date_column` is what a date range selects by. `wall_clock` columns say when something ran
    and are left out of fingerprints. A table with `versions` holds every version of a fact, each with its `known_at`. An
    `append_only` table is never replaced.
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
        """Index the columns and refuse a contract that names a column it does not have."""
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


class ContractError(ValueError):
    """A frame that does not keep a table's contract."""


def _fail(table: Table, source: str, problem: str) -> ContractError:
    return ContractError(f"{source or 'frame'} → {table.name}: {problem}")


def _same_kind(have: pl.DataType, want: pl.DataType) -> bool:
    """Narrower integers and floats, empty columns and other time units are accepted; text for a number never is."""
    if have == want or have == pl.Null():
        return True
    if want == pl.Int64():
        return have.is_integer()
    if want == pl.Float64():
        return have.is_numeric()
    return isinstance(have, pl.Datetime) and want == TIMESTAMP and have.time_zone == "UTC"


def conform(frame: pl.DataFrame, table: Table, source: str = "") -> pl.DataFrame:
    """Return the frame with exactly the contract's columns, types and order.

    Args:
        frame: what is to be written; further columns are dropped.
        table: the contract.
        source: named in errors: a file or an asset.

    Raises:
        ContractError: a missing column, a wrong type, a null where none may be, a value that is not allowed, or a
            duplicate key; it names the column and the row.
    """
    missing = [name for name in table.schema if name not in frame.columns]
    if missing:
        raise _fail(table, source, f"missing column{'s' * (len(missing) > 1)} {', '.join(missing)}; has {frame.columns}")
    for name, want in table.schema.items():
        if not _same_kind(frame.schema[name], want):
            raise _fail(table, source, f"column {name} has type {frame.schema[name]}, must be {want}")
    frame = frame.select(pl.col(name).cast(want) for name, want in table.schema.items())
    for column in table.columns:
        _check_values(frame, column, table, source)
    if table.key and frame.height and (duplicates := frame.select(pl.struct(table.key).is_duplicated()).to_series()).any():
        row = duplicates.arg_true()[0]
        raise _fail(table, source, f"row {row}: duplicate key {_row(frame, row, table.key)}")
    return frame


def _check_values(frame: pl.DataFrame, column: Column, table: Table, source: str) -> None:
    values = frame[column.name]
    if column.null_when is None and values.null_count():
        row = values.is_null().arg_true()[0]
        raise _fail(table, source, f"row {row}: {column.name} is null ({_row(frame, row, table.key)})")
    if column.type == "FLOAT64" and (bad := ~values.is_finite().fill_null(value=True)).any():
        raise _fail(table, source, f"row {bad.arg_true()[0]}: {column.name} is not a finite number; unknown is null")
    if column.allowed and (bad := ~values.is_in(column.allowed).fill_null(value=True)).any():
        row = bad.arg_true()[0]
        raise _fail(table, source, f"row {row}: {column.name} is {values[row]!r}, must be one of {column.allowed}")


def _row(frame: pl.DataFrame, row: int, names: Iterable[str]) -> str:
    return ", ".join(f"{name}={frame[name][row]}" for name in names)
