"""Players of the simulated league: archetypes, skills, drafts, ageing and trades. A player is a record of a numpy array."""

import numpy as np
from numpy.typing import NDArray

from nba_assets.arrays import Floats, Ints
from nba_assets.reference.teams import TEAMS

Players = NDArray[np.void]

ROSTER = 18
FIRST_PLAYER_ID = 9_000_001
ROOKIE_AGE, VETERAN_AGE, RETIREMENT_AGE = 20, 35, 39
MOVES, ADAPTS = 75, 0.6
POSITIONS = ("PG", "SG", "SF", "PF", "C")
# Minutes a coach gives the best, second best … of a team; what the best use more than the others.
ROLE_MINUTES = np.array([37, 35.5, 34, 32, 29, 26, 22.5, 19, 15, 12, 9.5, 8, 6.5, 5.5, 4.5, 4, 3.5, 3])
ROLE_VOLUME = ((4, 14, 20, 26, 29, 31, 33, 36), (-0.12, -0.16, -0.19, -0.15, -0.03, 0.09, 0.34, 0.62))
ARCHETYPES = (
    "lead creator",
    "scoring guard",
    "three-and-D wing",
    "shot-creating wing",
    "slasher",
    "stretch big",
    "rim runner",
    "post hub",
)
IS_CREATOR = np.array([True, True, False, True, False, False, False, False])
IS_BIG = np.array([False, False, False, False, False, True, True, True])
# A squad of eighteen has each archetype about as often as the league does.
SQUAD = np.array([0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6, 6, 7])

# Skills of each archetype, and how much players of one archetype differ (log scale; plain for shares and percentages).
_MEANS = """
volume    0.14  0.06 -0.26  0.14 -0.10 -0.10 -0.22  0.10
rim       0.26  0.22  0.17  0.27  0.44  0.28  0.68  0.48
paint     0.20  0.15  0.05  0.18  0.18  0.13  0.22  0.26
midrange  0.14  0.14  0.05  0.18  0.09  0.09  0.05  0.13
corner    0.03  0.07  0.26  0.06  0.10  0.14  0.01  0.03
above     0.37  0.42  0.45  0.31  0.19  0.35  0.03  0.11
draw      1.08  0.96  0.84  1.08  1.04  0.96  1.04  1.08
careless  0.140 0.109 0.107 0.115 0.124 0.107 0.137 0.135
passing   3.10  1.30  0.75  1.40  0.95  0.75  0.55  1.40
offensive 0.34  0.38  0.50  0.52  0.95  1.15  2.25  1.65
defensive 0.63  0.63  0.79  0.93  1.05  1.33  1.68  1.68
steals    1.22  1.08  1.15  1.00  1.08  0.85  0.80  0.85
blocks    0.34  0.38  0.62  0.62  0.85  1.25  2.35  1.50
fouls     0.82  0.82  0.95  0.90  1.05  1.18  1.38  1.22
free      0.860 0.845 0.805 0.830 0.770 0.795 0.690 0.760
two      -0.012 -0.012 0.005 0.000 0.000 0.008 0.030 0.012
three     0.004 0.010 0.008 0.000 -0.015 0.000 -0.045 -0.020
alone     0.42  0.20 -0.30  0.22  0.00 -0.25 -0.35  0.05
"""
_SPREADS = {"volume": 0.22, "free": 0.055, "two": 0.022, "three": 0.018, "alone": 0.3}
_LOG_SPREADS = {
    "rim": 0.18, "paint": 0.22, "midrange": 0.35, "corner": 0.3, "above": 0.2, "draw": 0.2, "passing": 0.35,
    "careless": 0.17, "offensive": 0.25, "defensive": 0.17, "steals": 0.2, "blocks": 0.35, "fouls": 0.14,
}  # fmt: skip
ARCHETYPE_SKILLS = {name: np.array(values, dtype=float) for name, *values in map(str.split, _MEANS.strip().splitlines())}
SHOT_SHARES = ("rim", "paint", "midrange", "corner", "above")
# Impact beyond the box score: points per 100 shots of the team, of its opponents.
SKILLS = (*ARCHETYPE_SKILLS, "offence", "defence")
IMPACT = 2.8

_POSITION = np.array([0.2, 0.9, 1.5, 2.0, 2.6, 3.2, 4.0, 3.8])
_FIRST = "Ade Bo Cal Dane Emil Femi Gus Hal Ivo Jae Kai Leo Milo Nico Omar Pax Quin Remy Sol Tobi Uri Vito Wes Xavi Yann Zeke"
_LAST = (
    "Abara Bright Calloway Dusk Eastman Farrow Grieves Holloway Irons Jaspers Kestrel Lowry-Vane Marsh Norwood Okoro Pell "
    "Quarry Ransome Sable Thorne Ulrich Vance Whitlock Yardley Zeller Ashdown Birch Crane Dell Ember Frost Glade"
)
FIRST_NAMES, LAST_NAMES = _FIRST.split(), _LAST.split()
_SUFFIXES = ("", " II", " III", " IV", " V", " VI")

RECORD = np.dtype(
    [("player_id", "i8"), ("player_name", "U32"), ("position", "U2"), ("height_inches", "i8"), ("weight_lbs", "f8")]
    + [("birth_date", "datetime64[D]"), ("team", "i8"), ("archetype", "i8"), ("minutes", "f8")]
    + [(name, "f8") for name in SKILLS]
)


def first_rosters(rng: np.random.Generator, year: int) -> Players:
    """Return the players of thirty teams before the first season; `team` is an index into TEAMS."""
    team = np.repeat(np.arange(len(TEAMS)), ROSTER)
    archetype = np.concatenate([rng.permutation(SQUAD) for _ in TEAMS])
    ages = rng.integers(ROOKIE_AGE, VETERAN_AGE, len(team))
    return _adapted(_made(rng, 0, team, archetype, np.tile(ROLE_MINUTES, len(TEAMS)), year - ages))


def next_season(rng: np.random.Generator, players: Players, wins: Ints, year: int) -> Players:
    """Return the players a year later: older, some retired and replaced by rookies, some with other teams.

    Args:
        rng: the league's.
        players: as the last season left them.
        wins: of each team; the teams with fewest choose the best rookies.
        year: in which the season starts.
    """
    later = players.copy()
    age = _age(later, year)
    growth = 0.035 * np.clip((27 - age) / 4, -1.5, 1.5) + rng.normal(0, 0.08, len(later))
    later["minutes"] = np.clip(later["minutes"] * np.exp(2 * growth), 3, 37.5)
    later["volume"] += growth
    for name, spread in (("two", 0.008), ("three", 0.006), ("offence", 0.25), ("defence", 0.25)):
        later[name] += rng.normal(0, spread, len(later)) + spread * np.clip((27 - age) / 4, -1, 1) / 2
    leaving = (age >= RETIREMENT_AGE) | ((later["minutes"] < 6) & (rng.random(len(later)) < 0.35))
    leaving |= (age >= VETERAN_AGE) & (later["minutes"] < 15)
    gone = np.flatnonzero(leaving)
    picks = gone[np.argsort(wins[later["team"][gone]] + rng.normal(0, 6, len(gone)))]
    promise = np.sort(np.clip(rng.gamma(1.6, 7, len(picks)), 4, 33))[::-1]
    number = int(players["player_id"].max()) + 1 - FIRST_PLAYER_ID
    birth = np.full(len(picks), year - ROOKIE_AGE) - rng.integers(0, 3, len(picks))
    rookies = _made(rng, number, later["team"][picks], later["archetype"][picks], promise, birth)
    later[picks] = rookies
    return _adapted(trade(rng, later, MOVES))


def trade(rng: np.random.Generator, players: Players, swaps: int) -> Players:
    """Return the players after pairs of one archetype and similar minutes have changed teams."""
    players = players.copy()
    for one in rng.choice(len(players), swaps, replace=False):
        others = (players["team"] != players["team"][one]) & (players["archetype"] == players["archetype"][one])
        other = np.argmin(np.where(others, abs(players["minutes"] - players["minutes"][one]), np.inf))
        players["team"][[one, other]] = players["team"][[other, one]]
    return players


def skills(players: Players) -> Floats:
    """Return (players, skills), in the order of SKILLS."""
    return np.stack([players[name] for name in SKILLS], axis=-1)


def _adapted(players: Players) -> Players:
    """Players of a team that would shoot many threes shoot fewer, and the other way round; the same with free throws."""
    players = players.copy()
    weight = players["minutes"] * np.exp(players["volume"])
    threes = players["corner"] + players["above"]
    for names, values in ((("corner", "above"), threes), (("draw",), players["draw"])):
        mean = np.bincount(players["team"], weight * values) / np.bincount(players["team"], weight)
        for name in names:
            players[name] *= (mean.mean() / mean[players["team"]]) ** ADAPTS
    shares = sum(players[name] for name in SHOT_SHARES)
    for name in SHOT_SHARES:
        players[name] /= shares
    return players


def _age(players: Players, year: int) -> Ints:
    return year - (players["birth_date"].astype("datetime64[Y]").astype(np.int64) + 1970)


def _made(rng: np.random.Generator, number: int, team: Ints, archetype: Ints, minutes: Floats, born: Ints) -> Players:
    made = np.zeros(len(team), dtype=RECORD)
    numbers = number + np.arange(len(team))
    given, many = len(FIRST_NAMES), len(FIRST_NAMES) * len(LAST_NAMES)
    made["player_id"] = FIRST_PLAYER_ID + numbers
    made["player_name"] = [
        f"{FIRST_NAMES[n % given]} {LAST_NAMES[(n // given + n % given) % len(LAST_NAMES)]}{_SUFFIXES[n // many]}"
        for n in numbers.tolist()
    ]
    size = _POSITION[archetype] + rng.normal(0, 0.35, len(team))
    made["position"] = np.array(POSITIONS)[np.clip(np.round(size), 0, 4).astype(int)]
    made["height_inches"] = np.round(74 + 2.1 * size + rng.normal(0, 1, len(team)))
    made["weight_lbs"] = np.round(188 + 15 * size + rng.normal(0, 8, len(team)))
    made["birth_date"] = (born - 1970).astype("datetime64[Y]").astype("datetime64[D]") + rng.integers(0, 365, len(team))
    made["team"], made["archetype"] = team, archetype
    made["minutes"] = np.clip(minutes * np.exp(rng.normal(0, 0.06, len(team))), 3, 37.5)
    for name, means in ARCHETYPE_SKILLS.items():
        if name in _SPREADS:
            made[name] = means[archetype] + rng.normal(0, _SPREADS[name], len(team))
        else:
            made[name] = means[archetype] * np.exp(rng.normal(0, _LOG_SPREADS[name], len(team)))
    made["volume"] += np.interp(made["minutes"], *ROLE_VOLUME)
    made["free"] = np.clip(made["free"], 0.45, 0.94)
    shares = sum(made[name] for name in SHOT_SHARES)
    for name in SHOT_SHARES:
        made[name] /= shares
    for name in ("offence", "defence"):
        made[name] = rng.normal(0, IMPACT, len(team)) + 0.03 * (made["minutes"] - 20)
    return made
