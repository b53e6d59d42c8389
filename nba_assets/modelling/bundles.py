"""Bundles: a trained points model with its features and its distribution, as files. No training and no slates' rules here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Protocol

import numpy as np
import polars as pl
from pydantic import TypeAdapter, ValidationError

from nba_assets import pictures
from nba_assets.features.history import Floats
from nba_assets.modelling.distributions import DISTRIBUTION_FILE, Distribution
from nba_assets.modelling.learners import LIBRARIES, Model, ModelFileError, read
from nba_assets.stores.artifacts import ArtifactError, LocalArtifacts, content_hash
from nba_assets.tables.features import FEATURES

SHOWN_FEATURES = 30
META, FLOOR, DISTRIBUTION = "meta.json", "known_minutes.txt", "distribution.json"
ENSEMBLE, FORM = "ensemble", "points_ewma"
REAL_MINUTES = "real_minutes"
# Mean points of players in their first game of the archive's seasons 2019-20 and 2020-21.
DEBUT_POINTS = 3.66
PLACE = {feature.name: place for place, feature in enumerate(FEATURES)}


@dataclass(frozen=True)
class Window:
    """The rows that a model was trained on."""

    population: str
    first_game_date: date
    last_game_date: date
    row_count: int


@dataclass(frozen=True)
class HeldOut:
    """The error on the last games before a cutoff, of the model that was fitted without them.

    Attributes:
        training_mae: error of the same model on the rows that it was fitted on.
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
    """What a bundle says of itself.

    Attributes:
        features: in the order in which the model takes them.
        rounds: trees; 0 for an ensemble.
        content_hash: of the other files; a bundle whose files do not match is refused.
        weights: of an ensemble: of each model, and of the exponential mean ('points_ewma').
        members: of an ensemble: where the models' bundles are.
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
    weights: dict[str, float] = field(default_factory=dict[str, float])
    members: dict[str, str] = field(default_factory=dict[str, str])


META_FILE = TypeAdapter(Meta)


class Slate:
    """Feature rows as one matrix, from which every model takes its columns; what a model said of them is kept."""

    def __init__(self, rows: pl.DataFrame) -> None:
        """Lay out the rows, null as NaN."""
        self.rows = rows
        self._values = matrix(rows, tuple(PLACE))
        self._said: dict[str, Floats] = {}

    def values(self, features: tuple[str, ...]) -> Floats:
        """Return (rows, features) in the given order."""
        return self._values[:, [PLACE[name] for name in features]]

    def column(self, feature: str) -> Floats:
        """Return one feature."""
        return self._values[:, PLACE[feature]]

    def said(self, model: Model, features: tuple[str, ...], name: str) -> Floats:
        """Return what a model says of the rows, not below zero.

        Args:
            model: asked once.
            features: in the order in which it takes them.
            name: under which its answer is kept: the hash of its content.

        Raises:
            PredictionError: the library fails, or what it says are no numbers.
        """
        if name not in self._said:
            raw = _points(model, self.values(features)) if self.rows.height else np.zeros(0)
            self._said[name] = np.maximum(raw, 0.0)
        return self._said[name]


class Predictor(Protocol):
    """A points model that is ready to predict."""

    def predict(self, slate: Slate) -> Floats:
        """Return points of each row, not below zero."""
        ...


class PredictionError(RuntimeError):
    """A model that does not say points: what it says instead."""


@dataclass(frozen=True)
class Bundle:
    """What was trained at a cutoff: a model, or an ensemble's weights and members, and the distribution around it.

    `floor`, which one of the models has, is the same model told the real minutes: the error that nobody can go below.
    """

    meta: Meta
    distribution: Distribution
    model: Model | None
    floor: Model | None
    members: "tuple[Bundle, ...]" = ()

    def predict(self, slate: Slate) -> Floats:
        """Return predicted points of feature rows, not below zero."""
        if self.model:
            return slate.said(self.model, self.meta.features, self.meta.content_hash)
        return combined(self.meta.weights, {member.meta.model_id: member.predict(slate) for member in self.members}, slate)

    def predict_known_minutes(self, rows: pl.DataFrame) -> Floats:
        """Return what the floor says of feature rows with `real_minutes`."""
        if self.floor is None:
            raise ValueError(f"bundle of {self.meta.model_id} has no floor")
        if rows.is_empty():
            return np.zeros(0)
        return np.maximum(self.floor.predict(matrix(rows, (*self.meta.features, REAL_MINUTES))), 0.0)


def combined(weights: Mapping[str, float], said: Mapping[str, Floats], slate: Slate) -> Floats:
    """Return the weighted mean of models and of the player's exponential mean (of a first game: what those score)."""
    systems = {**said, FORM: np.nan_to_num(slate.column(FORM), nan=DEBUT_POINTS)}
    return sum((weight * systems[name] for name, weight in sorted(weights.items())), np.zeros(slate.rows.height))


def _points(model: Model, values: Floats) -> Floats:
    try:
        said = model.predict(values)
    # Each library has its own exceptions.
    except Exception as error:
        raise PredictionError(f"{type(error).__name__}: {error}") from error
    if said.shape != (len(values),) or not np.isfinite(said).all():
        raise PredictionError(f"of {len(values)} rows it says {said.shape} values, finite: {bool(np.isfinite(said).all())}")
    return said


def matrix(rows: pl.DataFrame, features: tuple[str, ...]) -> Floats:
    """Return the features in the given order, rows × features; null is NaN."""
    columns = rows.select(pl.col(name).cast(pl.Float64).fill_null(float("nan")) for name in features)
    return np.ascontiguousarray(columns.to_numpy())


def model_file(library: str) -> str:
    """Return the name of a library's model file in a bundle."""
    return f"model.{LIBRARIES[library].formats[0]}"


def to_files(meta: Meta, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a bundle."""
    return {**files, META: META_FILE.dump_json(meta, indent=2)}


def bundle_paths(bundles: pl.DataFrame, model_id: str) -> dict[date, str]:
    """Return where the bundles of a model are, by cutoff, from rows of `model_bundles`."""
    return dict(bundles.filter(pl.col("model_id") == model_id).select("training_cutoff", "path").iter_rows())


@lru_cache(maxsize=512)
def read_distribution(artifacts: LocalArtifacts, path: str) -> Distribution:
    """Return the distribution of an artifact, kept in memory. Raises ArtifactError if it has none."""
    file = artifacts.get(path).get(DISTRIBUTION)
    if file is None:
        raise ArtifactError(f"{path}: {DISTRIBUTION} missing; predict its dates again")
    return _distribution(file, path)


@lru_cache(maxsize=64)
def load(artifacts: LocalArtifacts, path: str) -> Bundle:
    """Load a bundle, and of an ensemble its members. Kept in memory: a path has the hash of its content.

    Raises:
        ArtifactError: a file is missing, or the files are not the ones that were written.
    """
    files = artifacts.get(path)
    if META not in files:
        raise ArtifactError(f"bundle {path}: {META} missing; train it again")
    try:
        meta = META_FILE.validate_json(files.pop(META))
    except ValidationError as error:
        raise ArtifactError(f"bundle {path}: {META} is damaged ({error.errors()[0]['msg']}); train it again") from error
    names = {DISTRIBUTION} if meta.library == ENSEMBLE else {DISTRIBUTION, model_file(meta.library)}
    if missing := names - files.keys():
        raise ArtifactError(f"bundle {path}: {', '.join(sorted(missing))} missing; train it again")
    if content_hash(files) != meta.content_hash:
        raise ArtifactError(f"bundle {path}: model files differ from meta.json's content_hash; train it again")
    distribution = _distribution(files[DISTRIBUTION], path)
    if meta.library == ENSEMBLE:
        return Bundle(meta, distribution, None, None, tuple(load(artifacts, member) for member in meta.members.values()))
    try:
        model = read(meta.library, files[model_file(meta.library)], LIBRARIES[meta.library].formats[0])
        floor = read("lightgbm", files[FLOOR], "txt") if FLOOR in files else None
    except ModelFileError as error:
        raise ArtifactError(f"bundle {path}: {error}; train it again") from error
    return Bundle(meta, distribution, model, floor)


def _distribution(file: bytes, path: str) -> Distribution:
    try:
        return DISTRIBUTION_FILE.validate_json(file).read()
    except ValidationError as error:
        said = error.errors()[0]["msg"]
        raise ArtifactError(f"{path}: {DISTRIBUTION} is damaged ({said}); predict its dates again") from error


def card(bundle: Bundle) -> str:
    """Return a bundle's model card as Markdown: population, window, error on the rows held out, what it leans on."""
    meta, window, held = bundle.meta, bundle.meta.window, bundle.meta.held_out
    lines = [
        f"**{meta.model_id}**, cutoff {meta.training_cutoff}: {meta.library}, {meta.feature_version}"
        f" ({len(meta.features)} features), {meta.rounds} trees",
        f"* population: {window.population}",
        f"* trained on {window.row_count:,} rows, {window.first_game_date} … {window.last_game_date}",
        f"* held out, and fitted without: {held.row_count:,} rows, {held.first_game_date} … {held.last_game_date}:"
        f" MAE {held.mae:.3f}, within 3 points {held.within_3:.1%}, bias {held.bias:+.2f}",
    ]
    if meta.weights:
        lines.append("* weights, learned on the rows held out: " + ", ".join(f"{k} {v:g}" for k, v in meta.weights.items()))
    picture = importance_picture(bundle) if bundle.model else ""
    return "\n".join([*lines, "", picture])


def importance_picture(bundle: Bundle) -> str:
    """Return the features that lower a model's training error most, as Markdown: shares of the whole gain."""
    assert bundle.model
    gain = bundle.model.gain()
    order: list[int] = np.argsort(-gain, kind="stable")[:SHOWN_FEATURES].tolist()
    with pictures.panels(1, width=6.5, height=5.5) as (picture, (axis,)):
        names = [bundle.meta.features[index] for index in order]
        title = f"{bundle.meta.model_id}, cutoff {bundle.meta.training_cutoff}"
        pictures.bars(axis, names, list(100 * gain[order] / gain.sum()), title=title, unit="% of the gain")
    return picture.markdown
