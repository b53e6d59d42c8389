"""The embedded warehouse: one DuckDB file, one writer, connections open for milliseconds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import duckdb
import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from tenacity import RetryError, Retrying, retry_if_exception, stop_after_delay, wait_random

from nba_assets.calendar import Dates, SeasonSpan
from nba_assets.stores.googlesql import SqlError, create_table, datasets, sql_files, to_duckdb
from nba_assets.stores.warehouse import Scope, WarehouseError, WarehouseLocked, check_scope, condition, sql_table
from nba_assets.tables import TABLES
from nba_assets.tables.contracts import ContractError, Table, conform

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

DIALECT = DefaultDialect(paramstyle="numeric_dollar")


class DuckDBWarehouse:
    """A `Warehouse` in one file.

    Args:
        path: the file; created with all tables and views on first use.
        lock_timeout: seconds to wait for a lock that another process holds.
    """

    def __init__(self, path: Path, lock_timeout: float = 30.0) -> None:
        """Remember where; nothing is opened yet."""
        self.path = path
        self.lock_timeout = lock_timeout
        self._ready = False

    def replace(self, table: Table, frame: pl.DataFrame, scope: Scope) -> int:
        """Put `frame` in the place of the rows in `scope`, in one transaction."""
        frame = conform(frame, table)
        check_scope(table, frame, scope)
        with self._connect() as connection, _transaction(connection):
            target = sql_table(table)
            _execute(connection, sa.delete(target).where(condition(target, scope)))
            _insert(connection, table, frame)
        return frame.height

    def append(self, table: Table, frame: pl.DataFrame) -> int:
        """Add rows; a key that is there already is an error."""
        frame = conform(frame, table)
        with self._connect() as connection, _transaction(connection):
            connection.register("incoming", frame.to_arrow())
            target, incoming = sql_table(table), _incoming(table)
            same = sa.and_(*(target.c[name] == incoming.c[name] for name in table.key))
            key = [incoming.c[name] for name in table.key]
            clash = _execute(connection, sa.select(*key).select_from(incoming.join(target, same)).limit(1)).fetchone()
            if clash:
                raise ContractError(f"{table.name}: key is there already: {dict(zip(table.key, clash, strict=True))}")
            _insert(connection, table, frame)
        return frame.height

    def read(self, table: Table, dates: Dates | None = None, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return the rows of a range of dates (None: all) in key order."""
        target = sql_table(table)
        statement = sa.select(*(target.c[name] for name in columns or table.names))
        if dates is not None and table.date_column is not None:
            statement = statement.where(condition(target, {table.date_column: dates}))
        with self._connect() as connection:
            frame = _execute(connection, statement.order_by(*(target.c[name] for name in table.key))).pl()
        return frame.with_columns(pl.col(name).cast(table.schema[name]) for name in frame.columns)

    def seasons(self, table: Table) -> list[SeasonSpan]:
        """Return the seasons of a table with a season column, in order, with their first and last dates."""
        target = sql_table(table)
        day, season = target.c[table.date_column or ""], target.c["season"]
        statement = sa.select(season, sa.func.min(day), sa.func.max(day)).group_by(season).order_by(season)
        with self._connect() as connection:
            found = _execute(connection, statement).fetchall()
        return [SeasonSpan(name, Dates(first, last)) for name, first, last in found]

    def query(self, statement: str, parameters: Sequence[object] = ()) -> pl.DataFrame:
        """Run GoogleSQL statements in one transaction; return what the last one returns."""
        result = pl.DataFrame()
        with self._connect() as connection, _transaction(connection):
            for translated in to_duckdb(statement):
                try:
                    done = connection.execute(translated, list(parameters))
                    result = done.pl() if done.description else pl.DataFrame()
                except duckdb.Error as error:
                    raise SqlError(str(error)) from error
        return result

    def tables(self) -> list[str]:
        """Return the qualified names of tables and views that exist."""
        with self._connect() as connection:
            found = connection.sql("SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL").fetchall()
        return [f"{schema}.{name}" for schema, name in found]

    @contextmanager
    def _connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self._open()
        try:
            connection.execute("SET TimeZone = 'UTC'")
            if not self._ready:
                _create_all(connection)
                self._ready = True
            connection.execute(f"SET search_path = '{','.join(['main', *datasets()])}'")
            yield connection
        except duckdb.Error as error:
            raise WarehouseError(f"{self.path}: {error}") from error
        finally:
            connection.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        waiting = Retrying(
            retry=retry_if_exception(_is_locked),
            stop=stop_after_delay(self.lock_timeout),
            wait=wait_random(0.02, 0.1),
        )
        try:
            return waiting(duckdb.connect, str(self.path))
        except RetryError as error:
            cause = error.last_attempt.exception()
            raise WarehouseLocked(
                f"{self.path} is held by another process; waited {self.lock_timeout:g} s. Close it, or try again: {cause}"
            ) from cause
        except duckdb.Error as error:
            raise WarehouseError(f"{self.path} cannot be opened as a DuckDB file: {error}") from error


def _is_locked(error: BaseException) -> bool:
    return isinstance(error, duckdb.IOException) and "Could not set lock" in str(error)


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _create_all(connection: duckdb.DuckDBPyConnection) -> None:
    with _transaction(connection):
        for dataset in datasets():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {dataset}")
        for table in TABLES.values():
            connection.execute(*to_duckdb(create_table(table)))
        for path in sql_files():
            for statement in to_duckdb(path.read_text()):
                connection.execute(statement)


def _execute(connection: duckdb.DuckDBPyConnection, statement: sa.ClauseElement) -> duckdb.DuckDBPyConnection:
    compiled = cast("SQLCompiler", statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True}))
    values = [compiled.params[name] for name in compiled.positiontup or ()]
    return connection.execute(str(compiled), values)


def _insert(connection: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame) -> None:
    connection.register("incoming", frame.to_arrow())
    _execute(connection, sa.insert(sql_table(table)).from_select(table.names, sa.select(_incoming(table))))


def _incoming(table: Table) -> sa.TableClause:
    """The frame that is about to be written, under the name that DuckDB knows it by."""
    return sa.table("incoming", *(sa.column(name) for name in table.names))
