"""From the warehouse to coefficients, to the database that serves them, and to their errors afterwards."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import sqlalchemy as sa

from nba_assets import pictures
from nba_assets.calendar import MIDNIGHT, Dates, eastern
from nba_assets.league.box import player_games
from nba_assets.reference.names import Names, Person
from nba_assets.reference.teams import ABBREVIATION_BY_ID
from nba_assets.stores.database import Database
from nba_assets.stores.relational import migrate
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.usage import USAGE_COEFFICIENTS
from nba_assets.tables.versions import as_of
from nba_assets.usage import additive, evaluation
from nba_assets.usage.datasets import Regression
from nba_assets.usage.effects import ADDITIVE, SHRUNK, CoefficientError, PlayerCoefficients
from nba_assets.usage.lookups import C, team_name
from nba_assets.usage.saving import store
from nba_assets.usage.shrunk import TEAM_MINUTES
from nba_assets.usage.slates import missing, shared, slate_usage
from nba_assets.usage.training import as_table, datasets, from_table, players_of, train

VERSIONS = (SHRUNK, ADDITIVE, evaluation.FRESH, evaluation.BASELINE, evaluation.PROPORTIONAL, evaluation.NORMALISED)
# Of who has no coefficients and no games yet: what players at the end of a bench use.
BENCH_USAGE = 17.0
# The season to date and the one before begin within two years.
LOOK_BACK, MONTH = timedelta(days=2 * 366), timedelta(days=31)
BUCKETS = {"0": 0, "1-4": 1, "5-9": 5, "10-19": 10, "20+": 20}
SHOWN_EFFECTS = 20
# Who is questionable counts as playing if that is more likely than not.
LIKELY = 0.5
SLATE = ("game_id", "team_id", "player_id", "player_name")


def known(warehouse: Warehouse, cutoff: date) -> list[Regression]:
    """Return the regressions of what was known when a cutoff came."""
    versions = warehouse.read(facts.BOX_SCORES, Dates(cutoff - LOOK_BACK, cutoff - timedelta(days=1)))
    return datasets(player_games(as_of(versions, facts.BOX_SCORES, eastern(cutoff, MIDNIGHT))), cutoff)


def trained(warehouse: Warehouse, cutoff: date) -> pl.DataFrame:
    """Return `usage_coefficients` of a cutoff; empty where no games were known."""
    data = known(warehouse, cutoff)
    return as_table(data, train(data, cutoff))


def publish(warehouse: Warehouse, database: Database) -> dict[str, date]:
    """Let the database serve the newest cutoff of each model version; return which. What is newer there stays.

    Raises:
        DatabaseError: it cannot be written; all stays as it was.
    """
    migrate(database)
    newest = sa.select(C.model_version, sa.func.max(C.training_cutoff)).group_by(C.model_version)
    served = dict(database.read(lambda connection: [tuple(row) for row in connection.execute(newest)]))
    cutoffs = warehouse.read(USAGE_COEFFICIENTS, columns=["model_version", "training_cutoff"]).group_by("model_version").max()
    published: dict[str, date] = {}
    for version, cutoff in cutoffs.sort("model_version").iter_rows():
        if cutoff >= (served.get(version) or date.min):
            rows = warehouse.read(USAGE_COEFFICIENTS, Dates(cutoff, cutoff)).filter(pl.col("model_version") == version)
            store(list(from_table(rows)), version, database, instead_of_trained=True)
            published[version] = cutoff
    return published


def refit(warehouse: Warehouse, database: Database, cutoff: date) -> tuple[dict[str, int], dict[str, date]]:
    """Fit and store the coefficients of a cutoff and publish the newest; return players by version, and what is published.

    Raises:
        CoefficientError: no games are known before it.
        DatabaseError: the database cannot be written; the warehouse has the coefficients then.
    """
    rows = trained(warehouse, cutoff)
    if rows.is_empty():
        raise CoefficientError(f"no rotation is known before {cutoff}: too few games in the two years before it")
    warehouse.replace(USAGE_COEFFICIENTS, rows, {"training_cutoff": [cutoff]})
    players = rows.group_by("model_version").agg(pl.col("player_id").n_unique()).sort("model_version")
    return dict(players.iter_rows()), publish(warehouse, database)


def reference(warehouse: Warehouse, player: str, team: str | None = None) -> str:
    """Return the plain regression of a player's season to date as statsmodels prints it, and who has no coefficient and why.

    Raises:
        CoefficientError: nobody of that name belongs to a rotation, or several do.
    """
    newest = warehouse.read(USAGE_COEFFICIENTS, columns=["training_cutoff"])["training_cutoff"].max()
    if not isinstance(newest, date):
        raise CoefficientError("nothing is fitted yet; `nba-assets usage train --cutoff D` does")
    of_team = team and team_name(team)
    data = {each.player.player_id: each for each in known(warehouse, newest) if of_team in (None, each.player.team)}
    meant = Names(Person(key, each.player.name) for key, each in data.items()).resolve(player)
    if meant.player_id is None:
        could = f"; it could be {', '.join(meant.candidates)}" if meant.candidates else ""
        raise CoefficientError(f"{player!r} is nobody of a rotation at {newest}{could}")
    design = additive.design(data[meant.player_id])
    assert design
    left_out = [f"{name}: no coefficient ({why})" for name, why in design.left_out.items()]
    summary = str(additive.reference(design).summary(alpha=1 - additive.LEVEL))
    return "\n".join([f"season to date before {newest}", summary, *left_out])


def slate(warehouse: Warehouse, day: date, version: str, sitting: Sequence[str] = ()) -> pl.DataFrame:
    """Return the usage percentages of everybody expected to play on a date, by the newest cutoff that was known then.

    Args:
        warehouse: with the date's features, and coefficients.
        day: the slate.
        version: model version.
        sitting: what if they sit: names in any spelling. The others share the minutes in proportion.

    Returns:
        training_cutoff, model_version, game_id, team_name, player_name, expected_minutes, usage_percentage (the plain sum),
        normalised_usage and team_total, see `slate_usage`.

    Raises:
        CoefficientError: no slate, no coefficients, or a name that is not one player of the slate.
    """
    rows = _slates(warehouse, Dates(day, day))
    if rows.is_empty():
        raise CoefficientError(f"no slate of {day} is known: no games, or `nba-assets predict {day}` has not run")
    coefficients = _newest(warehouse, day, version)
    away = {_one_of(rows, name) for name in sitting}
    rows = shared(rows.filter(~pl.col("player_id").is_in(list(away))))
    found = slate_usage(rows, missing(rows, coefficients), coefficients).select(
        pl.lit(coefficients[0].cutoff).alias("training_cutoff"),
        pl.lit(version).alias("model_version"),
        "game_id",
        pl.col("team_id").replace_strict(ABBREVIATION_BY_ID, return_dtype=pl.String).alias("team_name"),
        *("player_name", "expected_minutes", "usage_percentage", "normalised_usage", "team_total"),
    )
    return found.sort("game_id", "team_name", "expected_minutes", "player_name", descending=[False, False, True, False])


def _newest(warehouse: Warehouse, day: date, version: str) -> list[PlayerCoefficients]:
    """The coefficients of a version at the newest cutoff that was known on a day."""
    keys = warehouse.read(USAGE_COEFFICIENTS, Dates(day - LOOK_BACK, day), ["model_version", "training_cutoff"])
    cutoff = keys.filter(pl.col("model_version") == version)["training_cutoff"].max()
    if not isinstance(cutoff, date):
        raise CoefficientError(f"no coefficients of {version} of a cutoff up to {day}; `nba-assets usage train` fits some")
    rows = warehouse.read(USAGE_COEFFICIENTS, Dates(cutoff, cutoff)).filter(pl.col("model_version") == version)
    return list(from_table(rows))


def _one_of(rows: pl.DataFrame, name: str) -> int:
    people = rows.select("player_id", "player_name").unique().iter_rows()
    meant = Names(Person(*row) for row in people).resolve(name)
    if meant.player_id is None:
        could = f": {', '.join(meant.candidates)} could be meant" if meant.candidates else ""
        raise CoefficientError(f"{name!r} is not one player who is expected to play{could}")
    return meant.player_id


def held_up(warehouse: Warehouse, dates: Dates | None = None) -> pl.DataFrame:
    """Return what the coefficients of each cutoff predicted for the month after it, see `evaluation.predictions`.

    Args:
        warehouse: with coefficients of one or more cutoffs.
        dates: of the games; None: all.
    """
    cutoffs = warehouse.read(USAGE_COEFFICIENTS, columns=["training_cutoff"])["training_cutoff"].unique().sort()
    windows = (
        Dates(cutoff, min(cutoff + MONTH, after) - timedelta(days=1)) for cutoff, after in pairwise([*cutoffs, date.max])
    )
    found = [_window(warehouse, window) for window in windows if dates is None or window.overlap(dates)]
    rows = pl.concat(part for part in found if part.height) if any(part.height for part in found) else pl.DataFrame()
    return rows.filter(pl.col("game_date").is_between(*dates)) if dates and rows.height else rows


def _window(warehouse: Warehouse, window: Dates) -> pl.DataFrame:
    """Of one cutoff: the window's games, and the team's games before them since the season began."""
    stored = warehouse.read(USAGE_COEFFICIENTS, Dates(window.first, window.first))
    by_version = {str(version): part for (version,), part in stored.group_by("model_version")}
    coefficients = {version: list(from_table(by_version[version])) for version in (SHRUNK, ADDITIVE)}
    usage = warehouse.read(league.USAGE, Dates(window.first - LOOK_BACK, window.last))
    end = window.last + timedelta(days=1)
    given = evaluation.Window(window.first, end, players_of(stored), coefficients)
    return evaluation.predictions(given, usage, _slates(warehouse, window))


def _slates(warehouse: Warehouse, dates: Dates) -> pl.DataFrame:
    """Who was expected to play how long at the newest decision before each game, of those who were likely to play."""
    columns = (*SLATE, "decision", "on_roster", "play_probability", "expected_minutes", "usage_avg_last_10")
    rows = warehouse.read(ML_FEATURE_STORE, dates, columns)
    newest = pl.col("decision") == pl.col("decision").max().over("game_id")  # 'noon' < 'tip'
    there = rows.filter(
        newest
        & pl.col("on_roster")
        & (pl.col("play_probability").fill_null(1.0) >= LIKELY)
        & pl.col("expected_minutes").is_between(0, TEAM_MINUTES, closed="right")
    )
    return there.select(*SLATE, "expected_minutes", expected_usage=pl.col("usage_avg_last_10").fill_null(BENCH_USAGE))


def forest(coefficients: pl.DataFrame) -> str:
    """Return as Markdown the largest effects of the newest cutoff with their 90% intervals."""
    newest = coefficients.filter(
        (pl.col("training_cutoff") == pl.col("training_cutoff").max())
        & (pl.col("model_version") == SHRUNK)
        & pl.col("usage_delta").is_not_null()
    )
    largest = newest.sort(pl.col("usage_delta").abs(), descending=True).head(SHOWN_EFFECTS)
    names = [f"{player} without {mate}" for player, mate in largest.select("player_name", "teammate_name").iter_rows()]
    with pictures.panels(1, width=7.5, height=5.5) as (picture, (axis,)):
        values = [largest[name].to_list() for name in ("usage_delta", "delta_low", "delta_high")]
        title = f"largest effects, {SHRUNK}, cutoff {largest['training_cutoff'].max()}, 90% intervals"
        pictures.forest(axis, names, *values, title=title, unit="percentage points of usage")
    return picture.markdown


def errors_by_evidence(rows: pl.DataFrame) -> str:
    """Return as Markdown the error of each version by how many games a player had played without those who are out."""
    out = rows.filter(pl.col("games_apart").is_not_null())
    bucket = pl.lit(0)
    for number, least in enumerate(BUCKETS.values()):
        bucket = pl.when(pl.col("games_apart") >= least).then(number).otherwise(bucket)
    weight = pl.col("minutes")
    errors = {name: (weight * (pl.col(name) - pl.col("usage_percentage")).abs()).sum() / weight.sum() for name in VERSIONS}
    means = out.group_by(bucket.alias("bucket")).agg(**errors).sort("bucket")
    with pictures.panels(1, width=6.0) as (picture, (axis,)):
        labels = [name for number, name in enumerate(BUCKETS) if number in set(means["bucket"])]
        shown = {name: means[name].to_list() for name in VERSIONS}
        title = "error by games apart before the cutoff (the fewest of those out)"
        pictures.lines(axis, labels, shown, title=title, unit="minutes-weighted error, percentage points")
    return picture.markdown
