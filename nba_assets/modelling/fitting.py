"""Fitting one model, or an ensemble of several, on a training set. Which models there are is listed in each room's spec."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.calendar import DECISIONS
from nba_assets.modelling import distributions, learners
from nba_assets.modelling.bundles import (
    BASELINE,
    DISTRIBUTION,
    ENSEMBLE,
    HeldOut,
    Meta,
    Window,
    combined,
    model_file,
    oracle_file,
    to_files,
)
from nba_assets.modelling.learners import LIBRARIES, Labelled, Parameters, Progress
from nba_assets.modelling.matrix import FeatureMatrix, matrix
from nba_assets.modelling.medians import fit_medians, medians
from nba_assets.modelling.targets import OUTCOME, REAL_MINUTES, Target
from nba_assets.modelling.time_splits import TrainingSet
from nba_assets.stores.artifacts import content_hash

POPULATION = "all who played, regular season and playoffs, both decisions"


@dataclass(frozen=True)
class Spec:
    """A model that is trained here at every cutoff.

    Attributes:
        features: in the order in which the model takes them.
        parameters: the library's own.
        predicts_mean: whether it is fitted to means; then medians are a line in them.
        with_oracle: whether the same model given the actual minutes is trained beside it.
        enabled: whether it predicts before anybody has enabled or disabled it.
    """

    model_id: str
    library: str
    feature_version: str
    features: tuple[str, ...]
    target: Target
    parameters: Parameters
    predicts_mean: bool = False
    with_oracle: bool = False
    enabled: bool = True


@dataclass(frozen=True)
class EnsembleSpec:
    """A weighted mean of models and one baseline, its weights learned at every cutoff.

    Attributes:
        members: ids of the models.
        baseline: a feature that takes part with a weight of its own.
        feature_version: with the most features of any member.
    """

    model_id: str
    members: tuple[str, ...]
    baseline: str
    feature_version: str
    features: tuple[str, ...]
    target: Target
    library: str = ENSEMBLE
    enabled: bool = True


class Trained(NamedTuple):
    """What a training gives: the bundle's record, its files, and its predictions of the validation rows."""

    meta: Meta
    files: dict[str, bytes]
    validated: Floats


def train(spec: Spec, data: TrainingSet, progress: Progress = learners.quiet) -> Trained:
    """Train a bundle of one library's model: one for each decision, because the same feature tells them different things.

    Each is fitted on the first four fifths of the dates until the error on the last fifth no longer falls; the errors there
    make the distribution. Then it is fitted on all rows, with as many rounds. The oracle is fitted on all rows too.

    Raises:
        TooFewRowsError: fewer than 5,000 rows.
        TooFewResidualsError: too few validation rows for a distribution.
    """
    data.require_rows(spec.model_id)
    (earlier, held), features = data.split(), spec.features
    files: dict[str, bytes] = {}
    validated, learned, rounds = np.zeros(held.height), np.zeros(earlier.height), 0
    for decision in DECISIONS:
        own, judged = (_of(rows, decision) for rows in (earlier, held))
        stopped = learners.fit(
            spec.library,
            spec.parameters,
            labelled(earlier.filter(own), features),
            features,
            validation=labelled(held.filter(judged), features),
            progress=progress,
        )
        model = learners.read(spec.library, stopped.file, LIBRARIES[spec.library].formats[0])
        learned[own.to_numpy()] = model.predict(matrix(earlier.filter(own), features))
        validated[judged.to_numpy()] = model.predict(matrix(held.filter(judged), features))
        rows, rounds = data.rows.filter(_of(data.rows, decision)), rounds + stopped.rounds
        files[model_file(spec.library, decision)] = _refit(spec, rows, features, stopped.rounds)
        if spec.with_oracle:
            files[oracle_file(decision)] = _refit(spec, rows, (*features, REAL_MINUTES), stopped.rounds)
    lines = fit_medians(validated, _target(held), at_tip(held) > 0) if spec.predicts_mean else {}
    validated, learned = medians(validated, lines, at_tip(held) > 0), medians(learned, lines, at_tip(earlier) > 0)
    files[DISTRIBUTION] = distributions.to_file(distribution_of(held, validated))
    if spec.with_oracle:
        files[BASELINE] = distributions.to_file(_around_form(spec.target, held))
    meta = Meta(
        model_id=spec.model_id,
        training_cutoff=data.cutoff,
        library=spec.library,
        feature_version=spec.feature_version,
        features=features,
        rounds=rounds,
        window=window(data.rows),
        held_out=held_out(held, validated, float(np.abs(learned - _target(earlier)).mean())),
        libraries={**library_versions(), spec.library: LIBRARIES[spec.library].version},
        content_hash=content_hash(files),
        median=lines,
    )
    return Trained(meta, to_files(meta, files), validated)


def _of(rows: pl.DataFrame, decision: str) -> pl.Series:
    return rows["decision"] == decision


def _refit(spec: Spec, rows: pl.DataFrame, features: tuple[str, ...], rounds: int) -> bytes:
    return learners.fit(spec.library, spec.parameters, labelled(rows, features), features, rounds=rounds).file


def combine(spec: EnsembleSpec, trained: Mapping[str, Trained], paths: Mapping[str, str], data: TrainingSet) -> Trained:
    """Return the ensemble's bundle: weights of its members and of the baseline, learned on the validation rows.

    The weights are not negative, add up to one, and minimise the mean absolute error; one may be zero.

    Args:
        spec: of the ensemble.
        trained: the members, by model.
        paths: artifact paths of the members' bundles, by model.
        data: what they were trained on.
    """
    _, held = data.split()
    # A player's first game has no exponential mean: there the baseline is what debutants score.
    rows = FeatureMatrix(held, [spec.baseline], {spec.baseline: spec.target.debut or 0.0})
    predicted = {name: member.validated for name, member in trained.items()}
    systems = {name: combined({name: 1.0}, predicted, rows) for name in (*predicted, spec.baseline)}
    weights = blend(systems, _target(held))
    together = combined(weights, predicted, rows)
    files = {DISTRIBUTION: distributions.to_file(distribution_of(held, together))}
    meta = Meta(
        model_id=spec.model_id,
        training_cutoff=data.cutoff,
        library=ENSEMBLE,
        feature_version=spec.feature_version,
        features=spec.features,
        rounds=0,
        window=window(data.rows),
        held_out=held_out(held, together, None),
        libraries=library_versions(),
        weights=weights,
        members=dict(paths),
        content_hash=content_hash(files),
    )
    return Trained(meta, to_files(meta, files), together)


def blend(systems: Mapping[str, Floats], actual: Floats) -> dict[str, float]:
    """Return weights, in hundredths, that are not negative, add up to one, and minimise the mean absolute error.

    A convex problem, solved by sequential least squares (Kraft, 1988); the rows cannot tell weights apart more finely.
    """
    from scipy.optimize import LinearConstraint, minimize

    predicted = np.column_stack(list(systems.values()))
    count = predicted.shape[1]

    def loss(weights: Floats) -> tuple[float, Floats]:
        error = predicted @ weights - actual
        return float(np.abs(error).mean()), np.asarray(np.sign(error) @ predicted) / len(actual)

    # scipy annotates neither the result nor its x.
    found = minimize(  # pyright: ignore[reportUnknownVariableType]
        loss,
        np.full(count, 1 / count),
        jac=True,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * count,
        constraints=LinearConstraint(np.ones(count), 1.0, 1.0),
    )
    hundredths = np.round(np.asarray(found.x, dtype=np.float64) * 100).astype(int)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    hundredths[int(np.argmax(hundredths))] += 100 - int(hundredths.sum())
    return {name: int(weight) / 100 for name, weight in zip(systems, hundredths, strict=True)}


def distribution_of(rows: pl.DataFrame, predicted: Floats) -> distributions.Distribution:
    """Fit the distribution around predictions of feature rows with `target` that the model was not fitted on."""
    return distributions.fit(predicted, _target(rows), expected_minutes(rows), at_tip(rows))


def _around_form(target: Target, rows: pl.DataFrame) -> distributions.Distribution:
    """Fit the distribution around the exponential mean, of players who have one."""
    known = rows.with_columns(_form=target.exponential_mean()).filter(pl.col("_form").is_not_null())
    return distribution_of(known, known["_form"].to_numpy())


def expected_minutes(rows: pl.DataFrame) -> Floats:
    """Return (rows,) the expected minutes that a distribution depends on, NaN where unknown."""
    return matrix(rows, ("expected_minutes",))[:, 0]


def at_tip(rows: pl.DataFrame) -> Floats:
    """Return (rows,) 1 for the decision at tip, 0 for noon."""
    return (rows["decision"] == "tip").cast(pl.Float64).to_numpy()


def labelled(rows: pl.DataFrame, features: Sequence[str]) -> Labelled:
    """Return feature rows with `target` as what a learner takes."""
    return Labelled(matrix(rows, tuple(features)), _target(rows))


def window(rows: pl.DataFrame) -> Window:
    """Return which feature rows a model was trained on, in words and dates."""
    days = rows["game_date"].sort()
    return Window(POPULATION, days[0], days[-1], rows.height)


def _target(rows: pl.DataFrame) -> Floats:
    return np.asarray(rows[OUTCOME].cast(pl.Float64).to_numpy())


def held_out(held: pl.DataFrame, predicted: Floats, training_mae: float | None) -> HeldOut:
    """Return the error on validation rows with `target`."""
    error, days = predicted - _target(held), held["game_date"]
    return HeldOut(
        first_game_date=days[0],
        last_game_date=days[-1],
        row_count=held.height,
        mae=float(np.abs(error).mean()),
        within_3=float((np.abs(error) <= 3).mean()),
        bias=float(error.mean()),
        training_mae=training_mae,
    )


def library_versions() -> dict[str, str]:
    """Return the versions of what every bundle's numbers go through."""
    return {name: version(name) for name in ("numpy", "polars")}
