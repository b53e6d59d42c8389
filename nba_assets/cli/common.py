"""What commands share: options, a runner that reports, and expected errors as one line. Imports nothing heavy."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nba_assets.cli.printing import Format, say
from nba_assets.errors import NbaAssetsError

if TYPE_CHECKING:
    from nba_assets.calendar import Dates
    from nba_assets.home import Home
    from nba_assets.orchestration.runner import Runner

INTERRUPTED = 130
DAY = ["%Y-%m-%d"]
HomeOption = Annotated[Path | None, typer.Option("--home", help="folder of all state [NBA_ASSETS_HOME, .nba_assets]")]
FormatOption = Annotated[Format, typer.Option("--format", help="how the result is printed")]
FirstOption = Annotated[datetime, typer.Option("--from", formats=DAY, help="first game date")]
LastOption = Annotated[datetime, typer.Option("--to", formats=DAY, help="last game date")]
DayArgument = Annotated[datetime | None, typer.Argument(formats=DAY)]
JsonOption = Annotated[bool, typer.Option("--json", help="print a JSON list")]


class CommandError(NbaAssetsError):
    """A command that cannot do what it was asked."""


@contextmanager
def errors() -> Iterator[None]:
    """Print an expected error as one line and exit with 1; after Ctrl-C exit with 130."""
    try:
        yield
    except (NbaAssetsError, OSError) as error:
        say(f"error: {error}", style="red")
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        say("interrupted: nothing partial is left; run the same command again to go on")
        raise typer.Exit(INTERRUPTED) from error


@contextmanager
def opened(context: typer.Context, home: Path | None, *, writing: str | None = None, briefly: bool = True) -> Iterator["Home"]:
    """Open the home that the command or its group names.

    Args:
        context: of the command.
        home: that it names.
        writing: name of a command that writes: it is the home's only writer meanwhile.
        briefly: whether the command is done in a moment, so that the warehouse may stay open for all of it; else runs
                could wait for it.
    """
    with errors():
        from nba_assets.home import open_home

        found = open_home(home or context.obj)
        # The lock first: whoever holds it needs the warehouse to get on.
        lock = found.lock.writing(writing) if writing else nullcontext()
        with lock, found.warehouse.session() if briefly else nullcontext():
            yield found


@contextmanager
def running(home: Path | None, **chosen: object) -> Iterator["Runner"]:
    """Give a runner of a home folder that reports to standard error; fail at the end if a check failed."""
    with errors():
        from nba_assets.cli.progress import reporting
        from nba_assets.orchestration.runner import Runner
        from nba_assets.settings import load_settings

        with reporting() as reporter:
            runner = Runner(load_settings(home, **chosen), reporter)
            yield runner
        if runner.errors:
            raise CommandError(f"finished, but these checks found faults: {', '.join(runner.errors)}")


def form_of(*, as_json: bool) -> Format:
    """Return how a result is printed."""
    return Format.json if as_json else Format.table


def range_of(first: datetime, last: datetime) -> "Dates":
    """Return the range of game dates that options name. Raises CommandError if it ends before it begins."""
    from nba_assets.calendar import Dates

    if first > last:
        raise CommandError(f"the first date, {first:%Y-%m-%d}, is after the last, {last:%Y-%m-%d}")
    return Dates(first.date(), last.date())
