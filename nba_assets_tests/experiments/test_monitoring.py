from datetime import date

import polars as pl

from nba_assets.experiments.monitoring import missing_dates

DAYS = [date(2024, 1, day) for day in range(1, 5)]


def games(*days: int, **more: object) -> pl.DataFrame:
    frame = pl.DataFrame({"game_id": [f"g{day}" for day in days], "game_date": [DAYS[day] for day in days]})
    return frame.cast({"game_id": pl.String, "game_date": pl.Date}).with_columns(**{k: pl.lit(v) for k, v in more.items()})


def played(*days: int) -> pl.DataFrame:
    return pl.concat([games(*days, team_id=1), games(*days, team_id=2)])


def test_what_is_missing_is_named_by_date() -> None:
    schedule = pl.concat([games(0, 1, 2, status="scheduled"), games(3, status="postponed")])
    one_team = pl.concat([played(0, 1), games(2, team_id=1)])
    found = missing_dates(schedule, one_team, games(0, 1), games(1, 2), games())
    assert found.rows() == [
        (DAYS[1], "grades", 1),
        (DAYS[2], "box scores", 1),
        (DAYS[2], "features", 1),
    ]


def test_before_anything_is_predicted_no_prediction_is_missing() -> None:
    assert missing_dates(games(0, status="scheduled"), played(0), games(0), games(), games()).is_empty()
