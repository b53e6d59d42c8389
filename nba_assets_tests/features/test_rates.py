"""Rates per minute and tracking, by hand: which games count, how much, and what serves before the first one of a season."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.features.context import attendance, bench_tier, bodies
from nba_assets.features.history import History, long_decayed
from nba_assets.features.leakage.harness import Harness
from nba_assets.features.rates import HALF_LIVES, player_rates, rate_history, tracking_features
from nba_assets.features.store import read_facts
from nba_assets.sources.archive import ArchiveSource
from nba_assets.tables import facts
from nba_assets_tests.rows import of

DAY = date(2024, 1, 31)
LAST_SEASON = date(2023, 3, 1)


def games(*played: tuple[date, int, dict[str, int]]) -> pl.DataFrame:
    """(date, seconds, counts) of one player's games."""
    rows = [
        {"player_id": 1, "game_id": f"{day}", "game_date": day, "season": season(day), "seconds_played": seconds, **counts}
        for day, seconds, counts in played
    ]
    return of(facts.BOX_SCORES, *rows)


def season(day: date) -> str:
    return "2023-24" if day.year == DAY.year else "2022-23"


def asked(*players: int) -> pl.DataFrame:
    return pl.DataFrame({"player_id": players, "game_date": [DAY] * len(players), "season": ["2023-24"] * len(players)})


def rates(box_scores: pl.DataFrame, *players: int) -> dict[str, list[float]]:
    found = player_rates(rate_history(box_scores, facts.TRACKING_GAMES.empty()), asked(*players))
    return {name: values.tolist() for name, values in found.items()}


def test_rates_weigh_games_by_their_minutes() -> None:
    found = rates(games((date(2024, 1, 1), 600, {"fga": 9, "fg3a": 1}), (date(2024, 1, 3), 1800, {"fga": 10, "ast": 4})), 1)
    assert found["season_fga_per_min"] == found["last3_fga_per_min"] == [19 / 40]
    assert found["last10_fga2_per_min"] == [18 / 40]
    assert found["last3_minutes_per_game"] == [20.0]
    weight = 0.5 ** (1 / HALF_LIVES["ast"])
    assert found["ast_slow_minutes"][0] == pytest.approx(30 + weight * 10)
    assert found["ast_slow_per_min"][0] == pytest.approx(4 / (30 + weight * 10))


def test_a_new_season_has_no_rate_of_its_own_but_the_slow_one_goes_on() -> None:
    found = rates(games((LAST_SEASON, 1200, {"fga": 10})), 1, 2)
    assert np.isnan(found["season_fga_per_min"]).all()
    assert found["fga2_slow_per_min"][0] == 0.5
    # Nobody has ever seen player 2.
    assert np.isnan(found["fga2_slow_per_min"][1])
    assert found["fga2_slow_minutes"][1] == 0.0


def test_who_was_on_court_for_no_second_has_no_rate() -> None:
    found = rates(games((date(2024, 1, 1), 0, {})), 1)
    assert np.isnan([found["season_ast_per_min"][0], found["ast_slow_per_min"][0]]).all()


def test_a_long_mean_does_not_reach_into_the_player_before() -> None:
    many = [(date(2018, 1, 1) + timedelta(days=number), 60, {"ast": 1}) for number in range(40)]
    history = History(games(*many).with_columns(pl.lit(1, pl.Int64).alias("player_id")), asked(1, 2), "player_id", 512)
    decayed = long_decayed(history.column("ast"), 0.9)[history.at]
    assert decayed.tolist() == [pytest.approx((1 - 0.9**40) / 0.1), 0.0]


def tracking(*seen: tuple[date, int, int]) -> pl.DataFrame:
    """(date, touches, seconds with the ball)."""
    rows = [
        {"game_id": f"{day}", "game_date": day, "player_id": 1, "touches": touches, "time_of_possession": seconds}
        for day, touches, seconds in seen
    ]
    return of(facts.TRACKING_GAMES, *rows)


def totals(season: str, known: date) -> pl.DataFrame:
    row = {"season": season, "player_id": 1, "minutes": 100.0, "touches": 300.0, "time_of_possession": 600.0, "drives": 20.0}
    return of(facts.TRACKING_SEASONS, {**row, "known_at": datetime(known.year, known.month, known.day, tzinfo=UTC)})


def shape(box_scores: pl.DataFrame, seen: pl.DataFrame, whole: pl.DataFrame) -> dict[str, float]:
    found = tracking_features(rate_history(box_scores, seen), asked(1), whole)
    return {name: float(values[0]) for name, values in found.items()}


def test_tracking_of_this_season_serves_before_that_of_the_last() -> None:
    played = games((LAST_SEASON, 600, {}), (date(2024, 1, 2), 1200, {}))
    found = shape(played, tracking((LAST_SEASON, 50, 100), (date(2024, 1, 2), 30, 60)), totals("2022-23", date(2023, 10, 1)))
    assert (found["season_touches_per_min"], found["season_sec_per_touch"], found["tracking_is_lagged"]) == (1.5, 2.0, 0.0)
    assert found["last10_touches_per_min"] == 80 / 30


def test_the_season_before_serves_and_the_row_says_so() -> None:
    played = games((LAST_SEASON, 600, {}))
    of_games = shape(played, tracking((LAST_SEASON, 50, 100)), totals("2022-23", date(2023, 10, 1)))
    assert (of_games["season_touches_per_min"], of_games["tracking_is_lagged"]) == (5.0, 1.0)
    of_totals = shape(played, facts.TRACKING_GAMES.empty(), totals("2022-23", date(2023, 10, 1)))
    assert (of_totals["season_touches_per_min"], of_totals["season_drives_per_min"]) == (3.0, 0.2)
    assert of_totals["tracking_is_lagged"] == 1.0


@pytest.mark.parametrize(
    "whole",
    [totals("2023-24", date(2023, 10, 1)), totals("2021-22", date(2022, 10, 1)), totals("2022-23", date(2024, 2, 1))],
    ids=("of this season", "of the one before the last", "not known yet"),
)
def test_totals_of_another_season_or_not_known_yet_do_not_serve(whole: pl.DataFrame) -> None:
    found = shape(games((LAST_SEASON, 600, {})), facts.TRACKING_GAMES.empty(), whole)
    assert np.isnan(list(found.values())).all()


def test_real_totals_that_are_not_known_yet_move_nothing(archive: ArchiveSource) -> None:
    """Known a season too early, they move rows; known when they are, their later versions move none."""
    dates = Dates(date(2022, 11, 1), date(2022, 11, 3))
    known = read_facts(archive, dates)
    harness = Harness.of(known, dates)
    assert harness.rows["season_touches_per_min"].null_count() < harness.rows.height / 2
    later = known.tracking_seasons.filter(pl.col("season") == "2021-22").with_columns(
        pl.col("touches") * 2, known_at=pl.lit(datetime(2022, 12, 1, tzinfo=UTC), facts.TRACKING_SEASONS.schema["known_at"])
    )
    moved = replace(known, tracking_seasons=pl.concat([known.tracking_seasons, later]))
    assert Harness.of(moved, dates).rows.equals(harness.rows)
    early = replace(known, tracking_seasons=known.tracking_seasons.with_columns(pl.col("known_at").dt.offset_by("-1y")))
    assert Harness.of(early, dates).rows.equals(harness.rows)
    doubled = replace(known, tracking_seasons=known.tracking_seasons.with_columns(pl.col("touches") * 2))
    assert not Harness.of(doubled, dates).rows.equals(harness.rows)


@pytest.mark.parametrize(("missed", "expected"), [(2, (5, 5)), (6, (3, 5)), (None, (5, 5))])
def test_attendance_counts_the_teams_games_not_the_players(missed: int | None, expected: tuple[int, int]) -> None:
    """Five games with three missed before the third: the team's games 1, 2, 6, 7 and 8."""
    days = [date(2024, 1, 1 + number) for number in range(5)]
    played = games(*((day, 600, {}) for day in days)).with_columns(missed_before=pl.Series([0, 0, 3, 0, 0]))
    found = attendance(History(played, asked(1, 2), "player_id"), pl.Series([missed, 0], dtype=pl.Int64))
    assert (found["attended_last_10"][0], found["attended_last_20"][0]) == expected
    assert (found["attended_last_10"][1], found["attended_last_20"][1]) == (0, 0)


def test_bodies_are_those_of_the_day_and_an_unknown_position_has_no_flag() -> None:
    rows = pl.DataFrame({"player_id": [1, 2, 3], "game_date": [DAY] * 3})
    listed = [
        {"player_id": 1, "position_primary": "C", "height_inches": 84, "birth_date": date(2000, 1, 31)},
        {"player_id": 2, "position_primary": None},
    ]
    found = bodies(rows, of(facts.PLAYERS, *listed))
    assert found["position_flags_C"].to_list() == [1.0, 0.0, 0.0]
    assert sum(found[f"position_flags_{name}"].to_list()[1] for name in ("PG", "SG", "SF", "PF", "C")) == 0
    assert found["age"].to_list()[0] == pytest.approx(24.0, abs=0.01)
    assert found["height_inches"].to_list() == [84, None, None]


def test_bench_tiers() -> None:
    usual, minutes = [0.0, 1.0, 0.6, 0.1, None], [5.0, 20.0, 5.0, 13.0, None]
    rows = pl.DataFrame({"starter": [1, 0, None, None, None], "expected_starter": usual, "minutes_ewma": minutes})
    assert rows.select(tier=bench_tier())["tier"].to_list() == [0, 1, 0, 1, 2]
