"""`nba-assets models …`: the registry of points models."""

from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from nba_assets.cli.common import FormatOption, HomeOption, errors
from nba_assets.cli.printing import Format, log, show
from nba_assets.home import open_home
from nba_assets.orchestration.locks import alone
from nba_assets.registry import service as registrar
from nba_assets.registry.rules import By, champion
from nba_assets.registry.service import Registration

models = typer.Typer(no_args_is_help=True, help="The registry of points models: who predicts, and who serves.")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="the model, as 'catboost_v9'")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="why; it goes into the audit")]
DayOption = typer.Option(formats=["%Y-%m-%d"])


@models.callback()
def main(context: typer.Context, home: HomeOption = None) -> None:
    """The registry of points models: who predicts, and who serves."""
    context.obj = home or context.obj


@models.command("list")
def list_models(context: typer.Context, form: FormatOption = Format.table, home: HomeOption = None) -> None:
    """List all models of the registry."""
    with errors():
        opened = open_home(home or context.obj)
        with alone(opened.settings):
            registry, audit = registrar.sync(opened.warehouse, _by("sql"))
        serves = pl.when(pl.col("model_id") == champion(registry, audit)).then(pl.lit("champion"))
        columns = ("model_type", "model_path", "feature_version", "enabled", "test_mae", "training_end_date", "notes")
        show(registry.select("model_id", serves.alias("serves"), *columns), form)


@models.command()
def register(
    context: typer.Context,
    path: Annotated[str, typer.Argument(help="a .cbm, .json, .ubj or .txt file, or a gs:// URL of one")],
    model_id: Annotated[str | None, typer.Option(help="name of the model [the file's name]")] = None,
    features: Annotated[str | None, typer.Option(help="feature version [the one whose features the file names]")] = None,
    market: Annotated[str | None, typer.Option(help="what it predicts [player_points]")] = None,
    training_start: Annotated[datetime | None, DayOption] = None,
    training_end: Annotated[datetime | None, DayOption] = None,
    training_rows: Annotated[int | None, typer.Option()] = None,
    library_version: Annotated[str | None, typer.Option(help="version of the library that trained it")] = None,
    test_mae: Annotated[float | None, typer.Option()] = None,
    notes: Annotated[str | None, typer.Option()] = None,
    home: HomeOption = None,
) -> None:
    """Register a model file; it predicts from the next run on. A local file is copied into the artifact store."""
    with errors():
        opened = open_home(home or context.obj)
        said = Registration(
            path,
            model_id,
            features,
            market,
            training_start.date() if training_start else None,
            training_end.date() if training_end else None,
            training_rows,
            library_version,
            test_mae,
            notes,
        )
        with alone(opened.settings):
            model = registrar.register(opened.warehouse, opened.artifacts.root, said, _by())
        log.print(f"{model.model_id} is registered; it predicts from the next run on")
        if model.remark:
            log.print(f"note: {model.model_id}: {model.remark}")


@models.command()
def enable(context: typer.Context, model_id: IdArgument, reason: ReasonOption = None, home: HomeOption = None) -> None:
    """Let a model predict."""
    _switch(context, model_id, reason, home, enabled=True)


@models.command()
def disable(context: typer.Context, model_id: IdArgument, reason: ReasonOption = None, home: HomeOption = None) -> None:
    """Let a model predict no more; what it predicted stays."""
    _switch(context, model_id, reason, home, enabled=False)


def _switch(context: typer.Context, model_id: str, reason: str | None, home: Path | None, *, enabled: bool) -> None:
    with errors():
        opened = open_home(home or context.obj)
        with alone(opened.settings):
            registrar.enable(opened.warehouse, model_id, _by(reason=reason), enabled=enabled)
        log.print(f"{model_id} is {'enabled' if enabled else 'disabled'}")


@models.command()
def promote(context: typer.Context, model_id: IdArgument, reason: ReasonOption = None, home: HomeOption = None) -> None:
    """Make a model the champion: what it says is the production table from the next run on."""
    with errors():
        opened = open_home(home or context.obj)
        with alone(opened.settings):
            before = registrar.promote(opened.warehouse, opened.artifacts.root, model_id, _by(reason=reason))
        log.print(f"{model_id} serves; before it {before or 'nobody'} did")


@models.command()
def rollback(context: typer.Context, reason: ReasonOption = None, home: HomeOption = None) -> None:
    """Undo the last promotion."""
    with errors():
        opened = open_home(home or context.obj)
        with alone(opened.settings):
            before, now = registrar.rollback(opened.warehouse, opened.artifacts.root, _by(reason=reason))
        log.print(f"{now} serves again; {before or 'nobody'} does no more")


@models.command()
def upload(
    context: typer.Context,
    model_id: IdArgument,
    to: Annotated[str, typer.Option("--to", help="gs:// URL or path; with / at the end the file keeps its name")],
    home: HomeOption = None,
) -> None:
    """Copy a model's file, read it back, and let the registry point there."""
    with errors():
        opened = open_home(home or context.obj)
        with alone(opened.settings):
            url = registrar.upload(opened.warehouse, opened.artifacts.root, model_id, to, _by())
        log.print(f"{model_id} is read from {url} now")


def _by(who: str | None = None, reason: str | None = None) -> By:
    return By(who or getuser(), reason, datetime.now(UTC))
