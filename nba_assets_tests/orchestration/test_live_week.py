"""A home that asks sites lives through days with all the faults that sites have, and ends with what the league knows.

NBA_ASSETS_WEEK_DAYS: how many days (1 in a test run of every day; `make soak` lives a week).
"""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from nba_assets.calendar import Dates
from nba_assets.home import Home
from nba_assets.orchestration.build_live import build_raw
from nba_assets.orchestration.health import FAULT, checks
from nba_assets.orchestration.instance import dagster_instance
from nba_assets.settings import Settings
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables import facts, features, grades, league
from nba_assets.tables.versions import as_of
from nba_assets_tests.orchestration.week import KEY, Week
from nba_assets_tests.sources.site import Clock, Fault, Outage, Site, known_facts, served

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ran_home")]

FIRST = date(2023, 1, 3)
DAYS = Dates(FIRST, FIRST + timedelta(days=int(os.environ.get("NBA_ASSETS_WEEK_DAYS", "1")) - 1))
BEGINNING, END = datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 2, 1, tzinfo=UTC)
NAMES = [table.name for table in (facts.GAME_LINES, facts.PROP_LINES, league.PLAYER_GAMES, features.ML_FEATURE_STORE)]


def of_first_day(hour: int, minute: int = 0) -> datetime:
    """A time in UTC; hours over 24 are of the next day."""
    return datetime(2023, 1, 3, tzinfo=UTC) + timedelta(hours=hour, minutes=minute)


def outages() -> list[Outage]:
    """What goes wrong, all of it while it matters."""
    more = Fault(body=lambda body: body.replace(b'"personId"', b'"newColumn": {"x": 1}, "personId"'))
    renamed = Fault(body=lambda body: body.replace(b'"starter"', b'"startsTonight"'))
    spent = Fault(headers={"x-requests-remaining": "51"})
    return [
        Outage("scheduleleaguev2", of_first_day(0), of_first_day(10, 20), Fault(broken_off=True)),
        Outage("basketball_nba/events", of_first_day(16), of_first_day(16, 40), spent),
        Outage("/stats/", of_first_day(27), of_first_day(29), Fault(429)),
        Outage("playbyplay_", of_first_day(29), of_first_day(30, 50), Fault(body=b"<html>One moment, please</html>")),
        Outage("boxscore_", of_first_day(22), of_first_day(22, 40), renamed),
        Outage("boxscoretraditionalv3", BEGINNING, END, Fault(404)),
        Outage("boxscore_", BEGINNING, END, more),
    ]


@pytest.fixture(scope="module")
def week(ran_home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    league = SimulatedSource(ran_home.seed, ran_home.first_season, ran_home.seasons)
    clock = Clock(of_first_day(10))
    site = Site(known_facts(league, DAYS.wider(1)), clock)
    site.outages = outages()
    listed = league.read(facts.PROP_LINES, Dates(FIRST, FIRST))["player_id"]
    site.unlisted = {listed[0]: of_first_day(30)}
    with served(site):
        lived = Week(ran_home, tmp_path_factory.mktemp("week") / "home", league, site, clock, DAYS)
        lived.live()
        yield lived


def rows(home: Home, table: str) -> pl.DataFrame:
    return home.read(table, (DAYS.first, DAYS.last))


def test_every_run_succeeded(week: Week) -> None:
    assert {job for job, _, _ in week.runs} == {"fetch", "predict", "grade"}
    assert [run for run in week.runs if not run[2]] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_and_nothing_double(week: Week, ran_home: Settings, name: str) -> None:
    mine, theirs = (rows(home, name) for home in (week.home, Home(ran_home)))
    seen = [column for column in ("known_at",) if name == league.PLAYER_GAMES.name]
    assert_frame_equal(mine.drop(seen), theirs.drop(seen))


@pytest.mark.parametrize("table", [facts.BOX_SCORES, facts.TRACKING_GAMES, facts.PLAY_BY_PLAY], ids=lambda table: table.name)
def test_facts_are_those_of_the_league(week: Week, ran_home: Settings, table: facts.Table) -> None:
    mine, theirs = (as_of(rows(home, table.name), table) for home in (week.home, Home(ran_home)))
    order = ["known_at", *(["players_on_court"] if table == facts.PLAY_BY_PLAY else [])]
    assert_frame_equal(mine.drop(order), theirs.drop(order))


def test_predictions_were_made_live_and_are_graded(week: Week, ran_home: Settings) -> None:
    mine, theirs = (rows(home, grades.GRADED_PREDICTIONS.name) for home in (week.home, Home(ran_home)))
    live = mine.filter(pl.col("origin") == "live")
    assert set(live["decision"]) == {"noon", "tip"}
    key = ["game_id", "player_id", "decision", "model_id"]
    # Tip decisions know all that the league knew by then, but for the line on a player whom no roster listed yet.
    others = live.filter((pl.col("decision") == "tip") & ~pl.col("player_id").is_in(list(week.site.unlisted)))
    both = others.join(theirs, on=key, suffix="_of_backfill")
    assert both.height > 0.9 * theirs.filter((pl.col("decision") == "tip") & (pl.col("outcome") == "played")).height
    assert both["predicted_points"].equals(both["predicted_points_of_backfill"])


def test_every_fault_has_its_name(week: Week) -> None:
    asked = rows(week.home, facts.SOURCE_REQUESTS.name)
    assert set(asked["outcome"]) >= {
        "ok",
        "gone",
        "rate_limited",
        "not_json",
        "truncated",
        "wrong_shape",
        "out_of_budget",
        "running",
    }
    found = {check.check: check for check in checks(week.settings)}
    site = found["source nba_stats"]
    assert site.state != FAULT and "gone" in site.found and "update the package nba-api" in site.remedy
    with dagster_instance(week.settings) as instance:
        key = dg.AssetCheckKey(dg.AssetKey(facts.SOURCE_REQUESTS.name), "sources_answered")
        records = instance.event_log_storage.get_asset_check_execution_history(key, limit=500)
        said = [record.event.dagster_event.event_specific_data.metadata["first"].value for record in records if record.event]
    for outcome in ("gone", "rate_limited", "not_json", "truncated", "wrong_shape", "out_of_budget"):
        assert any(f"outcome={outcome}" in text for text in said), outcome


def test_the_key_is_nowhere(week: Week) -> None:
    for path in week.settings.home.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
    raw = build_raw(week.settings)
    assert all(KEY not in repr(raw.read(kept)) for kept in raw.everything())
