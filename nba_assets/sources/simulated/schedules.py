"""The simulated season's calendar: who plays whom, when; back-to-backs, the All-Star break, tip-offs, the bracket."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import numpy as np

from nba_assets.arrays import Ints
from nba_assets.calendar import eastern
from nba_assets.reference.teams import TEAMS

CONFERENCE, PLAYOFF_TEAMS = 15, 8
FOUR_GAME_RIVALS = 5
ALL_STAR_BREAK = 6
WEIGHTS = np.array([6, 8, 9, 5, 9, 9, 7])  # games of a Monday … Sunday, of a full week's 53
TIP_OFFS = (time(13, 0), time(15, 30), time(19, 0), time(19, 30), time(20, 0), time(21, 0), time(22, 0))
MIDDAY = 2  # the first two of TIP_OFFS are for weekends
HOME_GAMES = (True, True, False, False, True, False, True)
# Home and away, indices into TEAMS; those with even ones are one conference.
Matchup = tuple[int, int]


def regular_season(rng: np.random.Generator, year: int) -> list[tuple[date, Matchup]]:
    """Return 1,230 games with their dates, in order: (date, (home, away))."""
    remaining = list(_matchups())
    order = rng.permutation(len(remaining))
    remaining = [remaining[int(number)] for number in order]
    left = dict.fromkeys(range(len(TEAMS)), 82)
    played: dict[int, list[date]] = {team: [] for team in range(len(TEAMS))}
    day, games = opening_day(year), list[tuple[date, Matchup]]()
    all_star = date(year + 1, 2, 14)
    while remaining:
        if not 0 <= (day - all_star).days < ALL_STAR_BREAK:
            for pairing in _slate(remaining, left, played, day):
                remaining.remove(pairing)
                games.append((day, pairing))
                for team in pairing:
                    left[team] -= 1
                    played[team].append(day)
        day += timedelta(days=1)
    return games


def opening_day(year: int) -> date:
    """Return the Tuesday of the season's opening."""
    day = date(year, 10, 18)
    return day + timedelta(days=(1 - day.weekday()) % 7)


def tip_off(rng: np.random.Generator, day: date) -> datetime:
    """Return a start time in UTC."""
    weekend = day.weekday() >= 5
    return eastern(day, TIP_OFFS[int(rng.integers(0 if weekend else MIDDAY, len(TIP_OFFS)))])


def _matchups() -> Iterator[Matchup]:
    """Four games with ten rivals of the conference, three with the other four, two with the other conference."""
    east, west = range(0, len(TEAMS), 2), range(1, len(TEAMS), 2)
    for conference in (east, west):
        for number, team in enumerate(conference):
            for distance in range(1, CONFERENCE // 2 + 1):
                rival = conference[(number + distance) % CONFERENCE]
                home = 2 if distance <= FOUR_GAME_RIVALS or distance % 2 else 1
                away = 2 if distance <= FOUR_GAME_RIVALS else 3 - home
                yield from [(team, rival)] * home + [(rival, team)] * away
    for one in east:
        for other in west:
            yield from ((one, other), (other, one))


def _slate(remaining: list[Matchup], left: dict[int, int], played: dict[int, list[date]], day: date) -> list[Matchup]:
    """The games of one day: teams with most games left first; never three days in a row, never five games in seven days."""
    wanted = int(WEIGHTS[day.weekday()])
    busy: set[int] = set()
    chosen: list[Matchup] = []
    rested = {team for team, days in played.items() if _may_play(days, day)}
    for pairing in sorted(remaining, key=lambda pair: -(left[pair[0]] + left[pair[1]])):
        if len(chosen) == wanted:
            break
        if pairing[0] in rested and pairing[1] in rested and not busy & set(pairing):
            chosen.append(pairing)
            busy.update(pairing)
    return chosen


def _may_play(days: list[date], day: date) -> bool:
    recent = [(day - earlier).days for earlier in days[-5:]]
    return not ({1, 2} <= set(recent)) and sum(gap < 7 for gap in recent) < 4


def seeds(wins: Ints) -> list[list[int]]:
    """Return the teams of both conferences, best first."""
    ranked = sorted(range(len(TEAMS)), key=lambda team: (-wins[team], team))
    return [[team for team in ranked if team % 2 == half] for half in (0, 1)]


def first_round(conference: list[int]) -> list[Matchup]:
    """Return the four pairs of a conference's eight, better seed first, so that winners of neighbours meet."""
    return [(conference[seed], conference[PLAYOFF_TEAMS - 1 - seed]) for seed in (0, 3, 1, 2)]
