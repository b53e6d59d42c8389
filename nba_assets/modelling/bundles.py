"""Bundles: a trained model with its features, its card and its distribution, as files. No training and no slates here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Protocol

import numpy as np
import polars as pl
from pydantic import TypeAdapter, ValidationError

from nba_assets.arrays import Floats
from nba_assets.calendar import DECISIONS
from nba_assets.modelling.distributions import DISTRIBUTION_FILE, Distribution
from nba_assets.modelling.learners import LIBRARIES, Model, ModelFileError, read
from nba_assets.modelling.matrix import FeatureMatrix, matrix
from nba_assets.modelling.medians import Line, medians
from nba_assets.modelling.targets import REAL_MINUTES
from nba_assets.stores.artifacts import ArtifactError, Artifacts, content_hash

META, DISTRIBUTION = "meta.json", "distribution.json"
BASELINE = "exponential_mean.json"
ENSEMBLE = "ensemble"
AT_TIP = "at_tip"


@dataclass(frozen=True)
class Window:
    """The rows that a model was trained on."""

    population: str
    first_game_date: date
    last_game_date: date
    row_count: int


@dataclass(frozen=True)
class HeldOut:
    """The error on the validation rows, the last games before a cutoff, of the model that was fitted without them.

    Attributes:
        mae: mean absolute error, in the target's unit.
        within_3: share of errors of at most 3.
        bias: mean of predicted minus actual.
        training_mae: error of the same model on the rows that it was fitted on; None: an ensemble.
    """

    first_game_date: date
    last_game_date: date
    row_count: int
    mae: float
    within_3: float
    bias: float
    training_mae: float | None


@dataclass(frozen=True)
class Meta:
    """What a bundle records about itself in `meta.json`.

    Attributes:
        features: in the model's own order.
        rounds: boosting rounds of both decisions' models; 0 for an ensemble.
        content_hash: of the other files; a bundle whose files do not match is refused.
        median: by decision, the median as a line in the mean and its square root; empty: the model predicts medians.
        weights: of an ensemble, by model, or by feature for a baseline that takes part.
        members: of an ensemble, the artifact paths of its models' bundles.
    """

    model_id: str
    training_cutoff: date
    library: str
    feature_version: str
    features: tuple[str, ...]
    rounds: int
    window: Window
    held_out: HeldOut
    libraries: dict[str, str]
    content_hash: str
    median: dict[str, Line] = field(default_factory=dict[str, Line])
    weights: dict[str, float] = field(default_factory=dict[str, float])
    members: dict[str, str] = field(default_factory=dict[str, str])


META_FILE = TypeAdapter(Meta)


class Predictor(Protocol):
    """A model that is ready to predict."""

    def predict(self, rows: FeatureMatrix) -> Floats:
        """Return (rows,) predictions in the target's unit, not below zero; NaN: it has none for the row."""
        ...


@dataclass(frozen=True)
class Bundle:
    """What was trained at a cutoff: a model, or an ensemble's weights and members, and the distribution around it.

    Some models have an `oracle`, the same model given the actual minutes, and a `baseline`, the distribution around the
    exponential mean, fitted on the same rows as the model's own: what models are compared with.
    """

    meta: Meta
    distribution: Distribution
    model: Model | None
    oracle: Model | None
    members: "tuple[Bundle, ...]" = ()
    baseline: Distribution | None = None

    def predict(self, rows: FeatureMatrix) -> Floats:
        """Return (rows,) predictions in the target's unit, not below zero."""
        if self.model:
            found = rows.predicted(self.model, self.meta.features, self.meta.content_hash)
            return medians(found, self.meta.median, rows.column(AT_TIP) > 0)
        return combined(self.meta.weights, {member.meta.model_id: member.predict(rows) for member in self.members}, rows)

    def predict_known_minutes(self, rows: pl.DataFrame) -> Floats:
        """Return (rows,) the oracle's predictions of feature rows that have `real_minutes`."""
        if self.oracle is None:
            raise ValueError(f"bundle of {self.meta.model_id} has no oracle-minutes model")
        if rows.is_empty():
            return np.zeros(0)
        return np.maximum(self.oracle.predict(matrix(rows, (*self.meta.features, REAL_MINUTES))), 0.0)


def combined(weights: Mapping[str, float], predicted: Mapping[str, Floats], rows: FeatureMatrix) -> Floats:
    """Return (rows,) the weighted mean of models and baselines.

    Args:
        weights: by model, or by feature for a baseline.
        predicted: (rows,) predictions, by model.
        rows: feature rows, from which baselines are taken.
    """
    parts = (
        weight * (predicted[name] if name in predicted else rows.baseline(name)) for name, weight in sorted(weights.items())
    )
    return sum(parts, np.zeros(rows.rows.height))


def model_file(library: str, decision: str) -> str:
    """Return the name of the file of a decision's model in a bundle."""
    return f"{decision}.{LIBRARIES[library].formats[0]}"


def oracle_file(decision: str) -> str:
    """Return the name of the file of a decision's oracle-minutes model."""
    return f"known_minutes_{decision}.txt"


def to_files(meta: Meta, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a bundle."""
    return {**files, META: META_FILE.dump_json(meta, indent=2)}


def bundle_paths(bundles: pl.DataFrame, model_id: str) -> dict[date, str]:
    """Return the artifact paths of a model's bundles, by cutoff, from rows of `model_bundles`."""
    return dict(bundles.filter(pl.col("model_id") == model_id).select("training_cutoff", "path").iter_rows())


@lru_cache(maxsize=512)
def read_distribution(artifacts: Artifacts, path: str) -> Distribution:
    """Read the distribution of an artifact; it is kept in memory. Raises ArtifactError if the artifact has none."""
    file = artifacts.get(path).get(DISTRIBUTION)
    if file is None:
        raise ArtifactError(f"{DISTRIBUTION} is missing", source=path, remedy="predict its dates again")
    return _distribution(file, path)


@lru_cache(maxsize=64)
def load(artifacts: Artifacts, path: str) -> Bundle:
    """Load a bundle, and of an ensemble its members. It is kept in memory: a path contains the hash of its content.

    Raises:
        ArtifactError: a file is missing, or the files are not the ones that were written.
    """
    files = artifacts.get(path)
    if META not in files:
        raise damaged(path, f"{META} is missing")
    try:
        meta = META_FILE.validate_json(files.pop(META))
    except ValidationError as error:
        raise damaged(path, f"{META} is damaged ({error.errors()[0]['msg']})") from error
    models = [] if meta.library == ENSEMBLE else [model_file(meta.library, decision) for decision in DECISIONS]
    if missing := {DISTRIBUTION, *models} - files.keys():
        raise damaged(path, f"{', '.join(sorted(missing))} missing")
    if content_hash(files) != meta.content_hash:
        raise damaged(path, "model files differ from meta.json's content_hash")
    distribution = _distribution(files[DISTRIBUTION], path)
    if meta.library == ENSEMBLE:
        return Bundle(meta, distribution, None, None, tuple(load(artifacts, member) for member in meta.members.values()))
    oracles = [oracle_file(decision) for decision in DECISIONS]
    try:
        model = by_decision(meta, [files[name] for name in models])
        oracle = by_decision(meta, [files[name] for name in oracles]) if files.keys() >= {*oracles} else None
    except ModelFileError as error:
        raise damaged(path, str(error)) from error
    baseline = _distribution(files[BASELINE], path) if BASELINE in files else None
    return Bundle(meta, distribution, model, oracle, baseline=baseline)


def by_decision(meta: Meta, files: list[bytes]) -> Model:
    """Return noon's model and tip's as one: a row goes to the one of its decision. Raises ModelFileError."""
    noon, tip = (read(meta.library, file, LIBRARIES[meta.library].formats[0]) for file in files)
    place = meta.features.index(AT_TIP)

    def predict(values: Floats) -> Floats:
        predicted, late = np.zeros(len(values)), values[:, place] > 0
        for model, rows in ((noon, ~late), (tip, late)):
            if rows.any():
                predicted[rows] = model.predict(values[rows])
        return predicted

    return Model(noon.count, noon.features, predict, lambda: noon.gain() + tip.gain(), noon.trained_with)


def damaged(path: str, message: str) -> ArtifactError:
    """Return the error of a bundle that cannot be used."""
    return ArtifactError(message, source=f"bundle {path}", remedy="train it again")


def _distribution(file: bytes, path: str) -> Distribution:
    try:
        return DISTRIBUTION_FILE.validate_json(file).read()
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ArtifactError(f"{DISTRIBUTION} is damaged ({reason})", source=path, remedy="predict its dates again") from error
