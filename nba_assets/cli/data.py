"""Commands about stored data: `sql`, `status`, `fingerprint`, `migrate` and `export-archive`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from nba_assets.cli.common import FormatOption, HomeOption, JsonOption, form_of, opened
from nba_assets.cli.printing import Format, say, show

commands = typer.Typer()


@commands.command()
def sql(
    context: typer.Context,
    statement: Annotated[str, typer.Argument(help="GoogleSQL: a query, or INSERT, UPDATE, DELETE")],
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Run GoogleSQL on the warehouse, all statements in one transaction."""
    with opened(context, home, briefly=False) as found:
        show(found.sql(statement), form)


@commands.command()
def status(context: typer.Context, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Print what the home folder holds: rows and dates of each table."""
    with opened(context, home) as found:
        import polars as pl

        from nba_assets.tables import TABLES

        say(f"home {found.settings.home} · source {found.settings.source}")
        rows = [{"table": table.qualified, **found.warehouse.summary(table)._asdict()} for table in TABLES.values()]
        show(pl.DataFrame(rows), form_of(as_json=as_json))


@commands.command()
def fingerprint(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="print a JSON object")] = False,
    home: HomeOption = None,
) -> None:
    """Print a hash of each table's content; equal content has equal hashes, on any machine."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.stores.fingerprint import fingerprint as fingerprint_of
        from nba_assets.tables import TABLES

        hashes = {name: fingerprint_of(found.warehouse.read(table), table) for name, table in TABLES.items()}
        if as_json:
            print(json.dumps(hashes, indent=2))
        else:
            for name, value in hashes.items():
                print(f"{value}  {name}")


@commands.command()
def migrate(context: typer.Context, home: HomeOption = None) -> None:
    """Add the tables, columns and views that an older home lacks; the embedded default does so by itself."""
    with opened(context, home, writing="migrate", briefly=False) as found:
        for line in found.warehouse.migrate() or ["nothing to do: the home has every table, column and view"]:
            say(line)


@commands.command("export-archive")
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="folder to write; files of the same name are replaced")],
    home: HomeOption = None,
) -> None:
    """Write the facts as an archive folder, which the source `archive` reads."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.sources.export import export_archive
        from nba_assets.tables import facts

        for name, rows in export_archive(found.warehouse.read, found.warehouse.seasons(facts.SCHEDULE_NOTICES), folder):
            say(f"{name}: {rows:,} rows")
