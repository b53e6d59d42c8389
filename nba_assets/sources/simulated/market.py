"""Prices of the simulated league: game and player lines of two books, two snapshots each, with a margin."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from math import erf, sqrt

import numpy as np

from nba_assets.calendar import eastern
from nba_assets.sources.simulated.games import ROTATION, Side, expected_points, strength

BOOKS = ("Harbor", "Summit")
MORNING = time(10, 0)
CLOSE_BEFORE_TIP = timedelta(minutes=20)
MARGIN_SPREAD = 13.0
HOME_POINTS = 2.5
MARGIN = 1.045
LISTED_MINUTES = 18


def snapshots(day: date, tip_off: datetime) -> tuple[datetime, datetime]:
    """Return when lines are seen: in the morning, and 20 minutes before tip-off."""
    return eastern(day, MORNING), tip_off - CLOSE_BEFORE_TIP


def game_lines(rng: np.random.Generator, home: Side, away: Side, seen: datetime, *, close: bool) -> Iterator[dict[str, object]]:
    """Yield a row a book; the closing snapshot knows more."""
    ahead = 1.13 * (strength(home.players) - strength(away.players)) + HOME_POINTS + rng.normal(0, 1.0 if close else 2.0)
    points = 1.13 * (strength(home.players) + strength(away.players)) + rng.normal(0, 2.0 if close else 3.5)
    for book in BOOKS:
        spread = -_half(ahead + rng.normal(0, 0.4))
        wins = (1 + erf(-spread / MARGIN_SPREAD / sqrt(2))) / 2
        yield {
            "bookmaker": book,
            "home_spread": spread,
            "total": _half(points + rng.normal(0, 0.7)),
            "moneyline_home": _american(wins * MARGIN),
            "moneyline_away": _american((1 - wins) * MARGIN),
            "known_at": seen,
        }


def points_lines(rng: np.random.Generator, side: Side, seen: datetime, *, close: bool) -> Iterator[dict[str, object]]:
    """Yield both sides of a book's line on the points of each rotation player who is fit at the snapshot."""
    for player, points in list(zip(side.players, expected_points(side.players), strict=True))[:ROTATION]:
        if player.minutes < LISTED_MINUTES:
            continue
        believed = 0.94 * points * rng.lognormal(0, 0.04 if close else 0.08)
        for book in BOOKS:
            line = max(np.floor(believed + rng.normal(0, 0.5)) + 0.5, 0.5)
            over = 0.5 + np.clip((believed - line) / 16, -0.06, 0.06)
            for name, chance in (("Over", over), ("Under", 1 - over)):
                yield {
                    "player_id": player.player_id,
                    "market": "player_points",
                    "bookmaker": book,
                    "side": name,
                    "line": float(line),
                    "american_price": _american(float(chance) * MARGIN),
                    "known_at": seen,
                }


def _half(points: float) -> float:
    return float(round(points * 2) / 2)


def _american(probability: float) -> int:
    p = min(max(probability, 0.01), 0.99)
    return round(-100 * p / (1 - p)) if p >= 0.5 else round(100 * (1 - p) / p)
