"""The leak harness: the feature builder passes it, every leak that is put in is caught and named."""

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.features.leakage import controls
from nba_assets.features.leakage.harness import TIMED, Builder, Harness, difference, perturbed
from nba_assets.features.store import Facts, build, read_facts
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables.contracts import Table
from nba_assets.tables.facts import ROSTERS, TRACKING_SEASONS

WEEKS = Dates(date(2024, 1, 1), date(2024, 1, 14))
# A control is built a dozen times.
WEEK = Dates(date(2024, 1, 1), date(2024, 1, 7))
SEEDS = range(3)
# A simulated league is tracked game by game: whole seasons are in test_rates. Nobody moves in these weeks: `newest_roster`.
UNMOVED = (TRACKING_SEASONS, ROSTERS)


@pytest.fixture(scope="module")
def known(league: SimulatedSource) -> Facts:
    return read_facts(league, WEEKS)


@pytest.fixture(scope="module")
def harness(known: Facts) -> Harness:
    return Harness.of(known, WEEKS)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_known_later_moves_nothing(harness: Harness, seed: int) -> None:
    for moment in harness.moments(2, seed):
        assert harness.rows.filter(pl.col("decision_at") <= moment).height > 500
        assert harness.future(moment, seed) is None
        assert harness.truncation(moment) is None


@pytest.mark.parametrize(
    "table", [table for table in TIMED if table not in (TRACKING_SEASONS, ROSTERS)], ids=lambda table: table.name
)
def test_the_changes_are_real(harness: Harness, table: Table) -> None:
    """Each kind of fact that is changed moves rows of later decisions."""
    moment = datetime(2024, 1, 3, 12, tzinfo=UTC)
    changed = build(perturbed(harness.known, table, moment, 1), WEEKS)
    assert difference("changed", changed, harness.rows) is not None


def test_real_games_pass(archive: ArchiveSource) -> None:
    dates = Dates(date(2023, 12, 10), date(2023, 12, 31))
    harness = Harness.of(read_facts(archive, dates), dates)
    for seed, moment in enumerate(harness.moments(3, 0)):
        assert harness.future(moment, seed) is None
        assert harness.truncation(moment) is None
    assert harness.one_date(date(2023, 12, 22)) is None


CAUGHT = {
    controls.window_with_own_game: ("box_scores", "points_avg_last_5"),
    controls.season_rating_joined_back: ("box_scores", "team_offensive_rating"),
    controls.starters_at_noon: ("availability", "starter"),
    controls.closing_line_at_noon: ("game_lines", "total"),
    controls.newest_roster: ("rosters", "who is on the slate"),
    controls.scaler_on_all_rows: ("box_scores", "points_avg_season"),
}


@pytest.mark.parametrize("control", controls.NEGATIVE_CONTROLS, ids=lambda control: control.__name__)
def test_every_leak_is_caught_and_named(known: Facts, control: Builder) -> None:
    table, column = CAUGHT[control]
    harness = Harness.of(known, WEEK, control)
    noons = harness.rows.filter(pl.col("decision") == "noon")["decision_at"].unique().sort()
    moment = noons[noons.len() // 2]
    leak = harness.future(moment, 0)
    assert leak is not None
    assert leak.columns == (column,)
    blamed = harness.blamed(moment, 0)
    assert table in {leak.table for leak in blamed}
    assert f"moved by {blamed[0].table}: {column}; first (datetime.date(2024, 1, " in str(blamed[0])


def test_a_leak_that_shows_only_in_the_range_is_caught(known: Facts) -> None:
    leak = Harness.of(known, WEEKS, controls.scaler_on_all_rows).one_date(date(2024, 1, 9))
    assert leak is not None
    assert leak.columns == ("points_avg_season",)
    cut = Harness.of(known, WEEKS, controls.window_with_own_game)
    assert cut.truncation(cut.moments(1, 0)[0]) is not None


def test_a_changed_slate_is_a_leak(harness: Harness) -> None:
    less = replace(harness, rows=harness.rows.filter(pl.col("player_id") != harness.rows["player_id"][0]))
    leak = less.one_date(harness.rows["game_date"][0])
    assert leak is not None
    assert leak.columns == ("who is on the slate",)
