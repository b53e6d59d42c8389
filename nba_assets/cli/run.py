"""Commands that run the graph: `backfill`, `predict`, `grade`, `verify-no-leak` and `dev`."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nba_assets.cli.common import (
    DAY,
    CommandError,
    DayArgument,
    FormatOption,
    HomeOption,
    JsonOption,
    errors,
    form_of,
    opened,
    running,
)
from nba_assets.cli.printing import Format, say, show

if TYPE_CHECKING:
    import polars as pl

commands = typer.Typer()

SHOWN_ROWS = 25


class SourceName(StrEnum):
    """The sources there are."""

    simulated = "simulated"
    archive = "archive"
    nba_stats = "nba_stats"


class Compared(StrEnum):
    """What a scenario compares."""

    points = "points"
    minutes = "minutes"
    projections = "projections"


@commands.command()
def backfill(
    context: typer.Context,
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help="first game date to predict")],
    last: Annotated[datetime, typer.Option("--to", formats=DAY, help="last game date")],
    source: Annotated[SourceName | None, typer.Option(help="where facts come from")] = None,
    path: Annotated[Path | None, typer.Option(help="folder of the archive source")] = None,
    seed: Annotated[int | None, typer.Option(help="seed of the simulated league")] = None,
    seasons: Annotated[int | None, typer.Option(help="number of simulated seasons, 2022-23 the first")] = None,
    home: HomeOption = None,
) -> None:
    """Take a range of dates from facts to graded predictions; run again, it gives the same."""
    archive = path.resolve() if path else None
    chosen = {"source": source and source.value, "archive_path": archive, "seed": seed, "seasons": seasons}
    with running(home or context.obj, **chosen) as runner:
        from nba_assets.calendar import Dates
        from nba_assets.cli.reports import summarise
        from nba_assets.home import Home

        dates = Dates(first.date(), last.date())
        runner.backfill(dates)
        timing = runner.timing
        say(
            f"done: {timing.work:.0f} s of work and {timing.total - timing.work:.0f} s of Dagster's records"
            f" ({timing.bookkeeping_ms:.1f} ms per asset and date, {timing.recorded:,} of them)"
        )
        summarise(Home(runner.settings), dates)


@commands.command()
def predict(
    context: typer.Context,
    day: DayArgument = None,
    out: Annotated[list[str] | None, typer.Option(help="what if this player sits? may be given again")] = None,
    of: Annotated[Compared | None, typer.Option(help="with --out: what is compared [points]")] = None,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Predict a slate (default: today in New York) with all enabled models from what is known, and print it.

    With --out nothing is run and nothing is stored: the slate is predicted once more as if the player were out.
    """
    slate = day.date() if day else _today()
    if out:
        with opened(context, home, briefly=False) as found:
            from nba_assets.cli.reports import scenario

            _show_slate(scenario(found, slate, out, of or Compared.points), form)
        return
    if of:
        with errors():
            raise CommandError("--of is of what --out compares; name a player with --out")
    with running(home or context.obj) as runner:
        from nba_assets.cli.reports import newest_predictions, side_by_side
        from nba_assets.home import Home

        runner.predict(slate)
        rows = newest_predictions(Home(runner.settings), slate)
        if rows.is_empty():
            remedy = "`nba-assets status` shows what there is"
            raise CommandError(f"no predictions for {slate}: no games, or no bundle yet", date=slate, remedy=remedy)
        _show_slate(side_by_side(rows) if form is Format.table else rows, form)


def _show_slate(found: "pl.DataFrame", form: Format) -> None:
    if form is Format.table and found.height > SHOWN_ROWS:
        say(f"the first {SHOWN_ROWS} of {found.height} rows; --format csv prints all of them")
    show(found.head(SHOWN_ROWS) if form is Format.table else found, form)


@commands.command()
def grade(context: typer.Context, day: DayArgument = None, form: FormatOption = Format.table, home: HomeOption = None) -> None:
    """Grade the predictions of a date (default: yesterday in New York), and print their errors."""
    date_played = day.date() if day else _today() - timedelta(days=1)
    with running(home or context.obj) as runner:
        from nba_assets.calendar import Dates
        from nba_assets.cli.evaluate import SeasonType, show_evaluation
        from nba_assets.home import Home

        runner.grade(date_played)
        show_evaluation(Home(runner.settings), Dates(date_played, date_played), SeasonType.all, form)


@commands.command("verify-no-leak")
def verify_no_leak(
    context: typer.Context,
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="first game date")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="last game date")] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Check that nothing has seen what it could not know (default: the newest season); exit with 1 if something has."""
    with errors():
        import polars as pl

        from nba_assets.calendar import Dates
        from nba_assets.cli.progress import Lines
        from nba_assets.evaluation.verification.verdicts import Examined
        from nba_assets.evaluation.verification.verify import last_season, verify
        from nba_assets.home import open_home
        from nba_assets.orchestration.factory import cutoff_dates

        found, report = open_home(home or context.obj), Lines()
        newest, settings = last_season(found.warehouse), found.settings
        if newest is None:
            raise CommandError("no features to check yet", remedy="`nba-assets backfill` makes some")
        dates = Dates(first.date() if first else newest.first, last.date() if last else newest.last)
        derives, told = settings.source == "archive", settings.archive_noon == "told"
        windows = cutoff_dates(settings.cutoff_cron)
        examined = Examined(found.warehouse, found.artifacts, dates, windows, settings.exposure, derives, told)
        report.line(f"verify {dates}")
        verdicts = []
        with found.lock.command("verify-no-leak"):
            for verdict in verify(examined):
                verdicts.append(verdict)
                report.line(f"{'passed' if verdict.passed else 'FAILED'}  {verdict.check}")
        show(pl.DataFrame([{"passed": verdict.passed, **asdict(verdict)} for verdict in verdicts]), form_of(as_json=as_json))
        if failed := [verdict.check for verdict in verdicts if not verdict.passed]:
            raise CommandError(f"{len(failed)} of {len(verdicts)} checks failed: {'; '.join(failed)}")


@commands.command()
def dev(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="port of the UI on this machine")] = 3000,
    home: HomeOption = None,
) -> None:
    """Open the Dagster UI on the home folder's data; Ctrl-C ends it."""
    with errors():
        from nba_assets.orchestration.instance import serve
        from nba_assets.settings import load_settings

        serve(load_settings(home or context.obj), port)


def _today() -> date:
    from nba_assets.calendar import EASTERN

    return datetime.now(EASTERN).date()
