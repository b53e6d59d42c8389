"""Dagster's event log in SQLite, at a ninth of the time an event (`make bench`)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any, Self

import sqlalchemy as sa
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.polling_event_watcher import SqlPollingEventWatcher
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._serdes import ConfigurableClassData
from sqlalchemy import event

WAIT_SECONDS, KEPT_OPEN = 60, 16


class EventLog(SqliteEventLogStorage):
    """Dagster's own opens and closes a file several times for every event, compiles each statement anew and waits for the disk.

    Here files stay open. A commit to a write-ahead log need not wait for the disk: what is lost if the power fails are the
    newest events, never the file (SQLite's documentation of `PRAGMA synchronous`); what assets wrote is in the warehouse.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Open nothing yet."""
        self._engines: dict[str, sa.Engine] = {}
        self._alone = RLock()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Return the log in the folder in which Dagster's own would be."""
        return cls(str(Path(config_value["base_dir"]) / "history" / "runs"), inst_data)

    def run_connection(self, run_id: str | None = None) -> Any:
        """Connect to the file of a run."""
        return self._connected(str(run_id), lambda: super(EventLog, self).run_connection(run_id))

    def index_connection(self) -> Any:
        """Connect to the file that is of all runs."""
        return self._connected(INDEX_SHARD_NAME, super().index_connection)

    @contextmanager
    def _connected(self, shard: str, first: Callable[[], AbstractContextManager[Any]]) -> Iterator[sa.Connection]:
        with self._alone:
            engine = self._engines.pop(shard, None)
            if engine is None:
                # Makes the file, or brings it to what it is now.
                with first():
                    engine = _engine(self.conn_string_for_shard(shard))
            self._engines[shard] = engine
            if len(self._engines) > KEPT_OPEN:
                self._engines.pop(next(iter(self._engines))).dispose()
            with engine.begin() as connection:
                yield connection

    # Dagster's own watches files, which a write-ahead log that stays open leaves as they are.

    @cached_property
    def _watcher(self) -> SqlPollingEventWatcher:
        return SqlPollingEventWatcher(self)

    def watch(self, run_id: str, cursor: str | None, callback: Any) -> None:
        """Call back with each new event of a run."""
        self._watcher.watch_run(run_id, cursor, callback)

    def end_watch(self, run_id: str, handler: Any) -> None:
        """Call back no more."""
        self._watcher.unwatch_run(run_id, handler)

    def dispose(self) -> None:
        """Close all files."""
        self._watcher.close()
        for engine in self._engines.values():
            engine.dispose()


def _engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": WAIT_SECONDS})
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = NORMAL"))
    return engine
