"""Fits rates: one model per statistic on one feature list, on games up to a day; what comes after calibrates and validates."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.modelling import learners
from nba_assets.modelling.fitting import at_tip, library_versions
from nba_assets.modelling.learners import LIBRARIES, Labelled
from nba_assets.modelling.matrix import matrix
from nba_assets.modelling.medians import Line, fit_medians
from nba_assets.modelling.time_splits import Split, TooFewRowsError
from nba_assets.rates.bundle import (
    PRIORS,
    PRIORS_FILE,
    ROLES,
    ROLES_FILE,
    RatesBundle,
    RatesMeta,
    as_files,
    boosted,
    rate_file,
)
from nba_assets.rates.model import Boosted, Moves, Prior, Shrunk, TeamTotal
from nba_assets.rates.projections import expected_points
from nba_assets.rates.roles import Roles
from nba_assets.rates.shooting import Percentages
from nba_assets.rates.spec import LIBRARY, MODEL_ID, PARAMETERS, RATES_V1, ROUNDS, TEAM_SHARES, Kind, RatesSpec
from nba_assets.stores.artifacts import content_hash
from nba_assets.tables.feature import STATISTICS
from nba_assets.tables.rates import TARGETS

# Of a cutoff before which just enough is known for the other rooms, calibration and validation take a part.
LEAST_ROWS = 2_500


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


def train_run(data: RatesTraining) -> TrainedRates:
    """Train all nine models.

    Raises:
        TooFewRowsError: fewer than 2,500 rows up to `train_end`.
        SplitError: the ends are not in order, or no games are left to calibrate or validate on.
    """
    learn, calibrate, validate = data.split.parts(data.rows)
    if learn.height < LEAST_ROWS:
        known = f"{learn.height} rows are known up to {data.split.train_end}, {LEAST_ROWS} are needed"
        raise TooFewRowsError(f"{MODEL_ID} at {data.cutoff}: {known}", date=data.cutoff)
    spec, features, learn = data.spec, data.spec.features, learn.filter(_one_decision())
    priors = {name: Prior.fitted(learn, name) for name in STATISTICS}
    files, unmoved = _files(spec, learn, priors), _unmoved(learn, features)
    moves = {name: fitted_moves(model, calibrate) for name, model in boosted(files, spec, unmoved).items()}
    models = boosted(files, spec, moves)
    bundle, shares = RatesBundle(dict(zip(TARGETS, models.values(), strict=True)), features, None), Percentages.fitted(learn)
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
        moves=moves,
        gains=_gains(bundle, priors, validate),
        percentages=shares,
        median=_median(calibrate, bundle, shares),
        libraries={**library_versions(), LIBRARY: LIBRARIES[LIBRARY].version},
        content_hash=content_hash(files),
    )
    return TrainedRates(meta, as_files(meta, files))


def _files(spec: RatesSpec, learn: pl.DataFrame, priors: Mapping[str, Prior]) -> dict[str, bytes]:
    """Priors, roles and models as files."""
    values, minutes = matrix(learn, spec.features), learn["minutes_actual"].to_numpy()
    files = {PRIORS: PRIORS_FILE.dump_json(dict(priors))}
    if spec.with_roles:
        roles = Roles.fitted(learn)
        files[ROLES], values = ROLES_FILE.dump_json(roles), roles.beside(values, spec.features)
    for name in STATISTICS:
        rate, shrunk = learn[f"{name}_per_min"].to_numpy(), Shrunk(name, priors[name], spec.features)
        for kind in spec.kinds[name]:
            labelled = _labelled(kind, values, rate, minutes, shrunk)
            fitted = learners.fit(LIBRARY, PARAMETERS[kind], labelled, spec.learned, rounds=ROUNDS[kind])
            files[rate_file(name, kind)] = fitted.file
    return files


def _unmoved(learn: pl.DataFrame, features: tuple[str, ...]) -> dict[str, Moves]:
    """Means as they are, and the mean quotients of team totals and what players add up to, by statistic."""
    values, minutes = matrix(learn, features), learn["minutes_actual"].to_numpy()
    return {name: Moves(TeamTotal.fitted(name, features, values, minutes).level) for name in STATISTICS}


def _one_decision() -> pl.Expr:
    """One decision of each player's game, noon and tip by turns: the other one tells nearly the same, and takes as long."""
    number = pl.col("game_id").str.slice(-5).cast(pl.Int64) + pl.col("player_id")
    return (number % 2 == 0) == (pl.col("decision") == "tip")


def _labelled(kind: Kind, values: Floats, rate: Floats, minutes: Floats, shrunk: Shrunk) -> Labelled:
    """Rates weighted by minutes, or counts around what is expected of them."""
    if kind == "regression":
        return Labelled(values, rate)
    around = shrunk.predict(values) if kind == "correction" else np.full(len(rate), shrunk.prior.league)
    return Labelled(values, np.round(rate * minutes), offset=np.log(np.maximum(around, 1e-6) * minutes))


def fitted_moves(model: Boosted, calibrate: pl.DataFrame) -> Moves:
    """Return how far to go to the team's total and away from the shrunk rate: what has the smallest squared error.

    Errors are weighted by minutes. The models were fitted without these rows. Where little is known, they see more than there
    is.

    Args:
        model: not moved yet.
        calibrate: rows of the base.
    """
    values, minutes = matrix(calibrate, tuple(model.shrunk.features)), calibrate["minutes_actual"].to_numpy()
    own, mean = model.shrunk.predict(values), model.predict(values)
    actual = calibrate[f"{model.shrunk.statistic}_per_min"].to_numpy() - own

    def tried(share: float) -> tuple[float, Moves]:
        further = mean * replace(model.team, share=share).factor(values) - own
        square = float((minutes * further**2).sum())
        trust = min(max(float((minutes * further * actual).sum()) / square, 0.0), 1.0) if square > 0 else 1.0
        return float((minutes * (actual - trust * further) ** 2).sum()), Moves(model.team.level, share, trust)

    return min(map(tried, TEAM_SHARES))[1]


def _gains(bundle: RatesBundle, priors: Mapping[str, Prior], rows: pl.DataFrame) -> dict[str, float]:
    """By how many per cent each model's squared error, weighted by minutes, is below that of the shrunk rate."""
    features = tuple(bundle.feature_cols)
    found, values, minutes = bundle.means(rows), matrix(rows, features), rows["minutes_actual"].to_numpy()

    def error(predicted: Floats, name: str) -> float:
        return float((minutes * (rows[f"{name}_per_min"].to_numpy() - predicted) ** 2).sum())

    shrunk = {name: error(Shrunk(name, priors[name], features).predict(values), name) for name in STATISTICS}
    return {name: 100 * (1 - error(found[f"{name}_per_min_mean"].to_numpy(), name) / shrunk[name]) for name in STATISTICS}


def _median(calibrate: pl.DataFrame, bundle: RatesBundle, shares: Percentages) -> dict[str, Line]:
    """Median points as a function of mean points, where minutes were expected."""
    rows = calibrate.drop_nulls("minutes_expected_mean")
    mean, points = expected_points(rows, bundle, shares), rows["pts"].cast(pl.Float64).to_numpy()
    return fit_medians(mean, points, at_tip(rows) > 0)
