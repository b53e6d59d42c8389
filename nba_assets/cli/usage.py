"""`nba-assets usage …`: a player's usage percentage when teammates are out."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nba_assets.cli.common import (
    DAY,
    CommandError,
    FirstOption,
    FormatOption,
    HomeOption,
    JsonOption,
    LastOption,
    errors,
    opened,
    range_of,
)
from nba_assets.cli.printing import Format, say, show

if TYPE_CHECKING:
    import polars as pl

    from nba_assets.stores.database import Database

usage = typer.Typer(no_args_is_help=True, help="Usage percentages when teammates are out.")

VersionOption = Annotated[str | None, typer.Option("--version", help="model version [the promoted one]")]
TeamOption = Annotated[str | None, typer.Option(help="of which team, where several players have the name")]
SHOWN_EFFECTS = 4
PlayerArgument = Annotated[str, typer.Argument(metavar="PLAYER", help="a name in any spelling, as 'trae_young'")]


@usage.callback()
def main(context: typer.Context, home: HomeOption = None) -> None:
    """Usage percentages when teammates are out."""
    context.obj = home or context.obj


@usage.command()
def init(context: typer.Context, home: HomeOption = None) -> None:
    """Create the table usage_model_coefficients, or bring an older one to what it is now; its rows stay."""
    with errors():
        say(f"usage_model_coefficients is ready in {_database(context, home)}")


@usage.command("show")
def show_player(
    context: typer.Context,
    player: Annotated[str | None, typer.Argument(metavar="PLAYER", help="without one: all players")] = None,
    version: VersionOption = None,
    team: TeamOption = None,
    refit: Annotated[bool, typer.Option("--refit", help="fit the plain regression again, as statsmodels has it")] = False,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Print a player's baseline and what each teammate's absence adds; * p < 0.05, ** p < 0.01.

    Without a PLAYER the table has one line per player with the largest effects; csv and json have all of them.
    """
    if refit:
        _show_refit(context, player, team, home)
        return
    with errors():
        import polars as pl

        from nba_assets.usage.lookups import listed

        rows = listed(_database(context, home), player, version, team)
        if rows.is_empty():
            raise CommandError("nobody has usage coefficients yet", remedy="`nba-assets usage train --cutoff D` fits some")
        marks = pl.when(pl.col("p_value") < 0.01).then(pl.lit("**")).when(pl.col("p_value") < 0.05).then(pl.lit("*"))
        rows = rows.with_columns(significance=marks.otherwise(pl.lit("")))
        show(_overview(rows) if player is None and form is Format.table else rows, form)


def _show_refit(context: typer.Context, player: str | None, team: str | None, home: Path | None) -> None:
    with opened(context, home) as found:
        from nba_assets.usage import serving

        if player is None:
            raise CommandError("--refit needs a PLAYER")
        print(serving.reference(found.warehouse, player, team))


@usage.command()
def predict(
    context: typer.Context,
    player: PlayerArgument,
    out: Annotated[list[str] | None, typer.Option(help="a teammate who is out; may be given again")] = None,
    version: VersionOption = None,
    team: TeamOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Print a player's usage percentage when some teammates are out: the baseline and the sum of their deltas."""
    with errors():
        from nba_assets.usage.coefficients import predict_usage

        found = predict_usage(player, out or (), version, team=team, database=_database(context, home))
        record = {"player": found.player_name, "usage_percentage": float(found), "baseline_usage": found.baseline_usage}
        record |= {"deltas": found.deltas, "model_version": found.model_version}
        if as_json:
            print(json.dumps([record], indent=2, ensure_ascii=False))
            return
        added = "".join(f" {delta:+.2f} without {name}" for name, delta in found.deltas.items())
        for name in found.deltas.keys() & found.served["joint_with"].keys():
            mates = found.served["joint_with"][name]
            say(f"{name} was out only together with {mates}: the effect of one alone is a guess, games show their sum")
        print(f"{found.player_name}: {float(found):.2f}% = {found.baseline_usage:.2f}{added} ({found.model_version})")


@usage.command()
def slate(
    context: typer.Context,
    day: Annotated[datetime, typer.Argument(formats=DAY)],
    out: Annotated[list[str] | None, typer.Option(help="what if this player sits? may be given again")] = None,
    version: VersionOption = None,
    form: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Print the usage of a whole slate: the plain sums, and normalised so that five on court use 100."""
    with opened(context, home) as found:
        from nba_assets.usage import serving
        from nba_assets.usage.lookups import promoted

        served = version or promoted(_database(context, home))
        show(serving.slate(found.warehouse, day.date(), served, out or ()), form)


@usage.command("promote")
def promote_version(
    context: typer.Context, version: Annotated[str, typer.Argument(metavar="VERSION")], home: HomeOption = None
) -> None:
    """Serve a model version where none is asked for."""
    with errors():
        from nba_assets.usage.coefficients import promote

        promote(version, _database(context, home))
        say(f"{version} is served from now on")


@usage.command()
def train(
    context: typer.Context,
    cutoff: Annotated[datetime, typer.Option("--cutoff", formats=DAY, help="the first day that is not known")],
    home: HomeOption = None,
) -> None:
    """Fit the coefficients of the whole league on what was known before a day, and serve the newest ones."""
    with opened(context, home, writing="usage train", briefly=False) as found:
        from nba_assets.calendar import EASTERN
        from nba_assets.cli.progress import Lines
        from nba_assets.usage import serving

        if cutoff.date() > datetime.now(EASTERN).date():
            raise CommandError(f"what is known before {cutoff:%Y-%m-%d} will only be known then", date=cutoff.date())
        report = Lines()
        fitted, published = serving.refit(found.warehouse, _database(context, home), cutoff.date())
        for version, players in fitted.items():
            report.line(f"{version} {cutoff:%Y-%m-%d}: {players} players")
        for version, served in published.items():
            report.line(f"{version}: cutoff {served} is served")


@usage.command("evaluate")
def evaluate_usage(
    context: typer.Context,
    first: FirstOption,
    last: LastOption,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Print each version's errors in games in which other teammates were out than in the team's last game."""
    with opened(context, home) as found:
        from nba_assets.usage import serving
        from nba_assets.usage.evaluation import compare

        rows = serving.held_up(found.warehouse, range_of(first, last))
        records = compare(rows, serving.VERSIONS) if rows.height else []
        if not records:
            raise CommandError(
                f"nothing to evaluate in {first:%Y-%m-%d} … {last:%Y-%m-%d}: it takes features of the games, and coefficients"
                " of a cutoff within a month before them",
                remedy="`nba-assets backfill` makes both",
            )
        if as_json:
            print(json.dumps(records, indent=2))
            return
        show(_flat(records), Format.table)


def _database(context: typer.Context, home: Path | None) -> "Database":
    from nba_assets.settings import load_settings
    from nba_assets.usage.coefficients import ready

    return ready(load_settings(home or context.obj).usage_database_url)


def _overview(rows: "pl.DataFrame") -> "pl.DataFrame":
    """One row per player, with what the most important teammates' absences add."""
    import polars as pl

    effects = [
        None if mate is None else f"{mate} {delta:+.2f}{mark}"
        for mate, delta, mark in rows.select("teammate_name", "usage_delta", "significance").iter_rows()
    ]
    of_player = ("player_name", "team_name", "model_version", "training_cutoff", "games_used", "baseline_usage")
    return (
        rows.with_columns(pl.Series("largest effects", effects, dtype=pl.String))
        .group_by(of_player, maintain_order=True)
        .agg(pl.col("largest effects").drop_nulls().head(SHOWN_EFFECTS).str.join(", "))
    )


def _flat(records: Sequence[dict[str, Any]]) -> "pl.DataFrame":
    """One row per version; its difference from each other one with the 95% interval."""
    import polars as pl

    from nba_assets.usage import serving

    rows: list[dict[str, object]] = []
    for record in records:
        row = {name: value for name, value in record.items() if name != "differences"}
        for name in serving.VERSIONS:
            found = record["differences"].get(name)
            interval = f" ({found['low']:+.3f} … {found['high']:+.3f})" if found and found["low"] is not None else ""
            row[f"less {name}"] = f"{found['difference']:+.3f}{interval}" if found else None
        rows.append(row)
    return pl.DataFrame(rows)
