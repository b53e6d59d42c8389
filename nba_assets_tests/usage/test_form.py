"""Usage as of last night, by hand."""

from datetime import date

import numpy as np
import pytest

from nba_assets.usage.datasets import Player, Regression
from nba_assets.usage.form import form

ME, MATE = (Player(number, f"P{number}", 1610612737, "2023-24", 30.0, 20.0) for number in (1, 2))


def games(usage: list[float], minutes: list[float], out: list[float]) -> Regression:
    count = len(usage)
    dates = np.array([np.datetime64("2024-01-01") + day for day in range(count)])
    shape = np.array(out)[:, None]
    return Regression(
        ME, (MATE,), np.array(usage), np.array(minutes), shape, np.ones((count, 1), bool), np.zeros(count, int), dates
    )


def test_form_by_hand() -> None:
    found = form(games([20.0, 26.0], [16.0, 48.0], [0.0, 1.0]), 22.0, np.array([4.0]))
    assert np.isnan(found.plain[0])
    assert found.plain[1:] == pytest.approx([20.0, (0.9 * 16 * 20 + 48 * 26) / (0.9 * 16 + 48)])
    # A game of 16 minutes weighs a half, one of 48 three quarters; without the absent the second game was one of 22.
    first = (0.5 * 20 + 1.65 * 22) / (0.5 + 1.65)
    second = (0.9 * 0.5 * 20 + 0.75 * 22 + 1.65 * 22) / (0.9 * 0.5 + 0.75 + 1.65)
    assert found.baseline == pytest.approx([22.0, first, second])


def test_a_day_knows_the_games_before_it() -> None:
    found = form(games([20.0, 26.0], [16.0, 48.0], [0.0, 1.0]), 22.0, np.array([4.0]))
    assert found.before(date(2024, 1, 2))[1] == found.baseline[1]
    assert found.before(date(2024, 1, 3)) == (found.plain[2], found.baseline[2])
    assert found.before(date(2023, 12, 1))[1] == 22.0


def test_games_are_taken_in_order_of_their_dates() -> None:
    some = games([20.0, 26.0, 23.0], [30.0, 30.0, 30.0], [0.0, 0.0, 0.0])
    turned = Regression(
        ME, (MATE,), *(values[::-1] for values in (some.usage, some.minutes, some.out, some.shared, some.stint, some.dates))
    )
    assert form(turned, 22.0, np.zeros(1)).baseline == pytest.approx(form(some, 22.0, np.zeros(1)).baseline)
