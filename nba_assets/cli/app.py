"""The command line: `nba-assets …`. Data goes to standard output, everything else to standard error."""

import json
from dataclasses import asdict
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from nba_assets.calendar import EASTERN, Dates
from nba_assets.cli.common import CommandError, FormatOption, HomeOption, JsonOption, errors, form_of, reporter, running
from nba_assets.cli.evaluate import evaluate, show_evaluation
from nba_assets.cli.models import models
from nba_assets.cli.points import points
from nba_assets.cli.printing import Format, log, show
from nba_assets.cli.reports import (
    SeasonType,
    holdings,
    newest_predictions,
    side_by_side,
    sitting_out,
)
from nba_assets.cli.usage import usage
from nba_assets.evaluation.realism import compared, distributions, figures, newest_whole_seasons
from nba_assets.evaluation.verification import last_season, verify
from nba_assets.home import Home, open_home
from nba_assets.orchestration.locks import alone
from nba_assets.settings import load_settings
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.export import League, export_archive, write_truth
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.fingerprint import fingerprint as fingerprint_of
from nba_assets.tables import TABLES, facts

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(evaluate, name="evaluate")
app.add_typer(models, name="models")
app.add_typer(points, name="points")
app.add_typer(usage, name="usage")

SHOWN_ROWS = 25
DayArgument = Annotated[datetime | None, typer.Argument(formats=["%Y-%m-%d"])]


class SourceName(StrEnum):
    """The sources there are."""

    simulated = "simulated"
    archive = "archive"


@app.callback()
def main(context: typer.Context, home: HomeOption = None) -> None:
    """NBA forecasting as one Dagster asset graph."""
    context.obj = home


@app.command()
def backfill(
    context: typer.Context,
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="first game date to predict")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="last game date")],
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
        runner.backfill(Dates(first.date(), last.date()))
        effort = runner.effort
        log.print(
            f"done: {effort.work:.0f} s of work and {effort.total - effort.work:.0f} s of Dagster's bookkeeping"
            f" ({effort.bookkeeping_ms:.1f} ms an asset and date, {effort.recorded:,} of them)"
        )


@app.command()
def predict(
    context: typer.Context,
    day: DayArgument = None,
    out: Annotated[list[str] | None, typer.Option(help="what if he sits: a player's name; may be given again")] = None,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Predict a slate (default: today in New York) with all enabled models from what is known, and print it.

    With --out nothing is run and nothing is stored: the slate is predicted once more as if he were out.
    """
    slate = day.date() if day else _today()
    if out:
        with errors():
            _show_slate(sitting_out(open_home(home or context.obj), slate, out), form)
        return
    with running(home or context.obj) as runner:
        runner.predict(slate)
        found = newest_predictions(Home(runner.settings), slate)
        if found.is_empty():
            raise CommandError(
                f"no predictions for {slate}: no games, or no bundle yet; `nba-assets status` shows what there is"
            )
        _show_slate(side_by_side(found) if form is Format.table else found, form)


def _show_slate(found: pl.DataFrame, form: Format) -> None:
    if form is Format.table and found.height > SHOWN_ROWS:
        log.print(f"the first {SHOWN_ROWS} of {found.height} rows; --format csv has them all")
    show(found.head(SHOWN_ROWS) if form is Format.table else found, form)


@app.command()
def grade(context: typer.Context, day: DayArgument = None, form: FormatOption = Format.table, home: HomeOption = None) -> None:
    """Grade the predictions of a date (default: yesterday in New York), and print their errors."""
    date_played = day.date() if day else _today() - timedelta(days=1)
    with running(home or context.obj) as runner:
        runner.grade(date_played)
        show_evaluation(Home(runner.settings), Dates(date_played, date_played), SeasonType.all, form)


@app.command("verify-no-leak")
def verify_no_leak(
    context: typer.Context,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first game date")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="last game date")] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Check that nothing has seen what it could not know (default: the newest season); exit with 1 if something has."""
    with errors():
        opened, report = open_home(home or context.obj), reporter()
        newest = last_season(opened.warehouse)
        if newest is None:
            raise CommandError("no features to check yet; `nba-assets backfill` makes some")
        dates = Dates(first.date() if first else newest.first, last.date() if last else newest.last)
        report(f"verify {dates}")
        verdicts = []
        with alone(opened.settings):
            for verdict in verify(opened.warehouse, opened.artifacts, dates):
                verdicts.append(verdict)
                report(f"{'passed' if verdict.passed else 'FAILED'}  {verdict.check}")
        show(pl.DataFrame([{"passed": verdict.passed, **asdict(verdict)} for verdict in verdicts]), form_of(as_json=as_json))
        if failed := [verdict.check for verdict in verdicts if not verdict.passed]:
            raise CommandError(f"{len(failed)} of {len(verdicts)} checks failed: {'; '.join(failed)}")


@app.command()
def sql(
    context: typer.Context,
    statement: Annotated[str, typer.Argument(help="GoogleSQL: a query, or INSERT, UPDATE, DELETE")],
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Run GoogleSQL on the warehouse, all statements in one transaction."""
    with errors():
        show(open_home(home or context.obj).sql(statement), form)


@app.command()
def fingerprint(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="print a JSON object")] = False,
    home: HomeOption = None,
) -> None:
    """Print a hash of each table's content; equal content has equal hashes, on any machine."""
    with errors():
        warehouse = open_home(home or context.obj).warehouse
        hashes = {name: fingerprint_of(warehouse.read(table), table) for name, table in TABLES.items()}
        if as_json:
            print(json.dumps(hashes, indent=2))
        else:
            for name, value in hashes.items():
                print(f"{value}  {name}")


@app.command()
def status(
    context: typer.Context,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Print what the home folder holds: rows and dates of each table."""
    with errors():
        opened = open_home(home or context.obj)
        log.print(f"home {opened.settings.home} · source {opened.settings.source}")
        show(holdings(opened), form_of(as_json=as_json))


@app.command("export-archive")
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="folder to write; files of the same name are replaced")],
    home: HomeOption = None,
) -> None:
    """Write the facts as an archive folder, which the source `archive` reads."""
    with errors():
        warehouse = open_home(home or context.obj).warehouse
        for name, rows in export_archive(warehouse.read, warehouse.seasons(facts.SCHEDULE_NOTICES), folder):
            log.print(f"{name}: {rows:,} rows")


@app.command()
def simulate(
    seasons: Annotated[int, typer.Option(min=1, max=30, help="how many")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="of the league: the same seed gives the same league")] = 7,
    first_season: Annotated[int, typer.Option(min=2018, max=2040, help="start year of the first season")] = 2022,
    truth: Annotated[
        Path | None, typer.Option(help="folder for what the league was expected to do; models never see it")
    ] = None,
    archive: Annotated[
        Path | None, typer.Option(help="folder for its games, in the layout that --source archive reads")
    ] = None,
    compare: Annotated[Path | None, typer.Option(help="archive of real games to lay figures beside")] = None,
    picture: Annotated[Path | None, typer.Option(help="PNG file for distributions beside those of --compare")] = None,
    replays: Annotated[int, typer.Option(min=1, help="of each game, for what was expected of it before it began")] = 24,
    form: FormatOption = Format.table,
) -> None:
    """Simulate a league; write its truth and its games, or lay it beside real ones. A home's league has the same seed."""
    with errors():
        if not (truth or archive or compare):
            raise CommandError("nothing to do: name a folder with --truth DIR, --archive DIR or --compare DIR")
        if picture and not compare:
            raise CommandError("--picture shows real games too; name them with --compare DIR")
        report = reporter()
        real = newest_whole_seasons(ArchiveSource(compare)) if compare else None
        league = SimulatedSource(seed, first_season, seasons, expect=truth is not None)
        spans = league.seasons()
        report(f"played {', '.join(span.season for span in spans)}")
        if archive:
            for name, rows in export_archive(league.whole, spans, archive):
                report(f"{archive / name}: {rows:,} rows")
        if truth:
            told = League(seed, first_season, seasons, replays)
            for name, rows in write_truth(told, league.truth(replays), truth):
                report(f"{truth / name}.parquet: {rows:,} rows")
        if real is not None:
            simulated = league.whole(facts.BOX_SCORES)
            show(compared(figures(simulated), figures(real)), form)
            if picture:
                picture.write_bytes(distributions(simulated, real).png)


@app.command()
def dev(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="port of the UI on this machine")] = 3000,
    home: HomeOption = None,
) -> None:
    """Open the Dagster UI on the home folder's data; Ctrl-C ends it."""
    with errors():
        from nba_assets.orchestration.instance import serve

        serve(load_settings(home or context.obj), port)


def _today() -> date:
    return datetime.now(EASTERN).date()


if __name__ == "__main__":
    app()
