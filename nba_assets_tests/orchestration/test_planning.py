"""Which dates and cutoffs a run covers, by hand."""

from datetime import UTC, date, datetime

import polars as pl

from nba_assets.calendar import Dates, SeasonSpan
from nba_assets.orchestration.planning import first_missing, season_parts, serving_windows, trainable

CUTOFFS = [date(2022, 10, 1), date(2023, 1, 1), date(2023, 10, 1)]


def test_a_range_is_taken_season_by_season_and_not_beyond_the_newest() -> None:
    seasons = [
        SeasonSpan("2022-23", Dates(date(2022, 10, 18), date(2023, 6, 12))),
        SeasonSpan("2023-24", Dates(date(2023, 10, 24), date(2024, 6, 17))),
    ]
    wanted = Dates(date(2023, 1, 1), date(2024, 12, 31))
    assert season_parts(seasons, wanted, newest=date(2024, 1, 5)) == [
        Dates(date(2023, 1, 1), date(2023, 6, 12)),
        Dates(date(2023, 10, 24), date(2024, 1, 5)),
    ]
    assert season_parts(seasons, wanted, newest=date(2022, 9, 1)) == []


def test_a_window_serves_until_the_next_one_begins() -> None:
    assert serving_windows(CUTOFFS, [Dates(date(2022, 12, 31), date(2023, 1, 1))]) == CUTOFFS[:2]
    assert serving_windows(CUTOFFS, [Dates(date(2023, 9, 30), date(2023, 9, 30))]) == [CUTOFFS[1]]
    assert serving_windows(CUTOFFS, [Dates(date(2030, 1, 1), date(2030, 1, 2))]) == [CUTOFFS[2]]
    assert serving_windows(CUTOFFS, [Dates(date(2020, 1, 1), date(2020, 1, 2))]) == []


def test_a_cutoff_needs_enough_that_was_known_before_its_midnight_in_new_york() -> None:
    # 2,500 player-games make 5,000 rows. New York's midnight of 1 January is 05:00 UTC.
    early, late = datetime(2023, 1, 1, 4, 59, tzinfo=UTC), datetime(2023, 1, 1, 5, 0, tzinfo=UTC)
    assert trainable(CUTOFFS, pl.Series([early] * 2_500)) == CUTOFFS[1:]
    assert trainable(CUTOFFS, pl.Series([early] * 2_499 + [late])) == CUTOFFS[2:]
    assert trainable(CUTOFFS, pl.Series([], dtype=pl.Datetime("us", "UTC"))) == []


def test_what_is_missing_first_is_prepared_again() -> None:
    days = [date(2023, 1, day) for day in (2, 3, 4)]
    assert first_missing(days, {str(day) for day in days}, []) is None
    assert first_missing(days, {"2023-01-02", "2023-01-04"}, []) == days[1]
    assert first_missing(days, {str(day) for day in days}, [days[2], date(2022, 12, 1)]) == date(2022, 12, 1)
