"""Tests that may be looked at every night: their error is that of ever being wrong, however often one looks."""

from math import inf, log, sqrt

import numpy as np

from nba_assets.arrays import Floats

# The mixture is narrowest, relative to a test of one look, around so many observations.
TUNED_FOR = 60
# The variance is estimated: with fewer observations it is too uncertain for the sequence to hold.
FIRST_LOOK = 20
LEVEL, EQUAL = 0.05, 1e-12


def anytime_p_values(values: Floats, first_look: int = FIRST_LOOK) -> Floats:
    """Return (dates,) p-values of a mean that is not above zero, by the values up to each date; NaN before the first look.

    That one below 0.05 ever occurs has a chance of at most 5%. They are one over the e-values of a mixture of likelihood
    ratios over positive means (Robbins, "Statistical Methods Related to the Law of the Iterated Logarithm", 1970), with the
    sample's variance for the true one, which holds asymptotically (Waudby-Smith et al., "Time-Uniform Central Limit Theory and
    Asymptotic Confidence Sequences", 2024).

    Args:
        values: one per date, in order: independent of each other, given those before, up to their mean.
        first_look: how many values it takes.
    """
    from scipy.special import log_ndtr

    count, total = np.arange(1, len(values) + 1), np.cumsum(values)
    # Of a single value, and of values that are all equal, there is no quotient: the branches beside them are taken.
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (np.cumsum(values**2) - total**2 / count) / (count - 1)
        # Values that are all equal have a rounding error for a variance.
        score = np.where(
            variance > EQUAL * values[0] ** 2, total / np.sqrt(variance), np.where(total == 0, 0.0, np.sign(total) * np.inf)
        )
    width = _mixture(LEVEL)
    scale = count * width**2 + 1
    # A normal mixture over both signs would be without log 2 and the last term, which keep the half above zero. A score of
    # minus infinity, of values that are all equal and below zero, is inf - inf here and set right below.
    with np.errstate(invalid="ignore"):
        log_e = log(2) + score**2 * width**2 / (2 * scale) - np.log(scale) / 2 + log_ndtr(score * width / np.sqrt(scale))
    found = np.exp(np.minimum(-np.where(score == -np.inf, -np.inf, log_e), 0.0))
    return np.where(count >= max(first_look, 2), found, np.nan)


def half_width(values: Floats, level: float = LEVEL, first_look: int = FIRST_LOOK) -> float | None:
    """Return half of the width of the confidence sequence for the mean: it holds at all looks at once with chance 1 - level."""
    count = len(values)
    if count < max(first_look, 2):
        return None
    scaled = count * _mixture(level) ** 2
    return float(values.std(ddof=1)) * sqrt(2 * (scaled + 1) / (count * scaled) * log(sqrt(scaled + 1) / level))


def cusum(scores: Floats, allowance: float) -> Floats:
    """Return (dates,) the one-sided cumulative sum of standardised scores (Page, "Continuous Inspection Schemes", 1954).

    Args:
        scores: each about zero while nothing has changed; NaN: not known, which adds nothing.
        allowance: what is taken off each one: half of the change that is to be found soonest.
    """
    found, sums = 0.0, np.zeros(len(scores))
    for place, score in enumerate(np.nan_to_num(scores, nan=-inf)):
        found = found if score == -inf else max(0.0, found + float(score) - allowance)
        sums[place] = found
    return sums


def _mixture(level: float) -> float:
    """The standard deviation of the mixture over means, in standard deviations of a value."""
    return sqrt((-2 * log(level) + log(-2 * log(level)) + 1) / TUNED_FOR)
