"""What a learner is: a library that fits a model to labelled rows and reads it back from its file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

from nba_assets.arrays import Floats
from nba_assets.errors import NbaAssetsError

# Called with the number of rounds and the error on the validation rows.
Progress = Callable[[int, float], None]
Parameters = Mapping[str, Any]
MAX_ROUNDS, PATIENCE, REPORT_EVERY = 1500, 50, 10


class Labelled(NamedTuple):
    """What a model learns from: (rows, features) with NaN where a value is missing, and (rows,) targets.

    Attributes:
        weight: (rows,) how much each row counts; None: all alike.
        offset: (rows,) where boosting begins, on the scale of the objective (of Poisson: a logarithm); None: at a constant.
            Only LightGBM takes weights and offsets.
    """

    values: Floats
    target: Floats
    weight: Floats | None = None
    offset: Floats | None = None


class Fitted(NamedTuple):
    """A fitted model's file, and how many boosting rounds it has."""

    file: bytes
    rounds: int


@dataclass(frozen=True)
class Model:
    """A model that was read from its file.

    Attributes:
        count: number of features that it takes.
        features: their names in the model's own order; empty if the file has no names.
        predict: from (rows, features) to (rows,) predictions, exactly as the library returns them.
        gain: (features,) how much each one lowered the training error, in the library's unit.
        trained_with: version of the library that trained it; None if the file does not record it.
    """

    count: int
    features: tuple[str, ...]
    predict: Callable[[Floats], Floats]
    gain: Callable[[], Floats]
    trained_with: str | None


class ModelFileError(NbaAssetsError):
    """A file that is not a usable model of its kind."""


class Library(NamedTuple):
    """A learner: its package names, the file formats that it reads, and the functions that fit and read."""

    packages: tuple[str, ...]
    formats: tuple[str, ...]
    fit: Callable[[Parameters, Labelled, tuple[str, ...], int, Labelled | None, Progress], Fitted]
    read: Callable[[bytes, str], Model]

    @property
    def version(self) -> str:
        """The installed version."""
        for name in self.packages[:-1]:
            try:
                return version(name)
            except PackageNotFoundError:
                continue
        return version(self.packages[-1])


def quiet(_round: int, _error: float) -> None:
    """Report no progress."""
