"""Reads models for the runner: bundles by cutoff, and files of anybody's by path or URL. Cached by content."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from nba_assets.experiments.registry import Row
from nba_assets.features.history import Floats
from nba_assets.league.lines import POINTS
from nba_assets.points.bundles import Slate
from nba_assets.points.learners import LIBRARIES, Model, ModelFileError, read
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
        ModelFileError: the file is not there, truncated, of another kind than the row says, or takes other features than
            its feature version has.
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


def read_bytes(where: str, root: Path) -> bytes:
    """Return a file's content: a gs:// or other URL, an absolute path, or one below the artifact store or where we are.

    Raises:
        ModelFileError: it is not there, or cannot be read.
    """
    from fsspec.core import url_to_fs  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    places = [where] if "://" in where else list(dict.fromkeys([str(root / where), str(Path(where).resolve())]))
    for url in places:
        try:
            store, path = url_to_fs(url)  # pyright: ignore[reportUnknownVariableType]
            return bytes(store.cat_file(path))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        except FileNotFoundError:
            continue
        # Each file system has its own exceptions.
        except Exception as error:
            raise ModelFileError(f"{url} cannot be read: {type(error).__name__}: {error}") from error
    raise ModelFileError(f"{' and '.join(places)}: no such file; mend model_path")


def write_bytes(url: str, content: bytes) -> None:
    """Write a file to a gs:// or other URL, or to a path. Raises ModelFileError if that fails."""
    from fsspec.core import url_to_fs  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    try:
        options = {} if "://" in url else {"auto_mkdir": True}
        store, path = url_to_fs(url, **options)  # pyright: ignore[reportUnknownVariableType]
        store.pipe_file(path, content)  # pyright: ignore[reportUnknownMemberType]
    # Each file system has its own exceptions.
    except Exception as error:
        raise ModelFileError(f"{url} cannot be written: {type(error).__name__}: {error}") from error


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
