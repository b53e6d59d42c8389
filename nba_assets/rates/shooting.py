"""Made shots: a player's own percentage, shrunk to the position's, moved by how the opponent defends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from nba_assets.arrays import Floats
from nba_assets.modelling.matrix import matrix
from nba_assets.rates.model import Prior
from nba_assets.reference.positions import POSITIONS


class Shot(NamedTuple):
    """A kind of shot.

    Attributes:
        made: column of the base with what was made.
        rate: statistic with what was attempted.
        shrinkage: attempts of the position's percentage that a player's own is shrunk with.
        opponent: how much of the opponent's deviation from the league in allowing them is taken over.
        allowed: feature with what the opponent allows; None: a free throw.
    """

    made: str
    rate: str
    shrinkage: float
    opponent: float
    allowed: str | None


# Shrinkage and the opponent's part: the largest likelihood of shots made from 2019-10 to 2022-09.
SHOTS = {
    "fg2": Shot("fgm2", "fga2", 100, 0.5, "opponent_allowed_fg2_pct"),
    "fg3": Shot("fgm3", "fga3", 200, 0.2, "opponent_allowed_fg3_pct"),
    "ft": Shot("ftm", "fta", 30, 0.0, None),
}


@dataclass(frozen=True)
class Percentages:
    """Shares of shots made, of which nothing is known but position and opponent.

    Attributes:
        priors: by kind of shot, made per attempt.
    """

    priors: Mapping[str, Prior]

    @classmethod
    def fitted(cls, base: pl.DataFrame) -> "Percentages":
        """Return shares of a base."""
        attempts = {shot.rate: pl.col(f"{shot.rate}_per_min") * pl.col("minutes_actual") for shot in SHOTS.values()}
        rows = base.select("position_primary", **{shot.made: pl.col(shot.made) for shot in SHOTS.values()}, **attempts)
        return cls({name: Prior.of_sums(rows, shot.made, shot.rate) for name, shot in SHOTS.items()})

    def predict(self, rows: pl.DataFrame) -> dict[str, Floats]:
        """Return (rows,) the expected share made of each kind of shot.

        Args:
            rows: columns of the base: position flags, `{shot}_slow_pct`, `{shot}_slow_attempts`, what the opponent allows.
        """
        flags = matrix(rows, tuple(f"position_flags_{name}" for name in POSITIONS))
        return {name: self._share(name, shot, flags, rows) for name, shot in SHOTS.items()}

    def _share(self, name: str, shot: Shot, flags: Floats, rows: pl.DataFrame) -> Floats:
        prior = self.priors[name]
        own, attempts = (rows[f"{name}_slow_{of}"].fill_null(0.0).to_numpy() for of in ("pct", "attempts"))
        share = (own * attempts + shot.shrinkage * prior.of(flags)) / (attempts + shot.shrinkage)
        if shot.allowed is None:
            return share
        allowed = rows[shot.allowed].fill_null(prior.league).to_numpy()
        return (share * (1 + shot.opponent * (allowed / prior.league - 1))).clip(0.0, 1.0)
