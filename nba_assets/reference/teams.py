"""The thirty teams: NBA.com ids, abbreviations, nicknames and arenas. Reference data, not a fact that changes."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

import polars as pl

from nba_assets.errors import NbaAssetsError


@dataclass(frozen=True)
class Team:
    """A team; `nickname` is what injury lists print.

    Attributes:
        latitude: of its arena, degrees north.
        longitude: of its arena, degrees east.
        altitude: of its arena, feet above the sea.
    """

    team_id: int
    abbreviation: str
    city: str
    nickname: str
    latitude: float
    longitude: float
    altitude: int


_ROWS = """
ATL Atlanta Hawks 33.757 -84.396 1030, BOS Boston Celtics 42.366 -71.062 15,
CLE Cleveland Cavaliers 41.497 -81.688 650, NOP New_Orleans Pelicans 29.949 -90.082 3,
CHI Chicago Bulls 41.881 -87.674 595, DAL Dallas Mavericks 32.79 -96.81 430,
DEN Denver Nuggets 39.749 -105.008 5200, GSW Golden_State Warriors 37.768 -122.388 10,
HOU Houston Rockets 29.751 -95.362 45, LAC Los_Angeles Clippers 34.043 -118.267 270,
LAL Los_Angeles Lakers 34.043 -118.267 270, MIA Miami Heat 25.781 -80.187 7,
MIL Milwaukee Bucks 43.045 -87.917 615, MIN Minnesota Timberwolves 44.979 -93.276 840,
BKN Brooklyn Nets 40.683 -73.975 45, NYK New_York Knicks 40.751 -73.994 35,
ORL Orlando Magic 28.539 -81.384 100, IND Indiana Pacers 39.764 -86.156 715,
PHI Philadelphia 76ers 39.901 -75.172 15, PHX Phoenix Suns 33.446 -112.071 1085,
POR Portland Blazers 45.532 -122.667 50, SAC Sacramento Kings 38.58 -121.5 25,
SAS San_Antonio Spurs 29.427 -98.438 680, OKC Oklahoma_City Thunder 35.463 -97.515 1200,
TOR Toronto Raptors 43.643 -79.379 260, UTA Utah Jazz 40.768 -111.901 4250,
MEM Memphis Grizzlies 35.138 -90.051 255, WAS Washington Wizards 38.898 -77.021 30,
DET Detroit Pistons 42.341 -83.055 600, CHA Charlotte Hornets 35.225 -80.839 750
"""

EARTH_MILES = 3958.8
# NBA.com numbers the teams 1610612737 … 1610612766 in this order.
TEAMS = tuple(
    Team(1610612737 + number, abbreviation, city.replace("_", " "), nickname, float(north), float(east), int(altitude))
    for number, row in enumerate(_ROWS.replace("\n", " ").split(","))
    for abbreviation, city, nickname, north, east, altitude in [row.split()]
)
ID_BY_ABBREVIATION = {team.abbreviation: team.team_id for team in TEAMS}
ABBREVIATION_BY_ID = {team.team_id: team.abbreviation for team in TEAMS}
ALTITUDE_BY_ID = {team.team_id: team.altitude for team in TEAMS}
ID_BY_NICKNAME = {team.nickname.lower(): team.team_id for team in TEAMS}


def abbreviation(team_id: str) -> pl.Expr:
    """Return the abbreviation for a column of team ids."""
    return pl.col(team_id).replace_strict(ABBREVIATION_BY_ID, return_dtype=pl.String)


def miles(one: Team, other: Team) -> int:
    """Return the great-circle distance between two arenas, in whole miles, so that it is equal on every machine."""
    north, south = radians(one.latitude), radians(other.latitude)
    east = radians(other.longitude - one.longitude)
    chord = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(east / 2) ** 2
    return round(2 * EARTH_MILES * asin(sqrt(chord)))


class UnknownTeamError(NbaAssetsError):
    """A text that names no team, or more than one."""


# What books, lists and people write beside the name, the city and NBA.com's three letters.
OTHER_NAMES = {
    "BKN": ("brk", "bk", "new jersey nets"),
    "CHA": ("cho",),
    "DAL": ("mavs",),
    "CLE": ("cavs",),
    "GSW": ("gs", "dubs"),
    "LAC": ("la clippers",),
    "LAL": ("la lakers",),
    "MIN": ("wolves", "t-wolves"),
    "NOP": ("no", "noh", "pels"),
    "NYK": ("ny",),
    "PHI": ("sixers", "phl"),
    "PHX": ("pho",),
    "POR": ("trail blazers", "portland trail blazers"),
    "SAS": ("sa",),
    "UTA": ("utah jazz", "uth"),
    "WAS": ("wsh",),
}


def team_id(text: str) -> int:
    """Return whose name, city, nickname or abbreviation a text is.

    Raises:
        UnknownTeamError: no team's, or that of two (Los Angeles).
    """
    asked = " ".join(text.replace("_", " ").replace(".", "").lower().split())
    meant = [team for team in TEAMS if asked in _names(team)]
    if len(meant) != 1:
        which = f"it may be {' or '.join(team.nickname for team in meant)}" if meant else "no team is called that"
        raise UnknownTeamError(f"team {text!r}: {which}")
    return meant[0].team_id


def abbreviation_of(text: str) -> str | None:
    """Return the three letters of a team that a text names; None: of none, or of two."""
    try:
        return ABBREVIATION_BY_ID[team_id(text)]
    except UnknownTeamError:
        return None


def _names(team: Team) -> set[str]:
    names = (team.abbreviation, team.city, team.nickname, f"{team.city} {team.nickname}")
    return {*(name.lower() for name in names), *OTHER_NAMES.get(team.abbreviation, ())}
