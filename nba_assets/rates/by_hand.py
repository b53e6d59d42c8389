"""Training of rates by hand: explicit ends of training, calibration and validation, and the gains on the last part."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from nba_assets.calendar import MIDNIGHT, Dates, eastern
from nba_assets.modelling.time_splits import Split
from nba_assets.rates.base import LEARNED_FROM, training_base
from nba_assets.rates.bundle import RUNS, folder_of
from nba_assets.rates.fit import RatesTraining, train_run
from nba_assets.rates.spec import RATES_V1, STAGES, TRAINING_DAYS
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts
from nba_assets.tables.rates import RATES_TRAINING_BASE, TARGETS
from nba_assets.tables.versions import as_of


def rows_before(warehouse: Warehouse, cutoff: date) -> pl.DataFrame:
    """Return the rows of `rates_training_base` before a cutoff, with outcomes as they were known then.

    A correction that came later is not in them.
    """
    before = Dates(cutoff - timedelta(days=TRAINING_DAYS), cutoff - timedelta(days=1))
    known = as_of(warehouse.read(facts.BOX_SCORES, before), facts.BOX_SCORES, eastern(cutoff, MIDNIGHT))
    return training_base(warehouse.read(RATES_TRAINING_BASE, before, LEARNED_FROM), known)


def compare_stages(warehouse: Warehouse, split: Split) -> pl.DataFrame:
    """Return the gain over the shrunk rate on the validation games by target, a column per stage. Nothing is stored.

    Raises:
        SplitError: the ends are not in order, or leave a part without games.
        TooFewRowsError: fewer than 2,500 rows up to `train_end`.
    """
    rows = rows_before(warehouse, split.cutoff)
    gains = {
        f"stage_{stage}": train_run(RatesTraining(split.cutoff, rows, split, replace(RATES_V1, stage=stage))).meta.gains
        for stage in STAGES
    }
    return pl.DataFrame({"target": TARGETS, **{name: [*found.values()] for name, found in gains.items()}})


def train(warehouse: Warehouse, artifacts: Artifacts, stage: int, split: Split) -> tuple[str, pl.DataFrame]:
    """Train on games up to the split's `train_end`; return the run's id, and gains on the games after `cal_end`.

    Raises:
        SplitError: the ends are not in order, or leave a part without games.
        TooFewRowsError: fewer than 2,500 rows up to `train_end`.
    """
    spec = replace(RATES_V1, stage=stage)
    meta, files = train_run(RatesTraining(split.cutoff, rows_before(warehouse, split.cutoff), split, spec))
    path = artifacts.put(folder_of(meta), files)
    gains = pl.DataFrame({"target": [f"{name}_per_min" for name in meta.gains], "gain": list(meta.gains.values())})
    return path.removeprefix(f"{RUNS}/"), gains.with_columns(n=pl.lit(meta.held_out_rows))
