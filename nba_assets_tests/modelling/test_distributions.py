"""The distribution around a prediction: it covers what it says, in every bucket of minutes, whatever the model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.modelling.distributions import (
    DISTRIBUTION_FILE,
    HIGH,
    LEVELS,
    LOW,
    MIDDLE,
    TooFewResidualsError,
    chance_over,
    crps,
    cumulative,
    fit,
    log_score,
    to_file,
)

Array = np.ndarray


def games(seed: int, count: int) -> tuple[Array, Array, Array, Array]:
    """Predicted, actual, expected minutes, at tip: counts with a spread of their own, and a model that is wrong about them."""
    rng = np.random.default_rng(seed)
    minutes = rng.uniform(2, 38, count)
    mean = 0.45 * minutes * rng.gamma(6, 1 / 6, count)
    actual = rng.negative_binomial(4, 4 / (4 + mean)).astype(float)
    return 0.9 * mean + 0.5, actual, minutes, (rng.random(count) < 0.5).astype(float)


def test_intervals_cover_what_they_say_in_every_bucket() -> None:
    found = fit(*games(1, 20_000))
    predicted, actual, minutes, at_tip = games(2, 40_000)
    quantiles = found.quantiles(predicted, minutes, at_tip)
    assert (np.diff(quantiles, axis=1) >= 0).all()
    low, high = cumulative(quantiles, actual)
    # A whole number is spread over the unit around it: so counted, a tenth lies below p10, and a tenth above p90.
    place = low + np.random.default_rng(3).random(len(low)) * (high - low)
    for least, most in ((0, 10), (10, 18), (18, 24), (24, 30), (30, 40)):
        rows = (least <= minutes) & (minutes < most)
        assert 0.78 < ((place > 0.1) & (place < 0.9))[rows].mean() < 0.82
        assert (cumulative(quantiles, np.zeros(len(actual)))[1][rows]).mean() == pytest.approx(
            (actual == 0)[rows].mean(), abs=0.015
        )
    inside = (quantiles[:, LOW] <= actual) & (actual <= quantiles[:, HIGH])
    assert inside.mean() > 0.78
    assert 0.45 < (actual <= quantiles[:, MIDDLE]).mean() < 0.55
    assert (found.expected(predicted, minutes, at_tip) - actual).mean() == pytest.approx(0, abs=0.1)


def test_a_quantile_has_its_conformal_position() -> None:
    """99 scaled residuals a cell: the level k / 100 is the k-th of them."""
    minutes = np.tile(np.repeat([5.0, 12.0, 20.0, 27.0, 33.0], 4 * 99), 2)
    predicted = np.tile(np.repeat([0.0, 3.0, 8.0, 15.0], 99), 10)
    order, at_tip = np.tile(np.arange(1.0, 100.0), 40), np.repeat([0.0, 1.0], 20 * 99)
    found = fit(predicted, predicted + 10 * order * np.sqrt(predicted + 1), minutes, at_tip)
    assert found.table.shape == (10, 4, 99)
    # Each result is spread over the unit around it, which is small beside the ten between two results.
    assert np.allclose(found.table, 10 * np.arange(1, 100), atol=0.5)
    assert (found.zero == 0).all()
    assert found.quantiles(np.array([3.0]), np.array([20.0]), np.zeros(1))[0, LOW] == pytest.approx(3 + 100 * 2, abs=1)
    assert np.allclose(found.mean, 500)


def test_zero_has_a_chance_of_its_own() -> None:
    """Of 200 players in each cell, half score nothing and half 20: P(0) is a half, and nothing lies between."""
    minutes = np.tile(np.repeat([5.0, 12.0, 20.0, 27.0, 33.0], 4 * 200), 2)
    predicted = np.tile(np.repeat([0.0, 3.0, 8.0, 15.0], 200), 10)
    found = fit(predicted, np.tile([0.0, 20.0], 4000), minutes, np.repeat([0.0, 1.0], 4000))
    quantiles = found.quantiles(np.array([3.0]), np.array([20.0]), np.zeros(1))
    before, until = cumulative(np.repeat(quantiles, 4, axis=0), np.array([0.0, 10.0, 19.0, 20.0]))
    assert until == pytest.approx([0.5, 0.5, 0.5, 1.0], abs=0.02)
    assert before[0] == 0.0
    assert log_score(before, until)[[0, 3]] == pytest.approx([np.log(2)] * 2, abs=0.05)
    assert found.expected(np.array([3.0]), np.array([20.0]), np.zeros(1))[0] == pytest.approx(10.0)


def test_points_are_not_below_zero_and_unknown_minutes_are_few() -> None:
    found = fit(*games(1, 20_000))
    unknown = found.quantiles(np.array([2.0]), np.array([np.nan]), np.ones(1))
    assert (unknown >= 0).all()
    assert (unknown == found.quantiles(np.array([2.0]), np.array([0.0]), np.ones(1))).all()


def test_a_bucket_without_games_takes_all_and_too_few_games_are_refused() -> None:
    predicted, actual, minutes, at_tip = games(1, 20_000)
    regulars = minutes >= 30
    fitted = fit(predicted[~regulars], actual[~regulars], minutes[~regulars], at_tip[~regulars])
    assert np.isfinite(fitted.quantiles(predicted[regulars], minutes[regulars], at_tip[regulars])).all()
    with pytest.raises(TooFewResidualsError, match="395 predictions with results; a distribution needs 396"):
        fit(predicted[:395], actual[:395], minutes[:395], at_tip[:395])


def test_a_file_gives_the_same_to_the_last_bit() -> None:
    fitted = fit(*games(1, 20_000))
    again = DISTRIBUTION_FILE.validate_json(to_file(fitted)).read()
    for name in ("cuts", "zero", "table", "mean"):
        assert np.array_equal(getattr(again, name), getattr(fitted, name))


def test_the_score_of_a_known_distribution() -> None:
    # Uniform on 0 … 1, result 0.5: CRPS is the integral of (F - 1{x >= 0.5})^2 = 2 * 0.5^3 / 3 = 1 / 12.
    assert crps(LEVELS[None, :], np.array([0.5]))[0] == pytest.approx(1 / 12, abs=1e-3)
    # All mass on one point: the absolute error.
    assert crps(np.full((1, 99), 7.0), np.array([10.0]))[0] == pytest.approx(3.0)


@given(st.floats(-5, 60), st.integers(0, 10_000))
def test_the_chance_of_over_falls_with_the_line(line: float, seed: int) -> None:
    quantiles = np.sort(np.random.default_rng(seed).uniform(0, 40, 99))[None, :]
    here, further = (chance_over(quantiles, np.array([at]))[0] for at in (line, line + 1))
    assert 0 <= further <= here <= 1


def test_the_chance_of_over_by_hand() -> None:
    quantiles = np.tile(np.arange(1.0, 100.0), (3, 1))
    assert chance_over(quantiles, np.array([50.0, 20.5, np.nan])) == pytest.approx([0.5, 0.795, np.nan], nan_ok=True)
    # A third of the way from -0.5 to the first quantile; beyond the last it falls tenfold over nine, as from p90 to p99.
    assert chance_over(quantiles, np.array([0.0, 108.0, -0.5])) == pytest.approx([1 - 0.01 / 3, 0.001, 1.0])
