"""Archetypes: eight ways of playing, hard (k-means) and soft (a Gaussian mixture), named alike whenever they are found."""

from dataclasses import dataclass

import numpy as np

from nba_assets.arrays import Floats, Ints
from nba_assets.lineups.box import COUNTS, BoxBefore
from nba_assets.lineups.clusters import kmeans, mixture, nearest
from nba_assets.lineups.spec import ARCHETYPES, SIGNS
from nba_assets.modelling.time_splits import TooFewRowsError

RATES = ("fga2", "fga3", "fta", "ast", "tov", "oreb", "dreb", "stl", "blk", "pf")
STYLE = (*("fg3a" if name == "fga3" else name for name in RATES), "fg3_share", "ast_share", "true_shooting")
# Minutes of earlier seasons from which on a player's style is learned from.
LEAST_MINUTES, LEAST_PLAYERS = 600, 40


def style(before: BoxBefore) -> Floats:
    """Return (players, STYLE): square roots of rates per 36 minutes, and quotients, shrunk as the rates are."""
    rate = dict(zip(COUNTS, before.per_36.T, strict=True))
    shots = rate["fga2"] + rate["fga3"]
    used = shots + 0.44 * rate["fta"]
    shares = rate["fga3"] / shots, rate["ast"] / used, rate["pts"] / (2 * used)
    return np.column_stack([*(np.sqrt(np.maximum(rate[name], 0.0)) for name in RATES), *shares])


@dataclass(frozen=True)
class Archetypes:
    """Clusters of style, in the order of ARCHETYPES.

    Attributes:
        mean, deviation: (STYLE,) of the players that they were found on.
        centres: (archetypes, STYLE) of k-means, in standard deviations.
        weights: (archetypes,) of the mixture.
        means, variances: (archetypes, STYLE) of its components.
    """

    mean: Floats
    deviation: Floats
    centres: Floats
    weights: Floats
    means: Floats
    variances: Floats

    @classmethod
    def fitted(cls, befores: list[BoxBefore]) -> "Archetypes":
        """Return the clusters of the styles of players before some seasons; a player counts once a season.

        Names are given so that they fit best over all eight (Kuhn, 1955).

        Raises:
            TooFewRowsError: fewer than 40 players.
        """
        from scipy.optimize import linear_sum_assignment

        found = np.concatenate([style(before)[before.minutes >= LEAST_MINUTES] for before in befores])
        if len(found) < LEAST_PLAYERS:
            had = f"{len(found)} players had {LEAST_MINUTES} minutes before the seasons that are learned from"
            raise TooFewRowsError(f"archetypes: {had}, {LEAST_PLAYERS} are needed")
        mean, deviation = found.mean(axis=0), found.std(axis=0)
        standard = (found - mean) / deviation
        centres = kmeans(standard, len(ARCHETYPES))
        wanted = np.array([[SIGNS[name].get(column, 0) for column in STYLE] for name in ARCHETYPES], dtype=float)
        wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
        likeness = wanted @ (centres / np.linalg.norm(centres, axis=1, keepdims=True)).T
        centres = centres[linear_sum_assignment(-likeness)[1]]
        return cls(mean, deviation, centres, *mixture(standard, centres))

    def hard(self, before: BoxBefore) -> Ints:
        """Return (players,) the number of the nearest archetype; a rookie has that of a fringe player."""
        return nearest(self.standard(before), self.centres)

    def soft(self, before: BoxBefore) -> Floats:
        """Return (players, archetypes) chances of each archetype."""
        away = (self.standard(before)[:, None] - self.means[None]) ** 2 / self.variances
        log = np.log(self.weights) - 0.5 * (away + np.log(self.variances)).sum(axis=2)
        chance = np.exp(log - log.max(axis=1, keepdims=True))
        return chance / chance.sum(axis=1, keepdims=True)

    def standard(self, before: BoxBefore) -> Floats:
        """Return (players, STYLE) styles in standard deviations of those who are learned from."""
        return (style(before) - self.mean) / self.deviation
