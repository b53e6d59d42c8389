"""Whether possessions can tell matchups apart: how many there are, how many of each, and whether one has nearly all."""

import numpy as np
import polars as pl

from nba_assets.arrays import Ints
from nba_assets.lineups.bundle import LineupError
from nba_assets.lineups.matchups import counts
from nba_assets.lineups.spec import LEAST_POSSESSIONS, MATCHUPS, PARAMETERS, SEED, SUPERCLUSTERS
from nba_assets.lineups.study import Study

SIZES = {"10k": 10_000, "50k": 50_000, "100k": 100_000, "full": None}
# A build that hashed lineups had all of its possessions in one matchup.
MOST_SHARE, LEAST_SEEN = 0.5, 18


def sizes(name: str) -> int | None:
    """Return the number of possessions of a size; None: all. Raises LineupError."""
    if name not in SIZES:
        raise LineupError(f"there is no size {name!r}; there are {', '.join(SIZES)}")
    return SIZES[name]


def summary(study: Study, size: int | None) -> pl.DataFrame:
    """Return one row: matchups seen, of them with enough possessions, possessions per parameter, the largest share.

    Args:
        study: of the seasons.
        size: possessions to look at, drawn at random; None: all.
    """
    matchup = _drawn(study, size)
    each = counts(matchup)
    seen = each[each > 0]
    return pl.DataFrame(
        {
            "possessions": [len(matchup)],
            "matchups": [MATCHUPS],
            "seen": [len(seen)],
            "good": [int((each >= LEAST_POSSESSIONS).sum())],
            "sparse": [int((seen < LEAST_POSSESSIONS).sum())],
            "per_parameter": [len(matchup) / (MATCHUPS * PARAMETERS)],
            "least": [int(each.min())],
            "most": [int(each.max())],
            "largest_share": [float(each.max() / max(len(matchup), 1))],
        }
    )


def by_cell(study: Study, size: int | None) -> pl.DataFrame:
    """Return possessions and their share by superclusters of offence and defence; arguments as in `summary`."""
    each = counts(_drawn(study, size))
    offence, defence = np.divmod(np.arange(MATCHUPS), SUPERCLUSTERS)
    columns = {"matchup": np.arange(MATCHUPS), "offence": offence, "defence": defence, "possessions": each}
    return pl.DataFrame(columns).with_columns(share=pl.col("possessions") / max(int(each.sum()), 1))


def _drawn(study: Study, size: int | None) -> Ints:
    """Matchups of all possessions, or of some that are drawn."""
    matchup = np.concatenate([each.matchup for each in study.seasons])
    if size is None or size >= len(matchup):
        return matchup
    return np.random.default_rng(SEED).choice(matchup, size, replace=False)


def faults(found: pl.DataFrame) -> list[str]:
    """Return what is wrong with a summary; empty if nothing is."""
    row = found.row(0, named=True)
    told = {
        f"one matchup has {row['largest_share']:.0%} of them": row["largest_share"] <= MOST_SHARE,
        f"only {row['seen']} of {MATCHUPS} matchups occur": row["seen"] >= LEAST_SEEN,
    }
    return [fault for fault, holds in told.items() if not holds]
