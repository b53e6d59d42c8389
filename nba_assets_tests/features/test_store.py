"""The feature store: equal however it is built, blind to what is not known yet."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from nba_assets.calendar import Dates
from nba_assets.features.store import Facts, build, read_facts
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.protocol import Source
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables import facts
from nba_assets.tables.contracts import conform
from nba_assets.tables.features import ML_FEATURE_STORE

WEEKS = Dates(date(2024, 1, 1), date(2024, 1, 21))


def all_facts(source: Source, last: date) -> Facts:
    return read_facts(source, Dates(date(2018, 10, 1), last))


@pytest.fixture(scope="module")
def known(league: SimulatedSource) -> Facts:
    return all_facts(league, WEEKS.last + timedelta(days=10))


@pytest.fixture(scope="module")
def built(known: Facts) -> pl.DataFrame:
    return build(known, WEEKS)


def test_the_store_keeps_its_contract(built: pl.DataFrame) -> None:
    conform(built, ML_FEATURE_STORE)
    assert built.equals(built.sort(ML_FEATURE_STORE.key))
    per_team = built.filter(pl.col("on_roster")).group_by("game_id", "decision", "team_id").len()
    assert per_team["len"].is_between(10, 18).all()
    tip, noon = built.filter(pl.col("decision") == "tip"), built.filter(pl.col("decision") == "noon")
    assert tip["starter"].null_count() == 0
    assert noon["starter"].null_count() > 0.9 * noon.height
    starters = tip.filter(pl.col("starter") == 1).group_by("game_id", "team_id").len()
    assert starters["len"].mode().to_list() == [5]


def test_a_row_built_for_one_date_is_equal_to_the_last_bit(known: Facts, built: pl.DataFrame) -> None:
    for day in (WEEKS.first, date(2024, 1, 9), WEEKS.last):
        one = build(known, Dates(day, day))
        assert one.height > 100
        assert_frame_equal(one, built.filter(pl.col("game_date") == day), check_exact=True)


def test_a_rescheduled_game_does_not_lend_its_facts_to_its_old_date(league: SimulatedSource) -> None:
    whole = Dates(date(2022, 10, 1), date(2024, 7, 1))
    notices = league.read(facts.SCHEDULE_NOTICES, whole)
    called_off = notices.filter(pl.col("status") == "postponed")
    known = all_facts(league, whole.last)
    for game, old in called_off.select("game_id", "game_date").iter_rows():
        new = notices.filter((pl.col("game_id") == game) & (pl.col("game_date") > old))["game_date"].max()
        both = build(known, Dates(old, new)).filter(pl.col("game_id") == game)  # type: ignore[arg-type]
        alone = pl.concat([build(known, Dates(day, day)) for day in (old, new)]).filter(pl.col("game_id") == game)  # type: ignore[arg-type]
        assert_frame_equal(both, alone, check_exact=True)
        assert both.filter(pl.col("game_date") == old)["decision"].unique().to_list() == ["noon"]


def test_a_partial_five_is_no_announcement(known: Facts, built: pl.DataFrame) -> None:
    one = built.filter((pl.col("decision") == "tip") & (pl.col("starter") == 1)).row(0, named=True)
    gone = known.availability.filter((pl.col("game_id") != one["game_id"]) | (pl.col("player_id") != one["player_id"]))
    rows = build(replace(known, availability=gone), Dates(one["game_date"], one["game_date"]))
    team = rows.filter((pl.col("game_id") == one["game_id"]) & (pl.col("team_id") == one["team_id"]))
    assert team["starter"].null_count() == team.height


def test_later_facts_change_nothing(league: SimulatedSource, built: pl.DataFrame) -> None:
    day = date(2024, 1, 9)
    assert_frame_equal(
        build(all_facts(league, day), Dates(day, day)), built.filter(pl.col("game_date") == day), check_exact=True
    )


def test_a_correction_is_seen_from_its_arrival_on(known: Facts, built: pl.DataFrame) -> None:
    boxes = known.box_scores
    corrected = pl.col("known_at") > pl.col("known_at").min().over("game_id", "player_id")
    arrivals = boxes.filter(corrected & pl.col("game_date").is_between(*WEEKS)).sort("known_at")
    one = arrivals.filter(pl.col("known_at") == arrivals["known_at"][arrivals.height // 2])
    without = boxes.join(one, on=boxes.columns, how="anti", nulls_equal=True)
    moved = built.join(build(replace(known, box_scores=without), WEEKS), on=built.columns, how="anti", nulls_equal=True)
    assert moved.height > 0
    assert (moved["decision_at"] >= one["known_at"][0]).all()


def test_a_late_scratch_is_out_at_tip_and_not_at_noon(known: Facts, built: pl.DataFrame) -> None:
    scratched = known.availability.filter((pl.col("reason") == "late scratch") & pl.col("game_date").is_between(*WEEKS))
    rows = built.join(scratched.select("game_id", "player_id"), on=["game_id", "player_id"])
    assert rows.filter(pl.col("decision") == "tip")["is_out"].all()
    assert not rows.filter((pl.col("decision") == "noon") & (pl.col("decision_at").dt.hour() < 18))["is_out"].any()


def test_a_day_without_games_has_no_rows(known: Facts) -> None:
    assert build(known, Dates(date(2023, 8, 1), date(2023, 8, 1))).is_empty()


def test_real_games_cover_everyone_who_played(archive: ArchiveSource) -> None:
    dates = Dates(date(2024, 1, 1), date(2024, 1, 7))
    rows = build(all_facts(archive, dates.last), dates)
    played = archive.read(facts.BOX_SCORES, dates).select("game_id", "player_id")
    for decision in ("noon", "tip"):
        found = rows.filter(pl.col("decision") == decision)
        assert played.join(found, on=["game_id", "player_id"], how="anti").is_empty()
        assert found.join(played, on=["game_id", "player_id"]).filter("is_out").is_empty()
