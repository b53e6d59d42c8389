"""shrunk_v1: the regressions of the whole league, pooled: an effect moves from the usual one as far as its games support.

A player's usage in a game is a baseline, plus an offset in games of other teams and of last season, plus the deltas of the
teammates who are out, plus what a stretch of some games has in common, plus noise that falls with minutes. All are drawn
from normal distributions; the mean of a delta is proportional to what the teammate leaves of plays and minutes, times the
player's own usage. Stretches are there because absences last: without them, a player's ups and downs would pass for effects.
The spreads of these distributions are those that make the league's games likeliest (empirical Bayes:
Efron & Morris, 1975; Laird & Ware, "Random-Effects Models for Longitudinal Data", 1982; with the means as fixed effects by
restricted likelihood, Harville, 1977). Of deltas, which few games tell much about, it is only weakly held to what it was in
other seasons, because a likelihood alone puts it at zero where there is little to see (Chung et al., "A Nondegenerate
Penalized Likelihood Estimator for Variance Parameters in Multilevel Models", 2013). Everything was chosen on games of
2018-19 … 2020-21.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nba_assets.arrays import Floats, Ints
from nba_assets.usage.datasets import Player, Regression
from nba_assets.usage.effects import JOINT, Effect

# A game of so many minutes has half the weight of an endless one.
HALF_WEIGHT_MINUTES = 16.0
STRETCH_GAMES = 8
TEAM_MINUTES, TEAM_PLAYS = 240.0, 4800.0
Z_90 = 1.644854
# Standard deviations to begin with, in percentage points: noise, stretches, baselines, offsets, deltas.
BEGIN = np.array([4.5, 1.2, 4.0, 2.0, 0.7])
# The spread of deltas was 0.66 to 1.08 at cutoffs from November 2018 to May 2021; a factor of 1.6 either way is not unlikely.
USUAL_DELTAS, DELTAS_LOG_SD = 0.75, 0.25
MEANS = 4
# With fewer games apart, nothing is significant.
MIN_GAMES_APART = 5


class Evidence(NamedTuple):
    """What the games of (players, columns) say: baseline, offsets, deltas, in this order; unused columns are zero.

    Attributes:
        gram: (players, columns, columns) weighted cross products of the columns.
        moment: (players, columns) of columns and usage.
        square: weighted sum of squares of usage, over all players.
        games: over all players.
        sums: (players, stretches, columns) weighted sums of the columns over a stretch.
        observed: (players, stretches) of usage.
        weights: (players, stretches) of ones.
        means: (players, columns, MEANS): what the mean of a column's coefficient is proportional to.
        offsets: how many columns are of offsets.
    """

    gram: Floats
    moment: Floats
    square: float
    games: int
    sums: Floats
    observed: Floats
    weights: Floats
    means: Floats
    offsets: int


@dataclass(frozen=True)
class Posterior:
    """The posterior of (players, columns) given the games.

    Attributes:
        mean: expectations.
        covariance: (players, columns, columns).
        spreads: standard deviations of noise, stretches, baselines, offsets and deltas in the league.
        prior_means: (MEANS,) coefficients of the prior means: two of baselines, two of deltas.
        usual: (players, columns) expectations before any games of the pair: the prior means.
        first: the first column of a delta.
    """

    mean: Floats
    covariance: Floats
    spreads: Floats
    prior_means: Floats
    usual: Floats
    first: int

    def effects(self, regression: Regression, number: int) -> tuple[Effect, ...]:
        """Return the effects of the regression of a number."""
        from scipy.special import ndtr

        found: list[Effect] = []
        for place, mate in enumerate(regression.teammates):
            delta = float(self.mean[number, self.first + place])
            deviation = float(np.sqrt(self.covariance[number, self.first + place, self.first + place]))
            low, high = delta - Z_90 * deviation, delta + Z_90 * deviation
            apart = int(regression.out[:, place].sum())
            counted = int(regression.shared[:, place].sum()) - apart, apart
            joint = self._joint(regression, number, place) if apart else (None, None, None)
            tail = self._departure(number, self.first + place) if apart >= MIN_GAMES_APART else None
            sign = float(ndtr(abs(delta) / deviation))
            found.append(Effect((mate.name,), delta, tail, (mate.player_id,), deviation, low, high, *counted, *joint, sign))
        return tuple(found)

    def _departure(self, number: int, column: int) -> float | None:
        """The p-value of what the games alone say about an effect, the prior taken out again, against the usual one."""
        from scipy.special import ndtr

        prior, posterior = float(self.spreads[-1]) ** 2, float(self.covariance[number, column, column])
        if posterior >= prior:
            return None
        moved = float(self.mean[number, column] - self.usual[number, column])
        score = abs(moved) * float(np.sqrt(prior / (posterior * (prior - posterior))))
        return float(2 * ndtr(-score))

    def _joint(self, regression: Regression, number: int, place: int) -> tuple[str | None, float | None, float | None]:
        """Who else was out in exactly the same games, what all of them add, and its standard error."""
        same = np.flatnonzero((regression.out == regression.out[:, [place]]).all(0))
        if len(same) < 2:
            return None, None, None
        names = JOINT.join(regression.teammates[other].name for other in same.tolist() if other != place)
        columns = self.first + same
        variance = float(self.covariance[number][np.ix_(columns, columns)].sum())
        return names, float(self.mean[number, columns].sum()), float(np.sqrt(variance))


def fit(regressions: Sequence[Regression]) -> Posterior:
    """Return the posterior of every baseline and every pair of teammates."""
    from scipy.optimize import minimize

    evidence, begin = _evidence(regressions), 2 * np.log(BEGIN)
    corners = begin + np.vstack([np.zeros(len(BEGIN)), np.eye(len(BEGIN))])

    def negative_log_likelihood(logs: Floats) -> float:
        unusual = (logs[-1] / 2 - np.log(USUAL_DELTAS)) / DELTAS_LOG_SD
        return _solved(evidence, np.exp(logs)).negative_log_likelihood + float(unusual**2) / 2

    found = minimize(  # pyright: ignore[reportUnknownVariableType]
        negative_log_likelihood,
        begin,
        method="Nelder-Mead",
        options={"xatol": 0.02, "fatol": 0.05, "maxiter": 600, "initial_simplex": corners},
    )
    variances: Floats = np.exp(np.asarray(found.x, dtype=np.float64))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    solved = _solved(evidence, variances)
    start = evidence.means @ solved.prior_means
    mean = start + (solved.covariance @ (solved.moment - (solved.gram @ start[..., None])[..., 0])[..., None])[..., 0]
    # An error of the prior moves everything that the games tell little about.
    carried = evidence.means - solved.covariance @ (solved.gram @ evidence.means)
    covariance = solved.covariance + carried @ solved.prior_covariance @ carried.transpose(0, 2, 1)
    return Posterior(mean, covariance, np.sqrt(variances), solved.prior_means, start, 1 + evidence.offsets)


class _Solved(NamedTuple):
    gram: Floats
    moment: Floats
    covariance: Floats
    prior_means: Floats
    prior_covariance: Floats
    negative_log_likelihood: float


def _solved(evidence: Evidence, variances: Floats) -> _Solved:
    """The posterior for given variances of noise, stretches, baselines, offsets and deltas, and their restricted likelihood.

    What a stretch has in common is integrated out (Sherman & Morrison, 1950): it takes from what its games say together.
    """
    noise, stretch, players, columns = variances[0], variances[1], *evidence.moment.shape
    shared = stretch / (noise * (noise + stretch * evidence.weights))
    taken = evidence.sums * shared[..., None]
    gram = evidence.gram / noise - taken.transpose(0, 2, 1) @ evidence.sums
    moment = evidence.moment / noise - (taken * evidence.observed[..., None]).sum(1)
    square = evidence.square / noise - float((shared * evidence.observed**2).sum())
    prior = np.repeat(variances[2:], [1, evidence.offsets, columns - 1 - evidence.offsets])
    precision = gram.copy()
    precision[:, np.arange(columns), np.arange(columns)] += 1 / prior
    covariance: Floats = np.asarray(np.linalg.inv(precision), dtype=np.float64)
    seen = gram @ evidence.means
    weighed = covariance @ seen
    information: Floats = (evidence.means.transpose(0, 2, 1) @ seen - seen.transpose(0, 2, 1) @ weighed).sum(0)
    target: Floats = ((evidence.means - weighed) * moment[..., None]).sum((0, 1))
    quadratic = square - float((moment * (covariance @ moment[..., None])[..., 0]).sum())
    prior_covariance: Floats = np.asarray(np.linalg.inv(information), dtype=np.float64)
    prior_means: Floats = prior_covariance @ target
    size = evidence.games * float(np.log(noise)) + float(np.log1p(stretch * evidence.weights / noise).sum())
    size += float(np.linalg.slogdet(precision)[1].sum()) + players * float(np.log(prior).sum())
    restricted = float(np.linalg.slogdet(information)[1])
    negative_log_likelihood = 0.5 * (size + quadratic - float(target @ prior_means) + restricted)
    return _Solved(gram, moment, covariance, prior_means, prior_covariance, negative_log_likelihood)


def _evidence(regressions: Sequence[Regression]) -> Evidence:
    players, offsets = len(regressions), max(int(each.stint.max()) for each in regressions)
    first = 1 + offsets
    columns = first + max(len(each.teammates) for each in regressions)
    stretches = [_stretches(each.stint) for each in regressions]
    spans = 1 + max(int(each.max()) for each in stretches)
    gram, moment, square, games = np.zeros((players, columns, columns)), np.zeros((players, columns)), 0.0, 0
    sums, observed, weights = np.zeros((players, spans, columns)), np.zeros((players, spans)), np.zeros((players, spans))
    means = np.zeros((players, columns, MEANS))
    for number, each in enumerate(regressions):
        matrix = np.zeros((len(each.usage), columns))
        matrix[:, 0] = 1.0
        matrix[:, 1:first] = each.stint[:, None] == np.arange(1, first)
        matrix[:, first : first + len(each.teammates)] = each.out
        weight = each.minutes / (each.minutes + HALF_WEIGHT_MINUTES)
        weighed = matrix.T * weight
        gram[number], moment[number] = weighed @ matrix, weighed @ each.usage
        square += float(weight @ each.usage**2)
        games += len(each.usage)
        belongs = (stretches[number] == np.arange(spans)[:, None]) * weight
        sums[number], observed[number], weights[number] = belongs @ matrix, belongs @ each.usage, belongs.sum(1)
        means[number, 0, :2] = 1.0, each.player.minutes / 36
        for place, mate in enumerate(each.teammates, first):
            means[number, place, 2:] = left_by(mate, each.player)
    return Evidence(gram, moment, square, games, sums, observed, weights, means, offsets)


def _stretches(stint: Ints) -> Ints:
    """Of each game the number of its stretch; a stint begins a new one."""
    numbers, before = np.zeros(len(stint), dtype=np.int64), 0
    for each in np.unique(stint):
        mine = stint == each
        numbers[mine] = before + np.arange(mine.sum()) // STRETCH_GAMES
        before = int(numbers[mine].max()) + 1
    return numbers


def left_by(mate: Player, player: Player) -> tuple[float, float]:
    """Return what a teammate who is out leaves, of plays and of minutes, times a player's usage: percentage points.

    If all took it over in proportion and at the same rates, the player would gain about the first less the second.
    """
    return player.usage * mate.minutes * mate.usage / TEAM_PLAYS, player.usage * mate.minutes / TEAM_MINUTES
