"""A player's usage as of last night: exponential form, plain and with what absences added taken off. Nothing is fitted."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nba_assets.arrays import Floats
from nba_assets.usage.datasets import Regression

# Chosen on games of 2018-19 … 2020-21: the weight of a game before the newest, the minutes at which a game has half of its
# weight, and how many endless games the fitted baseline is worth.
DECAY, HALF_WEIGHT_MINUTES, FITTED_GAMES = 0.9, 16.0, 1.65


class Form(NamedTuple):
    """Usage percentages as they were known before each game, and after the last one.

    Attributes:
        dates: (games,) in order.
        plain: (games + 1,) exponential mean, weighted by minutes, whoever was out; NaN before the first game.
        baseline: (games + 1,) with all teammates in: what the absent added is taken off, and the fitted baseline takes part.
    """

    dates: NDArray[np.datetime64]
    plain: Floats
    baseline: Floats

    def before(self, day: object) -> tuple[float, float]:
        """Return the plain form and the baseline by the games of earlier days."""
        place = int(np.searchsorted(self.dates, np.datetime64(str(day)), "left"))
        return float(self.plain[place]), float(self.baseline[place])


def form(regression: Regression, fitted: float, deltas: Floats) -> Form:
    """Return a player's form, game by game.

    Args:
        regression: the player's games.
        fitted: the baseline of a fit.
        deltas: (teammates,) of that fit.
    """
    order = np.argsort(regression.dates, kind="stable")
    usage, minutes = regression.usage[order], regression.minutes[order]
    weight = minutes / (minutes + HALF_WEIGHT_MINUTES)
    adjusted = usage - regression.out[order] @ deltas
    # Before the first game there is no form: 0 / 0 is the NaN that is meant.
    with np.errstate(invalid="ignore"):
        plain = _decayed(minutes * usage) / _decayed(minutes)
    baseline = (_decayed(weight * adjusted) + FITTED_GAMES * fitted) / (_decayed(weight) + FITTED_GAMES)
    return Form(regression.dates[order], plain, baseline)


def _decayed(values: Floats) -> Floats:
    """Sums of earlier values, each one weighted by the games since: (games + 1,)."""
    sums = np.zeros(len(values) + 1)
    for place, value in enumerate(values.tolist()):
        sums[place + 1] = DECAY * sums[place] + value
    return sums
