"""Medians of means: least absolute deviations, one line for each decision."""

import numpy as np
import pytest

from nba_assets.modelling.medians import AS_IT_IS, LEAST_ROWS, fit_medians, least_absolute, median_design, medians


def test_least_absolute_deviations_are_least() -> None:
    random = np.random.default_rng(1)
    mean = random.gamma(2, 5, 400)
    points = random.poisson(mean).astype(float)
    design = median_design(mean)
    found = least_absolute(design, points)
    least = np.abs(points - design @ found).sum()
    for change in random.normal(0, 0.02, (200, 3)):
        assert np.abs(points - design @ (found + change)).sum() >= least - 1e-9
    # Of a constant it is the median.
    assert least_absolute(np.ones((5, 1)), np.array([1.0, 2.0, 3.0, 50.0, 90.0]))[0] == pytest.approx(3.0)


def test_each_decision_has_its_line() -> None:
    """Noon sees half of what happens, tip twice as much."""
    random = np.random.default_rng(2)
    mean = random.uniform(1, 30, 4 * LEAST_ROWS)
    late = np.arange(len(mean)) % 2 == 0
    actual = np.where(late, mean / 2, mean * 2)
    lines = fit_medians(mean, actual, late)
    assert medians(mean, lines, late) == pytest.approx(actual)


def test_of_few_rows_the_mean_stays_and_no_median_is_below_zero() -> None:
    mean = np.array([3.0, 4.0])
    lines = fit_medians(mean, np.array([9.0, 9.0]), np.array([True, False]))
    assert lines == {"noon": AS_IT_IS, "tip": AS_IT_IS}
    below = {"noon": (-1.0, 1.0, 0.0), "tip": AS_IT_IS}
    assert medians(np.array([0.5, 5.0]), below, np.array([False, True])).tolist() == [0, 5]


def test_the_line_of_skewed_counts_lies_below_their_mean() -> None:
    random = np.random.default_rng(3)
    mean = random.uniform(1, 20, 4000)
    actual = random.negative_binomial(2, 2 / (2 + mean)).astype(float)
    late = np.zeros(len(mean), dtype=bool)
    found = medians(mean, fit_medians(mean, actual, late), late)
    assert np.abs(found - actual).mean() < np.abs(mean - actual).mean()
    assert (found[mean > 5] < mean[mean > 5]).all()
