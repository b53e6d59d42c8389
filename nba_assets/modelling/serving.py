"""Which bundle serves a date, and which rows are no longer touched."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

import polars as pl

from nba_assets.tables.predictions import PREDICTED_KEY


class Serving(NamedTuple):
    """The cutoff whose bundle serves; `current` is false where an older one stands in for a missing one."""

    cutoff: date
    current: bool


def serving_cutoff(day: date, windows: Sequence[date], trained: Sequence[date]) -> Serving | None:
    """Return which bundle serves a date: that of its window, else the newest older one, never a newer one.

    Args:
        day: the slate.
        windows: all training cutoffs, in order.
        trained: the cutoffs that have a bundle.
    """
    own = max((cutoff for cutoff in windows if cutoff <= day), default=None)
    served = max((cutoff for cutoff in trained if cutoff <= day), default=None)
    return None if served is None else Serving(served, served == own)


def keep_frozen(
    new: pl.DataFrame, stored: pl.DataFrame, starts: pl.DataFrame, now: datetime, key: Sequence[str] = PREDICTED_KEY
) -> pl.DataFrame:
    """Return live rows to store: a stored row whose game has begun stays as it is.

    Args:
        new: live rows of this run.
        stored: live rows of the same decisions.
        starts: game_id, game_date and tip_off as the schedule has them now: a game may have been moved since.
        now: the true time.
        key: of the table.
    """
    begun = starts.filter(pl.col("tip_off") <= now)
    frozen = stored.join(begun, on=["game_id", "game_date"], how="semi")
    return pl.concat([frozen, new.join(frozen, on=key, how="anti")])
