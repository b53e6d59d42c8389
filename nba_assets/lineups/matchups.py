"""Matchups: lineups fall into six superclusters by how they play; an offence's and a defence's make one of 36 matchups."""

from dataclasses import dataclass

import numpy as np

from nba_assets.arrays import Floats, Ints
from nba_assets.lineups.archetypes import STYLE, Archetypes
from nba_assets.lineups.clusters import kmeans, nearest
from nba_assets.lineups.skill import Plays, Skills
from nba_assets.lineups.spec import MATCHUPS, SUPERCLUSTERS

# Of these a lineup's best player says more than its mean.
BEST = tuple(STYLE.index(name) for name in ("fg3a", "ast", "oreb", "blk"))
SIZE = [STYLE.index(name) for name in ("blk", "dreb", "oreb")]


def lineup_metrics(fives: Ints, styles: Floats, offence: Floats, defence: Floats) -> Floats:
    """Return (lineups, 19): mean styles, the most of four of them, and offence and defence of the five.

    Args:
        fives: (lineups, 5) places of players.
        styles: (players, STYLE) in standard deviations.
        offence: (players,) skills.
        defence: (players,) skills.
    """
    own = styles[fives]
    sums = [values[fives].sum(axis=1) for values in (offence, defence)]
    return np.column_stack([own.mean(axis=1), own.max(axis=1)[:, BEST], *sums])


@dataclass(frozen=True)
class Superclusters:
    """Clusters of lineups, from the smallest to the biggest.

    Attributes:
        archetypes: whose mean and deviation styles are counted in.
        mean, deviation: (metrics,) of the lineups that they were found on, by possessions.
        centres: (superclusters, metrics) in standard deviations.
    """

    archetypes: Archetypes
    mean: Floats
    deviation: Floats
    centres: Floats

    @classmethod
    def fitted(cls, archetypes: Archetypes, seasons: list[tuple[Plays, Skills]]) -> "Superclusters":
        """Return the clusters of the lineups of some seasons: k-means, a lineup weighing by its possessions in attack."""
        metrics: list[Floats] = []
        weights: list[Ints] = []
        for plays, skills in seasons:
            fives, counts = np.unique(plays.offence, axis=0, return_counts=True)
            metrics.append(lineup_metrics(fives, archetypes.standard(skills.before), skills.offence, skills.defence))
            weights.append(counts)
        found, weight = np.concatenate(metrics), np.concatenate(weights).astype(float)
        mean = np.average(found, axis=0, weights=weight)
        deviation = np.sqrt(np.average((found - mean) ** 2, axis=0, weights=weight))
        centres = kmeans((found - mean) / deviation, SUPERCLUSTERS, weight, starts=4)
        return cls(archetypes, mean, deviation, centres[np.argsort(centres[:, SIZE].sum(axis=1))])

    def of(self, fives: Ints, styles: Floats, offence: Floats, defence: Floats) -> Ints:
        """Return (lineups,) the number of each lineup's supercluster; arguments as in `lineup_metrics`."""
        unique, back = np.unique(fives, axis=0, return_inverse=True)
        metrics = lineup_metrics(unique, styles, offence, defence)
        return nearest((metrics - self.mean) / self.deviation, self.centres)[back.ravel()]

    def matchup(self, plays: Plays, skills: Skills) -> Ints:
        """Return (possessions,) 6 x the offence's supercluster + the defence's, from 0 to 35."""
        known = self.archetypes.standard(skills.before), skills.offence, skills.defence
        return SUPERCLUSTERS * self.of(plays.offence, *known) + self.of(plays.defence, *known)


def counts(matchup: Ints) -> Ints:
    """Return (36,) possessions of each matchup."""
    return np.bincount(matchup, minlength=MATCHUPS)
