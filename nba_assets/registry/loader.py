"""Loads registered model files, by path or URL. Parsed models are cached by content."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256

from nba_assets.arrays import Floats
from nba_assets.modelling.learners import LIBRARIES, Model, ModelFileError, read
from nba_assets.modelling.matrix import FeatureMatrix
from nba_assets.registry.rules import Row, market_of
from nba_assets.stores.artifacts import Artifacts
from nba_assets.tables.features import FEATURE_VERSIONS

UNKNOWN_WINDOW = "training_end_date is not given: its predictions of games that are over are marked and do not count"


@dataclass(frozen=True)
class ModelFile:
    """A model in one file.

    Attributes:
        features: in the order in which the file takes them.
        content_hash: SHA-256 of the file.
        market: what it predicts.
        training_end: the last game that it was trained on; None if nobody gave one.
        remark: what a reader of the log should know about it; empty if nothing.
    """

    model_id: str
    model: Model
    features: tuple[str, ...]
    content_hash: str
    market: str
    training_end: date | None
    remark: str

    def predict(self, rows: FeatureMatrix) -> Floats:
        """Return (rows,) predictions, not below zero."""
        return rows.predicted(self.model, self.features, self.content_hash)


def open_file(row: Row, artifacts: Artifacts) -> ModelFile:
    """Load the model file of a registry row.

    The order of the features is the file's; a file without names takes those of its feature version in their order.

    Args:
        row: of `ml_model_registry`.
        artifacts: the store below which relative paths are.

    Raises:
        ArtifactError: the file is not there, or cannot be read.
        ModelFileError: it is truncated, of another kind than the row says, or takes other features than its feature
            version has.
    """
    where, wanted = row["model_path"], FEATURE_VERSIONS[row["feature_version"]]
    content = artifacts.read(where)
    try:
        model = _read(row["model_type"], content, row["model_format"])
    except ModelFileError as error:
        raise ModelFileError(error.message, source=where) from error
    if model.count != len(wanted):
        raise ModelFileError(f"{where} takes {model.count} features, but {row['feature_version']} has {len(wanted)}")
    if other := sorted(set(model.features) - set(wanted)):
        raise ModelFileError(f"{where} takes features that {row['feature_version']} does not have: {', '.join(other[:5])}")
    features = model.features or wanted
    digest = sha256(content).hexdigest()
    return ModelFile(row["model_id"], model, features, digest, market_of(row), row["training_end_date"], _remark(row, model))


@lru_cache(maxsize=256)
def _read(library: str, content: bytes, form: str) -> Model:
    return read(library, content, form)


def _remark(row: Row, model: Model) -> str:
    trained, here = model.trained_with or row["library_version"], LIBRARIES[row["model_type"]].version
    remarks: list[str] = []
    if trained and trained != here:
        remarks.append(f"was trained with {row['model_type']} {trained}; {here} is installed")
    if row["training_end_date"] is None:
        remarks.append(UNKNOWN_WINDOW)
    if not model.features:
        remarks.append(f"its file has no feature names: it is given those of {row['feature_version']} in their order")
    return "; ".join(remarks)
