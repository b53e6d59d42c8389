"""Models of rates: priors, a player's own shrunk rate, and boosted means per minute. Nothing is fitted here but priors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.modelling.learners import Model
from nba_assets.rates.roles import Roles
from nba_assets.rates.spec import SHRINKAGE, Kind
from nba_assets.reference.positions import POSITIONS

# A team that did half as much or twice as much as its players says something about who was counted, not about tonight.
TEAM_BOUNDS = (0.5, 2.0)


@dataclass(frozen=True)
class Prior:
    """A quotient of players of whom nothing is known but their position: counts per minute, or made per attempt.

    Attributes:
        league: of all.
        positions: by position, of those whose position is known.
    """

    league: float
    positions: dict[str, float]

    @classmethod
    def fitted(cls, base: pl.DataFrame, statistic: str) -> "Prior":
        """Return counts per minute of the rows of a base."""
        counts = base.select(
            "position_primary", "minutes_actual", count=pl.col(f"{statistic}_per_min") * pl.col("minutes_actual")
        )
        return cls.of_sums(counts, "count", "minutes_actual")

    @classmethod
    def of_sums(cls, rows: pl.DataFrame, part: str, whole: str) -> "Prior":
        """Return the sum of one column over that of another, of all and by position; a position without any is as all."""

        def quotient(some: pl.DataFrame) -> float:
            # numpy adds in one order, so that the same rows give the same mean.
            return float(some[part].to_numpy().sum() / some[whole].to_numpy().sum())

        parts = {name: rows.filter(pl.col("position_primary") == name) for name in POSITIONS}
        positions = {name: quotient(some) if some[whole].sum() > 0 else quotient(rows) for name, some in parts.items()}
        return cls(quotient(rows), positions)

    def of(self, flags: Floats) -> Floats:
        """Return (rows,) the rate of each position; the league's where it is not known.

        Args:
            flags: (rows, positions) 1 for the player's position.
        """
        known = np.nan_to_num(flags)
        return np.where(known.any(axis=1), known @ np.array([self.positions[name] for name in POSITIONS]), self.league)


class RateModel(Protocol):
    """What predicts one rate from a matrix of features."""

    def predict(self, values: Floats) -> Floats:
        """Return (rows,) means per minute, not below zero, of (rows, features) with NaN where nothing is known."""
        ...


@dataclass(frozen=True)
class Shrunk:
    """A player's slow rate, shrunk to the rate of the position: the baseline, and where corrections begin.

    Attributes:
        statistic: as 'ast'.
        prior: what it is shrunk to.
        features: names of the columns of the matrix.
    """

    statistic: str
    prior: Prior
    features: Sequence[str]

    def predict(self, values: Floats) -> Floats:
        """Return (rows,) (rate x minutes + prior x constant) / (minutes + constant)."""
        rate, minutes = (values[:, self.features.index(f"{self.statistic}_slow_{name}")] for name in ("per_min", "minutes"))
        flags = values[:, [self.features.index(f"position_flags_{name}") for name in POSITIONS]]
        minutes, shrinkage = np.nan_to_num(minutes), SHRINKAGE[self.statistic]
        return (np.nan_to_num(rate) * minutes + shrinkage * self.prior.of(flags)) / (minutes + shrinkage)


@dataclass(frozen=True)
class TeamTotal:
    """What a team is expected to do tonight beside what the slow rates of its players add up to.

    A team's total is steadier than its players' rates: its last 20 games, times what the opponent allows.

    Attributes:
        statistic: as 'ast'.
        features: names of the columns of the matrix.
        level: the mean of the quotient, which holds the league's total, too.
        share: how far means are moved, on a log scale.
    """

    statistic: str
    features: Sequence[str]
    level: float
    share: float = 0.0

    @classmethod
    def fitted(cls, statistic: str, features: Sequence[str], values: Floats, minutes: Floats) -> "TeamTotal":
        """Return it with the level of some games; 1 where no quotient is known."""
        quotient = cls(statistic, features, 1.0)._quotient(values)
        known = np.isfinite(quotient)
        return cls(statistic, features, float(np.average(quotient[known], weights=minutes[known])) if known.any() else 1.0)

    def factor(self, values: Floats) -> Floats:
        """Return (rows,) what a mean is multiplied with; 1 where a total is not known."""
        quotient = self._quotient(values) / self.level
        return np.where(np.isfinite(quotient), np.clip(quotient, *TEAM_BOUNDS), 1.0) ** self.share

    def _quotient(self, values: Floats) -> Floats:
        names = (f"{side}_{self.statistic}_per_48" for side in ("team", "opponent_allowed", "squad"))
        team, allowed, squad = (values[:, self.features.index(name)] for name in names)
        return np.where(squad > 0, team * allowed / np.where(squad > 0, squad, 1.0), np.nan)


class Moves(NamedTuple):
    """How the models' mean of a statistic is moved.

    Attributes:
        level: the mean quotient of team totals and what players add up to, of the rows learned from.
        share: how far towards the team's expected total, fitted on the calibration rows.
        trust: how far from the shrunk rate to the models' mean, fitted on the same.
    """

    level: float
    share: float = 0.0
    trust: float = 1.0


@dataclass(frozen=True)
class Boosted:
    """The mean of boosted models of one statistic.

    Attributes:
        shrunk: the player's own rate.
        parts: by kind, the model as its file has it.
        team: moves the models' mean towards the team's expected total.
        trust: how far the mean goes from the shrunk rate to the models' mean, from 0 to 1.
        roles: which the models take beside the features; None: they do not.
    """

    shrunk: Shrunk
    parts: Mapping[Kind, Model]
    team: TeamTotal
    trust: float = 1.0
    roles: Roles | None = None

    def predict(self, values: Floats) -> Floats:
        """Return (rows,) means per minute."""
        own = self.shrunk.predict(values)
        if self.roles:
            values = self.roles.beside(values, self.shrunk.features)
        # What the output of a model multiplies.
        around: dict[Kind, Floats | float] = {"regression": 1.0, "counts": self.shrunk.prior.league, "correction": own}
        found = [np.maximum(model.predict(values) * around[kind], 0.0) for kind, model in self.parts.items()]
        return own + self.trust * (np.mean(found, axis=0) * self.team.factor(values) - own)
