"""The chance to play of who is questionable: shares of the year before, drawn towards larger groups, known before the day."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from nba_assets.features.questionable import MEANT, chances_to_play
from nba_assets.tables import facts
from nba_assets_tests.league.test_box import HOME, line
from nba_assets_tests.rows import of

FIRST, NOON_UTC = date(2024, 1, 1), datetime(2024, 1, 1, 17, tzinfo=UTC)
Known = tuple[pl.DataFrame, pl.DataFrame]


def told(days: int, played: list[int], reason: str | None = None, early: list[int] | None = None) -> Known:
    """A team's games, one a day: player 1 is always there, player 2 is questionable from day 1 on and plays on some days."""
    boxes, reports = [], []
    for day in range(days):
        when = FIRST + timedelta(days=day)
        who = [1, 2] if day == 0 or day in played else [1]
        boxes += [line(player, game_id=str(day), game_date=when, season="2023-24") for player in who]
        if day:
            stamp = NOON_UTC + timedelta(days=day, hours=-1 - 18 * (day in (early or [])))
            reports.append(
                {
                    "game_id": str(day),
                    "game_date": when,
                    "team_id": HOME,
                    "player_id": 2,
                    "status": "questionable",
                    "reason": reason,
                    "known_at": stamp,
                }
            )
    return pl.DataFrame(boxes, schema=facts.BOX_SCORES.schema), of(facts.AVAILABILITY, *reports)


def chance(
    known: Known,
    day: int,
    word: str = "questionable",
    reason: str | None = None,
    *,
    missed: int = 0,
    season: str = "2023-24",
    hours: int = 1,
) -> float:
    """Of player 2 on a day, of whom the word was said some hours before noon."""
    row = {
        "game_date": FIRST + timedelta(days=day),
        "season": season,
        "player_id": 2,
        "team_games_missed": missed,
        "status": word,
        "reason": reason,
        "reported_at": NOON_UTC + timedelta(days=day, hours=-hours),
    }
    return float(chances_to_play(pl.DataFrame([row], schema_overrides={"reason": pl.String}), *known)[0])


def test_without_cases_it_is_what_the_word_means() -> None:
    boxes, reports = told(5, [])
    for word, meant in MEANT.items():
        assert chance((boxes, reports.clear()), 4, word) == meant
        assert chance((boxes, reports), 1, word) == meant


def test_shares_are_drawn_towards_those_of_larger_groups() -> None:
    """Cases of day 1, 2, 3: played, played, missed; before each the player had missed no game. All count for the fourth day."""
    known = told(6, [1, 2])
    every = (2 + 10 * 0.5) / (3 + 10)
    of_missed = (2 + 10 * every) / (3 + 10)
    assert chance(known, 4) == pytest.approx((2 + 10 * of_missed) / (3 + 10))
    # With a reason nobody has been seen: what is left is those who had missed as many; and of those who missed more, all.
    assert chance(known, 4, reason="knee") == pytest.approx(of_missed)
    assert chance(known, 4, missed=3) == pytest.approx(every)
    assert chance(known, 4, season="2024-25") == pytest.approx(of_missed)


def test_a_word_of_the_day_before_is_a_group_of_its_own() -> None:
    """Of the cases of three days the one who missed was questionable the evening before."""
    known = told(6, [1, 2], early=[3])
    of_group = chance(told(6, [1, 2]), 4)
    assert chance(known, 4) == pytest.approx((2 + 10 * of_group) / (2 + 10))
    assert chance(known, 4, hours=13) == pytest.approx((0 + 10 * of_group) / (1 + 10))
    # Where no word was ever of the day before, an old one is like a new one.
    assert chance(told(6, [1, 2]), 4, hours=13) == of_group


def test_only_the_year_before_counts_and_never_the_day_itself() -> None:
    known = told(3, [1, 2])
    assert chance(known, 2) < chance(known, 3)
    assert chance(known, 2 + 366) == 0.5
    boxes, reports = known
    later = reports.with_columns(known_at=pl.col("known_at") + timedelta(hours=3))
    assert chance((boxes, later), 3) == 0.5


def test_a_report_that_was_taken_back_by_noon_is_no_case() -> None:
    boxes, reports = told(3, [1, 2])
    taken = reports.with_columns(status=pl.lit("available"), known_at=pl.col("known_at") + timedelta(minutes=30))
    assert chance((boxes, pl.concat([reports, taken])), 3) == 0.5


def test_each_word_has_cases_of_its_own() -> None:
    """Three cases: played, played, missed; drawn three times towards what the word means as ten cases would."""
    boxes, reports = told(6, [1, 2])
    for word in ("doubtful", "probable"):
        said, expected = reports.with_columns(status=pl.lit(word)), MEANT[word]
        for _ in range(3):
            expected = (2 + 10 * expected) / (3 + 10)
        assert chance((boxes, said), 4, word) == pytest.approx(expected)
        assert chance((boxes, reports), 4, word) == MEANT[word]
        assert chance((boxes, said), 4) == 0.5
