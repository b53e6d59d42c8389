"""What a long command shows: a bar with the time left on a terminal, plain lines with the seconds so far in a log."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from nba_assets.cli.printing import console


class Lines:
    """Prints lines with the seconds since the start; no bar."""

    def __init__(self) -> None:
        """Start the clock."""
        self._began = monotonic()

    def line(self, text: str) -> None:
        """Print one line."""
        console().print(f"{monotonic() - self._began:7.1f} s  {text}")

    def plan(self, seconds: float) -> None:
        """Show nothing."""

    def advance(self, seconds: float) -> None:
        """Show nothing."""


class Bar(Lines):
    """Prints the same lines above a bar with the estimated time left."""

    def __init__(self, progress: Progress) -> None:
        """Show no bar before there is a plan."""
        super().__init__()
        self._progress = progress
        self._task: TaskID | None = None

    def plan(self, seconds: float) -> None:
        """Show the bar."""
        self._task = self._progress.add_task("", total=seconds)

    def advance(self, seconds: float) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.advance(self._task, seconds)


@contextmanager
def reporting() -> Iterator[Lines]:
    """Give what reports: a bar on a terminal, lines elsewhere."""
    if not console().is_terminal:
        yield Lines()
        return
    left = (TextColumn("· left"), TimeRemainingColumn())
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("·"), TimeElapsedColumn(), *left)
    # Estimates come from the whole run so far: its steps differ in speed.
    with Progress(*columns, console=console(), speed_estimate_period=3600, transient=True) as progress:
        yield Bar(progress)
