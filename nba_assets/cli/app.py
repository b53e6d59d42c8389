"""The command line: `nba-assets …`. Data goes to standard output, everything else to standard error."""

import typer

from nba_assets.cli import data, doctor, evaluate, lineups, models, points, rates, run, serve, simulate, sites, usage
from nba_assets.cli.common import HomeOption

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
for group in (run, serve, sites, data, doctor, simulate, lineups):
    app.registered_commands += group.commands.registered_commands
app.add_typer(evaluate.evaluate, name="evaluate")
app.add_typer(lineups.lineups, name="lineups")
app.add_typer(models.models, name="models")
app.add_typer(rates.minutes, name="minutes")
app.add_typer(points.points, name="points")
app.add_typer(rates.rates, name="rates")
app.add_typer(sites.raw, name="raw")
app.add_typer(usage.usage, name="usage")


@app.callback()
def main(context: typer.Context, home: HomeOption = None) -> None:
    """NBA forecasting as one Dagster asset graph."""
    context.obj = home


if __name__ == "__main__":
    app()
