"""What commands share: a runner that reports, and expected errors as one line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nba_assets.calendar import EASTERN, Dates
from nba_assets.cli.printing import Format, log
from nba_assets.evaluation.realism import NoWholeSeasonError
from nba_assets.evaluation.verification import NothingToVerifyError
from nba_assets.forecasting.scenarios import NobodyError
from nba_assets.modelling.distributions import TooFewResidualsError
from nba_assets.modelling.learners import ModelFileError
from nba_assets.points.ad_hoc import SpecError
from nba_assets.points.fit import TooFewRowsError
from nba_assets.registry.service import RegistryError
from nba_assets.settings import SettingsError, load_settings
from nba_assets.sources.protocol import SourceError
from nba_assets.stores.artifacts import ArtifactError
from nba_assets.stores.database import DatabaseError
from nba_assets.stores.googlesql import SqlError
from nba_assets.stores.warehouse import WarehouseError
from nba_assets.tables.contracts import ContractError
from nba_assets.usage.effects import CoefficientError

if TYPE_CHECKING:
    from nba_assets.orchestration.runner import Runner

INTERRUPTED = 130
HomeOption = Annotated[Path | None, typer.Option("--home", help="folder of all state [NBA_ASSETS_HOME, .nba_assets]")]
FormatOption = Annotated[Format, typer.Option("--format", help="how the result is printed")]
FirstOption = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="first game date")]
LastOption = Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="last game date")]
JsonOption = Annotated[bool, typer.Option("--json", help="print a JSON list")]


class CommandError(Exception):
    """A command that cannot do what it was asked: says why, and what to do."""


EXPECTED = (
    SourceError,
    WarehouseError,
    ContractError,
    SqlError,
    ArtifactError,
    SettingsError,
    RegistryError,
    NobodyError,
    SpecError,
    ModelFileError,
    TooFewResidualsError,
    TooFewRowsError,
    NothingToVerifyError,
    NoWholeSeasonError,
    DatabaseError,
    CoefficientError,
    CommandError,
    OSError,
)


@contextmanager
def errors() -> Iterator[None]:
    """Print an expected error as one line and exit with 1; after Ctrl-C exit with 130."""
    try:
        yield
    except EXPECTED as error:
        log.print(f"error: {error}", style="red")
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        log.print("interrupted: nothing partial is left; run the same command again to go on")
        raise typer.Exit(INTERRUPTED) from error


@contextmanager
def running(home: Path | None, **chosen: object) -> Iterator["Runner"]:
    """A runner of a home folder that reports to standard error."""
    with errors():
        from nba_assets.orchestration.runner import RunError, Runner

        try:
            runner = Runner(load_settings(home, **chosen), reporter())
            yield runner
            if runner.errors:
                raise CommandError(f"finished, but for what these checks found: {', '.join(runner.errors)}")
        except RunError as error:
            raise CommandError(str(error)) from error


def reporter() -> Callable[[str], None]:
    """Return what prints a line with the seconds since now."""
    began = datetime.now(EASTERN)

    def report(line: str) -> None:
        seconds = (datetime.now(EASTERN) - began).total_seconds()
        log.print(f"{seconds:7.1f} s  {line}")

    return report


def form_of(*, as_json: bool) -> Format:
    """Return how a result is printed."""
    return Format.json if as_json else Format.table


def range_of(first: datetime, last: datetime) -> Dates:
    """Return the range of game dates that options name. Raises CommandError if it ends before it begins."""
    if first > last:
        raise CommandError(f"the first date, {first:%Y-%m-%d}, is after the last, {last:%Y-%m-%d}")
    return Dates(first.date(), last.date())
