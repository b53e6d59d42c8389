"""The relational database that websites read: a SQLite file, or Postgres by URL. No tables of its own."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from threading import local
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc

Found = TypeVar("Found")
# Seconds that a writer waits for another one.
SQLITE_WAIT, POSTGRES_CONNECT = 30, 10


class DatabaseError(RuntimeError):
    """A database that cannot be reached or refuses: says which one, without its password, and why."""


class Database:
    """A database by URL.

    Reads are single statements; writes are transactions, one at a time. Either is tried once more on a new connection if the
    old one was lost: both can be done twice.
    """

    def __init__(self, url: str) -> None:
        """Remember which; nothing is opened yet. `postgres://` is what some providers write for `postgresql://`."""
        self._local = local()
        try:
            self.url = sa.make_url(url.replace("postgres://", "postgresql://", 1))
        except exc.ArgumentError as error:
            raise DatabaseError(
                "NBA_ASSETS_DATABASE_URL is no URL of a database, as 'postgresql://user:…@host/name'"
            ) from error

    def __str__(self) -> str:
        """Return the URL without its password."""
        return self.url.render_as_string(hide_password=True)

    @cached_property
    def is_sqlite(self) -> bool:
        """Whether it is a file here."""
        return self.url.get_backend_name() == "sqlite"

    @cached_property
    def engine(self) -> sa.Engine:
        """The connections: one a thread that reads, however many there are, and those of writers."""
        try:
            if not self.is_sqlite:
                return sa.create_engine(self.url, connect_args={"connect_timeout": POSTGRES_CONNECT}, max_overflow=-1)
            if self.url.database in (None, "", ":memory:"):
                raise DatabaseError(f"database {self} names no file, as 'sqlite:////home/me/usage.db'")
            Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
            engine = sa.create_engine(self.url, connect_args={"timeout": SQLITE_WAIT}, max_overflow=-1)
        except (exc.ArgumentError, exc.NoSuchModuleError, ImportError) as error:
            raise DatabaseError(f"database {self}: {error}; SQLite and Postgres are known") from error
        event.listen(engine, "connect", _own_transactions)
        event.listen(engine, "begin", _begin)
        return engine

    def read(self, work: Callable[[sa.Connection], Found]) -> Found:
        """Return what is read. Raises DatabaseError."""

        def run() -> Found:
            try:
                return work(self._reader())
            except exc.DBAPIError:
                self._local.__dict__.clear()
                raise

        return self._tried(run)

    def _reader(self) -> sa.Connection:
        """A connection a thread, kept open: a website asks again and again."""
        if not hasattr(self._local, "connection"):
            # A statement is all there is: Postgres need not be told that it begins and ends.
            options = {} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
            self._local.connection = self.engine.connect().execution_options(**options)
        return self._local.connection

    def close(self) -> None:
        """Give back all connections of this thread and of the pool."""
        self._local.__dict__.clear()
        self.engine.dispose()

    def write(self, work: Callable[[sa.Connection], Found], *, alone_on: str | None = None) -> Found:
        """Write in one transaction: all of it or nothing.

        Args:
            work: what to do.
            alone_on: table that nobody else may write meanwhile; readers are not kept waiting. SQLite has one writer anyway.

        Raises:
            DatabaseError: it cannot be written.
        """

        def locked(connection: sa.Connection) -> Found:
            if alone_on and not self.is_sqlite:
                connection.execute(sa.text(f"LOCK TABLE {alone_on} IN SHARE ROW EXCLUSIVE MODE"))
            return work(connection)

        def run() -> Found:
            with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
                return locked(connection)

        return self._tried(run)

    def _tried(self, run: Callable[[], Found]) -> Found:
        try:
            try:
                return run()
            except exc.DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return run()
        except exc.DBAPIError as error:
            said = (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]
            raise DatabaseError(f"database {self}: {said}") from error


def _own_transactions(connection: Any, _record: object) -> None:
    """Python's driver would begin and commit by itself around some statements."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")


def _begin(connection: sa.Connection) -> None:
    """Take the writer's place at the beginning, where one can wait for it, not in the middle, where one cannot."""
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
