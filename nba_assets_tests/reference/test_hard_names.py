"""Names as The Odds API and the injury report spell them: at least 99% are resolved, none wrongly."""

from typing import NamedTuple

from anyascii import anyascii

from nba_assets.reference.names import SUFFIXES, Names, Person
from nba_assets.reference.teams import ID_BY_ABBREVIATION
from nba_assets_tests.reference.hard_names import LINES


class Case(NamedTuple):
    """A spelling, and who is meant by it."""

    written: str
    team_id: int | None
    player_id: int


def people() -> tuple[list[Person], list[Case]]:
    """All players of the table, and the cases: both spellings, with the team and without."""
    found: list[Person] = []
    cases: list[Case] = []
    for number, line in enumerate(LINES.strip().splitlines(), 1):
        name, *spelt = line[4:].split("|")
        team = ID_BY_ABBREVIATION[line[:3]]
        found.append(Person(number, name, team))
        book = spelt[0] if spelt else anyascii(name)
        report = spelt[1] if len(spelt) > 1 else reported(name)
        cases += [Case(written, asked, number) for written in (book, report) for asked in (team, None)]
    return found, cases


def reported(name: str) -> str:
    """A name as the report prints it: 'Porter Jr., Michael'."""
    first, *rest = anyascii(name).split()
    family, suffix = rest, ""
    if rest and rest[-1].strip(".").lower() in SUFFIXES:
        family, suffix = rest[:-1], f" {rest[-1]}"
    return f"{' '.join(family)}{suffix}, {first}" if rest else first


def test_hard_names() -> None:
    everybody, cases = people()
    names = Names(everybody)
    found = [(case, names.resolve(case.written, case.team_id)) for case in cases]
    wrong = [(case.written, answer) for case, answer in found if answer.player_id not in (None, case.player_id)]
    assert wrong == []
    assert len({case.written for case in cases}) >= 400
    missed = [(case.written, answer) for case, answer in found if answer.player_id is None]
    assert len(missed) / len(cases) <= 0.01, missed


def test_who_could_be_two_is_named_and_not_guessed() -> None:
    everybody, _ = people()
    names = Names([*everybody, Person(9001, "Jaylen Brown", ID_BY_ABBREVIATION["UTA"])])
    alone = names.resolve("Jaylen Brown")
    assert (alone.player_id, alone.how, alone.candidates) == (None, "ambiguous", ("Jaylen Brown", "Jaylen Brown"))
    assert names.resolve("Brown, Jaylen", ID_BY_ABBREVIATION["UTA"]).player_id == 9001
    thunder = names.resolve("J. Williams", ID_BY_ABBREVIATION["OKC"])
    assert thunder.candidates == ("Jalen Williams", "Jaylin Williams")
    assert names.resolve("Isaiah Thomas", ID_BY_ABBREVIATION["BOS"]).how == "unknown"
