"""Prices of the simulated league: books that know who is out and how good players are, nearly, and take a margin."""

from datetime import time, timedelta

import numpy as np
import polars as pl

from nba_assets.arrays import Bools, Floats, Ints
from nba_assets.calendar import eastern_expr
from nba_assets.sources.simulated.games import HOME_EDGE
from nba_assets.sources.simulated.possessions import EARLY, Chances, Matchups, expected

BOOKS = ("Anchor", "Harbor", "Meridian", "Summit")
MORNING, CLOSE_BEFORE_TIP = time(10, 0), timedelta(minutes=20)
MARGINS = np.array([1.040, 1.045, 1.050, 1.060])
LISTED_MINUTES = 18
# Leads melt: a margin of two strengths is less than the sum of their plays.
PLAYS, SHOTS, MELTS, MARGIN_SPREAD = 114.0, 87.5, 0.55, 13.4
# Some are hurt, in foul trouble, or rest when a game is decided.
STAYS_FIT = 0.975
# On court with others, and fouled out, hurt or rested at times, stars take less than their share and the bench more.
MINUTES_BEND, VOLUME_BEND = 0.85, 0.75
# How far books are off: in the morning, at the close; and each on its own.
MARGIN_ERROR, TOTAL_ERROR, POINTS_ERROR = (2.4, 1.3), (3.5, 2.0), (0.075, 0.04)
OWN_MARGIN_ERROR, OWN_TOTAL_ERROR, OWN_POINTS_ERROR = 0.4, 0.7, 0.45


def points_a_play(skills: Floats, types: Ints, matchups: Matchups) -> Floats:
    """Return (players,): the points a player makes of a play used, beside and against average players."""
    n, average = len(skills), np.broadcast_to(skills.mean(0), (len(skills), 5, skills.shape[-1]))
    beside = average.copy()
    beside[:, 0] = skills
    around = np.array([0, 1, 2, 4, 6])
    kinds, none = np.concatenate([types[:, None], np.tile(around[1:], (n, 1))], 1), np.full(n, -1)
    chances = Chances(
        beside,
        average,
        kinds,
        np.tile(around, (n, 1)),
        np.ones((n, 5)),
        none * 0,
        none,
        np.zeros(n),
        np.full(n, EARLY),
        matchups,
    )
    given = expected(chances, np.full(n, 0.25))[:, 0]
    return given[:, 0] / given[:, 2]


def forecast(
    minutes: Floats, volume: Floats, worth: Floats, impact: tuple[Floats, Floats], tempo: Floats
) -> tuple[Floats, Floats]:
    """Return what teams that play these minutes should score: points by player (n, 2, roster), and the home margin (n,).

    Args:
        minutes: (n, 2, roster): meant minutes.
        volume: (n, 2, roster): log of plays used per minute.
        worth: (n, 2, roster): points a play.
        impact: (n, 2, roster) twice: on the team's shots, on the opponents', points per 100.
        tempo: (n,): length of a play, relative to the league's.
    """
    played = np.maximum(minutes, 0)
    used = played**MINUTES_BEND * np.exp(VOLUME_BEND * volume)
    points = used / used.sum(-1, keepdims=True) * (PLAYS / tempo)[:, None, None] * worth
    better = (played * impact[0]).sum(-1) / 48 - (played * impact[1]).sum(-1)[:, ::-1] / 48
    team = points.sum(-1) + SHOTS * (better / 100 + np.array([HOME_EDGE, -HOME_EDGE]))
    return points * (team / points.sum(-1))[..., None], MELTS * (team[:, 0] - team[:, 1])


def game_lines(rng: np.random.Generator, games: pl.DataFrame, margin: Floats, total: Floats, *, close: bool) -> pl.DataFrame:
    """Return one row per game and book: one snapshot of spread, total and moneylines.

    Args:
        rng: the season's.
        games: game_id, game_date, tip_off.
        margin: (n,): expected points of the home team over the other.
        total: (n,): expected points of both.
        close: the closing snapshot; else that of the morning.
    """
    ahead = margin + rng.normal(0, MARGIN_ERROR[close], len(margin))
    points = total + rng.normal(0, TOTAL_ERROR[close], len(total))
    return pl.concat(
        _seen(games, close=close).with_columns(
            bookmaker=pl.lit(book),
            home_spread=-_half(mine := ahead + rng.normal(0, OWN_MARGIN_ERROR, len(margin))),
            total=_half(points + rng.normal(0, OWN_TOTAL_ERROR, len(total))),
            moneyline_home=_american(normal_cdf(mine / MARGIN_SPREAD) * take),
            moneyline_away=_american(normal_cdf(-mine / MARGIN_SPREAD) * take),
        )
        for book, take in zip(BOOKS, MARGINS, strict=True)
    )


def points_lines(
    rng: np.random.Generator, games: pl.DataFrame, players: Ints, points: Floats, listed: Bools, *, close: bool
) -> pl.DataFrame:
    """Return one row per game, listed player, book and side: one snapshot of lines on points.

    Args:
        rng: the season's.
        games: game_id, game_date, tip_off.
        players: (n, 2, roster): ids.
        points: (n, 2, roster): expected points.
        listed: (n, 2, roster): who has lines.
        close: the closing snapshot; else that of the morning.
    """
    game, side, slot = np.nonzero(listed)
    believed = STAYS_FIT * points[game, side, slot] * rng.lognormal(0, POINTS_ERROR[close], len(game))
    offered: list[pl.DataFrame] = []
    for book, take in zip(BOOKS, MARGINS, strict=True):
        mine = believed + rng.normal(0, OWN_POINTS_ERROR, len(game))
        line = np.maximum(np.floor(mine - 0.35) + 0.5, 0.5)
        over = np.clip(normal_cdf((mine - 0.35 - line) / points_spread(mine)), 0.35, 0.65)
        for name, chance in (("Over", over), ("Under", 1 - over)):
            offered.append(
                _seen(games, close=close)[game].with_columns(
                    player_id=players[game, side, slot],
                    market=pl.lit("player_points"),
                    bookmaker=pl.lit(book),
                    side=pl.lit(name),
                    line=line,
                    american_price=_american(chance * take),
                )
            )
    return pl.concat(offered)


def points_spread(points: Floats) -> Floats:
    """Return how much a player's points vary from game to game, given what is expected: a standard deviation."""
    return 0.9 + 1.5 * np.sqrt(np.maximum(points, 1))


def normal_cdf(x: Floats) -> Floats:
    """Return the chance of a standard normal number below x."""
    from scipy.special import ndtr

    return ndtr(x)


def _seen(games: pl.DataFrame, *, close: bool) -> pl.DataFrame:
    morning = pl.min_horizontal(eastern_expr(pl.col("game_date"), MORNING), pl.col("tip_off") - timedelta(hours=2))
    return games.select("game_id", "game_date", known_at=pl.col("tip_off") - CLOSE_BEFORE_TIP if close else morning)


def _half(points: Floats) -> Floats:
    return np.round(points * 2) / 2


def _american(probability: Floats) -> Ints:
    p = np.clip(probability, 0.01, 0.985)
    return np.round(np.where(p >= 0.5, -100 * p / (1 - p), 100 * (1 - p) / p)).astype(np.int64)
