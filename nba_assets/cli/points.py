"""`nba-assets points …`: training by hand."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from nba_assets.calendar import FIRST_GAME_DATE, Dates
from nba_assets.cli.common import CommandError, FormatOption, HomeOption, errors, range_of, reporter
from nba_assets.cli.printing import Format, log, show
from nba_assets.home import open_home
from nba_assets.modelling.learners import LIBRARIES
from nba_assets.points.acceptance import verdicts
from nba_assets.points.ad_hoc import compare as compare_trainings
from nba_assets.points.ad_hoc import known_rows, make, spec_of
from nba_assets.points.fit import window
from nba_assets.registry.rules import TRAINED_HERE
from nba_assets.stores.files import write_bytes

points = typer.Typer(no_args_is_help=True, help="Training of points models by hand.")

# The first two months of the backfill: a small start, beside everything up to a cutoff.
INITIAL = Dates(date(2021, 11, 1), date(2021, 12, 31))
ModelArgument = Annotated[str, typer.Argument(metavar="MODEL", help="as 'xgboost_v1', or a new one as 'catboost_v9'")]
LibraryOption = Annotated[str | None, typer.Option(help="catboost, lightgbm or xgboost [as the model's name begins]")]
FeaturesOption = Annotated[str | None, typer.Option(help="feature version [that of the model, if it is one of ours]")]
MarketOption = Annotated[str | None, typer.Option(help="what is predicted [that of the model, else player_points]")]


@points.callback()
def main(context: typer.Context, home: HomeOption = None) -> None:
    """Training of points models by hand."""
    context.obj = home or context.obj


@points.command()
def train(
    context: typer.Context,
    model_id: ModelArgument,
    start: Annotated[datetime, typer.Option("--start-date", formats=["%Y-%m-%d"], help="first game date to learn from")],
    end: Annotated[datetime, typer.Option("--end-date", formats=["%Y-%m-%d"], help="last game date to learn from")],
    features: FeaturesOption = None,
    library: LibraryOption = None,
    market: MarketOption = None,
    out: Annotated[Path, typer.Option(help="folder for the file")] = Path(),
    upload: Annotated[
        bool, typer.Option("--upload", help="put the file into the artifact store too, or where --to says")
    ] = False,
    to: Annotated[str | None, typer.Option("--to", help="gs:// URL or folder of the upload [the artifact store]")] = None,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Train a model on a range of dates, write its file, and judge it on the last fifth of the dates, fitted without them."""
    with errors():
        opened, spec, report = open_home(home or context.obj), spec_of(model_id, library, features, market), reporter()
        dates = range_of(start, end)
        data = known_rows(opened.warehouse, dates, spec.market)
        report(
            f"{model_id}: {spec.library}, {len(spec.features)} features, {data.rows.height:,} rows; the last fifth is held out"
        )
        made = make(spec, data, lambda rounds, error: report(f"{rounds:5} trees: error on the rows held out {error:.4f}"))
        trained = window(data.rows)
        report(f"{made.rounds} trees are best; fitted on all {trained.row_count:,} rows, {dates}")
        ending = LIBRARIES[spec.library].formats[0]
        name = f"{model_id}_{len(spec.features)}features_{datetime.now(UTC):%Y%m%d_%H%M%S}.{ending}"
        for folder in (str(out.resolve()), *((to or str(opened.artifacts.root / "models"),) if upload else ())):
            write_bytes(f"{folder.rstrip('/')}/{name}", made.file)
            report(f"wrote {folder.rstrip('/')}/{name}")
        show(verdicts({f"up to {trained.last_game_date}": made.outcome}), form)
        options = f"--features {spec.feature_version} --market {spec.market} --training-start {trained.first_game_date}"
        options += f" --training-end {trained.last_game_date} --training-rows {trained.row_count}"
        options += f" --library-version {LIBRARIES[spec.library].version}"
        # Ours are registered already, and are trained at every cutoff.
        new_id = Path(name).stem if model_id in TRAINED_HERE else model_id
        log.print(f"to let it predict: nba-assets models register {out / name} --model-id {new_id} {options}", soft_wrap=True)


@points.command()
def compare(
    context: typer.Context,
    model_id: ModelArgument,
    end: Annotated[datetime, typer.Option("--end-date", formats=["%Y-%m-%d"], help="last game date of the larger training")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="last of the later game dates")],
    features: FeaturesOption = None,
    library: LibraryOption = None,
    market: MarketOption = None,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Train on the first two months and on everything, and judge both on the same later games, beside a leaky twin."""
    with errors():
        opened, spec = open_home(home or context.obj), spec_of(model_id, library, features, market)
        trainings = {f"initial {INITIAL}": INITIAL, f"production … {end:%Y-%m-%d}": Dates(FIRST_GAME_DATE, end.date())}
        if end.date() <= INITIAL.last:
            raise CommandError(f"--end-date {end:%Y-%m-%d} is not after {INITIAL.last}, where the smaller training ends")
        later = known_rows(opened.warehouse, range_of(end + timedelta(days=1), last), spec.market).rows
        if later.is_empty():
            raise CommandError(f"no games with results after {end:%Y-%m-%d} up to {last:%Y-%m-%d}")
        sets = {name: known_rows(opened.warehouse, dates, spec.market) for name, dates in trainings.items()}
        show(verdicts(compare_trainings(spec, sets, later)), form)
