"""additive_v1: a plain regression per player and season to date, one indicator per teammate who is out. All players at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nba_assets.arrays import Bools, Floats, Ints
from nba_assets.usage.datasets import Player, Regression
from nba_assets.usage.effects import Effect

# A teammate has a coefficient if the player played so many games with and so many without that teammate.
MIN_TOGETHER = MIN_APART = 5
LEVEL = 0.90


@dataclass(frozen=True)
class Design:
    """A regression that can be solved.

    Attributes:
        groups: a column each: a teammate, or several who were always out together.
        matrix: (games, 1 + groups): ones, then 1 where the group was out.
        usage: (games,)
        left_out: teammates without a column, and why.
    """

    player: Player
    groups: tuple[tuple[Player, ...], ...]
    matrix: Floats
    usage: Floats
    left_out: dict[str, str]


@dataclass(frozen=True)
class Solved:
    """Of each design (players, columns), padded with NaN: the first column is the baseline.

    Attributes:
        freedom: degrees of freedom of each.
    """

    coefficients: Floats
    errors: Floats
    p_values: Floats
    r_squared: Floats
    freedom: Floats

    def half_width(self) -> Floats:
        """Half of the 90% interval of each coefficient."""
        from scipy.special import stdtrit

        return np.asarray(stdtrit(self.freedom[:, None], 0.5 + LEVEL / 2)) * self.errors


def design(regression: Regression, min_together: int = MIN_TOGETHER, min_apart: int = MIN_APART) -> Design | None:
    """Return the design of a player's season to date; None: there is no game with the current team.

    Teammates who were always out together have one column, because their effects cannot be told apart. One whose absences
    follow from others' (always out when another is in) has none, and neither has one with too few games with or without.
    """
    here = regression.current
    usage, out = regression.usage[here], regression.out[here]
    if not len(usage):
        return None
    left_out: dict[str, str] = {}
    columns: dict[bytes, list[int]] = {}
    for place, mate in enumerate(regression.teammates):
        apart = int(out[:, place].sum())
        if min(apart - min_apart, len(usage) - apart - min_together) < 0:
            left_out[mate.name] = f"{len(usage) - apart} games with and {apart} without"
        else:
            columns.setdefault(out[:, place].tobytes(), []).append(place)
    # The best known first: a column that follows from those before it is left out.
    ordered = sorted(columns.values(), key=lambda places: -_evidence(out[:, places[0]]))
    kept: list[list[int]] = []
    matrix = np.ones((len(usage), 1))
    for places in ordered:
        wider = np.column_stack([matrix, out[:, places[0]]])
        who = " and ".join(regression.teammates[place].name for place in places)
        if wider.shape[1] >= len(usage):
            left_out[who] = "too few games are left"
        elif np.linalg.matrix_rank(wider) < wider.shape[1]:
            left_out[who] = "these absences follow from those of others"
        else:
            matrix = wider
            kept.append(places)
    groups = tuple(tuple(regression.teammates[place] for place in places) for places in kept)
    return Design(regression.player, groups, matrix, usage, left_out)


def _evidence(out: Floats) -> float:
    return float(min(out.sum(), len(out) - out.sum()))


def solve(designs: Sequence[Design]) -> Solved:
    """Solve all regressions by ordinary least squares, equal to `reference` but for rounding.

    Standard errors and t tests are the classical ones; see Greene, "Econometric Analysis", chapter 4.
    """
    games: Ints = np.array([len(each.usage) for each in designs], dtype=np.int64)
    columns: Ints = np.array([each.matrix.shape[1] for each in designs], dtype=np.int64)
    widest = int(columns.max())
    x: Floats = np.zeros((len(designs), int(games.max()), widest))
    y: Floats = np.zeros((len(designs), int(games.max())))
    for number, each in enumerate(designs):
        x[number, : games[number], : columns[number]] = each.matrix
        y[number, : games[number]] = each.usage
    unused: Bools = np.arange(widest) >= columns[:, None]
    gram = x.transpose(0, 2, 1) @ x
    # A column that is not there has ones on the diagonal, so that there is an inverse, and a coefficient of zero.
    gram[:, np.arange(widest), np.arange(widest)] += unused
    inverse: Floats = np.asarray(np.linalg.inv(gram), dtype=np.float64)
    coefficients = (inverse @ (x.transpose(0, 2, 1) @ y[..., None]))[..., 0]
    return _inference(x, y, coefficients, inverse, games, unused)


def _inference(x: Floats, y: Floats, coefficients: Floats, inverse: Floats, games: Ints, unused: Bools) -> Solved:
    from scipy.special import stdtr

    residual = y - (x @ coefficients[..., None])[..., 0]
    freedom = (games - (~unused).sum(1)).astype(np.float64)
    left = (residual**2).sum(1)
    mean = y.sum(1) / games
    longest = np.arange(int(games.max()))
    inside: Bools = longest < games[:, None]
    whole = (np.where(inside, y - mean[:, None], 0.0) ** 2).sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(freedom > 0, left / freedom, np.nan)
        errors = np.sqrt(variance[:, None] * np.diagonal(inverse, axis1=1, axis2=2))
        tail = 2 * np.asarray(stdtr(freedom[:, None], -np.abs(coefficients / errors)))
        r_squared = np.where(whole > 0, 1 - left / whole, np.nan)
    coefficients, errors, tail = (np.where(unused, np.nan, values) for values in (coefficients, errors, tail))
    return Solved(coefficients, errors, tail, r_squared, freedom)


def reference(design: Design) -> Any:
    """Return the same regression as statsmodels has it: `.summary()` prints it."""
    import statsmodels.api as sm  # pyright: ignore[reportMissingTypeStubs]

    names = ["baseline", *(" + ".join(mate.name for mate in group) for group in design.groups)]
    model: Any = sm.OLS(design.usage, design.matrix)
    model.exog_names[:] = names
    return model.fit()


def effects(design: Design, solved: Solved, number: int) -> tuple[Effect, ...]:
    """Return the effects of the design of a number."""
    half = solved.half_width()[number]
    found: list[Effect] = []
    for place, group in enumerate(design.groups, 1):
        apart = int(design.matrix[:, place].sum())
        delta = float(solved.coefficients[number, place])
        found.append(
            Effect(
                teammates=tuple(mate.name for mate in group),
                ids=tuple(mate.player_id for mate in group),
                delta=delta,
                p_value=_or_none(solved.p_values[number, place]),
                standard_error=_or_none(solved.errors[number, place]),
                low=_or_none(delta - half[place]),
                high=_or_none(delta + half[place]),
                together=len(design.usage) - apart,
                apart=apart,
            )
        )
    return tuple(found)


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
