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
from nba_assets.stores.schema import META_DATASET, SCHEMA_STATE, Existing, schema_hash, steps
from nba_assets.stores.warehouse import (
    Scope,
    Summary,
    WarehouseError,
    WarehouseLocked,
    check_scope,
    condition,
    sql_table,
)
from nba_assets.tables import TABLES
from nba_assets.tables.contracts import ContractError, Table, conform

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

DIALECT = DefaultDialect(paramstyle="numeric_dollar")
GOOGLE_TYPES = {
    "VARCHAR": "STRING",
    "BIGINT": "INT64",
    "DOUBLE": "FLOAT64",
    "BOOLEAN": "BOOL",
    "DATE": "DATE",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
}


class DuckDBWarehouse:
    """A `Warehouse` in one file.

    Args:
        path: the file; created with all tables and views on first use, an older one migrated.
        lock_timeout: seconds to wait for a lock that another process holds.
    """

    def __init__(self, path: Path, lock_timeout: float = 30.0) -> None:
        """Remember where; nothing is opened yet."""
        self.path = path
        self.lock_timeout = lock_timeout
        self._ready = False
        self._shared: duckdb.DuckDBPyConnection | None = None

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
                raise ContractError(f"key is already there: {dict(zip(table.key, clash, strict=True))}", table=table.name)
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

    def summary(self, table: Table) -> Summary:
        """Return rows and span of dates, from the file's statistics where DuckDB can."""
        target = sql_table(table)
        day = target.c[table.date_column] if table.date_column else sa.null()
        with self._connect() as connection:
            counted = sa.select(sa.func.count(), sa.func.min(day), sa.func.max(day)).select_from(target)
            rows, first, last = _execute(connection, counted).fetchall()[0]
        return Summary(rows, first, last)

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
        """Return the qualified names of the tables and views that exist."""
        with self._connect() as connection:
            found = connection.execute(
                "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema != ? ORDER BY ALL",
                [META_DATASET],
            ).fetchall()
        return [f"{schema}.{name}" for schema, name in found]

    def migrate(self) -> list[str]:
        """Add what contracts have and the file lacks; return what was done."""
        with self._opened() as connection:
            return _migrate(connection)

    @contextmanager
    def session(self) -> Iterator[None]:
        """Keep one connection for all calls within the block: for commands that read. Others wait meanwhile."""
        if self._shared is not None:
            yield
            return
        with self._connect() as connection:
            self._shared = connection
            try:
                yield
            finally:
                self._shared = None

    @contextmanager
    def _connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        if self._shared is not None:
            with self._errors():
                yield self._shared
            return
        with self._opened() as connection:
            if not self._ready:
                _make_ready(connection)
                self._ready = True
            connection.execute(f"SET search_path = '{','.join(['main', *datasets()])}'")
            yield connection

    @contextmanager
    def _opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self._open()
        try:
            with self._errors():
                connection.execute("SET TimeZone = 'UTC'")
                yield connection
        finally:
            connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise WarehouseError(str(error), source=self.path) from error

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
            message = f"held by another process; waited {self.lock_timeout:g} s ({cause})"
            raise WarehouseLocked(message, source=self.path, remedy="close it, or try again") from cause
        except duckdb.Error as error:
            raise WarehouseError(f"cannot be opened as a DuckDB file: {error}", source=self.path) from error


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


def _make_ready(connection: duckdb.DuckDBPyConnection) -> None:
    """Create or migrate tables and views, unless the file records that it has them all."""
    try:
        recorded = connection.execute(f"SELECT schema_hash FROM {SCHEMA_STATE}").fetchone()  # noqa: S608 (a constant)
    except duckdb.CatalogException:
        recorded = None
    if recorded != (schema_hash(),):
        _migrate(connection)


def _migrate(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables first, then columns, then views; the hash of the schema is recorded last, so that a killed one is repeated."""
    done: list[str] = []
    existing = _existing(connection)
    with _transaction(connection):
        for dataset in [*datasets(), META_DATASET]:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {dataset}")
        for table in TABLES.values():
            if table.qualified not in existing:
                connection.execute(*to_duckdb(create_table(table)))
                done.append(f"{table.qualified}: created")
    for table in TABLES.values():
        for step in steps(table, existing.get(table.qualified, {})) if table.qualified in existing else ():
            for statement in to_duckdb(step.statement):
                connection.execute(statement)
            done.append(step.done)
    with _transaction(connection):
        for path in sql_files():
            for statement in to_duckdb(path.read_text()):
                connection.execute(statement)
        connection.execute(f"CREATE OR REPLACE TABLE {SCHEMA_STATE} AS SELECT ? AS schema_hash", [schema_hash()])
    return done


def _existing(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Existing]]:
    """The columns of each table, by its qualified name."""
    found: dict[str, dict[str, Existing]] = {}
    columns = connection.execute(
        "SELECT c.table_schema, c.table_name, c.column_name, c.data_type, c.is_nullable FROM information_schema.columns AS c"
        " JOIN information_schema.tables AS t USING (table_schema, table_name) WHERE t.table_type = 'BASE TABLE'"
    ).fetchall()
    for schema, name, column, kind, nullable in columns:
        found.setdefault(f"{schema}.{name}", {})[column] = Existing(GOOGLE_TYPES.get(str(kind), str(kind)), nullable == "YES")
    return found


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
