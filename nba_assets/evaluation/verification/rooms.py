"""Are minutes, the base of rates and projections what their bundles make of fresh feature rows, to the last bit?"""

from collections.abc import Iterator

import polars as pl

from nba_assets.evaluation.verification.verdicts import Examined, Verdict, listed, unlike
from nba_assets.features.leakage.harness import Harness
from nba_assets.minutes.slates import minutes_predictions
from nba_assets.minutes.spec import MINUTES_V1
from nba_assets.modelling.bundles import META, META_FILE, bundle_paths
from nba_assets.rates.base import rate_features, training_base
from nba_assets.rates.bundle import META_FILE as RUN_FILE
from nba_assets.rates.slates import slate_projections
from nba_assets.rates.spec import MODEL_ID
from nba_assets.tables import facts, league
from nba_assets.tables.contracts import Table
from nba_assets.tables.minutes import MINUTES_BUNDLES, MINUTES_PREDICTIONS
from nba_assets.tables.rates import PROJECTIONS, RATES_BUNDLES, RATES_TRAINING_BASE


def of_rooms(examined: Examined, harness: Harness) -> Iterator[Verdict]:
    """Yield the verdicts on the rooms of minutes and rates."""
    warehouse, artifacts, dates = examined.warehouse, examined.artifacts, examined.dates
    players, features = warehouse.read(facts.PLAYERS), harness.rows
    yield _learned_before(examined)
    paths = bundle_paths(warehouse.read(MINUTES_BUNDLES), MINUTES_V1.model_id)
    minutes = minutes_predictions(features, examined.windows, paths, artifacts)
    yield _compared(examined, MINUTES_PREDICTIONS, minutes, "minutes are what bundles predict from fresh rows")
    base = training_base(rate_features(features, minutes, players), warehouse.read(league.PLAYER_GAMES, dates))
    yield _compared(examined, RATES_TRAINING_BASE, base, "rates are learned from fresh rows and results")
    runs = bundle_paths(warehouse.read(RATES_BUNDLES), MODEL_ID)
    projected = slate_projections(features, minutes, players, examined.windows, runs, artifacts)
    made = warehouse.read(PROJECTIONS, dates).select("game_date").unique()
    # A backfill projects the dates that it was asked for, of all that it prepares.
    asked = projected.join(made, on="game_date", how="semi", maintain_order="left")
    yield _compared(examined, PROJECTIONS, asked, "projections are what runs predict from fresh rows")


def _compared(examined: Examined, table: Table, fresh: pl.DataFrame, check: str) -> Verdict:
    stored = examined.warehouse.read(table, examined.dates)
    lacking, further = (one.join(other, on=table.key, how="anti").height for one, other in ((fresh, stored), (stored, fresh)))
    faults = [f"{lacking:,} rows are missing"] if lacking else []
    faults += [f"{further:,} rows should not be there"] if further else []
    differing = unlike(stored, fresh, table, [name for name in table.names if name not in table.key])
    return listed(check, f"{stored.height:,} rows of {table.name}", [*faults, *([differing] if differing else [])])


def _learned_before(examined: Examined) -> Verdict:
    """Whether what bundles and runs record of themselves is from before their cutoff, and is what the tables say."""
    minutes, rates = (examined.warehouse.read(table) for table in (MINUTES_BUNDLES, RATES_BUNDLES))
    wrong: list[str] = []
    for row in minutes.iter_rows(named=True):
        meta = META_FILE.validate_json(examined.artifacts.get(row["path"])[META])
        ends = (meta.training_cutoff, meta.content_hash, meta.window.last_game_date)
        wrong += _faults(row, ends, in_order=meta.held_out.last_game_date < meta.training_cutoff)
    for row in rates.iter_rows(named=True):
        run = RUN_FILE.validate_json(examined.artifacts.get(row["path"])[META])
        ends = (run.training_cutoff, run.content_hash, run.train_end)
        wrong += _faults(row, ends, in_order=run.train_end < run.cal_end < run.val_end < run.training_cutoff)
    return listed(
        "bundles of minutes and rates learn from games before their cutoff", f"{minutes.height + rates.height} bundles", wrong
    )


def _faults(row: dict[str, object], ends: tuple[object, ...], *, in_order: bool) -> list[str]:
    named = tuple(row[name] for name in ("training_cutoff", "content_hash", "last_game_date"))
    where = f"{row['model_id']} {row['training_cutoff']}"
    faults = [] if named == ends else [f"{where}: {META} has {ends}, the table {named}"]
    return faults if in_order else [*faults, f"{where}: it learned from games after its cutoff"]
