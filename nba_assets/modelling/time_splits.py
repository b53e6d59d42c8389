"""What a model may learn from, which bundle serves a date, and which predictions are frozen. Nothing is fitted here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import polars as pl

from nba_assets.errors import NbaAssetsError
from nba_assets.modelling.targets import OUTCOME, REAL_MINUTES, Target

MIN_ROWS = 5_000
VALIDATION_SHARE = 0.2


class TooFewRowsError(NbaAssetsError):
    """Too little is known before a cutoff to train on."""


class SplitError(NbaAssetsError):
    """Ends of training, calibration and validation that are not in order, or leave one of them without games."""


class Split(NamedTuple):
    """The last day of training, of calibration and of validation."""

    train_end: date
    cal_end: date
    val_end: date

    @property
    def cutoff(self) -> date:
        """The first day of which nothing is used: the last box scores are known on the morning after their game."""
        return self.val_end + timedelta(days=2)

    def parts(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Return the rows to learn from, to calibrate on and to validate on, by game_date.

        Raises:
            SplitError: the ends are not in order, or leave a part without rows.
        """
        if not self.train_end < self.cal_end < self.val_end:
            ends = ", ".join(f"{name} {end}" for name, end in self._asdict().items())
            raise SplitError(f"the ends are not in order: {ends}")
        day = pl.col("game_date")
        learn = rows.filter(day <= self.train_end)
        calibrate = rows.filter((day > self.train_end) & (day <= self.cal_end))
        validate = rows.filter((day > self.cal_end) & (day <= self.val_end))
        parts = {"training": learn, "calibration": calibrate, "validation": validate}
        if empty := [name for name, part in parts.items() if part.is_empty()]:
            raise SplitError(f"no games for {' and '.join(empty)} in {self.train_end} … {self.val_end}")
        return learn, calibrate, validate


def split_of(days: pl.Series, calibration: float, validation: float) -> Split:
    """Return the ends of a split of game dates: the last shares of them calibrate and validate.

    Raises:
        SplitError: too few dates.
    """
    ordered = days.unique().sort()
    ends = [int(ordered.len() * share) - 1 for share in (1 - calibration - validation, 1 - validation, 1)]
    if not 0 <= ends[0] < ends[1] < ends[2]:
        raise SplitError(f"{ordered.len()} dates cannot be split into training, calibration and validation")
    return Split(*(ordered[end] for end in ends))


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
