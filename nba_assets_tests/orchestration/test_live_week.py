"""A home that asks sites lives through days with all the faults that sites have, and ends with what the league knows.

A test run of every day lives one day of fetches. `make soak` sets NBA_ASSETS_WEEK_DAYS to 7: a week, with predictions at
noon and before tip-offs and with grades at night: that takes some minutes a day.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from nba_assets.calendar import Dates
from nba_assets.features.store import build, read_facts
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

# All tests look at the same days.
pytestmark = pytest.mark.xdist_group("week")
SOAK_DAYS = int(os.environ.get("NBA_ASSETS_WEEK_DAYS", "0"))
soak = pytest.mark.skipif(not SOAK_DAYS, reason="`make soak` lives a whole week, with predictions and grades")
FIRST = date(2023, 1, 3)
DAYS = Dates(FIRST, FIRST + timedelta(days=max(SOAK_DAYS, 1) - 1))
BEGINNING, END = datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 2, 1, tzinfo=UTC)


def of_first_day(hour: int, minute: int = 0) -> datetime:
    """A time in UTC; hours over 24 are of the next day."""
    return datetime(2023, 1, 3, tzinfo=UTC) + timedelta(hours=hour, minutes=minute)


def outages() -> list[Outage]:
    """What goes wrong, all of it while it matters."""
    more = Fault(body=lambda body: body.replace(b'"personId"', b'"newColumn": {"x": 1}, "personId"'))
    renamed = Fault(body=lambda body: body.replace(b"HEIGHT", b"TALLNESS"))
    spent = Fault(headers={"x-requests-remaining": "51"})
    return [
        Outage("scheduleleaguev2", of_first_day(0), of_first_day(10, 20), Fault(broken_off=True)),
        Outage("basketball_nba/events", of_first_day(16), of_first_day(16, 40), spent),
        Outage("/stats/", of_first_day(27), of_first_day(29), Fault(429)),
        Outage("playbyplay_", of_first_day(29), of_first_day(30, 50), Fault(body=b"<html>One moment, please</html>")),
        Outage("commonteamroster", of_first_day(0), of_first_day(10, 20), renamed),
        Outage("boxscoretraditionalv3", BEGINNING, END, Fault(404)),
        Outage("boxscore_", BEGINNING, END, more),
    ]


@pytest.fixture(scope="module")
def simulated() -> SimulatedSource:
    return SimulatedSource(seed=7, first_season=2022, seasons=1)


@pytest.fixture(scope="module")
def past(request: pytest.FixtureRequest) -> Settings | None:
    """The league's own home, if the days are to be predicted."""
    return request.getfixturevalue("ran_home") if SOAK_DAYS else None


@pytest.fixture(scope="module")
def week(simulated: SimulatedSource, past: Settings | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    clock = Clock(of_first_day(10))
    site = Site(known_facts(simulated, DAYS.wider(1)), clock)
    site.outages = outages()
    listed = simulated.read(facts.PROP_LINES, Dates(FIRST, FIRST))["player_id"]
    site.unlisted = {listed[0]: of_first_day(30)}
    with served(site):
        lived = Week(past, tmp_path_factory.mktemp("week") / "home", simulated, site, clock, DAYS)
        lived.live()
        yield lived


def test_every_run_succeeded(week: Week) -> None:
    assert {job for job, _, _ in week.runs} == ({"fetch", "predict", "grade"} if SOAK_DAYS else {"fetch"})
    assert [run for run in week.runs if not run[2]] == []


@pytest.mark.parametrize(
    "table",
    [facts.BOX_SCORES, facts.TRACKING_GAMES, facts.PLAY_BY_PLAY, facts.GAME_LINES, facts.PROP_LINES],
    ids=lambda table: table.name,
)
def test_nothing_is_lost_and_nothing_double(week: Week, simulated: SimulatedSource, table: facts.Table) -> None:
    """Lines have stamps; when the others were seen depends on when somebody looked."""
    mine, theirs = (source.read(table, DAYS) for source in (week.deployment.source, simulated))
    if table not in (facts.GAME_LINES, facts.PROP_LINES):
        order = ["known_at", *(["players_on_court"] if table == facts.PLAY_BY_PLAY else [])]
        mine, theirs = (as_of(rows, table).drop(order) for rows in (mine, theirs))
    assert_frame_equal(mine, theirs)


def test_what_mornings_and_tip_offs_knew_of_players_is_the_same(week: Week, simulated: SimulatedSource) -> None:
    """Whoever is neither out nor questionable nor a starter has no row in the league, and may be available here."""
    said = pl.col("status") != "available"
    for until in (of_first_day(17), of_first_day(24, 45)):
        slate = as_of(simulated.read(facts.SCHEDULE_NOTICES, Dates(FIRST, FIRST)), facts.SCHEDULE_NOTICES)
        games = slate.filter((pl.col("tip_off") > until) & (pl.col("tip_off") <= until + timedelta(hours=12)))
        mine, theirs = (
            as_of(source.read(facts.AVAILABILITY, Dates(FIRST, FIRST)), facts.AVAILABILITY, until)
            .filter(said)
            .join(games, on="game_id", how="semi")
            .select("game_id", "player_id", "status")
            .sort("game_id", "player_id")
            for source in (week.deployment.source, simulated)
        )
        assert mine.height
        assert_frame_equal(mine, theirs)


@pytest.mark.parametrize("table", facts.DAILY, ids=lambda table: table.name)
def test_all_that_was_fetched_has_landed(week: Week, table: facts.Table) -> None:
    """A slate is predicted with what earlier dates' fetches have brought, not with its own date's alone."""
    days = Dates(DAYS.first, DAYS.last)
    fetched = week.deployment.source.read(table, days).filter(pl.col("known_at") <= week.clock.now)
    assert_frame_equal(week.deployment.warehouse.read(table, days).sort(table.key), fetched.sort(table.key))


@soak
def test_player_games_are_those_of_the_leagues_own_home(week: Week, past: Settings) -> None:
    mine, theirs = (home.read(league.PLAYER_GAMES.name, (DAYS.first, DAYS.last)) for home in (week.home, Home(past)))
    assert_frame_equal(mine.drop("known_at"), theirs.drop("known_at"))


@soak
def test_features_are_those_of_the_league_without_notes_of_injured_lists(week: Week, simulated: SimulatedSource) -> None:
    """Notes have no site: after the seam there are none."""
    known = read_facts(simulated, DAYS)
    notes = known.injury_reports.filter(pl.col("report_date") < FIRST)
    theirs = build(replace(known, injury_reports=notes), DAYS)
    mine = week.home.read(features.ML_FEATURE_STORE.name, (DAYS.first, DAYS.last))
    order = list(features.ML_FEATURE_STORE.key)
    assert_frame_equal(mine.sort(order), theirs.select(mine.columns).sort(order))


@soak
def test_predictions_were_made_live_and_are_graded(week: Week, past: Settings) -> None:
    mine, theirs = (home.read(grades.GRADED_PREDICTIONS.name, (DAYS.first, DAYS.last)) for home in (week.home, Home(past)))
    live = mine.filter(pl.col("origin") == "live")
    assert set(live["decision"]) == {"noon", "tip"}
    key = ["game_id", "player_id", "decision", "model_id"]
    # Tip decisions know all that the league knew by then, but for the line on a player whom no roster listed yet.
    others = live.filter((pl.col("decision") == "tip") & ~pl.col("player_id").is_in(list(week.site.unlisted)))
    both = others.join(theirs, on=key, suffix="_of_backfill")
    assert both.height > 0.9 * theirs.filter((pl.col("decision") == "tip") & (pl.col("outcome") == "played")).height
    # A player's note moves the expected minutes, and so the points, of everybody in the game.
    of_notes = ["injury_listed", "injury_note_days"]
    store, stored = (home.read(features.ML_FEATURE_STORE.name, (DAYS.first, DAYS.last)) for home in (week.home, Home(past)))
    noted = stored.join(store, on=["game_id", "player_id", "decision", *of_notes], how="anti", nulls_equal=True)
    without = both.join(noted, on="game_id", how="anti")
    assert without.height > 500
    assert without["predicted_points"].equals(without["predicted_points_of_backfill"])
    moved = (both["predicted_points"] - both["predicted_points_of_backfill"]).abs()
    assert moved.sum() < 0.001 * both.height


def test_every_fault_has_its_name(week: Week) -> None:
    asked = week.home.read(facts.SOURCE_REQUESTS.name)
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
        history = instance.event_log_storage.get_asset_check_execution_history(key, limit=500 * max(SOAK_DAYS, 1))
        events = [record.event.dagster_event.event_specific_data for record in history if record.event]
    said = [event.metadata["first"].value for event in events if isinstance(event, dg.AssetCheckEvaluation)]
    for outcome in ("gone", "rate_limited", "not_json", "truncated", "wrong_shape", "out_of_budget"):
        assert any(f"{outcome} (" in text for text in said), outcome


def test_a_date_whose_fetch_waits_is_not_fetched_beside_it(week: Week) -> None:
    """A site that is slow, or a home that is busy, must not make runs queue up in which the same is asked."""
    week.clock.now = of_first_day(24 * (DAYS.last - FIRST).days + 42)
    repository, resources = week.defs.get_repository_def(), {"deployment": week.deployment}
    sensor = repository.get_sensor_def("due_fetches")

    def due(instance: dg.DagsterInstance) -> list[str | None]:
        with dg.build_sensor_context(instance=instance, resources=resources, repository_def=repository) as context:
            return [request.partition_key for request in sensor.evaluate_tick(context).run_requests or []]

    with dg.DagsterInstance.ephemeral() as instance:
        first = due(instance)
        assert first
        job = week.defs.resolve_job_def("fetch")
        waits = {"dagster/partition": str(first[0])}
        instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=waits)
        assert due(instance) == first[1:]


def test_the_key_is_nowhere(week: Week) -> None:
    for path in week.settings.home.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
    raw = build_raw(week.settings)
    assert all(KEY not in repr(raw.read(kept)) for kept in raw.everything())
