"""Windows over past games, equal to the last bit whatever else is in the frame.

A window is a matrix: one row a question, one column a game back. Sums run over the columns in a fixed order, so a row
depends on its own games only: not on where the history starts, not on the other rows, not on threads. That is what
makes a row built for one date equal to the same row built for five seasons.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOOK_BACK = 40


@dataclass(frozen=True)
class History:
    """The games of players (or teams) before some dates.

    Attributes:
        games: one row a game and owner, sorted by owner, game_date and game_id.
        end: for each question the index after its owner's last game before the question's date.
        count: for each question the number of the owner's games before it.
        season_start: for each question the index of the owner's first game of the question's season, or `end`.
    """

    games: pl.DataFrame
    end: Ints
    count: Ints
    season_start: Ints

    @classmethod
    def before(cls, questions: pl.DataFrame, games: pl.DataFrame, owner: str) -> "History":
        """Find for each question its owner's games of earlier dates.

        Args:
            questions: columns `owner`, game_date and season.
            games: columns `owner`, game_date, game_id and season.
            owner: 'player_id' or 'team_id'.
        """
        games = games.sort(owner, "game_date", "game_id")
        owners, asked = games[owner].to_numpy(), questions[owner].to_numpy()
        end = np.searchsorted(_key(owners, _day(games)), _key(asked, _day(questions)), "left")
        start = np.searchsorted(owners, asked, "left")
        season_start = np.searchsorted(_key(owners, _year(games)), _key(asked, _year(questions)), "left")
        return cls(games, end, end - start, season_start)

    @cached_property
    def _index(self) -> tuple[Ints, NDArray[np.bool_]]:
        back = np.arange(LOOK_BACK)
        return np.maximum(self.end[:, None] - 1 - back, 0), back < self.count[:, None]

    def lags(self, column: str) -> Floats:
        """Return questions × LOOK_BACK values, the newest game first; 0.0 where there is no such game."""
        index, there = self._index
        values = self.games[column].cast(pl.Float64).fill_null(0.0).to_numpy()
        if not len(values):
            return np.zeros(index.shape)
        return np.where(there, values[index], 0.0)

    @cached_property
    def held(self) -> Floats:
        """Questions × LOOK_BACK: 1.0 where there is such a game, else 0.0."""
        return self._index[1].astype(np.float64)

    def last(self, column: str) -> pl.Series:
        """Return the value of the newest game; null where there is none."""
        values = self.games[column]
        if not values.len():
            return pl.Series(column, [None] * len(self.end), dtype=values.dtype)
        picked = values.gather(np.maximum(self.end - 1, 0))
        return picked.set(pl.Series(self.count == 0), None)

    def season_to_date(self, column: str) -> Ints:
        """Return the exact sum of an integer column over the owner's games of the question's season."""
        running = np.concatenate([[0], np.cumsum(self.games[column].cast(pl.Int64).fill_null(0).to_numpy())])
        return running[self.end] - running[self.season_start]

    @property
    def season_games(self) -> Ints:
        """The number of the owner's games of the question's season."""
        return self.end - self.season_start


def _key(owner: Ints, when: Ints) -> Ints:
    """One ordered number for an owner and a day or year; neither has more than five digits."""
    return owner * 100_000 + when


def _day(frame: pl.DataFrame) -> Ints:
    return frame["game_date"].cast(pl.Int64).to_numpy()


def _year(frame: pl.DataFrame) -> Ints:
    return frame["season"].str.slice(0, 4).cast(pl.Int64).to_numpy()


def total(lags: Floats, games: int) -> Floats:
    """Return the sum of the newest `games` columns, oldest added last."""
    result = np.zeros(len(lags))
    for back in range(games):
        result += lags[:, back]
    return result


def decayed(lags: Floats, decay: float) -> Floats:
    """Return the sum of all columns weighted by decay ** games back; powers by repeated multiplication."""
    result, weight = np.zeros(len(lags)), 1.0
    for back in range(lags.shape[1]):
        result += lags[:, back] * weight
        weight *= decay
    return result
