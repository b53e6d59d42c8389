"""Models of rates: priors, a player's own shrunk rate, and boosted means per minute. Nothing is fitted here but priors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.modelling.learners import Model
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
