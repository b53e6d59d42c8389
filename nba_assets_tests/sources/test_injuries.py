"""Who may miss a game: official reports, and CSV files that anyone may feed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from nba_assets.calendar import NOON, Dates, eastern
from nba_assets.reference.names import Names, Person
from nba_assets.sources.injuries import DropSource, ReportSource
from nba_assets.sources.injuries.statements import availability, resolved
from nba_assets.sources.protocol import SourceError
from nba_assets.sources.raw import RawStore
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.sources.web import Web
from nba_assets.tables import facts
from nba_assets.tables.versions import as_of
from nba_assets_tests.sources.site import DAY, Clock, Fault, Site, served

ONE_DAY = Dates(DAY, DAY)
AT_NOON = eastern(DAY, NOON) - timedelta(minutes=10)


class Reports:
    """A site that has reports, and a source that asks it for them."""

    def __init__(self, site: Site, clock: Clock, folder: Path, league: SimulatedSource) -> None:
        self.site, self.clock = site, clock
        self.slate = as_of(league.read(facts.SCHEDULE_NOTICES, ONE_DAY), facts.SCHEDULE_NOTICES)
        listed = league.read(facts.PLAYERS, ONE_DAY).select("player_id", "player_name")
        self.names = Names(Person(*row) for row in listed.iter_rows())
        raw = RawStore(str(folder))
        web = Web(raw, clock, spacing=(0.0, 0.0), pause=lambda _: None)
        slate = self.slate
        self.source = ReportSource(raw, web, lambda days: slate if days == ONE_DAY else slate.clear(), lambda _: self.names,
                                   site.sites()["injuries"])  # fmt: skip

    def at(self, now: datetime) -> list[tuple[str, str]]:
        self.clock.now = now
        return [(asked.request.subject, asked.outcome) for asked in self.source.fetch(DAY, now)]


@pytest.fixture
def reports(truth: dict[str, pl.DataFrame], one_season: SimulatedSource, tmp_path: Path) -> Iterator[Reports]:
    clock = Clock(AT_NOON)
    with served(Site(truth, clock)) as site:
        yield Reports(site, clock, tmp_path, one_season)


def said(league: SimulatedSource, until: datetime) -> set[tuple[str, int, str]]:
    known = league.read(facts.AVAILABILITY, ONE_DAY).filter((pl.col("known_at") <= until) & (pl.col("status") != "starter"))
    return set(as_of(known, facts.AVAILABILITY).select("game_id", "player_id", "status").iter_rows())


def test_the_report_of_noon_is_known_from_its_own_time(reports: Reports, one_season: SimulatedSource) -> None:
    assert reports.at(AT_NOON) == [("2230", "ok"), ("1130", "ok")]
    mine = reports.source.availability(ONE_DAY)
    newest = as_of(mine, facts.AVAILABILITY)
    assert set(newest.select("game_id", "player_id", "status").iter_rows()) == said(one_season, AT_NOON)
    issued = [eastern(DAY, NOON) - timedelta(hours=13, minutes=30), eastern(DAY, NOON) - timedelta(minutes=30)]
    assert mine["known_at"].unique().sort().to_list() == issued
    # A word that a later report repeats is known since the first.
    evening = set(newest.filter(pl.col("known_at") == issued[0])["player_id"])
    early = one_season.read(facts.AVAILABILITY, ONE_DAY).filter(pl.col("known_at") <= issued[0])
    assert evening == set(early["player_id"]) - set(newest.filter(pl.col("known_at") == issued[1])["player_id"]) != set()
    # Ten minutes later there is nothing new.
    assert reports.at(AT_NOON + timedelta(minutes=5)) == []


def test_a_report_that_is_not_out_yet_is_passed_over(reports: Reports) -> None:
    reports.site.faults["Injury-Report"] = [Fault(404)]
    assert reports.at(AT_NOON) == [("2230", "gone"), ("2130", "ok"), ("1130", "ok")]


def test_the_past_is_asked_for_noon_and_tip_offs(reports: Reports, one_season: SimulatedSource) -> None:
    later = datetime(2026, 7, 1, tzinfo=UTC)
    asked = reports.at(later)
    assert {outcome for _, outcome in asked} == {"ok"} and [subject for subject, _ in asked[:2]] == ["2230", "1130"]
    assert reports.at(later) == []
    mine = as_of(reports.source.availability(ONE_DAY), facts.AVAILABILITY)
    last = max(as_of(reports.source.availability(ONE_DAY), facts.AVAILABILITY)["known_at"])
    known = {row for row in said(one_season, last) if row[2] != "available"}
    assert known <= set(mine.select("game_id", "player_id", "status").iter_rows())


def test_a_name_that_nobody_bears_is_listed(reports: Reports, one_season: SimulatedSource) -> None:
    reports.at(AT_NOON)
    whole = reports.source.availability(ONE_DAY)
    gone = whole["player_id"][0]
    listed = one_season.read(facts.PLAYERS, ONE_DAY).filter(pl.col("player_id") != gone)
    reports.names = Names(Person(*row) for row in listed.select("player_id", "player_name").iter_rows())
    assert set(whole["player_id"]) - set(reports.source.availability(ONE_DAY)["player_id"]) == {gone}
    (row,) = reports.source.aside(ONE_DAY).iter_rows(named=True)
    assert (row["source"], row["reason"]) == (f"report/{DAY}", "unknown_player")
    assert row["source"] in reports.source.asides()


def test_who_is_on_the_next_report_no_more_is_available() -> None:
    day, at = date(2024, 11, 1), datetime(2024, 11, 1, 15, 30, tzinfo=UTC)
    slate = pl.DataFrame({"game_id": ["g"], "game_date": [day], "home_team_id": [1], "away_team_id": [2]})
    rows = [(at, 1, 10, "out", "knee"), (at, 1, 11, "questionable", None), (at, 2, 20, "out", None),
            (at + timedelta(hours=1), 1, 10, "out", "knee"), (at + timedelta(hours=2), 1, 10, "doubtful", "knee")]  # fmt: skip
    said = pl.DataFrame(rows, schema=["reported_at", "team_id", "player_id", "status", "reason"], orient="row")
    said = said.with_columns(game_date=pl.lit(day), source=pl.lit(""), row_number=pl.lit(0))
    found = availability(said, slate).select("player_id", "status", hours=(pl.col("known_at") - at).dt.total_hours())
    # The other team has not reported again: nothing is known of its player.
    assert found.rows() == [(10, "out", 0), (10, "doubtful", 2), (11, "questionable", 0), (11, "available", 1), (20, "out", 0)]


GOOD = '2024-11-01T11:30:00-04:00,2024-11-01,LAL,"James, LeBron",Questionable,left foot'


@pytest.fixture
def drop(tmp_path: Path) -> DropSource:
    slate = pl.DataFrame(
        {"game_id": ["g"], "game_date": [date(2024, 11, 1)], "home_team_id": [1610612747], "away_team_id": [1610612738]}
    )
    names = Names(
        [Person(2544, "LeBron James", 1610612747), Person(1, "Jaylen Brown", 1610612738), Person(2, "Jaylen Brown", 1610612738)]
    )
    return DropSource(tmp_path, lambda _: slate, lambda _: names)


def test_a_folder_of_files(drop: DropSource, tmp_path: Path) -> None:
    days = Dates(date(2024, 11, 1), date(2024, 11, 1))
    assert drop.availability(days).is_empty()
    header = "reported_at,game_date,team,player,status,reason\n"
    bad = [
        "2024-11-01T11:30:00,2024-11-01,LAL,LeBron James,out,no zone",
        "yesterday,2024-11-01,LAL,LeBron James,out,",
        "2024-11-01T11:30:00-04:00,01.11.2024,LAL,LeBron James,out,",
        "2024-11-01T11:30:00-04:00,2024-11-01,Sonics,LeBron James,out,",
        "2024-11-01T11:30:00-04:00,2024-11-01,LAL,LeBron James,likely,",
        "2024-11-01T11:30:00-04:00,2024-11-01,LAL,,out,",
        "2024-11-01T11:30:00-04:00,2024-11-01,BOS,Jaylen Brown,out,",
        "2024-11-01T11:30:00-04:00,2024-11-01,BOS,Bill Russell,out,",
    ]
    (tmp_path / "mine.csv").write_text(header + "\n".join([GOOD, *bad]))
    (row,) = drop.availability(days).iter_rows(named=True)
    assert (row["player_id"], row["status"], row["reason"], row["known_at"]) == (
        2544, "questionable", "left foot", datetime(2024, 11, 1, 15, 30, tzinfo=UTC))  # fmt: skip
    aside = drop.aside(days)
    assert aside["reason"].to_list() == ["missing_value"] * 3 + ["unknown_team", "value_not_allowed", "missing_value"] + [
        "ambiguous_player", "unknown_player"]  # fmt: skip
    assert aside["row_number"].to_list() == [*range(1, 9)]


@pytest.mark.parametrize(("content", "says"), [(b"a,b\n1,2", "has no column reported_at"), (b"", "is no CSV")])
def test_a_file_that_is_none_stops(drop: DropSource, tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(SourceError, match=says):
        drop.availability(Dates(date(2024, 11, 1), date(2024, 11, 1)))


def test_a_team_that_nobody_knows_is_listed() -> None:
    rows = [("2024-11-01", None, "James, LeBron"), ("2024-11-01", 1610612747, "James, LeBron")]
    said = pl.DataFrame(rows, schema=["source", "team_id", "player"], orient="row").with_columns(
        source_table=pl.lit("report"), row_number=pl.int_range(2, dtype=pl.Int64), team_id=pl.col("team_id").cast(pl.Int64)
    )
    good, aside = resolved(said, Names([Person(2544, "LeBron James", 1610612747)]))
    assert good["player_id"].to_list() == [2544]
    assert aside["reason"].to_list() == ["unknown_team"]
