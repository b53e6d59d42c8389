"""Bundles: a trained points model with the features it takes, as files. No training and no prediction of slates here."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from pydantic import TypeAdapter

from nba_assets import pictures
from nba_assets.stores.artifacts import ArtifactError, LocalArtifacts, content_hash

if TYPE_CHECKING:
    import lightgbm

    from nba_assets.features.history import Floats

SHOWN_FEATURES = 30
MODEL, FLOOR, META = "model.txt", "known_minutes.txt", "meta.json"


@dataclass(frozen=True)
class Meta:
    """What a bundle says of itself.

    Attributes:
        features: in the order in which the model takes them.
        content_hash: of the model files; a bundle whose files do not match is refused.
    """

    model_id: str
    training_cutoff: date
    feature_version: str
    features: tuple[str, ...]
    population: str
    first_game_date: date
    last_game_date: date
    row_count: int
    libraries: dict[str, str]
    content_hash: str


META_FILE = TypeAdapter(Meta)


@dataclass(frozen=True)
class Bundle:
    """A model, its floor (the same model told the real minutes) and what it says of itself."""

    meta: Meta
    model: "lightgbm.Booster"
    floor: "lightgbm.Booster"

    def predict(self, rows: pl.DataFrame) -> "Floats":
        """Return predicted points of feature rows, not below zero."""
        return _predict(self.model, matrix(rows, self.meta.features))

    def predict_known_minutes(self, rows: pl.DataFrame, minutes: str) -> "Floats":
        """Return what the model would say if it were told the real minutes: the error nobody can go below."""
        return _predict(self.floor, matrix(rows, (*self.meta.features, minutes)))


def matrix(rows: pl.DataFrame, features: tuple[str, ...]) -> "Floats":
    """Return the features in the given order, rows × features; null is NaN."""
    columns = rows.select(pl.col(name).cast(pl.Float64).fill_null(float("nan")) for name in features)
    return np.ascontiguousarray(columns.to_numpy())


def _predict(model: "lightgbm.Booster", values: "Floats") -> "Floats":
    if not len(values):
        return np.zeros(0)
    return np.maximum(np.asarray(model.predict(values, num_threads=1)), 0.0)


def to_files(meta: Meta, models: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of a bundle."""
    return {**models, META: META_FILE.dump_json(meta, indent=2)}


def bundle_paths(bundles: pl.DataFrame, model_id: str) -> dict[date, str]:
    """Return where the bundles of a model are, by cutoff, from rows of `model_bundles`."""
    return dict(bundles.filter(pl.col("model_id") == model_id).select("training_cutoff", "path").iter_rows())


def load(artifacts: LocalArtifacts, path: str) -> Bundle:
    """Load a bundle.

    Raises:
        ArtifactError: a file is missing, or the model files are not the ones that were written.
    """
    import lightgbm

    files = artifacts.get(path)
    missing = {MODEL, FLOOR, META} - files.keys()
    if missing:
        raise ArtifactError(f"bundle {path}: {', '.join(sorted(missing))} missing; train it again")
    meta = META_FILE.validate_json(files[META])
    models = {name: files[name] for name in (MODEL, FLOOR)}
    if content_hash(models) != meta.content_hash:
        raise ArtifactError(f"bundle {path}: model files differ from meta.json's content_hash; train it again")
    return Bundle(meta, *(lightgbm.Booster(model_str=models[name].decode()) for name in (MODEL, FLOOR)))


def importance_picture(bundle: Bundle) -> str:
    """Return the features that lower a model's training error most, as Markdown: shares of the whole gain."""
    gain: Floats = np.asarray(bundle.model.feature_importance("gain"), dtype=np.float64)
    order: list[int] = np.argsort(-gain, kind="stable")[:SHOWN_FEATURES].tolist()
    with pictures.panels(1, width=6.5, height=5.5) as (picture, (axis,)):
        names = [bundle.meta.features[index] for index in order]
        title = f"{bundle.meta.model_id}, cutoff {bundle.meta.training_cutoff}"
        pictures.bars(axis, names, list(100 * gain[order] / gain.sum()), title=title, unit="% of the gain")
    return picture.markdown
