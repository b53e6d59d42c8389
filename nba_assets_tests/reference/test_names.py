"""Who is meant: hand-checked hard cases, ambiguous names, and all names of real injured lists."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.calendar import Dates
from nba_assets.reference.names import Names, Person, key
from nba_assets.reference.teams import ID_BY_ABBREVIATION, TEAMS, UnknownTeamError, team_id
from nba_assets.sources.archive import ArchiveSource
from nba_assets.tables import facts

ALWAYS = Dates(date(2018, 1, 1), date(2030, 1, 1))
PEOPLE = [
    Person(1, "Trae Young", 10),
    Person(2, "Thaddeus Young", 20),
    Person(3, "Luka Dončić", 10),
    Person(4, "Jalen Williams", 30),
    Person(5, "Jaylin Williams", 30),
    Person(6, "Gary Payton II", 10),
    Person(7, "Marcus Morris Sr.", 20),
    Person(8, "Markieff Morris", 30),
    Person(9, "Moritz Wagner", 40),
    Person(10, "Franz Wagner", 40),
    Person(11, "Tim Hardaway", 10),
    Person(12, "Tim Hardaway Jr.", 20),
    Person(13, "Nikola Đurišić", 10),
    Person(14, "D'Angelo Russell", 20),
    Person(15, "Karl-Anthony Towns", 20),
    Person(16, "Zhou Qi", 10),
    Person(17, "Nene", 20),
    Person(18, "CJ McCollum", 10),
    Person(19, "Bo Cruz", 20),
]


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(PEOPLE)


@pytest.mark.parametrize(
    ("said", "player_id", "how"),
    [
        ("trae_young", 1, "name"),
        ("YOUNG, TRAE", 1, "name"),
        ("Tr. Young", None, "unknown"),
        ("Luka Doncic", 3, "name"),
        ("doncic luka", 3, "name"),
        ("Jaylin Williams", 5, "name"),
        ("Gary Payton", 6, "suffix"),
        ("Marcus Morris", 7, "suffix"),
        ("Marcus Morris Jr.", None, "unknown"),
        ("Moe Wagner", 9, "short"),
        ("M. Wagner", 9, "initial"),
        ("Tim Hardaway", 11, "name"),
        ("Tim Hardaway Jr", 12, "name"),
        ("Tim Hardaway, Jr.", 12, "name"),
        ("Nikola Djurisic", None, "unknown"),
        ("Nikola Durisic", 13, "name"),
        ("DAngelo Russell", 14, "name"),
        ("D’Angelo Russell", 14, "name"),
        ("Karl Anthony Towns", 15, "name"),
        ("Qi Zhou", 16, "name"),
        ("Maybyner Hilario", 17, "alias"),
        ("C.J. McCollum", 18, "name"),
        ("T. Young", None, "ambiguous"),
        ("J. Williams", None, "ambiguous"),
        ("M. Morris", None, "ambiguous"),
        ("Young", None, "unknown"),
        ("Bob Cruz", None, "unknown"),
        ("", None, "unknown"),
        ("Jr.", None, "unknown"),
    ],
)
def test_hard_cases(names: Names, said: str, player_id: int | None, how: str) -> None:
    found = names.resolve(said)
    assert (found.player_id, found.how) == (player_id, how)


def test_a_team_decides_between_two_and_an_ambiguous_name_lists_them(names: Names) -> None:
    assert names.resolve("T. Young", 10).player_id == 1
    assert names.resolve("T. Young").candidates == ("Thaddeus Young", "Trae Young")
    assert names.resolve("Trae Young", 99).player_id == 1
    assert names.resolve("T. Young", 99).player_id is None


@given(st.text(max_size=30))
def test_any_text_has_a_key(text: str) -> None:
    spelt = key(text)
    assert key(" ".join([*spelt.words, spelt.suffix])) == spelt


# Of the real injured lists, by hand: who it is, or that box scores never had him.
REAL = {
    ("Jimmy Butler", "PHI"): "Jimmy Butler III",
    ("Mike Conley Jr.", "MEM"): "Mike Conley",
    ("Marcus Morris", "BOS"): "Marcus Morris Sr.",
    ("Wes Matthews Jr.", "MIL"): "Wesley Matthews",
    ("Reggie Bullock", "DET"): "Reggie Bullock Jr.",
    ("Moe Harkless", "POR"): "Maurice Harkless",
    ("Herb Jones", "NOP"): "Herbert Jones",
    ("Moe Wagner", "LAL"): "Moritz Wagner",
    ("D.J. Augustine", "ORL"): "D.J. Augustin",
    ("B.J. Boston Jr.", "LAC"): "Brandon Boston",
    ("Juan Hernangomez", "DEN"): "Juancho Hernangomez",
    ("Maybyner Hilario", "HOU"): "Nene",
    ("Naz Long", "IND"): "Naz Mitrou-Long",
    ("Iggy Brazdeikis", "NYK"): "Ignas Brazdeikis",
    ("Vasa Micic", "CHA"): "Vasilije Micić",
    ("Enes Kanter", "BOS"): "Enes Freedom",
    ("Qi Zhou", "HOU"): "Zhou Qi",
    ("Chris Smith", "DET"): None,
    ("Nick Nurse", "TOR"): None,
    ("Heat", "MIA"): None,
    ("Kyle Alexander", "MIA"): None,
    ("Jaylin Galloway", "MIL"): None,
}


def test_names_of_real_injured_lists(archive: ArchiveSource) -> None:
    boxes = archive.read(facts.BOX_SCORES, ALWAYS).select("player_id", "player_name", "team_id").unique()
    listed = archive.read(facts.PLAYERS, ALWAYS).select("player_id", "player_name")
    names = Names([*(Person(*row) for row in boxes.iter_rows()), *(Person(*row) for row in listed.iter_rows())])
    spelt = {player: key(name).joined for player, name in boxes.select("player_id", "player_name").iter_rows()}
    for (said, team), name in REAL.items():
        found = names.resolve(said, ID_BY_ABBREVIATION[team]).player_id
        assert (spelt[found] if found else None) == (key(name).joined if name else None), said
    notes = archive.read(facts.INJURY_REPORTS, ALWAYS)
    resolved = [names.resolve(name, team).player_id for name, team in notes.select("player_name", "team_id").iter_rows()]
    assert sum(found is not None for found in resolved) > 0.99 * notes.height


@pytest.mark.parametrize(
    ("text", "team"),
    [
        ("ATL", "ATL"),
        ("atlanta_hawks", "ATL"),
        ("Sixers", "PHI"),
        ("L.A. Lakers", "LAL"),
        ("Trail Blazers", "POR"),
        ("brk", "BKN"),
    ],
)
def test_teams_have_many_names(text: str, team: str) -> None:
    assert team_id(text) == ID_BY_ABBREVIATION[team]


def test_no_name_is_two_teams_but_los_angeles() -> None:
    for team in TEAMS:
        assert team_id(f"{team.city} {team.nickname}") == team_id(team.nickname.upper()) == team.team_id
    with pytest.raises(UnknownTeamError, match="'Los Angeles': it may be Clippers or Lakers"):
        team_id("Los Angeles")
    with pytest.raises(UnknownTeamError, match="'Sonics': no team is called that"):
        team_id("Sonics")
