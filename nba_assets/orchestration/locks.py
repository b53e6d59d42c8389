"""Who may work on a home folder: one long command at a time, and one writer at a time, scheduled runs first.

Operating-system locks on files: a process that dies lets go of them.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

from filelock import FileLock, Timeout

from nba_assets.stores.warehouse import WarehouseLocked

# Seconds that a run waits for its turn; a step of a backfill takes less than a minute.
RUN_PATIENCE = 3600.0
POLL, TRY, REPORT_EVERY = 0.05, 0.2, 30.0
Log = Callable[[str], object]


class HomeLock:
    """The locks of a home folder.

    A writer holds `writing.lock`. A scheduled run keeps `urgent.lock` from its first step until its process ends, and nobody
    else starts to write while it does: so it goes before the next step of a backfill, not after all of them.

    Args:
        home: the folder; made on first use.
        timeout: seconds that a command waits before it is refused.
    """

    def __init__(self, home: Path, timeout: float) -> None:
        """Remember which; nothing is locked yet."""
        self._home, self._timeout = home, timeout
        # One object per file and process, so that a step inside a command that holds the lock does not wait for itself.
        self._command, self._writing, self._urgent = (
            FileLock(home / f"{name}.lock", is_singleton=True) for name in ("running", "writing", "urgent")
        )
        self._holder = home / "writing.json"

    @contextmanager
    def command(self, name: str) -> Iterator[None]:
        """Keep other long commands out: two that cover the same dates would undo each other's work.

        Raises:
            WarehouseLocked: another one is at work, and still was after the time that settings allow.
        """
        self._home.mkdir(parents=True, exist_ok=True)
        try:
            with self._command.acquire(timeout=self._timeout):
                yield
        except Timeout as error:
            message = f"another command is at work on {self._home} (waited {self._timeout:g} s for {name})"
            raise WarehouseLocked(message, remedy="try again when it is done") from error

    @contextmanager
    def writing(
        self, name: str, *, urgent: bool = False, patience: float | None = None, log: Log | None = None
    ) -> Iterator[None]:
        """Be the only writer of the home for a block; within it the same thread may ask again.

        Args:
            name: of the command or step, shown to those who wait.
            urgent: go before everybody who is not, from now until the process ends or `end_urgency`.
            patience: seconds to wait; None: as the settings allow.
            log: called every half minute with who is waited for.

        Raises:
            WarehouseLocked: somebody else is still writing after that time; it names them.
        """
        if self._writing.is_locked:
            yield
            return
        self._home.mkdir(parents=True, exist_ok=True)
        self._wait(name, self._timeout if patience is None else patience, log, urgent=urgent)
        try:
            self._record(name)
            yield
        finally:
            self._let_go()

    @contextmanager
    def released(self, name: str, log: Log | None = None) -> Iterator[None]:
        """Let others write, urgent or not, during a block in which a writer computes; then wait for one's turn."""
        if not self._writing.is_locked:
            yield
            return
        urgent = self._urgent.is_locked
        self._let_go()
        self.end_urgency()
        try:
            yield
        finally:
            self._wait(name, RUN_PATIENCE, log, urgent=urgent)
            self._record(name)

    def end_urgency(self) -> None:
        """Let others write again after an urgent run in a process that goes on."""
        self._urgent.release(force=True)

    def holder(self) -> str:
        """Return who writes now, for messages."""
        try:
            held = json.loads(self._holder.read_text())
            return f"{held['name']} (process {held['pid']}, since {held['since']})"
        except (OSError, ValueError, KeyError):
            return "another process"

    def _wait(self, name: str, patience: float, log: Log | None, *, urgent: bool) -> None:
        """Wait for one's turn; an urgent writer announces itself first, and from then on nobody else begins."""
        began, reported = monotonic(), 0.0
        announced = not urgent or self._urgent.is_locked
        while not (announced and self._take_turn()):
            announced = announced or _acquired(self._urgent)
            waited = monotonic() - began
            if log and announced and waited >= reported:
                log(f"{name} waits for {self.holder()}")
                reported = waited + REPORT_EVERY
            if waited >= patience:
                message = f"{self.holder()} is writing {self._home}; {name} waited {patience:g} s"
                raise WarehouseLocked(message, remedy="try again when it is done")

    def _take_turn(self) -> bool:
        """Become the writer if nobody is, and nobody more urgent wants to be. Waits a moment if not."""
        if self._urgent.is_locked:
            return _acquired(self._writing)
        # Who is not urgent holds the urgent lock for an instant and waits without it, so that an urgent writer gets in.
        if not _acquired(self._urgent):
            return False
        try:
            if _acquired(self._writing, timeout=0):
                return True
        finally:
            self._urgent.release()
        sleep(TRY)
        return False

    def _record(self, name: str) -> None:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        self._holder.write_text(json.dumps({"name": name, "pid": os.getpid(), "since": since}))

    def _let_go(self) -> None:
        # Who waited in vain for a turn after `released` holds nothing; the note is then another writer's.
        if self._writing.is_locked:
            self._holder.unlink(missing_ok=True)
            self._writing.release()


def _acquired(lock: FileLock, timeout: float = TRY) -> bool:
    try:
        lock.acquire(timeout=timeout, poll_interval=POLL)
    except Timeout:
        return False
    return True
