"""The kinds of registered models, and what each one serves a date with: bundles, a file, or another asset's table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import NamedTuple, Protocol, Self

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.modelling import distributions
from nba_assets.modelling.bundles import DISTRIBUTION, Predictor, load, read_distribution
from nba_assets.modelling.distributions import Distribution, TooFewResidualsError
from nba_assets.modelling.fitting import distribution_of
from nba_assets.modelling.matrix import FeatureMatrix, PredictionError
from nba_assets.modelling.targets import OUTCOME
from nba_assets.modelling.time_splits import serving_cutoff
from nba_assets.registry.catalog import DEFAULT_MARKET, FALLBACKS, FEATURE_NAMES
from nba_assets.registry.loader import ModelFile
from nba_assets.stores.artifacts import ArtifactError, Artifacts

KEY = ("game_date", "game_id", "player_id", "decision")


class SkippedError(Exception):
    """A model that does not predict a slate: at which stage, and why."""

    def __init__(self, stage: str, reason: str) -> None:
        """Keep both."""
        super().__init__(reason)
        self.stage = stage


class ServedModel(NamedTuple):
    """What predicts a slate for a registered model."""

    predictor: Predictor
    distribution: Distribution
    distribution_path: str
    cutoff: date | None
    current: bool


class CalibrationSample(NamedTuple):
    """Feature rows with `target` of the year before a month, as known when it began, and a hash of them."""

    rows: pl.DataFrame
    known: str

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Self:
        """Hash the rows, so that what becomes known about a month later gives another hash."""
        return cls(rows, sha256(rows.select("player_id", OUTCOME).cast(pl.Int64).to_numpy().tobytes()).hexdigest()[:16])


# The calibration sample of a month and market.
Samples = Callable[[date, str], CalibrationSample]


class RegisteredModel(Protocol):
    """A model of the registry that is ready to serve."""

    @property
    def model_id(self) -> str:
        """The model."""
        ...

    @property
    def market(self) -> str:
        """What it predicts."""
        ...

    @property
    def trained_until(self) -> date | None:
        """The last game that it was trained on; None if unknown; `date.min` where every date has its own bundle."""
        ...

    def serving(self, day: date) -> ServedModel:
        """Return what predicts a date. Raises SkippedError."""
        ...


@dataclass(frozen=True)
class BundledModel:
    """A model that is trained here, one bundle per cutoff.

    Attributes:
        windows: all training cutoffs, in order.
        paths: artifact paths of the bundles, by cutoff.
    """

    model_id: str
    windows: Sequence[date]
    paths: Mapping[date, str]
    artifacts: Artifacts
    market: str = DEFAULT_MARKET
    trained_until: date | None = date.min

    def serving(self, day: date) -> ServedModel:
        """Return the bundle of the date's window, or the newest older one."""
        serving = serving_cutoff(day, self.windows, sorted(self.paths))
        if serving is None:
            raise SkippedError("window", f"no bundle of {self.model_id} was trained before {day}; `train` makes them")
        path = self.paths[serving.cutoff]
        try:
            bundle = load(self.artifacts, path)
        except ArtifactError as error:
            raise SkippedError("file", str(error)) from error
        return ServedModel(bundle, bundle.distribution, path, serving.cutoff, serving.current)


@dataclass(frozen=True)
class FileModel:
    """A model in one file. Its distribution is fitted on the year before each month, without what it was trained on.

    Attributes:
        samples: calibration samples.
        stand_in: whose distribution serves where the training window is unknown, or while there are too few such rows.
    """

    file: ModelFile
    artifacts: Artifacts
    samples: Samples
    stand_in: BundledModel

    @property
    def model_id(self) -> str:
        """The model."""
        return self.file.model_id

    @property
    def market(self) -> str:
        """What it predicts."""
        return self.file.market

    @property
    def trained_until(self) -> date | None:
        """The last game that it was trained on."""
        return self.file.training_end

    def serving(self, day: date) -> ServedModel:
        """Return the model with the distribution of the date's month."""
        month, until = day.replace(day=1), self.file.training_end
        if until is None:
            return _stood_in(self.file, self.stand_in, day)
        sample = self.samples(month, self.market)
        folder = f"distributions/{self.file.content_hash[:16]}/{self.market}/{until}/{month}/{sample.known}"
        rows = sample.rows.filter(pl.col("game_date") > until)
        return _with_own_distribution(self.file, rows, folder, self.artifacts) or _stood_in(self.file, self.stand_in, day)


@dataclass(frozen=True)
class DerivedModel:
    """A model whose predictions another asset's table already holds, so that they are graded like any other's.

    Attributes:
        table: game_date, game_id, player_id, decision and predicted_points, of one market.
        trained_until: the last game that it may have learned from; None: unknown, so what it says of games that are over may
            come from their results, and does not count.
        samples: calibration samples.
        stand_in: whose distribution serves where `trained_until` is unknown, or while there are too few rows after it.
    """

    model_id: str
    market: str
    table: pl.DataFrame
    trained_until: date | None
    artifacts: Artifacts
    samples: Samples
    stand_in: BundledModel

    def predict(self, rows: FeatureMatrix) -> Floats:
        """Return (rows,) the table's predictions, NaN where it has none."""
        found = rows.rows.select(KEY).join(self.table, on=KEY, how="left", maintain_order="left")
        return np.maximum(found["predicted_points"].cast(pl.Float64).fill_null(float("nan")).to_numpy(), 0.0)

    def serving(self, day: date) -> ServedModel:
        """Return the table with the distribution of the date's month."""
        month, until = day.replace(day=1), self.trained_until
        if until is None:
            return _stood_in(self, self.stand_in, day)
        sample = self.samples(month, self.market)
        rows = sample.rows.filter(pl.col("game_date") > until).join(self.table, on=KEY, how="semi", maintain_order="left")
        content = sha256(self.predict(FeatureMatrix(rows, FEATURE_NAMES)).tobytes()).hexdigest()[:16]
        folder = f"distributions/{self.model_id}/{self.market}/{until}/{month}/{sample.known}/{content}"
        return _with_own_distribution(self, rows, folder, self.artifacts) or _stood_in(self, self.stand_in, day)


def _with_own_distribution(predictor: Predictor, rows: pl.DataFrame, folder: str, artifacts: Artifacts) -> ServedModel | None:
    """What serves with the distribution of the errors on some rows, stored once; None: they are too few."""
    try:
        path = artifacts.find(folder)
        if path is None:
            fitted = distribution_of(rows, predictor.predict(FeatureMatrix(rows, FEATURE_NAMES, FALLBACKS)))
            path = artifacts.put(folder, {DISTRIBUTION: distributions.to_file(fitted)})
        return ServedModel(predictor, read_distribution(artifacts, path), path, None, current=True)
    except PredictionError as error:
        raise SkippedError("prediction", str(error)) from error
    except ArtifactError as error:
        raise SkippedError("file", str(error)) from error
    except TooFewResidualsError:
        return None


def _stood_in(predictor: Predictor, stand_in: BundledModel, day: date) -> ServedModel:
    served = stand_in.serving(day)
    return ServedModel(predictor, served.distribution, served.distribution_path, None, current=True)
