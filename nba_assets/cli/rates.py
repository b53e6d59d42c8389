"""`nba-assets rates …` and `nba-assets minutes …`: training by hand with explicit ends, and the base as a file."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from nba_assets.cli.common import DAY, FormatOption, HomeOption, opened
from nba_assets.cli.printing import Format, say, show

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

        path, figures = train(found.warehouse, found.artifacts, *_ends(train_end, cal_end, val_end))
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

        run_id, figures = train(found.warehouse, found.artifacts, stage, *_ends(train_end, cal_end, val_end))
        show(figures, form)
        say(f"run_id {run_id}")


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


def _ends(*ends: datetime) -> tuple[date, date, date]:
    train_end, cal_end, val_end = (end.date() for end in ends)
    return train_end, cal_end, val_end
