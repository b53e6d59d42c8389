"""The `nba_stats` source against a server that answers as NBA.com does, with the facts of a simulated league."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from nba_assets.calendar import Dates
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.nba_stats import NbaStatsSource
from nba_assets.sources.nba_stats.plays import with_court
from nba_assets.sources.raw import RawStore
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.sources.web import Web
from nba_assets.tables import facts
from nba_assets.tables.versions import as_of
from nba_assets_tests.sources.site import DAY, DAYS, Clock, Fault, Outage, Site, served

MORNING_AFTER = datetime(2023, 1, 4, 7, 30, tzinfo=UTC)
YEARS_LATER = datetime(2026, 7, 1, tzinfo=UTC)


class Fetched:
    """A site, and a source that asks it."""

    def __init__(self, site: Site, clock: Clock, folder: Path) -> None:
        self.site, self.clock = site, clock
        self.pauses: list[float] = []
        self.raw = RawStore(str(folder / "raw"))
        self.web = Web(self.raw, clock, spacing=(0.0, 0.0), pause=self.pauses.append)
        self.source = NbaStatsSource(self.raw, self.web, site.sites())

    def at(self, now: datetime, day: date = DAY) -> list[str]:
        """Fetch at a time, and return the outcomes that are not `ok`, with endpoints."""
        self.clock.now = now
        asked = self.source.fetch(day, now)
        return [f"{each.request.endpoint}: {each.outcome}" for each in asked if each.outcome != "ok"]


@pytest.fixture
def fetched(truth: dict[str, pl.DataFrame], tmp_path: Path) -> Iterator[Fetched]:
    clock = Clock(MORNING_AFTER)
    with served(Site(truth, clock)) as site:
        yield Fetched(site, clock, tmp_path)


@pytest.fixture(scope="module")
def later(truth: dict[str, pl.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Iterator[NbaStatsSource]:
    """A source that fetched one date years later; tests only read it."""
    clock = Clock(YEARS_LATER)
    with served(Site(truth, clock)) as site:
        found = Fetched(site, clock, tmp_path_factory.mktemp("later"))
        assert found.at(YEARS_LATER) == []
    return found.source


def of_day(source: NbaStatsSource | SimulatedSource, table: facts.Table, day: date = DAY) -> pl.DataFrame:
    return source.read(table, Dates(day, day))


@pytest.mark.parametrize("table", [facts.BOX_SCORES, facts.TRACKING_GAMES], ids=lambda table: table.name)
def test_a_date_fetched_later_is_what_an_archive_would_say(
    later: NbaStatsSource, one_season: SimulatedSource, table: facts.Table
) -> None:
    mine, theirs = (of_day(source, table) for source in (later, one_season))
    first = theirs.select("game_id", "player_id", pl.col("known_at").min().over("game_id", "player_id"))
    assert_frame_equal(mine.drop("known_at"), as_of(theirs, table).drop("known_at"))
    assert mine.select("game_id", "player_id", "known_at").equals(
        first.unique(maintain_order=True).sort("game_id", "player_id")
    )


def test_play_by_play_has_who_is_on_court(later: NbaStatsSource, one_season: SimulatedSource) -> None:
    mine, theirs = (as_of(of_day(source, facts.PLAY_BY_PLAY), facts.PLAY_BY_PLAY) for source in (later, one_season))
    assert_frame_equal(mine.drop("known_at", "players_on_court"), theirs.drop("known_at", "players_on_court"))
    between = pl.col("action_type") != "substitution"
    court = pl.col("players_on_court").str.split("|").list.sort()
    assert_frame_equal(mine.filter(between).select(court), theirs.filter(between).select(court))


def test_who_started_and_who_was_inactive(later: NbaStatsSource, one_season: SimulatedSource) -> None:
    mine, theirs = (as_of(of_day(source, facts.AVAILABILITY), facts.AVAILABILITY) for source in (later, one_season))
    said = pl.col("status").is_in(["starter", "out"])
    columns = ["game_id", "player_id", "team_id", "status"]
    assert_frame_equal(mine.select(columns), theirs.filter(said).select(columns))
    tip_off = as_of(of_day(one_season, facts.SCHEDULE_NOTICES), facts.SCHEDULE_NOTICES).select("game_id", "tip_off")
    assert (
        mine.join(tip_off, on="game_id").select((pl.col("tip_off") - pl.col("known_at") == timedelta(minutes=30)).all()).item()
    )


def test_the_schedule_and_the_players(later: NbaStatsSource, one_season: SimulatedSource) -> None:
    columns = [name for name in facts.SCHEDULE_NOTICES.names if name != "known_at"]
    theirs = as_of(one_season.whole(facts.SCHEDULE_NOTICES), facts.SCHEDULE_NOTICES).filter(pl.col("status") == "scheduled")
    mine = later.read(facts.SCHEDULE_NOTICES, Dates(date(2022, 8, 1), date(2023, 7, 31)))
    assert_frame_equal(mine.select(columns), theirs.select(columns))
    assert mine["known_at"].max() < datetime(2023, 7, 1, tzinfo=UTC)
    # The league's rosters tell five positions, NBA.com's tell three.
    mine, theirs = (of_day(source, facts.PLAYERS).drop("position_listed") for source in (later, one_season))
    assert_frame_equal(mine, theirs)


def test_rosters_are_news_in_their_season_only(fetched: Fetched, later: NbaStatsSource, one_season: SimulatedSource) -> None:
    """A roster that is asked for years later says where everybody ended: it would tell of trades before they are made."""
    assert of_day(later, facts.ROSTERS).is_empty()
    fetched.at(MORNING_AFTER)
    mine, theirs = (
        as_of(of_day(source, facts.ROSTERS), facts.ROSTERS, MORNING_AFTER + timedelta(minutes=1))
        for source in (fetched.source, one_season)
    )
    assert_frame_equal(mine.drop("known_at"), theirs.drop("known_at"))


def test_what_was_fetched_is_not_asked_again(fetched: Fetched) -> None:
    fetched.at(YEARS_LATER)
    asked = len(fetched.site.asked)
    games = of_day(fetched.source, facts.BOX_SCORES)["game_id"].n_unique()
    assert asked == 1 + 30 + 3 * games + 4
    fetched.at(YEARS_LATER + timedelta(days=1))
    assert len(fetched.site.asked) == asked


def test_news_is_known_when_it_was_seen(fetched: Fetched) -> None:
    fetched.at(MORNING_AFTER)
    boxes = of_day(fetched.source, facts.BOX_SCORES)
    assert boxes["known_at"].is_between(MORNING_AFTER, MORNING_AFTER + timedelta(seconds=5)).all()


def test_starters_are_seen_before_the_game(fetched: Fetched, one_season: SimulatedSource) -> None:
    tip_offs = of_day(one_season, facts.SCHEDULE_NOTICES)["tip_off"].unique()
    first = tip_offs.min()
    fetched.at(first - timedelta(hours=8))
    assert of_day(fetched.source, facts.AVAILABILITY).is_empty()
    fetched.at(first - timedelta(minutes=29))
    seen = of_day(fetched.source, facts.AVAILABILITY)
    assert seen.filter(pl.col("status") == "starter").group_by("game_id", "team_id").len()["len"].unique().to_list() == [5]
    assert (seen["known_at"] < first).all()
    # A late scratch is a second version.
    fetched.at(first - timedelta(minutes=16))
    fetched.at(MORNING_AFTER)
    mine = as_of(of_day(fetched.source, facts.AVAILABILITY), facts.AVAILABILITY)
    theirs = as_of(of_day(one_season, facts.AVAILABILITY), facts.AVAILABILITY)
    games = seen["game_id"].unique().implode()
    columns = ["game_id", "player_id", "status"]
    said = pl.col("status").is_in(["starter", "out"]) & pl.col("game_id").is_in(games)
    assert_frame_equal(mine.filter(said).select(columns), theirs.filter(said).select(columns))


def test_a_correction_is_a_second_version(fetched: Fetched, one_season: SimulatedSource) -> None:
    whole = one_season.whole(facts.BOX_SCORES)
    corrected = whole.filter(pl.struct("game_id", "player_id").is_duplicated())
    day = corrected.filter(pl.col("game_date").is_between(*DAYS))["game_date"]
    if day.is_empty():
        pytest.fail("no game of these days was corrected: choose others")
    fetched.at(datetime.combine(day[0], datetime.min.time(), UTC) + timedelta(days=1, hours=8), day[0])
    before = of_day(fetched.source, facts.BOX_SCORES, day[0])
    fetched.at(datetime.combine(day[0], datetime.min.time(), UTC) + timedelta(days=3), day[0])
    after = of_day(fetched.source, facts.BOX_SCORES, day[0])
    assert after.height == before.height + 2
    versions = after.filter(pl.struct("game_id", "player_id").is_duplicated())
    assert versions.drop("known_at").equals(
        of_day(one_season, facts.BOX_SCORES, day[0])
        .join(versions.select("game_id", "player_id").unique(), on=["game_id", "player_id"], how="semi")
        .drop("known_at")
    )


def test_tracking_of_which_no_answer_is_usable_yet_is_none(fetched: Fetched) -> None:
    page = Fault(body=lambda _: b"<html>One moment, please</html>")
    fetched.site.outages = [Outage("leaguedashptstats", MORNING_AFTER - timedelta(hours=1), MORNING_AFTER, page)]
    assert "leaguedashptstats: not_json" in fetched.at(MORNING_AFTER - timedelta(minutes=10))
    assert of_day(fetched.source, facts.TRACKING_GAMES).is_empty()
    assert fetched.at(MORNING_AFTER + timedelta(minutes=10)) == []
    assert of_day(fetched.source, facts.TRACKING_GAMES).height > 50


def test_a_game_that_moves_is_postponed_under_its_old_date(fetched: Fetched, one_season: SimulatedSource) -> None:
    notices = one_season.whole(facts.SCHEDULE_NOTICES)
    off = notices.filter(pl.col("status") == "postponed").row(0, named=True)
    new = notices.filter((pl.col("game_id") == off["game_id"]) & (pl.col("game_date") != off["game_date"])).row(0, named=True)
    for now in (off["known_at"] - timedelta(hours=7), new["known_at"] + timedelta(hours=1)):
        fetched.at(now, off["game_date"])
    days = Dates(off["game_date"], new["game_date"])
    mine = fetched.source.read(facts.SCHEDULE_NOTICES, days).filter(pl.col("game_id") == off["game_id"])
    assert mine.select("game_date", "status").rows() == [
        (off["game_date"], "scheduled"),
        (off["game_date"], "postponed"),
        (new["game_date"], "scheduled"),
    ]


FAULTS = {
    "wrong address": (Fault(404), "gone"),
    "blocked": (Fault(403, b"<html>Access denied</html>"), "refused"),
    "a web page": (Fault(200, b"<html>Please wait</html>"), "not_json"),
    "nothing": (Fault(200, b""), "empty"),
    "half a body": (Fault(200, broken_off=True), "truncated"),
    "half of the JSON": (Fault(200, lambda body: body[:500]), "truncated"),
    "too many requests": (Fault(429), "rate_limited"),
    "two hours": (Fault(429, headers={"Retry-After": "7200"}), "rate_limited"),
    "down": (Fault(503), "unavailable"),
    "a renamed column": (Fault(200, lambda body: body.replace(b'"steals"', b'"thefts"')), "wrong_shape"),
    "a word for an id": (
        Fault(200, lambda body: body.replace(b'"homeTeam": {"teamId": ', b'"homeTeam": {"teamId": "x", "was": ')),
        "wrong_shape",
    ),
    "a word for a number": (Fault(200, lambda body: body.replace(b'"points": 1', b'"points": "many", "x": 1')), "wrong_shape"),
    "nobody": (
        Fault(
            200,
            b'{"boxScoreTraditional": {"homeTeam": {"teamId": 1, "players": []}, "awayTeam": {"teamId": 2, "players": []}}}',
        ),
        "empty",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_has_a_name_and_the_other_way_is_tried(fetched: Fetched, fault: str) -> None:
    answer, outcome = FAULTS[fault]
    once = outcome in ("gone", "refused", "empty", "wrong_shape") or "Retry-After" in answer.headers
    fetched.site.faults["boxscoretraditionalv3"] = [answer] * 4
    # What may pass is tried four times: that is one request that failed.
    assert fetched.at(YEARS_LATER) == [f"boxscoretraditionalv3: {outcome}"] * (4 if once else 1)
    assert fetched.at(YEARS_LATER + timedelta(days=1)) == []
    games = of_day(fetched.source, facts.SCHEDULE_NOTICES)["game_id"].unique()
    for table in (facts.BOX_SCORES, facts.PLAY_BY_PLAY):
        assert set(of_day(fetched.source, table)["game_id"]) == set(games)


def test_who_is_on_court_follows_from_starters_and_substitutions_in_real_games(archive: ArchiveSource) -> None:
    days = Dates(date(2022, 12, 1), date(2022, 12, 20))
    minutes, seconds = (pl.col("clock").str.extract(r"PT(\d+)M([\d.]+)S", group).cast(pl.Float64) for group in (1, 2))
    order = ("game_id", "period", -(60 * minutes + seconds), "action_number")
    events, boxes = archive.read(facts.PLAY_BY_PLAY, days).sort(order), archive.read(facts.BOX_SCORES, days)
    starters = boxes.filter("starter").partition_by("game_id", as_dict=True)
    sub = pl.col("description").str.extract(r"^SUB (in|out):")
    found = [
        with_court(game.with_columns(sub=sub, seen_at=pl.lit(YEARS_LATER)), starters[key])
        for key, game in events.partition_by("game_id", as_dict=True).items()
        if starters[key].height == 10
    ]
    played = pl.concat(found).filter(pl.col("action_type") != "substitution")
    both = played.join(events, on=["game_id", "action_number"], suffix="_of_archive")
    mine, theirs = (pl.col(name).str.split("|").list.sort() for name in ("players_on_court", "players_on_court_of_archive"))
    assert both["game_id"].n_unique() > 100
    # An archive has no order of the feed's own: of two free throws with a change between them the first is the other five's.
    assert both.select((mine == theirs).mean()).item() > 0.995
