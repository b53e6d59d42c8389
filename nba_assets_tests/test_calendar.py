from datetime import UTC, date, datetime, time

import polars as pl
import pytest

from nba_assets.calendar import (
    Dates,
    box_score_known_at,
    decision_at,
    eastern,
    eastern_expr,
    season_year,
    tip_off_or_assumed,
)


def value(expr: pl.Expr, **columns: object) -> object:
    return pl.DataFrame({name: [content] for name, content in columns.items()}).select(expr).item()


def test_eastern_time_follows_daylight_saving() -> None:
    assert eastern(date(2024, 1, 15), time(12)) == datetime(2024, 1, 15, 17, tzinfo=UTC)
    assert eastern(date(2024, 6, 15), time(12)) == datetime(2024, 6, 15, 16, tzinfo=UTC)
    assert value(eastern_expr(pl.col("d"), time(12)), d=date(2024, 6, 15)) == datetime(2024, 6, 15, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("game_date", "known"),
    [
        (date(2024, 1, 15), datetime(2024, 1, 16, 7, tzinfo=UTC)),
        (date(2019, 3, 9), datetime(2019, 3, 10, 7, tzinfo=UTC)),  # 02:00 does not exist that night
        (date(2023, 11, 4), datetime(2023, 11, 5, 6, tzinfo=UTC)),  # 01:00 exists twice
    ],
)
def test_box_scores_are_known_two_hours_after_midnight(game_date: date, known: datetime) -> None:
    assert value(box_score_known_at(pl.col("d")), d=game_date) == known


def test_noon_is_tip_off_where_that_is_earlier() -> None:
    day, matinee = date(2024, 1, 15), datetime(2024, 1, 15, 16, 30, tzinfo=UTC)
    late = datetime(2024, 1, 16, 0, 0, tzinfo=UTC)
    noon = decision_at("noon", pl.col("tip"), pl.col("d"))
    assert value(noon, tip=matinee, d=day) == matinee
    assert value(noon, tip=late, d=day) == datetime(2024, 1, 15, 17, tzinfo=UTC)


def test_tip_is_a_quarter_of_an_hour_before_tip_off() -> None:
    tip = datetime(2024, 1, 16, 0, 0, tzinfo=UTC)
    decided = value(decision_at("tip", pl.col("tip"), pl.col("d")), tip=tip, d=date(2024, 1, 15))
    assert decided == datetime(2024, 1, 15, 23, 45, tzinfo=UTC)


def test_unknown_decision_is_named() -> None:
    with pytest.raises(ValueError, match="'dawn'; known: noon, tip"):
        decision_at("dawn", pl.col("tip"), pl.col("d"))


def test_unpublished_tip_off_is_seven_in_the_evening() -> None:
    frame = pl.DataFrame({"tip": [None], "d": [date(2024, 1, 15)]}, schema_overrides={"tip": pl.Datetime("us", "UTC")})
    assert frame.select(tip_off_or_assumed(pl.col("tip"), pl.col("d"))).item() == datetime(2024, 1, 16, tzinfo=UTC)


def test_dates_overlap() -> None:
    january = Dates(date(2024, 1, 1), date(2024, 1, 31))
    assert january.overlap(Dates(date(2024, 1, 20), date(2024, 2, 5))) == Dates(date(2024, 1, 20), date(2024, 1, 31))
    assert january.overlap(Dates(date(2024, 2, 1), date(2024, 2, 5))) is None
    assert season_year("2023-24") == 2023
