"""`nba-assets rates …` and `nba-assets minutes …`: training by hand with explicit ends, and the base as a file."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nba_assets.cli.common import DAY, CommandError, FormatOption, HomeOption, opened
from nba_assets.cli.printing import Format, say, show

if TYPE_CHECKING:
    from nba_assets.modelling.time_splits import Split

rates = typer.Typer(no_args_is_help=True, help="Rates per minute: training by hand, and what they are learned from.")
minutes = typer.Typer(no_args_is_help=True, help="Minutes: training by hand.")
TrainEnd = Annotated[datetime, typer.Option("--train-end", formats=DAY, help="last game date to learn from")]
CalEnd = Annotated[datetime, typer.Option("--cal-end", formats=DAY, help="last game date to calibrate on")]
ValEnd = Annotated[datetime, typer.Option("--val-end", formats=DAY, help="last game date to validate on")]


@rates.callback()
@minutes.callback()
def main(context: typer.Context, home: HomeOption = None) -> None:
    """Training by hand."""
    context.obj = home or context.obj


@minutes.command("train")
def train_minutes(
    context: typer.Context,
    train_end: TrainEnd,
    cal_end: CalEnd,
    val_end: ValEnd,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Train the minutes model on games up to a day, and validate it on later ones; a backfill does not use the run."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.minutes.by_hand import train

        path, figures = train(found.warehouse, found.artifacts, _split(train_end, cal_end, val_end))
        show(figures, form)
        say(f"wrote {found.artifacts.url}/{path}")


@rates.command("train")
def train_rates(
    context: typer.Context,
    train_end: TrainEnd,
    cal_end: CalEnd,
    val_end: ValEnd,
    stage: Annotated[int, typer.Option(help="0 without tracking, 2 with it, 3 with roles too", min=0, max=3)] = 0,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Train the nine rates on games up to a day, and validate them on later ones; a backfill does not use the run."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.rates.by_hand import train
        from nba_assets.rates.spec import STAGES

        if stage not in STAGES:
            raise CommandError(f"there is no stage {stage}; there are {', '.join(map(str, STAGES))}")
        run_id, figures = train(found.warehouse, found.artifacts, stage, _split(train_end, cal_end, val_end))
        show(figures, form)
        say(f"run_id {run_id}")


@rates.command()
def stages(
    context: typer.Context,
    train_end: TrainEnd,
    cal_end: CalEnd,
    val_end: ValEnd,
    picture: Annotated[Path | None, typer.Option(help="PNG file for the gains side by side")] = None,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Compare rates without tracking, with it, and with roles: gains on later games. Nothing is stored."""
    with opened(context, home, briefly=False) as found:
        from nba_assets import pictures
        from nba_assets.rates.by_hand import compare_stages

        gains = compare_stages(found.warehouse, _split(train_end, cal_end, val_end))
        if picture:
            with pictures.panels(1, width=7.5) as (drawn, (axis,)):
                names = [target.removesuffix("_per_min") for target in gains["target"]]
                columns = {name.replace("_", " "): gains[name].to_list() for name in gains.columns[1:]}
                pictures.lines(axis, names, columns, title="gain over the player's own shrunk rate", unit="% of squared error")
            picture.write_bytes(drawn.png)
        show(gains, form)


@rates.command("export-base")
def export_base(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="folder for rates_training_base.parquet")] = Path(),
    home: HomeOption = None,
) -> None:
    """Write what rates are learned from as a Parquet file: the season as its start year, ids as text."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.rates.base import as_modellers_name_it
        from nba_assets.tables.rates import RATES_TRAINING_BASE

        rows = as_modellers_name_it(found.warehouse.read(RATES_TRAINING_BASE))
        out.mkdir(parents=True, exist_ok=True)
        rows.write_parquet(out / f"{RATES_TRAINING_BASE.name}.parquet")
        say(f"{rows.height:,} rows, {len(rows.columns)} columns: {out / RATES_TRAINING_BASE.name}.parquet")


def _split(train_end: datetime, cal_end: datetime, val_end: datetime) -> "Split":
    from nba_assets.modelling.time_splits import Split

    return Split(train_end.date(), cal_end.date(), val_end.date())
