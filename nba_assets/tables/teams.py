"""The thirty teams: NBA.com ids, abbreviations and nicknames. Reference data, not a fact that changes."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Team:
    """A team; `nickname` is what injury lists print."""

    team_id: int
    abbreviation: str
    city: str
    nickname: str


_ROWS = """
ATL Atlanta Hawks, BOS Boston Celtics, CLE Cleveland Cavaliers, NOP New_Orleans Pelicans, CHI Chicago Bulls,
DAL Dallas Mavericks, DEN Denver Nuggets, GSW Golden_State Warriors, HOU Houston Rockets, LAC Los_Angeles Clippers,
LAL Los_Angeles Lakers, MIA Miami Heat, MIL Milwaukee Bucks, MIN Minnesota Timberwolves, BKN Brooklyn Nets,
NYK New_York Knicks, ORL Orlando Magic, IND Indiana Pacers, PHI Philadelphia 76ers, PHX Phoenix Suns,
POR Portland Blazers, SAC Sacramento Kings, SAS San_Antonio Spurs, OKC Oklahoma_City Thunder, TOR Toronto Raptors,
UTA Utah Jazz, MEM Memphis Grizzlies, WAS Washington Wizards, DET Detroit Pistons, CHA Charlotte Hornets
"""

# NBA.com numbers the teams 1610612737 … 1610612766 in this order.
TEAMS = tuple(
    Team(1610612737 + number, abbreviation, city.replace("_", " "), nickname)
    for number, row in enumerate(_ROWS.replace("\n", " ").split(","))
    for abbreviation, city, nickname in [row.split()]
)
ID_BY_ABBREVIATION = {team.abbreviation: team.team_id for team in TEAMS}
ABBREVIATION_BY_ID = {team.team_id: team.abbreviation for team in TEAMS}
ID_BY_NICKNAME = {team.nickname.lower(): team.team_id for team in TEAMS}


def abbreviation(team_id: str) -> pl.Expr:
    """Return the abbreviation for a column of team ids."""
    return pl.col(team_id).replace_strict(ABBREVIATION_BY_ID, return_dtype=pl.String)
