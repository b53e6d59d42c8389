"""Commands of homes that ask sites: `fetch`, `reparse` and `raw`."""

from datetime import date, datetime
from typing import Annotated

import typer

from nba_assets.cli.common import (
    CommandError,
    DayArgument,
    FirstOption,
    FormatOption,
    HomeOption,
    LastOption,
    errors,
    range_of,
    running,
)
from nba_assets.cli.printing import Format, say, show

commands = typer.Typer()
raw = typer.Typer(no_args_is_help=True, help="Responses of sites, as they were received.")


@commands.command()
def fetch(
    context: typer.Context,
    day: DayArgument = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="print what would be asked and what it costs; ask nothing")
    ] = False,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Ask sites for what is due for a date (default: today in New York), and keep what they answer."""
    from nba_assets.calendar import EASTERN, Dates

    asked_for = day.date() if day else datetime.now(EASTERN).date()
    with errors():
        from nba_assets.settings import load_settings

        if not load_settings(home or context.obj).is_live:
            remedy = "set NBA_ASSETS_SOURCE=nba_stats; docs/live.md"
            raise CommandError("this home asks no site: its source has all its facts", remedy=remedy)
    if not dry_run:
        with running(home or context.obj) as runner:
            runner.fetch(Dates(asked_for, asked_for))
        return
    with errors():
        _show_due(context, home, asked_for, form)


def _show_due(context: typer.Context, home: HomeOption, day: date, form: Format) -> None:
    import polars as pl

    from nba_assets.orchestration.build import build_source, now
    from nba_assets.settings import load_settings

    due = list(build_source(load_settings(home or context.obj)).due(day, now()))
    rows = [(each.source, each.endpoint, each.folder, each.subject, each.cost, each.public_url) for each in due]
    found = pl.DataFrame(rows, schema=["source", "endpoint", "folder", "subject", "credits", "url"], orient="row")
    # Addresses are long.
    show(found.drop("url") if form is Format.table else found, form)
    say(f"{len(due)} requests would be sent, for up to {sum(each.cost for each in due)} credits")


@commands.command()
def reparse(context: typer.Context, first: FirstOption, last: LastOption, home: HomeOption = None) -> None:
    """Read facts again from the responses that are kept, without network, with the league tables and features of them."""
    dates = range_of(first, last)
    with running(home or context.obj) as runner:
        runner.reparse(dates)


@raw.command("list")
def raw_list(context: typer.Context, form: FormatOption = Format.table, home: HomeOption = None) -> None:
    """Print how many responses of each endpoint are kept, and from when to when they are."""
    with errors():
        import polars as pl

        from nba_assets.orchestration.build_live import build_raw
        from nba_assets.settings import load_settings

        store = build_raw(load_settings(home or context.obj))
        rows = [(kept.source, kept.endpoint, kept.asked_at) for kept in store.everything()]
        kept = pl.DataFrame(rows, schema=["source", "endpoint", "asked_at"], orient="row")
        span = {"first": pl.col("asked_at").min(), "last": pl.col("asked_at").max()}
        show(kept.group_by("source", "endpoint").agg(responses=pl.len(), **span).sort("source", "endpoint"), form)


@raw.command("prune")
def raw_prune(context: typer.Context, home: HomeOption = None) -> None:
    """Delete repeated responses; the first of all that differ stay, and the newest."""
    with errors():
        from nba_assets.orchestration.build import build_lock
        from nba_assets.orchestration.build_live import build_raw
        from nba_assets.settings import load_settings

        settings = load_settings(home or context.obj)
        with build_lock(settings).writing("raw prune"):
            removed, total = build_raw(settings).prune()
        say(f"{removed:,} of {total:,} responses deleted")
