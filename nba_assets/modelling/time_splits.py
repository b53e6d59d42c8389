"""What a model may learn from, which bundle serves a date, and which predictions are frozen. Nothing is fitted here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import polars as pl

from nba_assets.errors import NbaAssetsError
from nba_assets.modelling.targets import OUTCOME, REAL_MINUTES, Target

MIN_ROWS = 5_000
VALIDATION_SHARE = 0.2


class TooFewRowsError(NbaAssetsError):
    """Too little is known before a cutoff to train on."""


@dataclass(frozen=True)
class TrainingSet:
    """Feature rows of players who played, with `target` and `real_minutes`, all known before the cutoff, in date order.

    Attributes:
        cutoff: the first day of which nothing is known.
        rows: one row per game, player and decision.
    """

    cutoff: date
    rows: pl.DataFrame

    def split(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the rows to fit on, and the validation rows: those of the last fifth of the dates."""
        days = self.rows["game_date"].unique().sort()
        first = days[int(len(days) * (1 - VALIDATION_SHARE))]
        earlier = pl.col("game_date") < first
        return self.rows.filter(earlier), self.rows.filter(~earlier)

    def require_rows(self, model_id: str) -> None:
        """Refuse to train on too little. Raises TooFewRowsError below 5,000 rows."""
        if self.rows.height < MIN_ROWS:
            raise TooFewRowsError(
                f"{model_id} at {self.cutoff}: {self.rows.height} rows are known before it, {MIN_ROWS} are needed",
                date=self.cutoff,
            )


def training_set(features: pl.DataFrame, outcomes: pl.DataFrame, cutoff: date, target: Target) -> TrainingSet:
    """Join feature rows to the outcomes that a bundle of this cutoff may learn from.

    Args:
        features: rows of `ml_feature_store`.
        outcomes: box scores as of the cutoff.
        cutoff: the first day of which nothing is known.
        target: what is to be predicted.
    """
    played = outcomes.select(
        "game_id", "game_date", "player_id", **{OUTCOME: target.outcome(), REAL_MINUTES: pl.col("minutes")}
    )
    rows = features.join(played, on=["game_id", "game_date", "player_id"]).sort("game_date", "game_id", "player_id", "decision")
    return TrainingSet(cutoff, rows)


class ServingCutoff(NamedTuple):
    """The cutoff whose bundle serves a date; `current` is false where an older one stands in for a missing one."""

    cutoff: date
    current: bool


def serving_cutoff(day: date, windows: Sequence[date], trained: Sequence[date]) -> ServingCutoff | None:
    """Return which bundle serves a date: that of its window, else the newest older one, never a newer one.

    Args:
        day: the slate.
        windows: all training cutoffs, in order.
        trained: the cutoffs that have a bundle.
    """
    own = max((cutoff for cutoff in windows if cutoff <= day), default=None)
    served = max((cutoff for cutoff in trained if cutoff <= day), default=None)
    return None if served is None else ServingCutoff(served, served == own)


def keep_frozen(
    new: pl.DataFrame, stored: pl.DataFrame, starts: pl.DataFrame, now: datetime, key: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the live rows to store, the stored ones whose game has begun and that stay as they are, and the new ones.

    Args:
        new: live rows of this run.
        stored: live rows of the same decisions.
        starts: game_id, game_date and tip_off as the schedule has them now; a game may have been moved since.
        now: the true time.
        key: of the table.
    """
    begun = starts.filter(pl.col("tip_off") <= now)
    frozen = stored.join(begun, on=["game_id", "game_date"], how="semi")
    return frozen, new.join(frozen, on=list(key), how="anti")
