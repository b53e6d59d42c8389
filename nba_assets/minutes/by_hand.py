"""Training of minutes by hand: explicit ends of training, calibration and validation, and how the run does on the last part."""

from datetime import timedelta

import numpy as np
import polars as pl

from nba_assets.calendar import MIDNIGHT, Dates, eastern
from nba_assets.minutes.bundle import load_minutes
from nba_assets.minutes.fit import fit, training_rows
from nba_assets.minutes.slates import READ
from nba_assets.minutes.spec import MINUTES_V1, TRAINING_DAYS
from nba_assets.modelling.targets import OUTCOME
from nba_assets.modelling.time_splits import Split
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.versions import as_of

RUNS = f"{MINUTES_V1.model_id}/runs"


def train(warehouse: Warehouse, artifacts: Artifacts, split: Split) -> tuple[str, pl.DataFrame]:
    """Train on games up to the split's `train_end`; return the artifact's path, and errors on the games after `cal_end`.

    Raises:
        SplitError: the ends are not in order, or leave a part without games.
        TooFewResidualsError: too few calibration rows for a distribution.
    """
    cutoff = split.cutoff
    dates = Dates(cutoff - timedelta(days=TRAINING_DAYS), split.val_end)
    known = as_of(warehouse.read(facts.BOX_SCORES, dates), facts.BOX_SCORES, eastern(cutoff, MIDNIGHT))
    rows = training_rows(warehouse.read(ML_FEATURE_STORE, dates, READ), known, cutoff).rows
    learn, calibrate, validate = split.parts(rows)
    trained = fit(cutoff, learn, calibrate, ship=learn)
    path = artifacts.put(f"{RUNS}/{cutoff}", trained.files)
    found = validate.with_columns(load_minutes(artifacts, path).predict(validate).get_columns())
    figures = [_figures(decision, part) for (decision,), part in found.group_by("decision", maintain_order=True)]
    return path, pl.DataFrame(figures)


def _figures(decision: object, rows: pl.DataFrame) -> dict[str, object]:
    played = rows.filter(pl.col(OUTCOME).is_not_null())
    asked = rows.filter(pl.col("on_roster") & ~pl.col("is_out"))
    actual = pl.col(OUTCOME)
    happened = asked[OUTCOME].is_not_null().cast(pl.Float64).to_numpy()
    return {
        "decision": decision,
        "n": played.height,
        "mae_p50": played.select((pl.col("minutes_p50") - actual).abs().mean()).item(),
        "mae_last_10": played.select((pl.col("minutes_avg_last_10") - actual).abs().mean()).item(),
        "inside_80": played.select(actual.is_between("minutes_p10", "minutes_p90").mean()).item(),
        "n_asked": asked.height,
        "brier": float(np.mean((asked["play_prob"].to_numpy() - happened) ** 2)),
    }
