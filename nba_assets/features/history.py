"""Windows over past games, equal to the last bit whatever else is in the frame.

All games of an owner (a player, a team, a player against a team) stand in a row, with 40 or more empty games before the first.
Windows are differences of exact integer sums; exponential means add as many games in a fixed order. So a value depends on
the owner's own games only: not on where the history starts, not on other rows, not on threads. That is what makes a
row built for one date equal to the same row built for five seasons.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from nba_assets.arrays import Floats, Ints

LOOK_BACK = 40
LONG_DOUBLINGS = 9
LONG_LOOK_BACK = 2**LONG_DOUBLINGS


class History:
    """Games by owner, and for each question the place of its owner's newest game of an earlier date.

    Attributes:
        games: one row per game and owner, sorted by owner, game_date and game_id.
        at: for each question the place of that game; an empty place where there is none.
    """

    def __init__(self, games: pl.DataFrame, questions: pl.DataFrame, owner: str, look_back: int = LOOK_BACK) -> None:
        """Line the games up and find each question's place.

        Args:
            games: columns `owner`, game_date, game_id and season.
            questions: columns `owner`, game_date and season.
            owner: an integer column with fewer than 15 digits.
            look_back: number of empty games before the first, the most that a window may hold.
        """
        self._look_back = look_back
        self.games = games.sort(owner, "game_date", "game_id")
        owners, asked = self.games[owner].to_numpy(), questions[owner].to_numpy()
        known = np.unique(owners)
        self._owners, self._asked = np.searchsorted(known, owners), np.searchsorted(known, asked)
        stranger = np.append(known, -1)[self._asked] != asked
        self._asked[stranger] = len(known)
        self._place = np.arange(len(owners)) + (self._owners + 1) * look_back
        self._size = len(owners) + (len(known) + 1) * look_back
        self._days, self._day = _day(self.games), _day(questions)
        self._years, self._year = _year(self.games), _year(questions)
        # Numbers are looked up much faster in order.
        self._order = np.argsort(_key(self._asked, self._day))
        self.at = self._before(self._days, self._day)

    def _before(self, of_games: Ints, of_questions: Ints) -> Ints:
        """The place of the owner's newest game whose day or year is smaller; else the empty place before the first."""
        number = np.empty(len(self._asked), dtype=np.int64)
        asked = _key(self._asked, of_questions)[self._order]
        number[self._order] = np.searchsorted(_key(self._owners, of_games), asked, "left")
        return number + (self._asked + 1) * self._look_back - 1

    def before_days(self, days: int) -> Ints:
        """Return for each question the place of its owner's newest game that is more than some days before it."""
        return self._before(self._days, self._day - days)

    def before_season(self, earlier: int = 0) -> Ints:
        """Return for each question the place of its owner's newest game before this season, or before an earlier one."""
        return self._before(self._years, self._year - earlier)

    def column(self, name: str) -> Floats:
        """Return an integer or boolean column by place, 0 where it is null or the place is empty."""
        values = np.zeros(self._size)
        values[self._place] = self.games[name].cast(pl.Float64).fill_null(0.0).to_numpy()
        return values

    @property
    def held(self) -> Floats:
        """By place: 1 where there is a game."""
        values = np.zeros(self._size)
        values[self._place] = 1.0
        return values

    def last(self, name: str) -> pl.Series:
        """Return for each question a column's value in the newest game; null where there is none."""
        number = np.full(self._size, -1)
        number[self._place] = np.arange(len(self._place))
        found = pl.Series(number[self.at], dtype=pl.Int64)
        return self.games[name].gather(found.set(found < 0, None)).rename(name)

    def last_day(self) -> pl.Series:
        """Return for each question the number of days since the newest game; null where there is none."""
        return pl.Series(self._day) - self.last("game_date").cast(pl.Int64)

    def since(self, column: Floats, place: Ints) -> Floats:
        """Return for each question the exact sum of a column over the games after a place."""
        running = np.cumsum(column)
        return running[self.at] - running[place]


def total(column: Floats, games: int) -> Floats:
    """Return by place the sum of the newest `games` games; exact for integers below 2**53. `games` is at most 40."""
    return _last(np.cumsum(column), games)


def totals(column: Floats, windows: Iterable[int]) -> dict[int, Floats]:
    """Return by place the sums of the newest games for several windows."""
    running = np.cumsum(column)
    return {games: _last(running, games) for games in windows}


def _last(running: Floats, games: int) -> Floats:
    sums = running.copy()
    sums[games:] -= running[:-games]
    return sums


def decayed(column: Floats, decay: float) -> Floats:
    """Return by place the sum of the newest 40 games weighted by decay ** games back.

    Sums of 2, 4, 8, 16 and 32 games come from each other, and 40 are 32 and 8: six additions, always the same ones.
    """
    sums = list(_doubled(column, decay, 5))
    return _added(sums[5][1], sums[3][1], 32, sums[5][0])


def long_decayed(column: Floats, decay: float) -> Floats:
    """Return by place the sum of the newest 512 games weighted by decay ** games back; the history must be as long."""
    *_, (_, longest) = _doubled(column, decay, LONG_DOUBLINGS)
    return longest


def _doubled(column: Floats, decay: float, doublings: int) -> Iterator[tuple[float, Floats]]:
    """Yield the weighted sums of 1, 2, 4, 8 … games, each with the weight of what would come next."""
    weight, sums = decay, column
    yield weight, sums
    for step in range(doublings):
        sums = _added(sums, sums, 2**step, weight)
        weight *= weight
        yield weight, sums


def _added(newer: Floats, older: Floats, games: int, weight: float) -> Floats:
    result = newer.copy()
    result[games:] += weight * older[:-games]
    return result


def quotient(part: Floats, whole: Floats) -> Floats:
    """Return a quotient; NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result = part / whole
    result[~(whole > 0)] = np.nan
    return result


def _key(owner: Ints, when: Ints) -> Ints:
    """One ordered number for an owner and a day or year; neither of these has more than five digits."""
    return owner * 100_000 + when


def _day(frame: pl.DataFrame) -> Ints:
    return frame["game_date"].cast(pl.Int64).to_numpy()


def _year(frame: pl.DataFrame) -> Ints:
    return frame["season"].str.slice(0, 4).cast(pl.Int64).to_numpy()


def at_once(*work: Callable[[], dict[str, Floats]]) -> dict[str, Floats]:
    """Return the columns of several pieces of work that do not need each other, done at the same time."""
    with ThreadPoolExecutor(len(work)) as pool:
        pieces = [pool.submit(piece) for piece in work]
        return {name: column for piece in pieces for name, column in piece.result().items()}
