"""The chance to play of who is questionable: shares of the year before, drawn towards larger groups, known before the day."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from nba_assets.features.questionable import chances_to_play
from nba_assets.tables import facts
from nba_assets_tests.league.test_box import HOME, line
from nba_assets_tests.rows import of

FIRST = date(2024, 1, 1)


def told(days: int, played: list[int], reason: str | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A team's games, one a day: player 1 is always there, player 2 is questionable from day 1 on and plays on some days."""
    boxes, reports = [], []
    for day in range(days):
        when = FIRST + timedelta(days=day)
        who = [1, 2] if day == 0 or day in played else [1]
        boxes += [line(player, game_id=str(day), game_date=when, season="2023-24") for player in who]
        if day:
            stamp = datetime(when.year, when.month, when.day, 16, tzinfo=UTC)
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


def asked(day: int, missed: int = 0, season: str = "2023-24") -> tuple[pl.DataFrame, pl.Series]:
    rows = pl.DataFrame({"game_date": [FIRST + timedelta(days=day)], "season": ["2023-24"], "team_games_missed": [missed]})
    return rows, pl.Series([season])


def chance(boxes: pl.DataFrame, reports: pl.DataFrame, name: str, *question: object) -> float:
    rows, last = asked(*question)  # type: ignore[arg-type]
    return float(chances_to_play(rows, last, boxes, reports)[name][0])


def test_without_cases_it_is_a_coin() -> None:
    boxes, reports = told(5, [])
    assert chance(boxes, reports.clear(), "chance_unexplained", 4) == 0.5
    assert chance(boxes, reports, "chance_unexplained", 1) == 0.5


def test_shares_are_drawn_towards_those_of_larger_groups() -> None:
    """Cases of day 1, 2, 3: played, played, missed; before each the player had missed no game. All count for the fourth day."""
    boxes, reports = told(6, [1, 2])
    every = (2 + 10 * 0.5) / (3 + 10)
    of_missed = (2 + 10 * every) / (3 + 10)
    assert chance(boxes, reports, "chance_unexplained", 4) == pytest.approx((2 + 10 * of_missed) / (3 + 10))
    # With a reason nobody has been seen: what is left is those who had missed as many; and of those who missed more, all.
    assert chance(boxes, reports, "chance_explained", 4) == pytest.approx(of_missed)
    assert chance(boxes, reports, "chance_unexplained", 4, 3) == pytest.approx(every)
    assert chance(boxes, reports, "chance_unexplained", 4, 0, "2022-23") == pytest.approx(of_missed)


def test_only_the_year_before_counts_and_never_the_day_itself() -> None:
    boxes, reports = told(3, [1, 2])
    assert chance(boxes, reports, "chance_unexplained", 2) < chance(boxes, reports, "chance_unexplained", 3)
    assert chance(boxes, reports, "chance_unexplained", 2 + 366) == 0.5
    later = reports.with_columns(known_at=pl.col("known_at") + timedelta(hours=3))
    assert chance(boxes, later, "chance_unexplained", 3) == 0.5


def test_a_report_that_was_taken_back_by_noon_is_no_case() -> None:
    boxes, reports = told(3, [1, 2])
    taken = reports.with_columns(status=pl.lit("available"), known_at=pl.col("known_at") + timedelta(minutes=30))
    assert chance(boxes, pl.concat([reports, taken]), "chance_unexplained", 3) == 0.5


def test_doubtful_and_probable_are_words_of_their_own() -> None:
    """Three cases: played, played, missed; drawn towards what the word means as ten cases would."""
    boxes, reports = told(6, [1, 2])
    for word, meant in (("doubtful", 0.1), ("probable", 0.9)):
        said = reports.with_columns(status=pl.lit(word))
        assert chance(boxes, said, f"chance_{word}", 4) == pytest.approx((2 + 10 * meant) / (3 + 10))
        assert chance(boxes, reports, f"chance_{word}", 4) == meant
        assert chance(boxes, said, "chance_unexplained", 4) == 0.5
        # What became of the day itself is not known on the day: before the second there is one case.
        assert chance(boxes, said, f"chance_{word}", 2) == pytest.approx((1 + 10 * meant) / (1 + 10))
