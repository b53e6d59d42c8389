"""Roles: four ways of playing, found as clusters of box-score and tracking style, and named alike in every season."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from nba_assets.arrays import Floats, Ints
from nba_assets.modelling.matrix import matrix
from nba_assets.modelling.time_splits import TooFewRowsError

# By role, what it has more (1) or less (-1) of than other players: clusters have no names of their own.
SIGNS: dict[str, dict[str, int]] = {
    "creator": {"fga": 1, "fta": 1, "tov": 1},
    "hub": {"ast": 1, "fta": -1, "reb": -1},
    "finisher": {"reb": 1, "blk": 1, "3pa": -1},
    "connector": {"fga": -1, "tov": -1, "ast": -1},
}
ROLES = tuple(SIGNS)
ROLE_FEATURES = ("role_cluster_id", *(f"role_is_{name}" for name in ROLES))
# Rates of the season to date, and the slow rates that they are shrunk to while the season is young.
BOX_STYLE = {
    "fga": ("fga2", "fga3"),
    "3pa": ("fga3",),
    "fta": ("fta",),
    "ast": ("ast",),
    "tov": ("tov",),
    "reb": ("oreb", "dreb"),
    "blk": ("blk",),
}
TRACKING_STYLE = ("season_touches_per_min", "season_sec_per_touch", "season_drives_per_min")
SLOW_MINUTES, LEAST_MINUTES, LEAST_PLAYERS = 200, 500, 40
READ = tuple(
    dict.fromkeys(
        (
            *("games_played", "minutes_avg_season", *TRACKING_STYLE),
            *(f"season_{name}_per_min" for name in BOX_STYLE),
            *(f"{slow}_slow_per_min" for of in BOX_STYLE.values() for slow in of),
        )
    )
)


@dataclass(frozen=True)
class Roles:
    """Clusters of style.

    Attributes:
        mean: by style column, of the players they were found on.
        deviation: by style column, the standard deviation.
        centres: (roles, style columns) in standard deviations, in the order of ROLES.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    centres: tuple[tuple[float, ...], ...]

    @classmethod
    def fitted(cls, base: pl.DataFrame) -> "Roles":
        """Return the clusters of a base: k-means (Lloyd, 1982) of the players' last styles of each season.

        Players count once a season, with 500 minutes or more in it. Names are given so that they fit best over all four.
        """
        return cls.of_styles(style(matrix(season_ends(base), READ), READ))

    @classmethod
    def of_styles(cls, found: Floats, like: "Roles | None" = None) -> "Roles":
        """Return the clusters of (players, style columns), named as the nearest of others, or else by SIGNS.

        Raises:
            TooFewRowsError: fewer than 40 players.
        """
        from scipy.cluster import vq
        from scipy.optimize import linear_sum_assignment

        if len(found) < LEAST_PLAYERS:
            had = f"{len(found)} players had {LEAST_MINUTES} minutes in a season"
            raise TooFewRowsError(f"roles: {had}, {LEAST_PLAYERS} are needed")
        # A style that nobody has, as tracking in an archive without it, tells nobody apart.
        seen = np.ma.masked_invalid(found)
        mean, deviation = (np.ma.filled(moment, 0.0) for moment in (seen.mean(axis=0), seen.std(axis=0)))
        deviation = np.where(deviation > 0, deviation, 1.0)
        standard = np.nan_to_num((found - mean) / deviation)
        # scipy has no annotations for what this returns.
        kmeans: Any = vq.kmeans
        centres: Floats = kmeans(standard, len(ROLES), iter=20, rng=np.random.default_rng(1))[0]
        names = [*BOX_STYLE, *TRACKING_STYLE]
        wanted = like.centres if like else [[SIGNS[role].get(name, 0) for name in names] for role in ROLES]
        _, order = linear_sum_assignment(-np.array(wanted) @ centres.T)
        ordered = tuple(tuple(centre) for centre in centres[order].tolist())
        return cls(tuple(mean.tolist()), tuple(deviation.tolist()), ordered)

    def of(self, found: Floats) -> Ints:
        """Return (rows,) the number of the nearest role of (rows, style columns); what is not known stands at the mean."""
        standard = np.nan_to_num((found - np.array(self.mean)) / np.array(self.deviation))
        distance = ((standard[:, None, :] - np.array(self.centres)[None]) ** 2).sum(axis=2)
        return np.asarray(distance.argmin(axis=1))

    def beside(self, values: Floats, names: Sequence[str]) -> Floats:
        """Return a matrix of features with the columns ROLE_FEATURES appended."""
        role = self.of(style(values, names))
        one_hot = role[:, None] == np.arange(len(ROLES))
        return np.column_stack([values, role, one_hot]).astype(float)


def style(values: Floats, names: Sequence[str]) -> Floats:
    """Return (rows, style columns): square roots of rates per minute, season to date, and tracking; NaN where not known.

    Args:
        values: (rows, features).
        names: of the features; READ is among them.
    """

    def column(name: str) -> Floats:
        return values[:, names.index(name)]

    minutes = np.nan_to_num(column("games_played") * column("minutes_avg_season"))
    found: list[Floats] = []
    for name, slow in BOX_STYLE.items():
        season, long = np.nan_to_num(column(f"season_{name}_per_min")), sum(column(f"{of}_slow_per_min") for of in slow)
        found.append(np.sqrt((season * minutes + long * SLOW_MINUTES) / (minutes + SLOW_MINUTES)))
    return np.column_stack([*found, *(column(name) for name in TRACKING_STYLE)])


def season_ends(base: pl.DataFrame) -> pl.DataFrame:
    """Return the last row of each season of players who had 500 minutes or more before it."""
    known = base.filter(
        (pl.col("decision") == "tip") & (pl.col("games_played") * pl.col("minutes_avg_season") >= LEAST_MINUTES)
    )
    return known.sort("season", "player_id", "game_date", "game_id").unique(
        ["season", "player_id"], keep="last", maintain_order=True
    )
