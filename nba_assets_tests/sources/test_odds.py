"""The `odds` source against a server that answers as The Odds API does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import SecretStr

from nba_assets.calendar import NOON, Dates, eastern
from nba_assets.reference.names import Names, Person
from nba_assets.sources.odds import OddsSource
from nba_assets.sources.odds.queries import Queries
from nba_assets.sources.odds.source import Budget
from nba_assets.sources.raw import RawStore
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.sources.web import Web
from nba_assets.tables import facts
from nba_assets.tables.versions import as_of
from nba_assets_tests.sources.site import DAY, Clock, Fault, Site, served

ONE_DAY = Dates(DAY, DAY)
MARKETS = ("player_points", "player_rebounds")
AT_NOON = eastern(DAY, NOON) - timedelta(minutes=10)


class Books:
    """A site, and a source that asks it for lines."""

    def __init__(self, site: Site, clock: Clock, folder: Path, league: SimulatedSource) -> None:
        self.site, self.clock, self.folder = site, clock, folder
        self.slate = as_of(league.read(facts.SCHEDULE_NOTICES, ONE_DAY), facts.SCHEDULE_NOTICES)
        people = league.read(facts.BOX_SCORES, ONE_DAY).select("player_id", "player_name", "team_id").unique()
        everybody = league.read(facts.PLAYERS, ONE_DAY).select("player_id", "player_name")
        self.people = [Person(*row) for row in people.iter_rows()] + [Person(*row) for row in everybody.iter_rows()]

    def source(self, budget: Budget = Budget()) -> OddsSource:  # noqa: B008 (a tuple)
        raw = RawStore(str(self.folder / "raw"))
        web = Web(raw, self.clock, spacing=(0.0, 0.0), pause=lambda _: None)
        asks = Queries(SecretStr("the key"), MARKETS, ("us",), self.site.address)
        names = Names(self.people)
        return OddsSource(
            raw, web, asks, budget, lambda dates: self.slate if dates == ONE_DAY else self.slate.clear(), lambda _: names
        )

    def at(self, now: datetime, budget: Budget = Budget()) -> list[tuple[str, str]]:  # noqa: B008 (a tuple)
        """Fetch at a time, and return what was asked and what became of it."""
        self.clock.now = now
        return [(asked.request.endpoint, asked.outcome) for asked in self.source(budget).fetch(DAY, now)]


@pytest.fixture
def books(truth: dict[str, pl.DataFrame], one_season: SimulatedSource, tmp_path: Path) -> Iterator[Books]:
    clock = Clock(AT_NOON)
    with served(Site(truth, clock)) as site:
        yield Books(site, clock, tmp_path, one_season)


def test_lines_at_noon_and_before_tip_are_those_of_the_books(books: Books, one_season: SimulatedSource) -> None:
    tip_offs = books.slate["tip_off"].unique().sort()
    games = books.slate.height
    assert books.at(AT_NOON) == [("events", "ok"), ("game_odds", "ok"), *[("event_odds", "ok")] * games]
    assert books.at(AT_NOON + timedelta(minutes=5)) == []
    for table in (facts.GAME_LINES, facts.PROP_LINES):
        noon = one_season.read(table, ONE_DAY).filter(pl.col("known_at") < AT_NOON)
        assert_frame_equal(books.source().read(table, ONE_DAY), noon)
    for tip_off in tip_offs:
        assert books.at(tip_off - timedelta(minutes=18)) != []
    for table in (facts.GAME_LINES, facts.PROP_LINES):
        assert_frame_equal(books.source().read(table, ONE_DAY), one_season.read(table, ONE_DAY))


def test_the_past_is_asked_for_as_of_noon_and_of_tip_off(books: Books, one_season: SimulatedSource) -> None:
    later = datetime(2026, 7, 1, tzinfo=UTC)
    assert books.at(later) == []
    assert {endpoint for endpoint, _ in books.at(later, Budget(past="games"))} == {"past_game_odds"}
    assert_frame_equal(books.source().read(facts.GAME_LINES, ONE_DAY), one_season.read(facts.GAME_LINES, ONE_DAY))
    assert {endpoint for endpoint, _ in books.at(later, Budget(past="all"))} == {"past_events", "past_event_odds"}
    assert_frame_equal(books.source().read(facts.PROP_LINES, ONE_DAY), one_season.read(facts.PROP_LINES, ONE_DAY))
    assert books.at(later, Budget(past="all")) == []


def test_credits_run_out_before_they_are_spent(books: Books) -> None:
    books.site.credits = 55
    asked = books.at(AT_NOON)
    # Nobody knows what is left before the first answer; lines on games cost three, those on players two a game.
    assert asked[:2] == [("events", "ok"), ("game_odds", "ok")]
    books.site.credits = 51
    books.clock.now = AT_NOON
    tip_off = books.slate["tip_off"].min()
    asked = books.at(tip_off - timedelta(minutes=18))
    assert ("events", "ok") in asked and {outcome for endpoint, outcome in asked if endpoint != "events"} == {"out_of_budget"}
    assert books.source().credits() == 51


def test_spent_credits_are_named(books: Books) -> None:
    said = b'{"message": "Usage quota has been reached.", "error_code": "OUT_OF_USAGE_CREDITS"}'
    books.site.faults["/odds"] = [Fault(401, said)]
    assert ("game_odds", "out_of_budget") in books.at(AT_NOON)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.replace(b'"price"', b'"cost"'),
        lambda body: body.replace(b'"price": -110', b'"price": "even"'),
        lambda body: body.replace(b'"price": -110', b'"price": -110.5'),
        lambda body: body.replace(b'"point": ', b'"point": NaN, "was": '),
        lambda body: body.replace(b'"commence_time"', b'"start"'),
        lambda _: b'{"message": "hello"}',
    ],
)
def test_an_answer_of_another_shape_is_no_fact(books: Books, change: object) -> None:
    books.site.faults["/odds"] = [Fault(200, change)]  # pyright: ignore[reportArgumentType]
    assert ("game_odds", "wrong_shape") in books.at(AT_NOON)
    assert books.source().read(facts.GAME_LINES, ONE_DAY).is_empty()


def test_names_as_books_write_them(books: Books, one_season: SimulatedSource) -> None:
    listed = one_season.read(facts.PROP_LINES, ONE_DAY).filter(pl.col("known_at") < AT_NOON)
    number = listed["player_id"][0]
    books.people = [person for person in books.people if person.player_id != number]
    books.at(AT_NOON)
    lines = books.source().read(facts.PROP_LINES, ONE_DAY)
    assert set(listed["player_id"]) - set(lines["player_id"]) == {number}
    (row,) = books.source().aside(ONE_DAY).iter_rows(named=True)
    name = dict(one_season.read(facts.PLAYERS, ONE_DAY).select("player_id", "player_name").iter_rows())[number]
    assert (row["source"], row["reason"], row["detail"]) == (f"odds/{DAY}", "unknown_player", f"{name} is unknown")
