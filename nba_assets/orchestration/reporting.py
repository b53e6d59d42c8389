"""What a run tells a person about its progress."""

from typing import Protocol


class Reporter(Protocol):
    """What a runner reports to a person."""

    def line(self, text: str) -> None:
        """Print one line."""
        ...

    def plan(self, seconds: float) -> None:
        """Announce how long everything may take."""
        ...

    def advance(self, seconds: float) -> None:
        """Announce that so many of the planned seconds are done."""
        ...


class Silent:
    """A reporter that prints nothing."""

    def line(self, text: str) -> None:
        """Print nothing."""

    def plan(self, seconds: float) -> None:
        """Announce nothing."""

    def advance(self, seconds: float) -> None:
        """Announce nothing."""
