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
    fit,
    to_file,
)

Array = np.ndarray


def games(seed: int, count: int) -> tuple[Array, Array, Array]:
    """Predicted, actual and expected minutes: counts with a spread of their own, and a model that is wrong about them."""
    rng = np.random.default_rng(seed)
    minutes = rng.uniform(2, 38, count)
    mean = 0.45 * minutes * rng.gamma(6, 1 / 6, count)
    actual = rng.negative_binomial(4, 4 / (4 + mean)).astype(float)
    return 0.9 * mean + 0.5, actual, minutes


def test_intervals_cover_what_they_say_in_every_bucket() -> None:
    found = fit(*games(1, 20_000))
    predicted, actual, minutes = games(2, 40_000)
    quantiles = found.quantiles(predicted, minutes)
    inside = (quantiles[:, LOW] <= actual) & (actual <= quantiles[:, HIGH])
    assert 0.78 < inside.mean() < 0.82
    for low, high in ((0, 10), (10, 18), (18, 24), (24, 30), (30, 40)):
        assert 0.75 < inside[(low <= minutes) & (minutes < high)].mean() < 0.85
    assert 0.47 < (actual <= quantiles[:, MIDDLE]).mean() < 0.53


def test_a_quantile_has_its_conformal_position() -> None:
    """99 scaled residuals a cell: the level k / 100 is the k-th of them."""
    minutes = np.repeat([5.0, 12.0, 20.0, 27.0, 33.0], 4 * 99)
    predicted = np.tile(np.repeat([0.0, 3.0, 8.0, 15.0], 99), 5)
    order = np.tile(np.arange(1.0, 100.0), 20)
    found = fit(predicted, predicted + order * np.sqrt(predicted + 1), minutes)
    assert found.table.shape == (5, 4, 99)
    assert np.allclose(found.table, np.arange(1, 100))
    assert found.quantiles(np.array([3.0]), np.array([20.0]))[0, LOW] == pytest.approx(3 + 10 * 2)


def test_points_are_not_below_zero_and_unknown_minutes_are_few() -> None:
    found = fit(*games(1, 20_000))
    unknown = found.quantiles(np.array([2.0]), np.array([np.nan]))
    assert (unknown >= 0).all()
    assert (unknown == found.quantiles(np.array([2.0]), np.array([0.0]))).all()


def test_a_bucket_without_games_takes_all_and_too_few_games_are_refused() -> None:
    predicted, actual, minutes = games(1, 20_000)
    regulars = minutes >= 30
    fitted = fit(predicted[~regulars], actual[~regulars], minutes[~regulars])
    assert np.isfinite(fitted.quantiles(predicted[regulars], minutes[regulars])).all()
    with pytest.raises(TooFewResidualsError, match="395 predictions with results; a distribution needs 396"):
        fit(predicted[:395], actual[:395], minutes[:395])


def test_a_file_gives_the_same_to_the_last_bit() -> None:
    fitted = fit(*games(1, 20_000))
    again = DISTRIBUTION_FILE.validate_json(to_file(fitted)).read()
    assert np.array_equal(again.cuts, fitted.cuts)
    assert np.array_equal(again.table, fitted.table)


def test_the_score_of_a_known_distribution() -> None:
    # Uniform on 0 … 1, result 0.5: CRPS is the integral of (F - 1{x >= 0.5})^2 = 2 * 0.5^3 / 3 = 1 / 12.
    assert crps(LEVELS[None, :], np.array([0.5]))[0] == pytest.approx(1 / 12, abs=1e-3)
    # All mass on one point: the absolute error.
    assert crps(np.full((1, 99), 7.0), np.array([10.0]))[0] == pytest.approx(3.0)


@given(st.floats(-5, 60), st.integers(0, 10_000))
def test_the_chance_of_over_falls_with_the_line(line: float, seed: int) -> None:
    quantiles = np.sort(np.random.default_rng(seed).uniform(0, 40, 99))[None, :]
    here, further = (chance_over(quantiles, np.array([at]))[0] for at in (line, line + 1))
    assert 0.01 <= further <= here <= 0.99 + 1e-12


def test_the_chance_of_over_by_hand() -> None:
    quantiles = np.tile(np.arange(1.0, 100.0), (3, 1))
    assert chance_over(quantiles, np.array([50.0, 20.5, np.nan])) == pytest.approx([0.5, 0.795, np.nan], nan_ok=True)
