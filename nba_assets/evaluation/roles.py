"""How steady roles are: from season to season, and when other players had been drawn."""

import numpy as np
import polars as pl

from nba_assets.arrays import Floats, Ints
from nba_assets.modelling.matrix import matrix
from nba_assets.rates.roles import LEAST_PLAYERS, READ, ROLES, Roles, season_ends, style

DRAWS = 100
COLUMNS = ("season", "season_type", "game_date", "game_id", "player_id", "decision", *READ)


def evaluate(base: pl.DataFrame) -> list[dict[str, object]]:
    """Return one record per season with 40 such players: how many by role, the share that kept theirs, and resampling.

    Roles are found anew in each season and named as the nearest ones of the season before. `kept` is the share of those with
    500 minutes in both seasons whose role has the same name, `kept_by_chance` what it would be if both were drawn at random.
    `rand` is the adjusted Rand index (Hubert & Arabie, 1985) between the roles of a season's players and those found on as
    many drawn with replacement: the median, the tenth and the ninetieth of 100 draws. 1 is the same, 0 what chance gives.

    Args:
        base: rows of `rates_training_base`, at least COLUMNS.
    """
    records: list[dict[str, object]] = []
    before, roles = pl.DataFrame(schema={"player_id": pl.Int64, "role": pl.Int64}), None
    enough = season_ends(base).filter(pl.len().over("season") >= LEAST_PLAYERS)
    for (season,), rows in enough.group_by("season", maintain_order=True):
        styles = style(matrix(rows, READ), READ)
        roles = Roles.of_styles(styles, roles)
        role = roles.of(styles)
        now = rows.select("player_id", role=pl.Series(role))
        both = now.join(before, on="player_id", suffix="_before")
        shares = {of: both.select(pl.col(of).value_counts(normalize=True)).unnest(of) for of in ("role", "role_before")}
        chance = shares["role"].join(shares["role_before"], left_on="role", right_on="role_before")
        low, middle, high = np.quantile(_resampled(styles, role), (0.1, 0.5, 0.9))
        records.append(
            {
                "season": season,
                "n": rows.height,
                **{name: int((role == number).sum()) for number, name in enumerate(ROLES)},
                "n_before": both.height,
                "kept": (both["role"] == both["role_before"]).mean(),
                "kept_by_chance": (chance["proportion"] * chance["proportion_right"]).sum() if both.height else None,
                "rand": middle,
                "rand_low": low,
                "rand_high": high,
            }
        )
        before = now
    return records


def _resampled(styles: Floats, role: Ints) -> list[float]:
    """The index of each draw."""
    draws = np.random.default_rng(0)
    chosen = (draws.integers(0, len(styles), len(styles)) for _ in range(DRAWS))
    return [adjusted_rand(role, Roles.of_styles(styles[rows]).of(styles)) for rows in chosen]


def adjusted_rand(one: Ints, other: Ints) -> float:
    """Return the adjusted Rand index of two ways of putting the same things into groups; 1 where both have one group."""
    counts = np.zeros((int(one.max()) + 1, int(other.max()) + 1))
    np.add.at(counts, (one, other), 1)
    pairs, of_one, of_other = ((number * (number - 1) / 2).sum() for number in (counts, counts.sum(axis=1), counts.sum(axis=0)))
    expected = of_one * of_other / max(len(one) * (len(one) - 1) / 2, 1)
    most = (of_one + of_other) / 2
    return 1.0 if most == expected else float((pairs - expected) / (most - expected))
