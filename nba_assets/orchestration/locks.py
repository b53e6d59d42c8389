"""Locks on a home folder."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from nba_assets.settings import Settings
from nba_assets.stores.warehouse import WarehouseLocked


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Keep other commands of a home out: two that write the same dates would undo each other's work.

    Raises:
        WarehouseLocked: another one is at work, and still was after the time that settings allow.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(settings.home / "running.lock", timeout=settings.lock_timeout):
            yield
    except Timeout as error:
        home, waited = settings.home, f"waited {settings.lock_timeout:g} s"
        raise WarehouseLocked(f"another command is at work on {home} ({waited}); try again when it is done") from error
