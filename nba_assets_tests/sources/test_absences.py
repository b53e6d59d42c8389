from datetime import UTC, date, datetime, timedelta

import polars as pl

from nba_assets.sources.absences import availability
from nba_assets.tables import facts
from nba_assets_tests.league.test_box import AWAY, HOME, line

FIRST = date(2024, 1, 1)


def season(minutes: dict[int, list[int | None]]) -> pl.DataFrame:
    """A game a day; of each player his minutes, None where he has no row."""
    rows = []
    for player, played in minutes.items():
        for number, each in enumerate(played):
            if each is not None:
                day = FIRST + timedelta(days=number)
                rows.append(
                    line(
                        player,
                        game_id=str(day),
                        game_date=day,
                        minutes=each,
                        starter=player == 1,
                        known_at=datetime(2024, 2, 1, tzinfo=UTC),
                    )
                )
    return pl.DataFrame(rows, schema=facts.BOX_SCORES.schema)


def notes(*days: tuple[int, str]) -> pl.DataFrame:
    rows = [
        {
            "report_date": FIRST + timedelta(days=day),
            "team_id": HOME,
            "player_name": "Player Two",
            "note": note,
            "known_at": None,
        }
        for day, note in days
    ]
    return pl.DataFrame(rows, schema=facts.INJURY_REPORTS.schema)


def hours(found: pl.DataFrame, player: int, status: str = "out") -> dict[int, str]:
    """Of each game about which there is such a report: when it was known, in New York."""
    out = found.filter((pl.col("player_id") == player) & (pl.col("status") == status)).sort("game_date")
    local = out["known_at"].dt.convert_time_zone("America/New_York").dt.strftime("%H:%M")
    return dict(zip(((day - FIRST).days for day in out["game_date"]), local, strict=True))


def test_a_player_who_missed_a_game_is_questionable_whether_he_then_plays_or_not() -> None:
    found = availability(season({1: [30] * 6, 2: [20, None, None, 20, None, 20]}), notes())
    assert hours(found, 2) == {1: "18:30", 2: "18:30", 4: "18:30"}
    assert hours(found, 2, "questionable") == {2: "11:00", 3: "11:00", 5: "11:00"}
    assert hours(found, 2, "available") == {3: "18:30", 5: "18:30"}
    assert hours(found, 1) == hours(found, 1, "questionable") == {}


def test_a_morning_knows_nothing_of_tonight() -> None:
    """Tonight's box score may be anything: what was known in the morning does not move. Told, it does."""
    played, missed = (season({1: [30] * 4, 2: [20, None, 20, last]}) for last in (20, None))
    again, gone = (season({1: [30] * 4, 2: [20, 20, None, last]}) for last in (20, None))
    for one, other in ((played, missed), (again, gone)):
        found = [availability(frame, notes()) for frame in (one, other)]
        local = pl.col("known_at").dt.convert_time_zone("America/New_York")
        assert found[0].filter(local.dt.hour() < 12).equals(found[1].filter(local.dt.hour() < 12))
    told = [availability(frame, notes(), told=True) for frame in (again, gone)]
    assert [hours(found, 2) for found in told] == [{2: "18:30"}, {2: "18:30", 3: "11:00"}]
    assert hours(told[0], 2, "questionable") == {}


def test_a_note_since_his_last_game_makes_him_questionable() -> None:
    games = season({1: [30] * 3, 2: [20, 20, None]}).with_columns(
        player_name=pl.when(pl.col("player_id") == 2).then(pl.lit("Player Two")).otherwise(pl.lit("Player One"))
    )
    assert hours(availability(games, notes((2, "sore knee (out)"))), 2, "questionable") == {}
    # He played on day 1: what was noted until then says nothing of day 2.
    assert hours(availability(games, notes((1, "sore knee (out)"))), 2, "questionable") == {}
    rested = games.filter(~((pl.col("player_id") == 2) & (pl.col("game_date") == FIRST + timedelta(days=1))))
    free = rested.filter(pl.col("game_date") != FIRST + timedelta(days=1))
    found = availability(free, notes((1, "sore knee (out)")))
    assert hours(found, 2, "questionable") == {2: "11:00"}
    assert found.filter(status="questionable")["reason"].to_list() == ["sore knee (out)"]
    back = notes((0, "x"), (1, "sore knee (out)"), (1, "z activated from IL"))
    assert hours(availability(free, back), 2, "questionable") == {}


def test_the_end_of_the_bench_is_never_out() -> None:
    assert hours(availability(season({1: [30] * 3, 2: [8, None, None]}), notes()), 2) == {}


def test_a_player_who_left_is_not_out_once_he_has_played_elsewhere() -> None:
    moved = season({1: [30] * 6, 2: [20, 20, None, None, None, None]})
    there = pl.DataFrame(
        [line(2, AWAY, game_id="there", game_date=FIRST + timedelta(days=3), minutes=20)], schema=facts.BOX_SCORES.schema
    )
    found = availability(pl.concat([moved, there]), notes())
    # On the day of the first game elsewhere a morning knows nothing of it.
    assert hours(found, 2) == {2: "18:30", 3: "18:30"}
    assert hours(found, 2, "questionable") == {3: "11:00"}


def test_starters_are_known_half_an_hour_before_tip_off() -> None:
    found = availability(season({1: [30], 2: [20]}), notes())
    assert found.select("player_id", "status", "known_at").rows() == [(1, "starter", datetime(2024, 1, 1, 23, 30, tzinfo=UTC))]
