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
BUCKETS = len(MINUTES) + 1
PARTS = 4
HALF = 0.5
# Where a whole number is put: evenly over the unit around it.
SPREAD: Floats = np.array([-0.4, -0.2, 0.0, 0.2, 0.4])
# A tail is at least so long that the chance falls tenfold over so much of the target's unit.
LEAST_TENFOLD = 1.0
LEAST_CHANCE = 1e-6
MIN_CELL = 99


class TooFewResidualsError(NbaAssetsError):
    """Too few predictions with results to estimate a distribution of errors."""


@dataclass(frozen=True)
class Distribution:
    """A chance of zero, and quantiles of scaled residuals above it, in Mondrian cells.

    Cells are by decision, expected minutes and prediction. Within a cell the quantiles are those of split-conformal prediction:
    if later games are like those it was fitted on, a result lies below the quantile of level p with probability p (Vovk,
    Gammerman & Shafer, "Algorithmic Learning in a Random World", 2005, for the cells; Vovk et al., "Nonparametric Predictive
    Distributions", 2017). A residual is divided by the square root of the prediction plus one, because targets are counts.
    Results are whole numbers: each one is spread evenly over the unit around it before quantiles are taken (Machado & Santos
    Silva, "Quantiles for Counts", 2005), so that P(X <= k) is the share below k + 0.5; and zero, which players at the end of
    the bench often have, has a chance of its own (a hurdle: Mullahy, 1986).

    Attributes:
        cuts: (buckets, PARTS - 1) predictions that separate the cells of a bucket: noon by minutes, then tip by minutes.
        zero: (buckets, PARTS) chance of zero.
        table: (buckets, PARTS, levels) quantiles of scaled residuals of the results above zero.
        mean: (buckets, PARTS) mean residual, scaled: what the expectation is above the prediction, which is a median.
    """

    cuts: Floats
    zero: Floats
    table: Floats
    mean: Floats

    def quantiles(self, predicted: Floats, expected_minutes: Floats, at_tip: Floats) -> Floats:
        """Return (rows, levels): the target, spread over the unit around it, at the levels 0.01 … 0.99; not below zero.

        Args:
            predicted: (rows,) in the target's unit.
            expected_minutes: (rows,) NaN where nothing is known of the player.
            at_tip: (rows,) 1 for the decision at tip, 0 for noon.
        """
        cell = _cells(predicted, _bucket(expected_minutes, at_tip), self.cuts)
        zero = self.zero[cell][:, None]
        place = np.clip(100 * (LEVELS - zero) / (1 - zero) - 1, 0, len(LEVELS) - 1)
        left = np.minimum(place.astype(np.int64), len(LEVELS) - 2)
        table = self.table[cell]
        low, high = (np.take_along_axis(table, left + step, axis=1) for step in (0, 1))
        above = predicted[:, None] + _scale(predicted)[:, None] * (low + (place - left) * (high - low))
        # Zero is spread over the unit around it like any other number; what is below it is shown as zero.
        at_zero = np.maximum(LEVELS / np.where(zero > 0, zero, 1.0) - HALF, 0.0)
        return np.where(zero >= LEVELS, at_zero, np.maximum(above, HALF))

    def expected(self, predicted: Floats, expected_minutes: Floats, at_tip: Floats) -> Floats:
        """Return (rows,) the expectation, not below zero. Arguments as of `quantiles`."""
        cell = _cells(predicted, _bucket(expected_minutes, at_tip), self.cuts)
        return np.maximum(predicted + _scale(predicted) * self.mean[cell], 0.0)


@dataclass(frozen=True)
class DistributionFile:
    """A distribution as numbers in a file."""

    cuts: list[list[float]]
    zero: list[list[float]]
    table: list[list[list[float]]]
    mean: list[list[float]]

    def read(self) -> Distribution:
        """Return the distribution."""
        return Distribution(*(np.array(values) for values in (self.cuts, self.zero, self.table, self.mean)))


DISTRIBUTION_FILE = TypeAdapter(DistributionFile)


def to_file(distribution: Distribution) -> bytes:
    """Return a distribution as JSON; read again, it is equal to the last bit."""
    parts = (distribution.cuts, distribution.zero, distribution.table, distribution.mean)
    return DISTRIBUTION_FILE.dump_json(DistributionFile(*(values.tolist() for values in parts)))


def fit(predicted: Floats, actual: Floats, expected_minutes: Floats, at_tip: Floats) -> Distribution:
    """Fit the distribution of a model's errors.

    Args:
        predicted: (rows,) predictions of games that the model was not fitted on, not below zero.
        actual: (rows,) the results, whole numbers.
        expected_minutes: (rows,) what could be expected of each player; NaN where nothing is known.
        at_tip: (rows,) 1 for the decision at tip, 0 for noon.

    Raises:
        TooFewResidualsError: fewer than 396 predictions.
    """
    if len(predicted) < PARTS * MIN_CELL:
        raise TooFewResidualsError(f"{len(predicted)} predictions with results; a distribution needs {PARTS * MIN_CELL}")
    bucket, shares = _bucket(expected_minutes, at_tip), np.arange(1, PARTS) / PARTS
    of_bucket = [bucket == number if (bucket == number).any() else bucket >= 0 for number in range(2 * BUCKETS)]
    cuts = np.stack([np.quantile(predicted[inside], shares) for inside in of_bucket])
    bucket, part = _cells(predicted, bucket, cuts)
    table = np.full((len(cuts), PARTS, len(LEVELS)), np.nan)
    zero, mean = np.zeros(table.shape[:2]), np.zeros(table.shape[:2])
    for cell in np.ndindex(len(cuts), PARTS):
        # A cell with fewer than 99 results above zero takes those of its bucket, and a small bucket takes all.
        wider = ((bucket == cell[0]) & (part == cell[1]), bucket == cell[0], bucket >= 0)
        inside = next((rows for rows in wider if (actual[rows] > 0).sum() >= MIN_CELL), wider[-1])
        zero[cell] = (actual[inside] == 0).sum() / (inside.sum() + 1)
        mean[cell] = (actual[inside] - predicted[inside]).sum() / _scale(predicted[inside]).sum()
        above = inside & (actual > 0)
        spread = actual[above, None] + SPREAD - predicted[above, None]
        # Position p (n + 1) in order is what makes the quantile conformal.
        table[cell] = np.quantile((spread / _scale(predicted[above])[:, None]).ravel(), LEVELS, method="weibull")
    return Distribution(cuts, zero, table, mean)


def crps(quantiles: Floats, actual: Floats) -> Floats:
    """Return (rows,) the continuous ranked probability score in the target's unit: twice the mean pinball loss.

    Of whole-number results, pass rounded quantiles. Gneiting & Raftery, "Strictly proper scoring rules, prediction, and
    estimation", 2007.
    """
    return 2 * pinball(quantiles, actual).mean(axis=1)


def pinball(quantiles: Floats, actual: Floats) -> Floats:
    """Return (rows, levels) the pinball loss of each quantile (Koenker & Bassett, "Regression Quantiles", 1978)."""
    error = actual[:, None] - quantiles
    return np.maximum(LEVELS * error, (LEVELS - 1) * error)


def chance_over(quantiles: Floats, line: Floats) -> Floats:
    """Return (rows,) the chance of a result above a line; a line that is NaN has none.

    Linear between quantiles, and from -0.5 to the first one; above the last one the chance falls as fast as from p90 to p99.
    """
    below = (quantiles < line[:, None]).sum(axis=1)
    rows, right = np.arange(len(line)), np.clip(below, 1, len(LEVELS) - 1)
    left = right - 1
    part = _part(line, quantiles[rows, left], quantiles[rows, right])
    chance = 1 - (LEVELS[left] + part * (LEVELS[right] - LEVELS[left]))
    first, last = quantiles[:, 0], quantiles[:, -1]
    tenfold = np.maximum(last - quantiles[:, HIGH], LEAST_TENFOLD)
    under = 1 - LEVELS[0] * _part(line, np.full(len(line), -HALF), first)
    over = (1 - LEVELS[-1]) * 0.1 ** (np.maximum(line - last, 0.0) / tenfold)
    return np.where(line < first, under, np.where(line > last, over, chance))


def _part(line: Floats, low: Floats, high: Floats) -> Floats:
    """How far a line is from one number to another."""
    return np.clip((line - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0)


def cumulative(quantiles: Floats, actual: Floats) -> tuple[Floats, Floats]:
    """Return P(X < x) and P(X <= x) of whole-number results, each (rows,): the ends of the probability integral transform."""
    until = 1 - chance_over(quantiles, actual + HALF)
    before = np.where(actual > 0, 1 - chance_over(quantiles, actual - HALF), np.where(np.isnan(actual), np.nan, 0.0))
    return before, until


def log_score(before: Floats, until: Floats) -> Floats:
    """Return (rows,) the negative logarithm of a result's chance, taken as at least one in a million."""
    return -np.log(np.maximum(until - before, LEAST_CHANCE))


def _bucket(expected_minutes: Floats, at_tip: Floats) -> Ints:
    minutes = np.searchsorted(MINUTES, np.nan_to_num(expected_minutes), side="right")
    return minutes + BUCKETS * (at_tip > 0).astype(np.int64)


def _cells(predicted: Floats, bucket: Ints, cuts: Floats) -> tuple[Ints, Ints]:
    return bucket, (predicted[:, None] >= cuts[bucket]).sum(axis=1)


def _scale(predicted: Floats) -> Floats:
    return np.sqrt(predicted + 1.0)
