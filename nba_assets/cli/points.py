"""`nba-assets points …`: ad-hoc training."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from nba_assets.cli.common import DAY, CommandError, FormatOption, HomeOption, opened, range_of
from nba_assets.cli.printing import Format, say, show

points = typer.Typer(no_args_is_help=True, help="Ad-hoc training of points models.")

# The first two months of the backfill: a small start, beside everything up to a cutoff.
INITIAL = (date(2021, 11, 1), date(2021, 12, 31))
ModelArgument = Annotated[str, typer.Argument(metavar="MODEL", help="as 'xgboost_v1', or a new one as 'catboost_v9'")]
LibraryOption = Annotated[str | None, typer.Option(help="catboost, lightgbm or xgboost [as the model's name begins]")]
FeaturesOption = Annotated[str | None, typer.Option(help="feature version [that of the model, if it is one of ours]")]
MarketOption = Annotated[str | None, typer.Option(help="what is predicted [that of the model, else player_points]")]


@points.callback()
def main(context: typer.Context, home: HomeOption = None) -> None:
    """Ad-hoc training of points models."""
    context.obj = home or context.obj


@points.command()
def train(
    context: typer.Context,
    model_id: ModelArgument,
    start: Annotated[datetime, typer.Option("--start-date", formats=DAY, help="first game date to learn from")],
    end: Annotated[datetime, typer.Option("--end-date", formats=DAY, help="last game date to learn from")],
    features: FeaturesOption = None,
    library: LibraryOption = None,
    market: MarketOption = None,
    out: Annotated[Path, typer.Option(help="folder for the file")] = Path(),
    upload: Annotated[
        bool, typer.Option("--upload", "--upload-gcs", help="put the file into the artifact store too, or where --to says")
    ] = False,
    to: Annotated[str | None, typer.Option("--to", help="gs:// URL or folder of the upload [the artifact store]")] = None,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Train a model on a range of dates, write its file, and judge it on the last fifth of the dates, fitted without them."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.cli.progress import Lines
        from nba_assets.modelling.fitting import window
        from nba_assets.modelling.learners import LIBRARIES
        from nba_assets.points import ad_hoc
        from nba_assets.points.acceptance import acceptance
        from nba_assets.registry.catalog import TRAINED_HERE

        spec, dates, report = ad_hoc.spec_of(model_id, library, features, market), range_of(start, end), Lines()
        data = ad_hoc.known_rows(found.warehouse, dates, spec.target)
        count = f"{len(spec.features)} features, {data.rows.height:,} rows"
        report.line(f"{model_id}: {spec.library}, {count}; the last fifth of the dates is for validation")
        trained = ad_hoc.train(spec, data, lambda rounds, mae: report.line(f"[{rounds:5}] Validation MAE: {mae:.2f}"))
        rows = window(data.rows)
        report.line(f"{trained.rounds} rounds are best; fitted on all {rows.row_count:,} rows, {dates}")
        ending = LIBRARIES[spec.library].formats[0]
        name = f"{model_id}_{len(spec.features)}features_{datetime.now(UTC):%Y%m%d_%H%M%S}.{ending}"
        for folder in (str(out.resolve()), *((to or "models",) if upload else ())):
            written = found.artifacts.write(f"{folder.rstrip('/')}/{name}", trained.file)
            report.line(f"wrote {written}")
        show(acceptance({f"up to {rows.last_game_date}": trained.trial}), form)
        options = f"--features {spec.feature_version} --market {spec.target.name} --training-start {rows.first_game_date}"
        options += f" --training-end {rows.last_game_date} --training-rows {rows.row_count}"
        options += f" --library-version {LIBRARIES[spec.library].version}"
        # Ours are registered already, and are trained at every cutoff.
        new_id = Path(name).stem if model_id in TRAINED_HERE else model_id
        say(f"to let it predict: nba-assets models register {out / name} --model-id {new_id} {options}")


@points.command()
def compare(
    context: typer.Context,
    model_id: ModelArgument,
    end: Annotated[datetime, typer.Option("--end-date", formats=DAY, help="last game date of the larger training")],
    last: Annotated[datetime, typer.Option("--to", formats=DAY, help="last of the later game dates")],
    features: FeaturesOption = None,
    library: LibraryOption = None,
    market: MarketOption = None,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Train on the first two months and on everything, and judge both on the same later games, beside a leaky copy."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.calendar import FIRST_GAME_DATE, Dates
        from nba_assets.points import ad_hoc
        from nba_assets.points.acceptance import acceptance

        spec, initial = ad_hoc.spec_of(model_id, library, features, market), Dates(*INITIAL)
        trainings = {f"initial {initial}": initial, f"production … {end:%Y-%m-%d}": Dates(FIRST_GAME_DATE, end.date())}
        if end.date() <= initial.last:
            raise CommandError(f"--end-date {end:%Y-%m-%d} is not after {initial.last}, where the smaller training ends")
        later = ad_hoc.known_rows(found.warehouse, range_of(end + timedelta(days=1), last), spec.target).rows
        if later.is_empty():
            raise CommandError(f"no games with results after {end:%Y-%m-%d} up to {last:%Y-%m-%d}")
        sets = {name: ad_hoc.known_rows(found.warehouse, dates, spec.target) for name, dates in trainings.items()}
        show(acceptance(ad_hoc.compare(spec, sets, later)), form)
