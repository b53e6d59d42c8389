"""`nba-assets evaluate …`: errors and distributions of graded predictions."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nba_assets.cli.common import (
    DAY,
    CommandError,
    FirstOption,
    HomeOption,
    JsonOption,
    LastOption,
    form_of,
    opened,
    range_of,
)
from nba_assets.cli.printing import Format, show

if TYPE_CHECKING:
    from nba_assets.calendar import Dates
    from nba_assets.home import Home

evaluate = typer.Typer(no_args_is_help=True, help="Errors beside baselines, line and oracle minutes on the same rows.")


# Of features whose coverage changes at a seam.
SHOWN_SHIFTS = 12


class SeasonType(StrEnum):
    """Parts of a season."""

    regular = "regular"
    playoffs = "playoffs"
    all = "all"


class Room(StrEnum):
    """What is compared with a simulated league's truth."""

    points = "points"
    minutes = "minutes"
    rates = "rates"


PictureOption = Annotated[Path | None, typer.Option(help="PNG file for a picture of minutes or rates-calibration")]
SeasonOption = Annotated[SeasonType, typer.Option(help="part of the season")]


@evaluate.callback()
def main(context: typer.Context, home: HomeOption = None) -> None:
    """Errors beside baselines, line and oracle minutes on the same rows."""
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
    """Evaluate graded predictions of a range of dates, one row per model, market, decision and population."""
    with opened(context, home, briefly=False) as found:
        show_evaluation(found, range_of(first, last), season_type, form_of(as_json=as_json))


def _command_of_rows(name: str, meaning: str) -> None:
    """Add a command that prints the rows of `cli.reports.OF_ROWS` for a range of dates."""

    @evaluate.command(name, help=meaning)
    def command(
        context: typer.Context,
        first: FirstOption,
        last: LastOption,
        season_type: SeasonOption = SeasonType.all,
        picture: PictureOption = None,
        as_json: JsonOption = False,
        home: HomeOption = None,
    ) -> None:
        with opened(context, home, briefly=False) as found:
            from nba_assets.cli import reports

            dates = range_of(first, last)
            rows = reports.OF_ROWS[name](found, dates, season_type)
            if rows.is_empty():
                raise _nothing(dates)
            if picture:
                if name not in reports.DRAWN:
                    raise CommandError(f"there is no picture of {name}; there are of {', '.join(reports.DRAWN)}")
                picture.write_bytes(reports.DRAWN[name](rows).png)
            show(rows, form_of(as_json=as_json))


_command_of_rows("intervals", "How often p10 to p90 holds the result, by expected minutes, and the distributions' score.")
_command_of_rows("differences", "Each model beside the best one on the rows of both: the difference of their errors.")
_command_of_rows("chances", "Reliability of the chance of the over: what happened, by tenths of what was said.")
_command_of_rows("minutes", "Minutes and chances to play by decision and expected minutes, beside simple baselines.")
_command_of_rows("rates", "Rates per minute by decision and target, beside each player's own shrunk rate.")
_command_of_rows("rates-calibration", "Reliability of rates at tip: what happened per 36 minutes, by tenths of what was said.")
_command_of_rows("roles", "Roles of players by season: how many keep theirs, and how steady they are under resampling.")
_command_of_rows("projections", "Projected box scores by decision and statistic, beside season average and exponential mean.")


@evaluate.command()
def report(
    context: typer.Context,
    first: FirstOption,
    last: LastOption,
    season_type: SeasonOption = SeasonType.all,
    market: Annotated[list[str] | None, typer.Option(help="which market; may be given again [all]")] = None,
    home: HomeOption = None,
) -> None:
    """Print the results as the pages show them, in Markdown: each figure with its population and interval."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.cli.reports import markdown

        dates = range_of(first, last)
        text = markdown(found, dates, season_type, market or [])
        if not text.strip():
            raise _nothing(dates)
        print(text, end="")


@evaluate.command()
def seam(
    context: typer.Context,
    at: Annotated[datetime | None, typer.Option(formats=DAY, help="first date of the later source [live_from]")] = None,
    days: Annotated[int, typer.Option(min=1, help="days that are looked at on each side")] = 30,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Compare the days before facts come from another source with those after: coverage of features, bias and error."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.calendar import Dates
        from nba_assets.evaluation.seam import coverage, errors, sides
        from nba_assets.tables.features import ML_FEATURE_STORE
        from nba_assets.tables.grades import GRADED_PREDICTIONS

        day = at.date() if at else found.settings.live_from
        if day is None:
            raise CommandError("this home has one source", remedy="--at DATE compares two parts of it all the same")
        before, after = sides(day, days).values()
        dates = Dates(before.first, after.last)
        figures = errors(found.warehouse.read(GRADED_PREDICTIONS, dates), day, days)
        if figures.is_empty():
            raise _nothing(dates)
        show(figures, form_of(as_json=as_json))
        if not as_json:
            shifts = coverage(found.warehouse.read(ML_FEATURE_STORE, dates), day, days)
            show(shifts.head(SHOWN_SHIFTS), Format.table)


@evaluate.command()
def truth(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="TRUTH", help="folder that `simulate --truth` wrote; it must be of the same seed")
    ],
    first: FirstOption,
    last: LastOption,
    season_type: SeasonOption = SeasonType.all,
    of: Annotated[Room, typer.Option(help="what is compared with the truth")] = Room.points,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Evaluate a simulated league against its truth: the share of the gap between baseline and truth that is closed."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.cli.reports import gap
        from nba_assets.sources.export import read_league

        dates, league, settings = range_of(first, last), read_league(folder), found.settings
        if (settings.source, settings.seed, settings.first_season) != ("simulated", league.seed, league.first_season):
            held = f"source {settings.source}, seed {settings.seed}, first season {settings.first_season}"
            raise CommandError(f"{folder} is of seed {league.seed}, first season {league.first_season}; the home holds {held}")
        rows = gap(found, dates, season_type, folder, of)
        if rows.is_empty():
            raise CommandError(f"no graded predictions in {dates}, or {folder} has fewer seasons")
        show(rows, form_of(as_json=as_json))


def show_evaluation(home: "Home", dates: "Dates", season_type: SeasonType, form: Format) -> None:
    """Print errors of graded predictions; a table leaves out what does not fit on a screen."""
    from nba_assets.cli.reports import evaluation, shortened

    figures = evaluation(home, dates, season_type)
    if figures.is_empty():
        raise _nothing(dates)
    show(shortened(figures) if form is Format.table else figures, form)


def _nothing(dates: "Dates") -> CommandError:
    message = f"no graded predictions in {dates}: no games, or `nba-assets backfill` has not covered it yet"
    return CommandError(message, date=dates.first)
