from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.features.slate import rosters, slate
from nba_assets.features.teammates import teammate_features
from nba_assets.tables.facts import BOX_SCORES, ROSTERS, SCHEDULE_NOTICES
from nba_assets.tables.feature import STATISTICS
from nba_assets_tests.league.test_box import AWAY, HOME, line
from nba_assets_tests.league.test_schedule import notice

DAY = date(2024, 1, 1)
AUGUST = datetime(2023, 8, 1, tzinfo=UTC)
EVENING = datetime(2024, 1, 2, 0, 30, tzinfo=UTC)


def decided(*notices: dict[str, object]) -> list[tuple[date, str, datetime]]:
    frame = pl.DataFrame(notices, schema=SCHEDULE_NOTICES.schema)
    games = slate(frame, Dates(date(2023, 12, 1), date(2024, 3, 1))).filter("is_home")
    return games.select("game_date", "decision", "decision_at").rows()


def test_a_game_has_two_decisions_for_two_teams() -> None:
    noon, tip = datetime(2024, 1, 1, 17, tzinfo=UTC), EVENING - timedelta(minutes=15)
    assert decided(notice(DAY, "scheduled", AUGUST, EVENING)) == [(DAY, "noon", noon), (DAY, "tip", tip)]
    both = slate(pl.DataFrame([notice(DAY, "scheduled", AUGUST)], schema=SCHEDULE_NOTICES.schema), Dates(DAY, DAY))
    assert both["team_id"].to_list() == [HOME, AWAY] * 2
    assert both["opponent_team_id"].to_list() == [AWAY, HOME] * 2


def test_a_game_called_off_in_the_afternoon_was_on_at_noon() -> None:
    off = notice(DAY, "postponed", datetime(2024, 1, 1, 20, tzinfo=UTC), EVENING)
    later = notice(date(2024, 2, 1), "scheduled", datetime(2024, 1, 4, tzinfo=UTC), EVENING + timedelta(days=31))
    found = decided(notice(DAY, "scheduled", AUGUST, EVENING), off, later)
    assert [(day, decision) for day, decision, _ in found] == [
        (DAY, "noon"),
        (date(2024, 2, 1), "noon"),
        (date(2024, 2, 1), "tip"),
    ]


def test_a_later_tip_off_moves_the_decision_only_if_it_is_known_in_time() -> None:
    moved = EVENING + timedelta(hours=2)
    early = notice(DAY, "scheduled", datetime(2024, 1, 1, 20, tzinfo=UTC), moved)
    assert decided(notice(DAY, "scheduled", AUGUST, EVENING), early)[1][2] == moved - timedelta(minutes=15)
    late = notice(DAY, "scheduled", EVENING - timedelta(minutes=5), moved)
    assert decided(notice(DAY, "scheduled", AUGUST, EVENING), late)[1][2] == EVENING - timedelta(minutes=15)


def test_a_tip_off_moved_so_near_that_its_decision_is_past_is_decided_at_once() -> None:
    told = EVENING - timedelta(minutes=70)
    earlier = notice(DAY, "scheduled", told, EVENING - timedelta(hours=1))
    assert [(decision, at) for _, decision, at in decided(notice(DAY, "scheduled", AUGUST, EVENING), earlier)][1] == (
        "tip",
        told,
    )


def test_midnight_stands_for_no_tip_off() -> None:
    placeholder = datetime(2024, 1, 1, 5, 30, tzinfo=UTC)
    assert decided(notice(DAY, "scheduled", AUGUST, placeholder))[1][2] == datetime(2024, 1, 1, 23, 45, tzinfo=UTC)


def test_a_game_that_is_not_announced_yet_is_on_no_slate() -> None:
    assert decided(notice(DAY, "scheduled", EVENING + timedelta(days=1), EVENING)) == []


def boxes(*appearances: tuple[int, int, int]) -> pl.DataFrame:
    """(player, team, days before the slate)."""
    rows = []
    for player, team, before in appearances:
        day = DAY - timedelta(days=before)
        rows.append(line(player, team, game_id=f"{day}", game_date=day))
    return pl.DataFrame(rows, schema=BOX_SCORES.schema)


def moves(*rows: tuple[int, int | None, datetime]) -> pl.DataFrame:
    """(player, team, known at)."""
    listed = [{"player_id": who, "player_name": f"P {who}", "team_id": team_id, "known_at": at} for who, team_id, at in rows]
    return pl.DataFrame(listed, schema=ROSTERS.schema)


def on_roster(frame: pl.DataFrame, moved: pl.DataFrame | None = None) -> list[tuple[int, int]]:
    games = slate(pl.DataFrame([notice(DAY, "scheduled", AUGUST)], schema=SCHEDULE_NOTICES.schema), Dates(DAY, DAY))
    listed = rosters(games.filter(pl.col("decision") == "noon"), frame, moves() if moved is None else moved)
    return listed.filter(pl.col("team_id") == HOME).select("player_id", "team_games_missed").sort("player_id").rows()


def test_a_roster_is_whose_latest_game_was_for_the_team() -> None:
    frame = boxes((1, HOME, 1), (2, HOME, 3), (3, HOME, 5), (3, AWAY, 1), (4, AWAY, 1), (5, HOME, 0))
    assert on_roster(frame) == [(1, 0), (2, 1)]


def test_who_missed_twenty_games_is_off_the_roster() -> None:
    every_day = [(1, HOME, before) for before in range(1, 26)]
    assert on_roster(boxes(*every_day, (2, HOME, 20), (3, HOME, 21))) == [(1, 0), (2, 19)]


def test_a_signing_is_on_the_roster_before_the_first_game_and_misses_what_is_played_from_then_on() -> None:
    frame = boxes((1, HOME, 9), (1, HOME, 2), (1, HOME, 1), (2, AWAY, 9), (5, AWAY, 1))
    summer, yesterday = datetime(2023, 10, 1, tzinfo=UTC), datetime(2023, 12, 31, 1, tzinfo=UTC)
    # 2 was traded, 3 has never played, 4 was signed after the game of two days ago; 5 came and left again.
    moved = moves((2, HOME, yesterday), (3, HOME, summer), (4, HOME, yesterday), (5, HOME, summer), (5, None, yesterday))
    assert on_roster(frame, moved) == [(1, 0), (2, 2), (3, 3), (4, 2)]


def test_a_move_counts_from_when_it_is_known() -> None:
    frame, noon = boxes((1, HOME, 1)), datetime(2024, 1, 1, 17, tzinfo=UTC)
    assert on_roster(frame, moves((1, AWAY, noon))) == []
    assert on_roster(frame, moves((1, AWAY, noon + timedelta(microseconds=1)))) == [(1, 0)]


def test_a_game_that_tips_off_after_midnight_is_not_on_its_own_roster() -> None:
    after_midnight = datetime(2024, 1, 2, 5, 30, tzinfo=UTC)
    late = notice(DAY, "scheduled", AUGUST, after_midnight)
    games = slate(pl.DataFrame([late], schema=SCHEDULE_NOTICES.schema), Dates(DAY, DAY)).with_columns(
        decision_at=pl.lit(after_midnight).cast(pl.Datetime("us", "UTC"))
    )
    listed = rosters(games.filter(pl.col("decision") == "tip"), boxes((1, HOME, 1), (1, HOME, 0), (2, HOME, 0)), moves())
    assert listed.filter(pl.col("team_id") == HOME).select("player_id", "team_games_missed").rows() == [(1, 0)]


def test_a_later_game_is_newer_than_a_roster() -> None:
    assert on_roster(boxes((1, AWAY, 5), (1, HOME, 1)), moves((1, AWAY, AUGUST))) == [(1, 0)]


def test_whom_the_roster_lists_stays_on_it_however_long_the_player_is_out() -> None:
    every_day = [(1, HOME, before) for before in range(1, 26)]
    frame = boxes(*every_day, (2, HOME, 25), (3, HOME, 25))
    assert on_roster(frame, moves((2, HOME, AUGUST))) == [(1, 0), (2, 20)]
    # A roster that lists a player again says nothing new.
    again = moves((2, HOME, AUGUST), (2, HOME, datetime(2023, 12, 31, tzinfo=UTC)))
    assert on_roster(frame, again) == [(1, 0), (2, 20)]


PLAYERS = pl.DataFrame(
    {"player_id": range(6), "position_primary": ["PG", "SG", "C", "SF", "PF", None]},
    schema={"player_id": pl.Int64, "position_primary": pl.String},
)


def team(*players: tuple[float | None, float | None, float, int], team_id: int = HOME) -> pl.DataFrame:
    """(minutes, points, chance to be out, team games missed) of each player of one team."""
    rows = [
        {
            "game_date": DAY, "game_id": "g", "decision": "tip", "team_id": team_id, "player_id": number, "on_roster": True,
            "opponent_team_id": AWAY if team_id == HOME else HOME, "minutes_ewma": minutes, "points_ewma": points,
            "fga_ewma": points, "ast_ewma": points, "usage_ewma": 20.0, "minutes_in_role": None, "play_probability": 1.0 - out,
            "team_games_missed": missed, "minutes_long": minutes, "usage_long": 24.0, "expected_starter": 1.0,
            **{f"{name}_slow_per_min": points and points / 100 for name in STATISTICS},
        }
        for number, (minutes, points, out, missed) in enumerate(players)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"minutes_in_role": pl.Float64})


def found(rows: pl.DataFrame) -> dict[str, list[float]]:
    return {name: values.tolist() for name, values in teammate_features(rows, PLAYERS).items()}


FIVE = ((30.0, 20.0, False, 0), (30.0, 25.0, True, 0), (20.0, 10.0, True, 2), (10.0, 4.0, True, 0), (36.0, 12.0, False, 0))


def test_vacated_minutes_by_hand() -> None:
    features = found(team(*FIVE))
    assert features["vacated_minutes"] == [50.0, 20.0, 30.0, 50.0, 50.0]
    assert features["vacated_points"][0] == features["vacated_fga"][0] == features["vacated_ast"][0] == 35.0
    assert features["vacated_usage"][0] == 20 * 30 / 48 + 20 * 20 / 48
    assert features["vacated_usage_long"][0] == 24 * 30 / 48 + 24 * 20 / 48
    assert features["vacated_players"] == [2.0, 1.0, 1.0, 2.0, 2.0]
    assert features["vacated_points_fresh"][0] == 25.0 + 10.0 * 0.85**2
    # Guards are players 0 and 1, forwards 3 and 4, the centre is 2.
    assert features["vacated_minutes_position"] == [30.0, 0.0, 0.0, 0.0, 0.0]
    assert features["rotation_minutes_position_in"] == [0.0, 30.0, 0.0, 36.0, 0.0]
    assert features["rotation_players_in"] == [1.0, 2.0, 2.0, 2.0, 1.0]
    assert features["rotation_rank"] == [1.0, 1.0, 2.0, 2.0, 0.0]
    assert features["expected_minutes"][0] == 240 * 30 / 66
    assert features["points_share"][4] == 12 / 32


def test_the_squad_adds_up_by_hand() -> None:
    """Expected minutes are 240 * 30/66, 240 * 36/66, and of who is out 240 * 30/96; the last one has never played."""
    features = found(team((30.0, 20.0, 0.0, 0), (36.0, 12.0, 0.0, 0), (30.0, 25.0, 1.0, 0), (None, None, 0.0, 0)))
    two, minutes = 0.20 * 30 + 0.12 * 36, 240 / 66
    assert features["squad_ast_per_48"][:2] == pytest.approx([two * minutes] * 2)
    with_him = 0.25 * 240 * 30 / 96 + two * minutes
    assert features["squad_blk_per_48"][2] == pytest.approx(240 * with_him / (240 * 30 / 96 + 240))
    assert features["squad_ast_per_48"][3] == pytest.approx(two * minutes)


def test_who_leads_the_team_and_is_out_is_flagged_for_the_others() -> None:
    """Player 1 leads in points and assists and is out; so is the centre, player 2."""
    features = found(team(*FIVE))
    assert features["star_scorer_out_flag"] == features["primary_ballhandler_out_flag"] == [1.0, 0.0, 1.0, 1.0, 1.0]
    assert features["starting_center_out_flag"] == [1.0, 1.0, 0.0, 1.0, 1.0]
    doubtful = found(team((30.0, 20.0, 0.4, 0), (20.0, 12.0, 0.0, 0)))
    assert doubtful["star_scorer_out_flag"] == doubtful["starting_center_out_flag"] == [0.0, 0.0]


def test_who_is_questionable_is_in_and_out_by_the_chance() -> None:
    """The second player plays with a chance of three in four, the third is out."""
    features = found(team((30.0, 20.0, 0.0, 0), (20.0, 12.0, 0.25, 1), (16.0, 8.0, 1.0, 0), (36.0, 24.0, 0.0, 0)))
    assert features["vacated_minutes"] == [0.25 * 20 + 16, 16.0, 5.0, 21.0]
    assert features["vacated_players"] == [1.25, 1.0, 0.25, 1.25]
    assert features["vacated_points_fresh"][0] == 0.25 * 12 * 0.85 + 8
    assert features["rotation_minutes_in"] == [0.75 * 20 + 36, 66.0, 30 + 15 + 36, 30 + 15]
    assert features["rotation_players_in"][0] == 1.75
    assert features["rotation_rank"] == [1.0, 2.0, 2.75, 0.0]
    assert features["expected_minutes"][0] == 240 * 30 / (30 + 15 + 36)


def test_the_opponent_sees_what_the_other_team_misses() -> None:
    both = pl.concat([team(*FIVE), team((30.0, 8.0, True, 0), (12.0, 3.0, False, 0), team_id=AWAY)])
    features = found(both)
    assert features["opponent_vacated_minutes"] == [30.0] * 5 + [50.0] * 2
    assert features["vacated_minutes"][5:] == [0.0, 30.0]


def test_who_is_on_both_sides_of_equal_minutes_has_one_rank() -> None:
    assert found(team(*[(20.0, 5.0, False, 0)] * 3, (30.0, 5.0, False, 0)))["rotation_rank"] == [1.0, 1.0, 1.0, 0.0]


def test_who_has_no_form_has_no_expected_minutes() -> None:
    expected = found(team((30.0, 20.0, False, 0), (None, None, False, 0)))["expected_minutes"]
    assert expected[0] == 240.0
    assert np.isnan(expected[1])
