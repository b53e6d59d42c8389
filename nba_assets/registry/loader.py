"""Reads models for the runner: bundles by cutoff, and files of anybody's by path or URL. Cached by content."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from nba_assets.features.history import Floats
from nba_assets.league.lines import POINTS
from nba_assets.modelling.bundles import Slate
from nba_assets.modelling.learners import LIBRARIES, Model, ModelFileError, read
from nba_assets.registry.rules import Row
from nba_assets.stores.files import read_bytes
from nba_assets.tables.features import FEATURE_VERSIONS


@dataclass(frozen=True)
class FileModel:
    """A model in one file.

    Attributes:
        features: in the order in which the file takes them.
        content_hash: SHA-256 of the file.
        market: what it predicts.
        training_end: the last game that it was trained on; None if nobody said.
        remark: what a reader of the log should know of it; empty if nothing.
    """

    model_id: str
    model: Model
    features: tuple[str, ...]
    content_hash: str
    market: str
    training_end: date | None
    remark: str

    def predict(self, slate: Slate) -> Floats:
        """Return points of each row, not below zero."""
        return slate.said(self.model, self.features, self.content_hash)


def open_file(row: Row, root: Path) -> FileModel:
    """Return the model of a row of the registry that has a file.

    The order of the features is the file's; a file without names takes those of its feature version in their order.

    Args:
        row: of `ml_model_registry`.
        root: the artifact store, below which relative paths lie.

    Raises:
        ArtifactError: the file is not there, or cannot be read.
        ModelFileError: it is truncated, of another kind than the row says, or takes other features than its feature
            version has.
    """
    where, wanted = row["model_path"], FEATURE_VERSIONS[row["feature_version"]]
    content = read_bytes(where, root)
    try:
        model = _read(row["model_type"], content, row["model_format"])
    except ModelFileError as error:
        raise ModelFileError(f"{where}: {error}") from error
    if model.count != len(wanted):
        raise ModelFileError(f"{where} takes {model.count} features, but {row['feature_version']} has {len(wanted)}")
    if other := sorted(set(model.features) - set(wanted)):
        raise ModelFileError(f"{where} takes features that {row['feature_version']} does not have: {', '.join(other[:5])}")
    features = model.features or wanted
    return FileModel(
        row["model_id"],
        model,
        features,
        sha256(content).hexdigest(),
        row["market"] or POINTS,
        row["training_end_date"],
        _remark(row, model),
    )


@lru_cache(maxsize=256)
def _read(library: str, content: bytes, form: str) -> Model:
    return read(library, content, form)


def _remark(row: Row, model: Model) -> str:
    trained, here = model.trained_with or row["library_version"], LIBRARIES[row["model_type"]].version
    remarks: list[str] = []
    if trained and trained != here:
        remarks.append(f"was trained with {row['model_type']} {trained}; {here} is installed")
    if row["training_end_date"] is None:
        remarks.append("training_end_date is not given: what it predicts of games that are over is marked and does not count")
    if not model.features:
        remarks.append(f"its file has no names of features: it is given those of {row['feature_version']} in their order")
    return "; ".join(remarks)
