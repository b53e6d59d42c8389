"""`nba-assets models …`: the registry of models."""

import json
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nba_assets.cli.common import DAY, CommandError, FormatOption, HomeOption, JsonOption, opened
from nba_assets.cli.printing import Format, say, show

if TYPE_CHECKING:
    from nba_assets.registry.rules import Actor

models = typer.Typer(no_args_is_help=True, help="The registry of models: who predicts, and who serves.")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="the model, as 'catboost_v9'")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="why; it goes into the audit")]
MarketOption = Annotated[str | None, typer.Option(help="which market [the model's only one, else player_points]")]
DayOption = typer.Option(formats=DAY)


@models.callback()
def main(context: typer.Context, home: HomeOption = None) -> None:
    """The registry of models: who predicts, and who serves."""
    context.obj = home or context.obj


@models.command("list")
def list_models(context: typer.Context, form: FormatOption = Format.table, home: HomeOption = None) -> None:
    """List all models of the registry."""
    with opened(context, home, briefly=False) as found:
        import polars as pl

        from nba_assets.registry.catalog import DEFAULT_MARKET
        from nba_assets.registry.rules import champions
        from nba_assets.registry.service import look, sync

        with found.warehouse.session():
            registry, audit, new, changes = look(found.warehouse, _actor("sql"))
        # A list that has nothing to record waits for nobody.
        if new.height or changes.height:
            with found.lock.writing("models list"):
                registry, audit = sync(found.warehouse, _actor("sql"))
        serving = set(champions(registry, audit).items())
        registry = registry.with_columns(pl.col("market").fill_null(DEFAULT_MARKET))
        pairs = registry.select("market", "model_id").iter_rows()
        serves = pl.Series("serves", ["champion" if pair in serving else None for pair in pairs], dtype=pl.String)
        columns = ("model_type", "model_path", "feature_version", "enabled", "test_mae", "training_end_date", "notes")
        show(registry.with_columns(serves).select("model_id", "market", "serves", *columns), form)


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
    with opened(context, home, writing="models register", briefly=False) as found:
        from nba_assets.registry import service

        given = service.Registration(
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
        model = service.register(found.warehouse, found.artifacts, given, _actor())
        say(f"{model.model_id} is registered; it predicts from the next run on")
        if model.remark:
            say(f"note: {model.model_id}: {model.remark}")


@models.command()
def enable(context: typer.Context, model_id: IdArgument, reason: ReasonOption = None, home: HomeOption = None) -> None:
    """Let a model predict."""
    _switch(context, model_id, reason, home, enabled=True)


@models.command()
def disable(context: typer.Context, model_id: IdArgument, reason: ReasonOption = None, home: HomeOption = None) -> None:
    """Stop a model from predicting; its earlier predictions stay."""
    _switch(context, model_id, reason, home, enabled=False)


def _switch(context: typer.Context, model_id: str, reason: str | None, home: Path | None, *, enabled: bool) -> None:
    with opened(context, home, writing=f"models {'enable' if enabled else 'disable'}") as found:
        from nba_assets.registry import service

        service.enable(found.warehouse, model_id, _actor(reason=reason), enabled=enabled)
        say(f"{model_id} is {'enabled' if enabled else 'disabled'}")


@models.command()
def promote(
    context: typer.Context,
    model_id: IdArgument,
    reason: ReasonOption = None,
    market: MarketOption = None,
    home: HomeOption = None,
) -> None:
    """Make a model the champion of its market: its predictions are the production table from the next run on."""
    with opened(context, home, writing="models promote") as found:
        from nba_assets.registry import service

        before = service.promote(found.warehouse, found.artifacts, model_id, _actor(reason=reason), market)
        say(f"{model_id} serves now; before, {before or 'nobody'} did")


@models.command()
def rollback(context: typer.Context, reason: ReasonOption = None, market: MarketOption = None, home: HomeOption = None) -> None:
    """Undo the last promotion."""
    with opened(context, home, writing="models rollback") as found:
        from nba_assets.registry import service

        before, now = service.rollback(found.warehouse, found.artifacts, _actor(reason=reason), market)
        say(f"{now} serves again instead of {before or 'nobody'}")


@models.command()
def upload(
    context: typer.Context,
    model_id: IdArgument,
    to: Annotated[str, typer.Option("--to", help="gs:// URL or path; with / at the end the file keeps its name")],
    home: HomeOption = None,
) -> None:
    """Copy a model's file, read it back, and point the registry there."""
    with opened(context, home, writing="models upload", briefly=False) as found:
        from nba_assets.registry import service

        url = service.upload(found.warehouse, found.artifacts, model_id, to, _actor())
        say(f"{model_id} is read from {url} now")


def _actor(who: str | None = None, reason: str | None = None) -> "Actor":
    from nba_assets.registry.rules import Actor

    return Actor(who or getuser(), reason, datetime.now(UTC))


@models.command("promotion-study")
def study_promotion(
    seasons: Annotated[int, typer.Option(min=1, help="to simulate")] = 1000,
    seed: Annotated[int, typer.Option(help="of the simulation")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Simulate seasons of equal models, looked at every night: how often one is promoted, and how soon a better one is."""
    from nba_assets.evaluation.promotion_study import promotion_study

    _print(promotion_study(seasons, seed), as_json=as_json)


@models.command("drift-study")
def study_drift(
    context: typer.Context,
    model_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="the model [who serves player_points]")] = None,
    degradation: Annotated[float, typer.Option(min=0.0, help="share by which planted errors are larger")] = 0.05,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Replay all graded seasons: how often the drift alarm rises, and how soon it finds a planted degradation."""
    with opened(context, home, briefly=False) as found:
        import polars as pl

        from nba_assets.evaluation.grading import standing_grades
        from nba_assets.evaluation.monitoring import drift_study
        from nba_assets.registry.catalog import DEFAULT_MARKET
        from nba_assets.registry.service import champion

        chosen = model_id or champion(found.warehouse)
        grades = standing_grades(found.warehouse).filter((pl.col("market") == DEFAULT_MARKET) & (pl.col("model_id") == chosen))
        records = drift_study(grades, str(chosen), degradation)
        if not records:
            raise CommandError(f"no graded predictions of {chosen}", remedy="`nba-assets backfill` makes some")
        for record in records:
            _print({"model_id": chosen} | record, as_json=as_json)


def _print(record: dict[str, object], *, as_json: bool) -> None:
    """One record: a line of JSON, or a line per figure."""
    if as_json:
        print(json.dumps(record))
        return
    for name, value in record.items():
        shown = ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, dict) else value
        say(f"{name.replace('_', ' ')}: {shown}")
