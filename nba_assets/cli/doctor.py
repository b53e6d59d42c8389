"""`nba-assets doctor`: is this deployment healthy, and what to do if not."""

import typer

from nba_assets.cli.common import CommandError, HomeOption, JsonOption, errors, form_of
from nba_assets.cli.printing import show

commands = typer.Typer()


@commands.command()
def doctor(context: typer.Context, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Check settings, rights, disk, clock, schema and freshness, each with its remedy; exit with 1 on a fault."""
    with errors():
        import polars as pl

        from nba_assets.orchestration.health import FAULT, checks
        from nba_assets.settings import load_settings

        found = list(checks(load_settings(home or context.obj)))
        show(pl.DataFrame([check._asdict() for check in found]), form_of(as_json=as_json))
        if faults := [check.check for check in found if check.state == FAULT]:
            raise CommandError(f"{len(faults)} of {len(found)} checks found a fault: {', '.join(faults)}")
