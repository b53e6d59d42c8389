"""Fits rates: one model per statistic on one feature list, on games up to a day; what comes after calibrates and validates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.errors import NbaAssetsError
from nba_assets.modelling import learners
from nba_assets.modelling.fitting import library_versions
from nba_assets.modelling.learners import LIBRARIES, Labelled
from nba_assets.modelling.matrix import matrix
from nba_assets.modelling.time_splits import MIN_ROWS, TooFewRowsError
from nba_assets.rates.bundle import PRIORS, PRIORS_FILE, RatesMeta, as_files, boosted, rate_file
from nba_assets.rates.model import Prior, RateModel, Shrunk
from nba_assets.rates.spec import LIBRARY, MODEL_ID, PARAMETERS, RATES_V1, ROUNDS, Kind, RatesSpec
from nba_assets.tables.features import STATISTICS


class SplitError(NbaAssetsError):
    """Ends of training, calibration and validation that are not in order, or leave one of them without games."""


class Split(NamedTuple):
    """The last day of training, of calibration and of validation."""

    train_end: date
    cal_end: date
    val_end: date


@dataclass(frozen=True)
class RatesTraining:
    """Rows of `rates_training_base` known before a cutoff, and how they are split."""

    cutoff: date
    rows: pl.DataFrame
    split: Split
    spec: RatesSpec = RATES_V1


class TrainedRates(NamedTuple):
    """What a training gives: the record of a run and its files."""

    meta: RatesMeta
    files: dict[str, bytes]


def split_of(days: pl.Series, calibration: float, validation: float) -> Split:
    """Return the ends of a split of game dates: the last shares of them calibrate and validate.

    Raises:
        SplitError: too few dates.
    """
    ordered = days.unique().sort()
    ends = [int(ordered.len() * share) - 1 for share in (1 - calibration - validation, 1 - validation, 1)]
    if not 0 <= ends[0] < ends[1] < ends[2]:
        raise SplitError(f"{ordered.len()} dates cannot be split into training, calibration and validation")
    return Split(*(ordered[end] for end in ends))


def train(data: RatesTraining) -> TrainedRates:
    """Train all nine models.

    Raises:
        TooFewRowsError: fewer than 5,000 rows up to `train_end`.
        SplitError: the ends are not in order, or no games are left to calibrate or validate on.
    """
    learn, calibrate, validate = _parts(data)
    if learn.height < MIN_ROWS:
        raise TooFewRowsError(f"{MODEL_ID} at {data.cutoff}: {learn.height} rows are known up to {data.split.train_end}")
    spec, features = data.spec, data.spec.features
    values, minutes = matrix(learn, features), learn["minutes_actual"].to_numpy()
    priors = {name: Prior.fitted(learn, name) for name in STATISTICS}
    files = {PRIORS: PRIORS_FILE.dump_json(priors)}
    for name in STATISTICS:
        rate, shrunk = learn[f"{name}_per_min"].to_numpy(), Shrunk(name, priors[name], features)
        for kind in spec.kinds[name]:
            labelled = _labelled(kind, values, rate, minutes, shrunk)
            fitted = learners.fit(LIBRARY, PARAMETERS[kind], labelled, features, rounds=ROUNDS[kind])
            files[rate_file(name, kind)] = fitted.file
    models = boosted(files, spec, priors)
    gains = _gains(models, priors, validate, features)
    meta = RatesMeta(
        model_id=MODEL_ID,
        stage=spec.stage,
        training_cutoff=data.cutoff,
        feature_cols=features,
        kinds=spec.kinds,
        train_end=data.split.train_end,
        cal_end=data.split.cal_end,
        val_end=data.split.val_end,
        first_game_date=learn["game_date"][0],
        row_count=learn.height,
        held_out_rows=validate.height,
        gains=gains,
        libraries={**library_versions(), LIBRARY: LIBRARIES[LIBRARY].version},
    )
    return TrainedRates(meta, as_files(meta, files))


def _parts(data: RatesTraining) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    train_end, cal_end, val_end = data.split
    if not train_end < cal_end < val_end < data.cutoff:
        raise SplitError(f"not in order: train {train_end}, calibration {cal_end}, validation {val_end}, cutoff {data.cutoff}")
    day = pl.col("game_date")
    rows = data.rows.sort("game_date", "game_id", "player_id", "decision")
    parts = [rows.filter(day <= train_end), rows.filter((day > train_end) & (day <= cal_end))]
    parts.append(rows.filter((day > cal_end) & (day <= val_end)))
    if empty := [name for name, part in zip(("training", "calibration", "validation"), parts, strict=True) if part.is_empty()]:
        raise SplitError(f"no games for {' and '.join(empty)}")
    return parts[0], parts[1], parts[2]


def _labelled(kind: Kind, values: Floats, rate: Floats, minutes: Floats, shrunk: Shrunk) -> Labelled:
    """Rates weighted by minutes, or counts around what is expected of them."""
    if kind == "regression":
        return Labelled(values, rate)
    around = shrunk.predict(values) if kind == "correction" else np.full(len(rate), shrunk.prior.league)
    return Labelled(values, np.round(rate * minutes), offset=np.log(np.maximum(around, 1e-6) * minutes))


def _gains(
    models: Mapping[str, RateModel], priors: dict[str, Prior], rows: pl.DataFrame, features: tuple[str, ...]
) -> dict[str, float]:
    """By how many per cent each model's squared error, weighted by minutes, is below that of the shrunk rate."""
    values, minutes = matrix(rows, features), rows["minutes_actual"].to_numpy()

    def error(predicted: Floats, name: str) -> float:
        return float((minutes * (rows[f"{name}_per_min"].to_numpy() - predicted) ** 2).sum())

    shrunk = {name: error(Shrunk(name, priors[name], features).predict(values), name) for name in STATISTICS}
    return {name: 100 * (1 - error(models[name].predict(values), name) / shrunk[name]) for name in STATISTICS}
