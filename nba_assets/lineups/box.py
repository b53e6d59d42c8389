"""What box scores of earlier seasons say about a player: rates, role and age; and what such players are worth a possession."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from nba_assets.arrays import Floats, Ints
from nba_assets.league.box import by_worth, seconds_on_court
from nba_assets.lineups.spec import BOX_DECAY, BOX_MINUTES, FRINGE_MINUTES

COUNTS = ("fga2", "fga3", "fta", "missed", "ast", "tov", "oreb", "dreb", "stl", "blk", "pf", "pts", "plus_minus")
FEATURES = (*COUNTS, "minutes_a_game", "minutes_squared", "age", "age_squared", "unknown")
# Games that minutes a game are shrunk by, the age of a player whose birth date is not known, and the one at which most peak.
SHRINK_GAMES, TYPICAL_AGE, PEAK_AGE = 15, 24, 27
# Minutes from which on a player counts for means and spreads of features.
ESTABLISHED = 300
# The ridge, in possessions: 0.3 to 10 times as much changes nothing.
RIDGE = 3000.0


@dataclass(frozen=True)
class BoxBefore:
    """What was known of players before a season.

    Attributes:
        ids: (players,) sorted.
        counts: (players, COUNTS) of the seasons before, an earlier season weighing half.
        minutes, games: (players,) of the same.
        age: (players,) on 20 October.
    """

    ids: Ints
    counts: Floats
    minutes: Floats
    games: Floats
    age: Floats

    @property
    def per_36(self) -> Floats:
        """(players, COUNTS): per 36 minutes, shrunk to those of fringe players: a rookie is one of them."""
        fringe = self.minutes < FRINGE_MINUTES
        floor = self.counts[fringe].sum(axis=0) / max(self.minutes[fringe].sum(), 1.0)
        return 36 * (self.counts + BOX_MINUTES * floor) / (self.minutes + BOX_MINUTES)[:, None]

    @property
    def features(self) -> Floats:
        """(players, FEATURES) in standard deviations of established players."""
        a_game, years = self.minutes / (self.games + SHRINK_GAMES), self.age - PEAK_AGE
        found = np.column_stack([self.per_36, a_game, a_game**2, years, years**2, self.minutes < 1])
        known = found[self.minutes > ESTABLISHED] if (self.minutes > ESTABLISHED).any() else found
        spread = known.std(axis=0)
        return (found - known.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def box_before(games: pl.DataFrame, players: pl.DataFrame, season: str, ids: Ints) -> BoxBefore:
    """Return what the box scores of the seasons before one say.

    Args:
        games: `player_games`.
        players: player_id and birth_date.
        season: as '2022-23'; nothing of it is looked at.
        ids: of all players, sorted.
    """
    known = games.filter(pl.col("season") < season)
    back = pl.lit(int(season[:4]) - 1) - pl.col("season").str.slice(0, 4).cast(pl.Int64)
    counted = known.with_columns(weight=BOX_DECAY ** back.cast(pl.Float64), missed=pl.col("fga") - pl.col("fgm"), **by_worth())
    weight = pl.col("weight")
    sums = counted.group_by("player_id", maintain_order=True).agg(
        *((pl.col(name) * weight).sum() for name in COUNTS),
        minutes=(seconds_on_court() * weight).sum() / 60,
        games=weight.sum(),
    )
    at = np.searchsorted(ids, sums["player_id"].to_numpy())
    found = np.zeros((len(ids), len(COUNTS) + 2))
    found[at] = sums.select(*COUNTS, "minutes", "games").to_numpy()
    return BoxBefore(ids, found[:, :-2], found[:, -2], found[:, -1], _ages(players, ids, date(int(season[:4]), 10, 20)))


def _ages(players: pl.DataFrame, ids: Ints, day: date) -> Floats:
    born = dict(players.select("player_id", "birth_date").drop_nulls().iter_rows())
    return np.array([(day - born[player]).days / 365.25 if player in born else TYPICAL_AGE for player in ids.tolist()])


@dataclass(frozen=True)
class BoxPrior:
    """What features are worth: points per possession of a player's offence, and points prevented by the defence.

    Attributes:
        offence, defence: (FEATURES,).
    """

    offence: Floats
    defence: Floats

    @classmethod
    def fitted(cls, games: pl.DataFrame, befores: dict[str, BoxBefore]) -> "BoxPrior":
        """Return a ridge regression of a team's points per possession of a game on features of who played, by minutes.

        Box scores of whole games are enough for it: it needs no play-by-play. Without any season it knows nothing.

        Args:
            games: `player_games`.
            befores: by season whose games are learned from, what was known before it.
        """
        size = 2 * len(FEATURES) + 1
        square, product = RIDGE * np.eye(size), np.zeros(size)
        square[-1, -1] = 0.0
        for season, before in befores.items():
            x, points, weight = _team_games(games.filter(pl.col("season") == season), before)
            x, points = x - np.average(x, axis=0, weights=weight), points - np.average(points, weights=weight)
            square, product = square + (x * weight[:, None]).T @ x, product + (x * weight[:, None]).T @ points
        # A season without games has no home advantage either.
        found: Floats = np.asarray(np.linalg.lstsq(square, product, rcond=None)[0], dtype=float)
        return cls(found[: len(FEATURES)], found[len(FEATURES) : -1])


def _team_games(games: pl.DataFrame, before: BoxBefore) -> tuple[Floats, Floats, Floats]:
    """(team-games, offence, defence and home), their points per possession, and possessions."""
    rows = games.sort("game_id", "is_home", "player_id").with_columns(team=pl.struct("game_id", "is_home").rle_id())
    whole = rows.filter(pl.col("is_home").n_unique().over("game_id") == 2)
    team = whole["team"].rle_id().to_numpy()
    seconds = whole.select(seconds_on_court().cast(pl.Float64)).to_series().to_numpy()
    share = 5 * seconds / np.maximum(_sums(team, seconds)[team], 1.0)
    own = before.features[np.searchsorted(before.ids, whole["player_id"].to_numpy())] * share[:, None]
    sums = np.column_stack([_sums(team, column) for column in own.T])
    used = pl.col("fga") + 0.44 * pl.col("fta") - pl.col("oreb") + pl.col("tov")
    plays, points = (_sums(team, whole.select(of.cast(pl.Float64)).to_series().to_numpy()) for of in (used, pl.col("pts")))
    other = np.arange(len(sums)) ^ 1
    possessions = (plays + plays[other]) / 2
    home = np.where(np.arange(len(sums)) % 2, 0.5, -0.5)
    return np.column_stack([sums, -sums[other], home]), points / possessions, possessions


def _sums(group: Ints, values: Floats) -> Floats:
    return np.asarray(np.bincount(group, weights=values), dtype=float)
