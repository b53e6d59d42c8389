"""Models of rates: priors, a player's own shrunk rate, and boosted means per minute. Nothing is fitted here but priors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.modelling.learners import Model
from nba_assets.rates.spec import SHRINKAGE, Kind

POSITIONS = ("PG", "SG", "SF", "PF", "C")


@dataclass(frozen=True)
class Prior:
    """The rate of players of whom nothing is known.

    Attributes:
        league: per minute, of all.
        positions: by position, of those whose position is known.
    """

    league: float
    positions: dict[str, float]

    @classmethod
    def fitted(cls, base: pl.DataFrame, statistic: str) -> "Prior":
        """Return counts over minutes of the rows of a base."""
        count = (pl.col(f"{statistic}_per_min") * pl.col("minutes_actual")).sum() / pl.col("minutes_actual").sum()
        # Row by row in a fixed order: sums of polars' groups differ from run to run.
        known = base.select("position_primary", f"{statistic}_per_min", "minutes_actual")
        parts = {name: known.filter(pl.col("position_primary") == name) for name in POSITIONS}
        league = float(known.select(count).item())
        return cls(league, {name: float(part.select(count).item()) if part.height else league for name, part in parts.items()})

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
    """

    shrunk: Shrunk
    parts: Mapping[Kind, Model]

    def predict(self, values: Floats) -> Floats:
        """Return (rows,) means per minute."""
        found = [np.maximum(model.predict(values) * self._around(kind, values), 0.0) for kind, model in self.parts.items()]
        return np.mean(found, axis=0)

    def _around(self, kind: Kind, values: Floats) -> Floats | float:
        """What a model's output multiplies."""
        if kind == "correction":
            return self.shrunk.predict(values)
        return self.shrunk.prior.league if kind == "counts" else 1.0
