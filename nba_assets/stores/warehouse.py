"""What a warehouse is: the store of all tables. Its statements are built from contracts, with parameters."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple, Protocol

import polars as pl
import sqlalchemy as sa

from nba_assets.calendar import Dates, SeasonSpan
from nba_assets.errors import NbaAssetsError
from nba_assets.tables.contracts import ContractError, Table

Scope = Mapping[str, object]


class WarehouseError(NbaAssetsError):
    """A warehouse that cannot do what it was asked."""


class WarehouseLocked(WarehouseError):
    """Another process holds the warehouse or the home for longer than we wait."""


class Summary(NamedTuple):
    """How many rows a table has, and from which date to which; no dates for an empty or undated table."""

    rows: int
    first: date | None
    last: date | None


class Warehouse(Protocol):
    """Tables by contract. A write is one transaction; a failed one leaves what was there."""

    def replace(self, table: Table, frame: pl.DataFrame, scope: Scope) -> int:
        """Put `frame` in the place of the rows in `scope` and return its height.

        Args:
            table: its contract; the frame is made to conform.
            frame: rows that all lie in the scope.
            scope: exactly the contract's scope columns, each with a value, a list of values, or `Dates`.

        Raises:
            ContractError: the frame violates the contract, or reaches out of the scope.
        """
        ...

    def append(self, table: Table, frame: pl.DataFrame) -> int:
        """Add rows and return how many. Raises ContractError where a key is already there."""
        ...

    def read(self, table: Table, dates: Dates | None = None, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return the rows of a range of dates (None: all) in key order. A table never written has none."""
        ...

    def summary(self, table: Table) -> Summary:
        """Return the number of rows of a table and its span of dates, without reading them."""
        ...

    def seasons(self, table: Table) -> list[SeasonSpan]:
        """Return the seasons of a table with a season column, in order, with their first and last dates."""
        ...

    def query(self, statement: str, parameters: Sequence[object] = ()) -> pl.DataFrame:
        """Run GoogleSQL statements in one transaction; return what the last one returns.

        Args:
            statement: one statement, or without parameters several.
            parameters: values for `?`, in order.

        Raises:
            SqlError: it is not GoogleSQL, or the warehouse refuses it; nothing was written.
        """
        ...

    def tables(self) -> list[str]:
        """Return the qualified names of the tables and views that exist."""
        ...

    def migrate(self) -> list[str]:
        """Add the tables, columns and views that contracts have and the warehouse lacks; return one line per change.

        Raises:
            MigrationError: a difference that adding cannot resolve; it says what to do.
        """
        ...

    @contextmanager
    def session(self) -> Iterator[None]:
        """Open the warehouse once for all calls within the block."""
        ...


class MigrationError(WarehouseError):
    """A table of an older or changed warehouse that cannot be brought to its contract by adding."""


def sql_table(table: Table) -> sa.TableClause:
    """Return a contract as SQLAlchemy's table, from which statements with parameters are built."""
    return sa.table(table.name, *(sa.column(name) for name in table.names), schema=table.dataset)


def condition(table: sa.TableClause, scope: Scope) -> sa.ColumnElement[bool]:
    """Return the condition of a scope."""
    parts: list[sa.ColumnElement[bool]] = []
    for name, value in scope.items():
        column = table.c[name]
        if isinstance(value, Dates):
            parts.append(column.between(value.first, value.last))
        elif isinstance(value, list | tuple):
            parts.append(column.in_(value))
        else:
            parts.append(column == value)
    return sa.and_(sa.true(), *parts)


def check_scope(table: Table, frame: pl.DataFrame, scope: Scope) -> None:
    """Reject a write whose scope is not the contract's, or whose rows lie outside of it. Raises ContractError."""
    if table.append_only:
        raise ContractError("append only; nothing may be replaced", table=table.name)
    if set(scope) != set(table.scope):
        raise ContractError(f"a write replaces {table.scope or 'the whole table'}, not {tuple(scope)}", table=table.name)
    for name, value in scope.items():
        column = frame[name]
        if isinstance(value, Dates):
            outside = ~column.is_between(value.first, value.last)
        else:
            outside = ~column.is_in(list(value) if isinstance(value, list | tuple) else [value])
        if outside.any():
            row = outside.arg_true()[0]
            message = f"{name} {column[row]} lies outside of the write ({value})"
            raise ContractError(message, table=table.name, column=name, row=row)
