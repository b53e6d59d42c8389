"""The relational database that websites read: a SQLite file, or Postgres by URL. No tables of its own."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import local
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc

from nba_assets.errors import NbaAssetsError

Found = TypeVar("Found")
# Seconds that a writer waits for another one.
SQLITE_WAIT, POSTGRES_CONNECT = 30, 10


class DatabaseError(NbaAssetsError):
    """A database that cannot be reached, or that refuses a statement. It is named without its password."""


class Database:
    """A database by URL.

    Reads are single statements; writes are transactions, one at a time. Either is tried once more on a new connection if the
    old one was lost: both can be done twice.
    """

    def __init__(self, url: str) -> None:
        """Remember which; nothing is opened yet. Some providers write `postgres://` for `postgresql://`."""
        self._local = local()
        self._watched: tuple[int, sqlite3.Connection] | None = None
        try:
            self.url = sa.make_url(url.replace("postgres://", "postgresql://", 1))
        except exc.ArgumentError as error:
            raise DatabaseError(
                "NBA_ASSETS_DATABASE_URL is not the URL of a database, as 'postgresql://user:…@host/name'"
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
        """The connections: one per reading thread, however many there are, and those of writers."""
        try:
            if not self.is_sqlite:
                return sa.create_engine(self.url, connect_args={"connect_timeout": POSTGRES_CONNECT}, max_overflow=-1)
            if self.url.database in (None, "", ":memory:"):
                raise DatabaseError("it names no file, as 'sqlite:////home/me/usage.db'", source=f"database {self}")
            Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
            engine = sa.create_engine(self.url, connect_args={"timeout": SQLITE_WAIT}, max_overflow=-1)
        except (exc.ArgumentError, exc.NoSuchModuleError, ImportError) as error:
            raise DatabaseError(f"{error}; SQLite and Postgres are known", source=f"database {self}") from error
        event.listen(engine, "connect", _own_transactions)
        event.listen(engine, "begin", _begin)
        return engine

    def read(self, work: Callable[[sa.Connection], Found]) -> Found:
        """Return what is read. Raises DatabaseError."""

        def run() -> Found:
            try:
                return work(self._reader())
            except exc.DBAPIError:
                self._forget()
                raise

        return self._tried(run)

    def _reader(self) -> sa.Connection:
        """One connection per thread, kept open: a website asks again and again."""
        if not hasattr(self._local, "connection"):
            # Every read is a single statement: Postgres need not be told that a transaction begins and ends.
            options = {} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
            self._local.connection = self.engine.connect().execution_options(**options)
        return self._local.connection

    def _forget(self) -> None:
        """Give back this thread's connection, which may be lost."""
        connection: sa.Connection | None = self._local.__dict__.pop("connection", None)
        if connection is not None:
            # Closing what is lost already, the driver raises its own errors, which nobody wraps.
            with suppress(exc.DBAPIError, self.engine.dialect.loaded_dbapi.Error):
                connection.close()

    def generation(self) -> tuple[int, int] | None:
        """Return what differs once anybody has written: three microseconds; None: only a read could tell, as of Postgres.

        To be called by one thread only.
        """
        if not self.is_sqlite:
            return None
        file = Path(str(self.url.database))
        try:
            number = file.stat().st_ino
            if self._watched is None or self._watched[0] != number:
                self._unwatch()
                self._watched = (
                    number,
                    sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False),
                )
            return number, self._watched[1].execute("PRAGMA data_version").fetchone()[0]
        except (OSError, sqlite3.Error):
            return None

    def _unwatch(self) -> None:
        if self._watched is not None:
            self._watched[1].close()
        self._watched = None

    def close(self) -> None:
        """Give back all connections of this thread and of the pool."""
        self._unwatch()
        self._forget()
        self.engine.dispose()

    def write(self, work: Callable[[sa.Connection], Found], *, exclusive_on: str | None = None) -> Found:
        """Write in one transaction: all of it or nothing.

        Args:
            work: what to do.
            exclusive_on: table that nobody else may write meanwhile; readers do not wait. SQLite has one writer anyway.

        Raises:
            DatabaseError: it cannot be written.
        """

        def locked(connection: sa.Connection) -> Found:
            if exclusive_on and not self.is_sqlite:
                connection.execute(sa.text(f"LOCK TABLE {exclusive_on} IN SHARE ROW EXCLUSIVE MODE"))
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
            reason = (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]
            raise DatabaseError(reason, source=f"database {self}") from error


def _own_transactions(connection: Any, _record: object) -> None:
    """Python's driver would begin and commit by itself around some statements."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")


def _begin(connection: sa.Connection) -> None:
    """Become the writer at the beginning, where SQLite can wait for it, not in the middle, where it cannot."""
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
