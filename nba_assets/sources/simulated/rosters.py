"""Players and rosters of the simulated league, season by season: roles, skills, aging, trades."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from nba_assets.tables.teams import TEAMS

ROSTER = 15
ROLE_MINUTES = np.array([35, 33, 31, 29, 26, 23, 20, 17, 13, 9, 5, 4, 3, 2, 2], dtype=float)
ROLE_PLAYS = np.array([23, 20, 18, 16, 14, 16, 15, 14, 14, 14, 14, 14, 14, 14, 14], dtype=float)
POSITIONS = ("PG", "SG", "SF", "PF", "C")
FIRST_PLAYER_ID = 9_000_001
RETIREMENT_AGE = 37
ROOKIE_AGE = 20

_FIRST = "Ade Bo Cal Dane Emil Femi Gus Hal Ivo Jae Kai Leo Milo Nico Omar Pax Quin Remy Sol Tobi Uri Vito Wes Xavi Yann Zeke"
_LAST = (
    "Abara Bright Calloway Dusk Eastman Farrow Grieves Holloway Irons Jaspers Kestrel Lowry-Vane Marsh Norwood Okoro Pell "
    "Quarry Ransome Sable Thorne Ulrich Vance Whitlock Yardley Zeller Ashdown Birch Crane Dell Ember Frost Glade"
)
FIRST_NAMES, LAST_NAMES = _FIRST.split(), _LAST.split()


@dataclass(frozen=True)
class Player:
    """A player as he is in one season.

    Attributes:
        minutes: what his coach gives him when all are fit.
        plays: plays used per 36 minutes with average teammates: FGA + 0.44 FTA + TOV.
        threes, fouled, careless: his share of threes in shots, free-throw trips and turnovers in plays.
        two, three, free: shooting percentages.
        assists, rebounds, hands: weights in what his team shares out.
    """

    player_id: int
    name: str
    position: str
    height_inches: int
    weight_lbs: float
    birth_date: date
    team_id: int
    minutes: float
    plays: float
    threes: float
    fouled: float
    careless: float
    two: float
    three: float
    free: float
    assists: float
    rebounds: float
    hands: float


def first_rosters(rng: np.random.Generator, year: int) -> list[Player]:
    """Return the players of thirty teams before the first season."""
    players: list[Player] = []
    for team in TEAMS:
        for role in range(ROSTER):
            age = int(rng.integers(ROOKIE_AGE, RETIREMENT_AGE - 1))
            players.append(_player(rng, len(players), role, team.team_id, date(year - age, 1, 1)))
    return players


def next_season(rng: np.random.Generator, players: list[Player], year: int) -> list[Player]:
    """Return the players a year later: older ones decline, retired ones are replaced, some change teams."""
    later, known = [], max(player.player_id for player in players) + 1 - FIRST_PLAYER_ID
    for player in players:
        age = year - player.birth_date.year
        if age >= RETIREMENT_AGE:
            role = int(np.argmin(abs(ROLE_MINUTES - player.minutes * 0.7)))
            later.append(_player(rng, known, role, player.team_id, date(year - ROOKIE_AGE, 1, 1)))
            known += 1
            continue
        growth = 1 + 0.03 * np.clip((27 - age) / 5, -1, 1) + rng.normal(0, 0.06)
        later.append(replace(player, minutes=float(np.clip(player.minutes * growth, 1, 37)), plays=player.plays * growth**0.5))
    return trade(rng, later, swaps=30)


def trade(rng: np.random.Generator, players: list[Player], swaps: int) -> list[Player]:
    """Return the players after pairs of similar minutes have changed teams."""
    players = list(players)
    for first in rng.choice(len(players), swaps, replace=False):
        gap = np.array([abs(other.minutes - players[first].minutes) for other in players])
        gap[[other.team_id == players[first].team_id for other in players]] = np.inf
        second = int(np.argmin(gap))
        one, two = players[first], players[second]
        players[first], players[second] = replace(one, team_id=two.team_id), replace(two, team_id=one.team_id)
    return players


def _player(rng: np.random.Generator, number: int, role: int, team_id: int, birth: date) -> Player:
    position = int(rng.integers(5))
    size = position / 4
    name = f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {LAST_NAMES[number // len(FIRST_NAMES) % len(LAST_NAMES)]}"
    return Player(
        player_id=FIRST_PLAYER_ID + number,
        name=name if number < len(FIRST_NAMES) * len(LAST_NAMES) else f"{name} II",
        position=POSITIONS[position],
        height_inches=round(74 + 8 * size + rng.normal(0, 1)),
        weight_lbs=float(round(190 + 60 * size + rng.normal(0, 8))),
        birth_date=birth + timedelta(days=int(rng.integers(365))),
        team_id=team_id,
        minutes=float(np.clip(ROLE_MINUTES[role] + rng.normal(0, 1.5), 1, 37)),
        plays=float(ROLE_PLAYS[role] * rng.lognormal(0, 0.18)),
        threes=float(np.clip(0.55 - 0.4 * size + rng.normal(0, 0.1), 0.02, 0.75)),
        fouled=float(np.clip(rng.normal(0.10, 0.03), 0.03, 0.2)),
        careless=float(np.clip(rng.normal(0.125, 0.025), 0.05, 0.2)),
        two=float(np.clip(rng.normal(0.50 + 0.09 * size, 0.03), 0.4, 0.7)),
        three=float(np.clip(rng.normal(0.36, 0.025), 0.25, 0.44)),
        free=float(np.clip(rng.normal(0.82 - 0.1 * size, 0.06), 0.45, 0.93)),
        assists=float(rng.lognormal(0.8 - 1.3 * size, 0.35)),
        rebounds=float(rng.lognormal(-0.5 + 1.2 * size, 0.25)),
        hands=float(rng.lognormal(0, 0.25)),
    )
