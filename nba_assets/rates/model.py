"""Models of rates: priors, a player's own shrunk rate, and boosted means per minute. Nothing is fitted here but priors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.modelling.learners import Model
from nba_assets.rates.roles import Roles
from nba_assets.rates.spec import SHRINKAGE, Kind
from nba_assets.reference.positions import POSITIONS


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
class Boosted:
    """The mean of boosted models of one statistic.

    Attributes:
        shrunk: the player's own rate.
        parts: by kind, the model as its file has it.
        trust: how far the mean goes from the shrunk rate to the models' mean, from 0 to 1.
        roles: which the models take beside the features; None: they do not.
    """

    shrunk: Shrunk
    parts: Mapping[Kind, Model]
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
        return own + self.trust * (np.mean(found, axis=0) - own)
