"""The distribution around a point prediction: split-conformal, from the errors on games that the model was not fitted on."""

from dataclasses import dataclass

import numpy as np
from pydantic import TypeAdapter

from nba_assets.arrays import Floats, Ints
from nba_assets.errors import NbaAssetsError

LEVELS: Floats = np.arange(1, 100) / 100
LOW, MIDDLE, HIGH = 9, 49, 89
# Edges of the buckets of expected minutes.
MINUTES: Floats = np.array([10.0, 18.0, 24.0, 30.0])
PARTS = 4
MIN_CELL = 99


class TooFewResidualsError(NbaAssetsError):
    """Too few predictions with results to estimate a distribution of errors."""


@dataclass(frozen=True)
class Distribution:
    """Quantiles of scaled residuals in Mondrian cells: expected minutes, and within these the size of the prediction.

    Within a cell every quantile is one of split-conformal prediction: if later games are like those it was fitted on, a
    result lies below the quantile of level p with probability p (Vovk, Gammerman & Shafer, "Algorithmic Learning in a
    Random World", 2005, for the cells; Vovk et al., "Nonparametric predictive distributions", 2017). A residual is
    divided by the square root of the prediction plus one, because targets are counts. Results below zero do not exist.

    Attributes:
        cuts: (minutes buckets, PARTS - 1) predictions that separate the cells of a bucket.
        table: (minutes buckets, PARTS, levels) quantiles of scaled residuals.
    """

    cuts: Floats
    table: Floats

    def quantiles(self, predicted: Floats, expected_minutes: Floats) -> Floats:
        """Return (rows, levels): the target at the levels 0.01 … 0.99.

        Args:
            predicted: (rows,) in the target's unit.
            expected_minutes: (rows,) NaN where nothing is known of the player.
        """
        bucket, part = _cells(predicted, expected_minutes, self.cuts)
        return np.maximum(predicted[:, None] + _scale(predicted)[:, None] * self.table[bucket, part], 0.0)


@dataclass(frozen=True)
class DistributionFile:
    """A distribution as numbers in a file."""

    cuts: list[list[float]]
    table: list[list[list[float]]]

    def read(self) -> Distribution:
        """Return the distribution."""
        return Distribution(np.array(self.cuts), np.array(self.table))


DISTRIBUTION_FILE = TypeAdapter(DistributionFile)


def to_file(distribution: Distribution) -> bytes:
    """Return a distribution as JSON; read again, it is equal to the last bit."""
    return DISTRIBUTION_FILE.dump_json(DistributionFile(distribution.cuts.tolist(), distribution.table.tolist()))


def fit(predicted: Floats, actual: Floats, expected_minutes: Floats) -> Distribution:
    """Fit the distribution of a model's errors.

    Args:
        predicted: (rows,) predictions of games that the model was not fitted on, not below zero.
        actual: (rows,) the results.
        expected_minutes: (rows,) what could be expected of each player; NaN where nothing is known.

    Raises:
        TooFewResidualsError: fewer than 396 predictions.
    """
    if len(predicted) < PARTS * MIN_CELL:
        raise TooFewResidualsError(f"{len(predicted)} predictions with results; a distribution needs {PARTS * MIN_CELL}")
    bucket, shares = _bucket(expected_minutes), np.arange(1, PARTS) / PARTS
    of_bucket = [bucket == number if (bucket == number).any() else bucket >= 0 for number in range(len(MINUTES) + 1)]
    cuts = np.stack([np.quantile(predicted[inside], shares) for inside in of_bucket])
    bucket, part = _cells(predicted, expected_minutes, cuts)
    scaled = (actual - predicted) / _scale(predicted)
    table = np.full((len(cuts), PARTS, len(LEVELS)), np.nan)
    for cell in np.ndindex(len(cuts), PARTS):
        # A cell with fewer than 99 residuals has no level 0.01: it takes those of its bucket, and a small bucket takes all.
        wider = (scaled[(bucket == cell[0]) & (part == cell[1])], scaled[bucket == cell[0]], scaled)
        inside = next(values for values in wider if len(values) >= MIN_CELL)
        # Position p (n + 1) in order is what makes the quantile conformal.
        table[cell] = np.quantile(inside, LEVELS, method="weibull")
    return Distribution(cuts, table)


def crps(quantiles: Floats, actual: Floats) -> Floats:
    """Return (rows,) the continuous ranked probability score in the target's unit: twice the mean pinball loss.

    Gneiting & Raftery, "Strictly proper scoring rules, prediction, and estimation", 2007.
    """
    error = actual[:, None] - quantiles
    return 2 * np.maximum(LEVELS * error, (LEVELS - 1) * error).mean(axis=1)


def chance_over(quantiles: Floats, line: Floats) -> Floats:
    """Return (rows,) the chance of a result above a line: linear between quantiles, 1 in 100 beyond the last; NaN has none."""
    below = (quantiles < line[:, None]).sum(axis=1)
    rows, right = np.arange(len(line)), np.clip(below, 1, len(LEVELS) - 1)
    left = right - 1
    wide = quantiles[rows, right] - quantiles[rows, left]
    part = np.clip((line - quantiles[rows, left]) / np.where(wide > 0, wide, 1.0), 0.0, 1.0)
    return 1 - (LEVELS[left] + part * (LEVELS[right] - LEVELS[left]))


def _bucket(expected_minutes: Floats) -> Ints:
    return np.searchsorted(MINUTES, np.nan_to_num(expected_minutes), side="right")


def _cells(predicted: Floats, expected_minutes: Floats, cuts: Floats) -> tuple[Ints, Ints]:
    bucket = _bucket(expected_minutes)
    return bucket, (predicted[:, None] >= cuts[bucket]).sum(axis=1)


def _scale(predicted: Floats) -> Floats:
    return np.sqrt(predicted + 1.0)
