"""Resolves names of players, as people and books write them, to ids. Ambiguous names are reported, never guessed."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from anyascii import anyascii

SUFFIXES = {"jr", "sr", "ii", "iii", "iv", "v"}
# First names that go by another: a source's, and how box scores have them. Checked by hand; no list of English short names,
# because those join people who are two here.
SHORT_NAMES = {
    "bj": {"brandon"},
    "bones": {"nahshon"},
    "bub": {"carlton"},
    "cam": {"cameron"},
    "deuce": {"miles"},
    "iggy": {"ignas"},
    "ish": {"ishmael"},
    "lou": {"louis"},
    "lu": {"luguentz"},
    "moe": {"maurice", "moritz"},
    "mo": {"mohamed", "maurice", "moritz"},
    "nic": {"nicolas"},
    "pat": {"patrick"},
    "vasa": {"vasilije"},
    "wes": {"wesley"},
}
# Whole names of one person.
SAME_PERSON = (
    ("maybyner hilario", "nene"),
    ("nene hilario", "nene"),
    ("enes kanter", "enes freedom"),
    ("dj augustine", "dj augustin"),
    ("kj martin", "kenyon martin"),
    ("ron artest", "metta world peace"),
    ("jakob poltl", "jakob poeltl"),
    ("dennis schroder", "dennis schroeder"),
)
How = Literal["name", "suffix", "alias", "short", "initial", "unknown", "ambiguous"]
CERTAINTY: tuple[How, ...] = ("name", "suffix", "alias", "short", "initial")


@dataclass(frozen=True)
class Person:
    """A player by a name that box scores use, and a current or earlier team (0: not known)."""

    player_id: int
    name: str
    team_id: int = 0


@dataclass(frozen=True)
class Resolution:
    """Who is meant.

    Attributes:
        player_id: None where nobody or more than one is meant.
        how: name, suffix (only it differs), alias, short (first name), initial; unknown; ambiguous.
        candidates: all who could be meant, by name.
    """

    player_id: int | None
    how: How
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Key:
    """A name without accents, marks and case; `first` and `last` without the suffix."""

    words: tuple[str, ...]
    suffix: str

    @property
    def joined(self) -> str:
        return "".join(self.words)

    @property
    def first(self) -> str:
        return "".join(self.words[:-1])

    @property
    def last(self) -> str:
        return self.words[-1] if self.words else ""


def key(name: str) -> _Key:
    """Return what two spellings of a name have in common: 'Dončić, Luka', 'luka_doncic' and 'Luka Doncic' are one."""
    text = anyascii(name).lower()
    if text.count(",") == 1 and (parts := text.split(","))[1].strip(" .") not in SUFFIXES:
        text = f"{parts[1]} {parts[0]}"
    words = re.sub(r"[^a-z ]", "", re.sub(r"[-_,\s]+", " ", text)).split()
    suffix = words.pop() if len(words) > 1 and words[-1] in SUFFIXES else ""
    return _Key(tuple(words), suffix)


@lru_cache(maxsize=10_000)
def lookup(name: str) -> str:
    """Return a name in plain letters without spaces: 'nikolajokic', 'garytrentjr'."""
    plain = key(name)
    return plain.joined + plain.suffix


_ALIASES = {frozenset((key(one).joined, key(other).joined)) for one, other in SAME_PERSON}


def likeness(written: _Key, name: _Key) -> How | None:
    """Return by what two names agree, or None; a name in another order of words is the same."""
    if written.joined == name.joined or sorted(written.words) == sorted(name.words):
        return "name" if written.suffix == name.suffix else ("suffix" if not (written.suffix and name.suffix) else None)
    if frozenset((written.joined, name.joined)) in _ALIASES:
        return "alias"
    if written.last != name.last or (written.suffix and name.suffix and written.suffix != name.suffix):
        return None
    short, long = sorted((written.first, name.first), key=len)
    if long in SHORT_NAMES.get(short, ()) or (len(short) > 2 and long.startswith(short)):
        return "short"
    # Two letters are initials (CJ) unless they are all of a first name (Bo, Al), which is then spelt out.
    return "initial" if len(written.first) == 1 and name.first.startswith(written.first) else None


class Names:
    """Resolves names among known people.

    Args:
        people: everyone who may be meant; several rows a player for several teams or names.
    """

    def __init__(self, people: Iterable[Person]) -> None:
        """Index people by what `likeness` needs to agree on."""
        self._found: dict[str, dict[Person, _Key]] = defaultdict(dict)
        for person in people:
            spelt = key(person.name)
            aliased = (word for pair in _ALIASES if spelt.joined in pair for word in pair)
            for index in {spelt.last, "".join(sorted(spelt.words)), *aliased, *spelt.words}:
                self._found[index][person] = spelt

    def matches(self, written: str, team_id: int | None = None) -> list[tuple[How, Person]]:
        """Return everyone (of a team) whose name agrees with a written one, and by what."""
        asked = key(written)
        near = {
            person: spelt
            for index in {asked.last, "".join(sorted(asked.words)), asked.joined}
            for person, spelt in self._found.get(index, {}).items()
            if team_id in (None, person.team_id)
        }
        return [(how, person) for person, spelt in near.items() if (how := likeness(asked, spelt))]

    def resolve(self, written: str, team_id: int | None = None) -> Resolution:
        """Return who is meant: first among a team's players, then, by name or suffix, among all."""
        found = self.matches(written, team_id)
        if not found and team_id is not None:
            found = [match for match in self.matches(written) if match[0] in ("name", "suffix", "alias")]
        return best(found)


def best(found: Sequence[tuple[How, Person]]) -> Resolution:
    """Return the one person whose name agrees most surely; several of equal certainty are ambiguous."""
    for how in CERTAINTY:
        people = {person.player_id: person for level, person in found if level == how}
        if len(people) == 1:
            (player_id,) = people
            return Resolution(player_id, how, (people[player_id].name,))
        if people:
            return Resolution(None, "ambiguous", tuple(sorted(person.name for person in people.values())))
    return Resolution(None, "unknown")
