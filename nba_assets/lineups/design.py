"""The design of possessions: what each archetype on court brings, and sums of it, which are all that the models need."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nba_assets.arrays import Floats, Ints
from nba_assets.lineups.skill import Plays, Skills
from nba_assets.lineups.spec import ARCHETYPES


@dataclass(frozen=True)
class Sums:
    """Sums over the possessions of each of G groups of x and y.

    Attributes:
        n, sy, yy: (G,).
        sx, xy: (G, K).
        xx: (G, K, K).
    """

    n: Floats
    sy: Floats
    yy: Floats
    sx: Floats
    xy: Floats
    xx: Floats

    @classmethod
    def of(cls, x: Floats, y: Floats, group: Ints, groups: int) -> "Sums":
        """Return the sums of (n, K) and (n,) by group."""
        order = np.argsort(group, kind="stable")
        edges = np.searchsorted(group[order], np.arange(groups + 1))
        x, y = x[order], y[order]
        parts = [slice(first, last) for first, last in pairwise(edges.tolist())]
        return cls(
            np.diff(edges).astype(float),
            np.array([y[part].sum() for part in parts]),
            np.array([y[part] @ y[part] for part in parts]),
            np.stack([x[part].sum(axis=0) for part in parts]),
            np.stack([x[part].T @ y[part] for part in parts]),
            np.stack([x[part].T @ x[part] for part in parts]),
        )

    def __add__(self, other: "Sums") -> "Sums":
        """Add possessions of the same groups."""
        return Sums(*(one + two for one, two in zip(vars(self).values(), vars(other).values(), strict=True)))

    def only(self, groups: Ints) -> "Sums":
        """Return some of the groups."""
        return Sums(*(each[groups] for each in vars(self).values()))

    def total(self) -> "Sums":
        """Return one group of all."""
        return Sums(*(each.sum(axis=0, keepdims=True) for each in vars(self).values()))

    def added(self) -> "Sums":
        """Return the sums of two columns in the place of the archetypes': of all the offence, and of all the defence."""
        both = np.kron(np.eye(2), np.ones((len(ARCHETYPES), 1)))
        return Sums(self.n, self.sy, self.yy, self.sx @ both, self.xy @ both, both.T @ self.xx @ both)

    def around_means(self) -> dict[str, Floats]:
        """Return x_mean, y_mean, and sums of squares and products around them; of an empty group all are zero."""
        n = np.maximum(self.n, 1.0)
        x_mean, y_mean = self.sx / n[:, None], self.sy / n
        return {
            "x_mean": x_mean,
            "y_mean": y_mean,
            "xx": self.xx - n[:, None, None] * x_mean[:, :, None] * x_mean[:, None, :],
            "xy": self.xy - n[:, None] * x_mean * y_mean[:, None],
            "yy": np.maximum(self.yy - n * y_mean**2, 0.0),
        }


def shares(archetype: Ints | Floats) -> Floats:
    """Return (players, archetypes) chances: those that are given, or 1 for the archetype that is."""
    if archetype.ndim == 1:
        return np.equal.outer(archetype, np.arange(len(ARCHETYPES))).astype(float)
    return archetype.astype(float)


def archetype_sums(fives: Ints, values: Floats, archetype: Ints | Floats) -> Floats:
    """Return (lineups, archetypes): the sum of a skill over the players of each archetype.

    Args:
        fives: (lineups, 5) places of players.
        values: (players,) offence or defence.
        archetype: (players,) numbers, or (players, archetypes) chances of each.
    """
    own: Floats = values[:, None] * shares(archetype)
    return own[fives].sum(axis=1)


def design(plays: Plays, skills: Skills, archetype: Ints | Floats) -> Floats:
    """Return (possessions, 16): what the offence's archetypes add, and the negative of what the defence's prevent.

    The models' weights of it are at least zero, and about one where skills are right.
    """
    offence = archetype_sums(plays.offence, skills.offence, archetype)
    return np.hstack([offence, -archetype_sums(plays.defence, skills.defence, archetype)])
