"""Tests that may be looked at every night: by hand, against their promise, and the cumulative sum."""

from math import exp, log, sqrt

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from nba_assets.modelling.sequential import anytime_p_values, cusum, half_width


def test_the_p_value_is_one_over_the_mixture_of_likelihood_ratios() -> None:
    values = np.array([1.0, -0.5, 2.0, 0.5, 1.5])
    width = sqrt((-2 * log(0.05) + log(-2 * log(0.05)) + 1) / 60)
    for count in (2, 5):
        part = values[:count] / values[:count].std(ddof=1)

        def ratio(mean: float, part: np.ndarray = part) -> float:
            return exp(mean * part.sum() - len(part) * mean**2 / 2) * 2 * norm.pdf(mean, scale=width)

        mixture = quad(ratio, 0, np.inf)[0]
        assert anytime_p_values(values, 2)[count - 1] == pytest.approx(min(1.0, 1 / mixture), rel=1e-6)


def test_before_the_first_look_there_is_none_and_values_that_never_vary_decide() -> None:
    assert np.isnan(anytime_p_values(np.ones(5), 4)[:3]).all()
    assert anytime_p_values(np.full(6, 0.1), 4)[3:].tolist() == [0.0] * 3
    assert anytime_p_values(np.full(6, -0.1), 4)[3:].tolist() == [1.0] * 3
    assert anytime_p_values(np.zeros(6), 4)[3:].tolist() == [1.0] * 3
    assert half_width(np.ones(3), first_look=4) is None


def test_one_that_is_looked_at_every_night_errs_in_one_of_twenty() -> None:
    rng = np.random.default_rng(1)
    # Heavier tails than differences of errors have.
    found = [anytime_p_values(rng.standard_t(5, 330)) for _ in range(1000)]
    assert np.mean([np.nanmin(each) <= 0.05 for each in found]) <= 0.05


def test_a_confidence_sequence_holds_at_all_looks_at_once() -> None:
    rng = np.random.default_rng(2)
    missed = 0
    for _ in range(300):
        values = rng.normal(0.3, 1, 200)
        widths = [half_width(values[:count]) for count in range(20, 201)]
        means = np.cumsum(values)[19:] / np.arange(20, 201)
        missed += bool((np.abs(means - 0.3) > np.array(widths, dtype=float)).any())
    assert missed / 300 <= 0.06


def test_a_cumulative_sum_by_hand() -> None:
    assert cusum(np.array([1.0, 1.0, np.nan, -2.0, 0.6]), 0.5).tolist() == pytest.approx([0.5, 1.0, 1.0, 0.0, 0.1])
