"""`nba-assets evaluate …`: errors and distributions of graded predictions."""

from pathlib import Path
from typing import Annotated

import typer

from nba_assets.calendar import Dates
from nba_assets.cli.common import CommandError, FirstOption, HomeOption, JsonOption, LastOption, errors, form_of, range_of
from nba_assets.cli.printing import Format, show
from nba_assets.cli.reports import SeasonType, evaluation, gap, shortened, spread
from nba_assets.home import Home, open_home
from nba_assets.sources.export import read_league

evaluate = typer.Typer(no_args_is_help=True, help="Errors beside baselines, line and floor on the same rows.")

SeasonOption = Annotated[SeasonType, typer.Option(help="part of the season")]


@evaluate.callback()
def main(context: typer.Context, home: HomeOption = None) -> None:
    """Errors beside baselines, line and floor on the same rows."""
    context.obj = home or context.obj


@evaluate.command()
def points(
    context: typer.Context,
    first: FirstOption,
    last: LastOption,
    season_type: SeasonOption = SeasonType.all,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Evaluate graded points predictions of a range of dates, a row a model, decision and population."""
    with errors():
        show_evaluation(open_home(home or context.obj), range_of(first, last), season_type, form_of(as_json=as_json))


@evaluate.command()
def intervals(
    context: typer.Context,
    first: FirstOption,
    last: LastOption,
    season_type: SeasonOption = SeasonType.all,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Evaluate the distributions: how often p10 to p90 holds the result, by expected minutes, and their score."""
    with errors():
        dates = range_of(first, last)
        found = spread(open_home(home or context.obj), dates, season_type)
        if found.is_empty():
            raise _nothing(dates)
        show(found, form_of(as_json=as_json))


@evaluate.command()
def truth(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="TRUTH", help="folder that `simulate --truth` wrote; it must be of the same seed")
    ],
    first: FirstOption,
    last: LastOption,
    season_type: SeasonOption = SeasonType.all,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Evaluate points predictions of a simulated league: the share of the gap between baseline and truth that they close."""
    with errors():
        opened, dates = open_home(home or context.obj), range_of(first, last)
        told, settings = read_league(folder), opened.settings
        if (settings.source, settings.seed, settings.first_season) != ("simulated", told.seed, told.first_season):
            held = f"source {settings.source}, seed {settings.seed}, first season {settings.first_season}"
            raise CommandError(f"{folder} is of seed {told.seed}, first season {told.first_season}; the home holds {held}")
        found = gap(opened, dates, season_type, folder)
        if found.is_empty():
            raise CommandError(f"no graded predictions in {dates}, or {folder} has fewer seasons")
        show(found, form_of(as_json=as_json))


def show_evaluation(home: Home, dates: Dates, season_type: SeasonType, form: Format) -> None:
    """Print errors of graded predictions; a table leaves out what does not fit on a screen."""
    figures = evaluation(home, dates, season_type)
    if figures.is_empty():
        raise _nothing(dates)
    show(shortened(figures) if form is Format.table else figures, form)


def _nothing(dates: Dates) -> CommandError:
    return CommandError(f"no graded predictions in {dates}: no games, or `nba-assets backfill` has not covered it yet")
