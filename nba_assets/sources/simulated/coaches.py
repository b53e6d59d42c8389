"""Who can play and for how long: injuries, rest, trust of the coach, rotations."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from nba_assets.arrays import Bools, Floats, Ints
from nba_assets.sources.simulated.court import select_five
from nba_assets.sources.simulated.players import IS_BIG, Players

MOST_MINUTES = 42
FIT_AT_LEAST = 9
INJURIES_A_DAY = 0.0195
HURT_DAYS, HURT_SECONDS = (1.75, 1.15), (200, 2700)
HURT_IN_GAME, UPGRADED, TOLD_LATE = 0.4, 0.12, 0.2
RESTS, RESTS_WHEN_OLD, OLD = 0.05, 0.13, 32
# Trust of the coach and shooting volume drift from day to day: spread, and what is left of it a day later.
TRUST, DRIFT, MEMORY = 0.62, 0.11, 0.965
NIGHT, HEAT = 0.55, 0.10
OUT, LATE, BACK = 1, 2, 3


@dataclass(frozen=True)
class Health:
    """Of each player, by day of the season.

    Attributes:
        status: (players, days): 0, OUT (reported in the morning), LATE (reported shortly before the game), BACK (reported
            questionable in the morning, and plays).
        rests: (players, days): out, but not hurt.
        leaves: (players, days): seconds on court after which the player is hurt that day; inf for most.
        trust, drift: (players, days): what the coach and form add to minutes and plays, on a log scale.
        injuries: player, first day out, first day back.
        fragility: (players,): how often the player is hurt, relative to others.
    """

    status: Ints
    rests: Bools
    leaves: Floats
    trust: Floats
    drift: Floats
    injuries: Ints
    fragility: Floats


def health(rng: np.random.Generator, players: Players, year: int, days: int, second_nights: Bools) -> Health:
    """Draw a season's injuries, rest days and form.

    Args:
        rng: the season's.
        players: of the league.
        year: in which the season starts.
        days: of the season.
        second_nights: (teams, days): games on the day after a game.
    """
    shape = (len(players), days)
    status, leaves = np.zeros(shape, dtype=np.int64), np.full(shape, np.inf)
    fragility = rng.gamma(4, 0.25, len(players))
    player, start = np.nonzero(rng.random(shape) < INJURIES_A_DAY * fragility[:, None])
    length = np.clip(rng.lognormal(*HURT_DAYS, len(player)), 1, 220).astype(np.int64)
    in_game = rng.random(len(player)) < HURT_IN_GAME
    sound = _one_at_a_time(player, start, start + in_game + length)
    player, start, length, in_game = player[sound], start[sound], length[sound], in_game[sound]
    leaves[player[in_game], start[in_game]] = rng.uniform(*HURT_SECONDS, in_game.sum())
    first, back = start + in_game, start + in_game + length
    day = np.arange(days)
    for one, begins, returns in zip(player, first, back, strict=True):
        status[one, begins:returns] = OUT
    status[player[~in_game], first[~in_game]] = np.where(rng.random(int((~in_game).sum())) < 0.5, LATE, OUT)
    returning = (status == 0) & (np.roll(status, 1, axis=1) > 0) & (day > 0) & (rng.random(shape) < UPGRADED)
    age = year - (players["birth_date"].astype("datetime64[Y]").astype(np.int64) + 1970)
    tired = second_nights[players["team"]] & (players["minutes"] > 27)[:, None]
    rests = tired & (status == 0) & (rng.random(shape) < np.where(age >= OLD, RESTS_WHEN_OLD, RESTS)[:, None])
    status[returning & ~rests] = BACK
    status[rests] = np.where(rng.random(int(rests.sum())) < TOLD_LATE, LATE, OUT)
    trust, drift = _walk(rng, shape, TRUST), _walk(rng, shape, DRIFT)
    return Health(status, rests, leaves, trust, drift, np.stack([player, first, back], 1), fragility)


def _one_at_a_time(player: Ints, start: Ints, back: Ints) -> Bools:
    """Nobody is hurt twice at a time; injuries come by player and start."""
    until, kept = defaultdict[int, int](int), list[bool]()
    for one, begins, returns in zip(player.tolist(), start.tolist(), back.tolist(), strict=True):
        kept.append(begins >= until[one])
        until[one] = returns if kept[-1] else until[one]
    return np.array(kept, dtype=bool)


def _walk(rng: np.random.Generator, shape: tuple[int, ...], spread: float) -> Floats:
    steps = rng.normal(0, spread, shape)
    for day in range(1, shape[1]):
        steps[:, day] = MEMORY * steps[:, day - 1] + np.sqrt(1 - MEMORY**2) * steps[:, day]
    return steps


def hurt_tonight(rng: np.random.Generator, fragility: Floats) -> Floats:
    """Return seconds on court after which a player is hurt, inf for most: as `health` draws it for who is fit."""
    hurt = rng.random(fragility.shape) < INJURIES_A_DAY * HURT_IN_GAME * fragility
    return np.where(hurt, rng.uniform(*HURT_SECONDS, fragility.shape), np.inf)


def able(out: Bools, minutes: Floats) -> Bools:
    """Return who of a squad plays if need be: all who are not out, and the best of the others if fewer than nine are left.

    Args:
        out: (…, roster).
        minutes: (…, roster): minutes when fit.
    """
    wanted = np.where(out, 0, 100) + minutes
    ranks = np.argsort(np.argsort(-wanted, axis=-1, kind="stable"), axis=-1)
    return ~out | (ranks < FIT_AT_LEAST)


def rotation(minutes: Floats, trust: Floats, fit: Bools, types: Ints, depth: Ints) -> Floats:
    """Return (…, roster) minutes that coaches mean to give: 240 per team, 0 outside the rotation, -1 for absent players.

    A logistic curve holds the best under MOST_MINUTES and hands the minutes of who is out to those who are left.

    Args:
        minutes: (…, roster): minutes when everybody is fit.
        trust: (…, roster): log odds on top.
        fit: (…, roster): who can play.
        types: (…, roster): archetypes.
        depth: (…,): players of the rotation.
    """
    strength = np.where(fit, np.log(minutes / (MOST_MINUTES - minutes)) + trust, -np.inf)
    rank = np.argsort(np.argsort(-strength, axis=-1, kind="stable"), axis=-1)
    bigs = np.where(IS_BIG[types], strength, -np.inf)
    big_rank = np.argsort(np.argsort(-bigs, axis=-1, kind="stable"), axis=-1)
    inside = fit & ((rank < depth[..., None]) | (np.isfinite(bigs) & (big_rank < 2)))
    return np.where(fit, _shared(np.where(inside, strength, -np.inf)), -1.0)


def tonight(meant: Floats, whim: Floats) -> Floats:
    """Return (…, roster): minutes of a rotation on one night.

    Args:
        meant: from `rotation`.
        whim: (…, roster): log odds on top.
    """
    strength = np.log(np.maximum(meant, 1e-9) / (MOST_MINUTES - meant)) + whim
    return np.where(meant > 0, _shared(np.where(meant > 0, strength, -np.inf)), meant)


def _shared(strength: Floats) -> Floats:
    """240 minutes by log odds: a constant is added that makes the sum right."""
    low, high = np.full(strength.shape[:-1], -8.0), np.full(strength.shape[:-1], 8.0)
    for _ in range(30):
        middle = (low + high) / 2
        above = (MOST_MINUTES / (1 + np.exp(-strength - middle[..., None]))).sum(-1) > 240
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return MOST_MINUTES / (1 + np.exp(-strength - low[..., None]))


def five(minutes: Floats, types: Ints) -> Ints:
    """Return (…, 5): the starters of a rotation, indices into the squad."""
    return select_five(np.where(minutes < 0, -np.inf, minutes), IS_BIG[types])
