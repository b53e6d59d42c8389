"""Skill of players before a season: what box scores tell, and what adjusted plus-minus of earlier seasons adds to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from nba_assets.arrays import Floats, Ints
from nba_assets.lineups.box import BoxBefore, BoxPrior, box_before
from nba_assets.lineups.spec import DEVIATION

OFFENCE = [f"offense_player_{place}" for place in range(1, 6)]
DEFENCE = [f"defense_player_{place}" for place in range(1, 6)]
OUTCOMES = ("points", "net_points")


@dataclass(frozen=True)
class Plays:
    """Possessions of a season as arrays.

    Attributes:
        season: as '2022-23'.
        offence, defence: (n, 5) places in the list of players.
        points: (n,) of the outcome that is modelled.
        home: (n,) 0.5 where the team with the ball is at home, else -0.5.
        game: (n,) number of the game, in order.
        stint: (n,) number of the run of possessions with the same ten.
        team, other: (n,) ids of the team with the ball and of the other one.
    """

    season: str
    offence: Ints
    defence: Ints
    points: Floats
    home: Floats
    game: Ints
    stint: Ints
    team: Ints
    other: Ints


def plays_of(possessions: pl.DataFrame, season: str, ids: Ints, outcome: str = "points") -> Plays:
    """Return the possessions of a season whose ten players are known.

    Args:
        possessions: rows of `possessions`.
        season: as '2022-23'.
        ids: of all players, sorted.
        outcome: 'points', or 'net_points': less those given up within 7 s of a turnover.
    """
    lost = pl.col("transition_points_against") if outcome == "net_points" else pl.lit(0)
    rows = possessions.filter((pl.col("season") == season) & pl.col("offense_player_1").is_not_null())
    rows = rows.sort("game_id", "possession").with_columns(value=(pl.col("points") - lost).cast(pl.Float64))
    offence, defence = (np.searchsorted(ids, rows.select(names).to_numpy()) for names in (OFFENCE, DEFENCE))
    home = rows["is_home"].to_numpy()
    swapped = np.where(home[:, None], np.hstack([offence, defence]), np.hstack([defence, offence]))
    period = rows.select(pl.struct("game_id", "period").rle_id()).to_series().to_numpy()
    new = (swapped[1:] != swapped[:-1]).any(axis=1) | (period[1:] != period[:-1])
    stint = np.concatenate([np.zeros(min(len(rows), 1), dtype=np.int64), np.cumsum(new, dtype=np.int64)])
    return Plays(
        season,
        offence,
        defence,
        rows["value"].to_numpy(),
        np.where(home, 0.5, -0.5),
        rows["game_id"].rle_id().to_numpy().astype(np.int64),
        stint,
        rows["offense_team_id"].to_numpy(),
        rows["defense_team_id"].to_numpy(),
    )


@dataclass(frozen=True)
class Skills:
    """Skills of players before a season, points per possession beside an average one.

    Attributes:
        season: as '2022-23'.
        before: what box scores said.
        offence, defence: (players,) points added, and points prevented.
        covariance: (2 players, 2 players) of what is not known about them, offence before defence.
        seen: (players,) possessions of earlier seasons on either side.
    """

    season: str
    before: BoxBefore
    offence: Floats
    defence: Floats
    covariance: Floats
    seen: Floats


def skills(games: pl.DataFrame, players: pl.DataFrame, season: str, ids: Ints, earlier: Sequence[Plays]) -> Skills:
    """Return the skills of all players before a season.

    A box prior (a ridge regression, `BoxPrior`) and what a player's possessions of earlier seasons say beyond it: regularised
    adjusted plus-minus (Sill, 2010), here the exact posterior of a normal model whose prior mean is the box prior. Without
    earlier possessions it is the box prior alone.

    Args:
        games: `player_games`, of which seasons before are looked at.
        players: player_id and birth_date.
        season: as '2022-23'.
        ids: of all players, sorted.
        earlier: possessions; those of seasons before are looked at.
    """
    seasons = sorted(name for name in games["season"].unique() if name < season)
    befores = {name: box_before(games, players, name, ids) for name in seasons[1:]}
    prior, before = BoxPrior.fitted(games, befores), box_before(games, players, season, ids)
    count = len(ids)
    offence, defence = before.features @ prior.offence, before.features @ prior.defence
    square, product = np.zeros((2 * count, 2 * count)), np.zeros(2 * count)
    for plays in (each for each in earlier if each.season < season):
        more = together(plays, count)
        rest: Floats = plays.points - offence[plays.offence].sum(axis=1) + defence[plays.defence].sum(axis=1)
        design = np.column_stack([np.ones(len(rest)), plays.home])
        rest = rest - design @ np.linalg.lstsq(design, rest, rcond=None)[0]
        square, product = square + more, product + on_court(plays, rest, count)
    variance = np.mean([plays.points.var() for plays in earlier if plays.season < season] or [1.0])
    covariance: Floats = np.asarray(np.linalg.inv(square / variance + np.eye(2 * count) / DEVIATION**2), dtype=float)
    deviation = covariance @ (product / variance)
    seen = np.diag(square)[:count] + np.diag(square)[count:]
    return Skills(season, before, offence + deviation[:count], defence + deviation[count:], covariance, seen)


def together(plays: Plays, count: int) -> Floats:
    """Return (2 players, 2 players) sums over possessions of 1 for who attacks and -1 for who defends, multiplied."""
    from scipy import sparse

    rows = np.repeat(np.arange(len(plays.points)), 5)
    places = np.r_[plays.offence.ravel(), count + plays.defence.ravel()]
    signs = np.r_[np.ones(len(rows)), -np.ones(len(rows))]
    design = sparse.csr_matrix((signs, (np.r_[rows, rows], places)), shape=(len(plays.points), 2 * count))
    return np.asarray((design.T @ design).todense())


def on_court(plays: Plays, values: Floats, count: int) -> Floats:
    """Return (2 players,) sums of values while a player attacks, and of minus the values while he defends."""
    repeated = np.repeat(values, 5)
    attack, defend = (np.bincount(side.ravel(), weights=repeated, minlength=count) for side in (plays.offence, plays.defence))
    return np.r_[attack, -defend]
