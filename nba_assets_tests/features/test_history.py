from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.features.form import spread
from nba_assets.features.history import LOOK_BACK, History, decayed, quotient, total

FIRST = date(2023, 10, 24)


def games(points: list[int], player: int = 1, season: str = "2023-24") -> pl.DataFrame:
    days = [FIRST + timedelta(days=2 * number) for number in range(len(points))]
    return pl.DataFrame(
        {"player_id": player, "game_date": days, "game_id": [str(day) for day in days], "season": season, "pts": points},
        schema={"player_id": pl.Int64, "game_date": pl.Date, "game_id": pl.String, "season": pl.String, "pts": pl.Int64},
    )


def asked(*days: int, player: int = 1, season: str = "2023-24") -> pl.DataFrame:
    dates = [FIRST + timedelta(days=day) for day in days]
    return pl.DataFrame({"player_id": player, "game_date": dates, "season": season})


def history(points: list[int] | pl.DataFrame, *days: int, player: int = 1, season: str = "2023-24") -> History:
    frame = points if isinstance(points, pl.DataFrame) else games(points)
    return History(frame, asked(*days, player=player, season=season), "player_id")


def sums(past: History, count: int) -> list[float]:
    return total(past.column("pts"), count)[past.at].tolist()


def test_a_game_of_the_day_itself_is_not_seen() -> None:
    past = history([10, 20, 30], 0, 2, 3, 100)
    assert sums(past, 5) == [0.0, 10.0, 30.0, 60.0]
    assert sums(past, 1) == [0.0, 10.0, 20.0, 30.0]
    assert total(past.held, 5)[past.at].tolist() == [0, 1, 2, 3]
    assert past.last("pts").to_list() == [None, 10, 20, 30]
    assert past.last_day().to_list() == [None, 2, 1, 96]


def test_windows_and_decay_by_hand() -> None:
    past = history([8, 4, 2], 100)
    points = past.column("pts")
    assert sums(past, 2) == [6.0]
    assert decayed(points, 0.5)[past.at].tolist() == [2 + 4 * 0.5 + 8 * 0.25]
    assert decayed(past.held, 0.5)[past.at].tolist() == [1.75]
    assert spread(points, past.held, 3)[past.at].tolist() == [np.sqrt((84 - 14**2 / 3) / 2)]
    assert np.isnan(spread(points, past.held, 1)[past.at]).all()


def test_windows_by_days() -> None:
    # Games on days 0, 2 and 4.
    past = history([8, 4, 2], 5, 9)
    points = past.column("pts")
    assert past.since(points, past.before_days(3)).tolist() == [6.0, 0.0]
    assert past.since(points, past.before_days(5)).tolist() == [14.0, 2.0]


def test_a_season_starts_at_zero() -> None:
    both = pl.concat([games([5, 6], season="2022-23"), games([7], season="2023-24").with_columns(game_date=date(2024, 1, 1))])
    for season, points in (("2023-24", 7), ("2024-25", 0)):
        past = history(both, 300, season=season)
        assert past.since(past.column("pts"), past.before_season()).tolist() == [points]
        assert sums(past, 5) == [18.0]


def test_a_player_without_games_has_no_form() -> None:
    for past in (history([10], 5, player=2), history([10], 5, player=0), history([], 5)):
        assert past.last("pts").to_list() == [None]
        assert sums(past, 5) == [0.0]
        assert np.isnan(quotient(total(past.column("pts"), 5), total(past.held, 5))[past.at]).all()


@given(st.lists(st.integers(0, 60), min_size=1, max_size=60), st.integers(0, 59))
def test_a_row_depends_on_its_own_last_forty_games_only(points: list[int], cut: int) -> None:
    day = 2 * len(points)
    others = pl.concat([games(points), games(points[::-1], player=2), games([50] * 3, player=0)])
    together, apart = history(others, day), history(games(points)[-LOOK_BACK:], day)
    plain = np.array(points[::-1][:LOOK_BACK], dtype=float)
    for decay in (0.9, 0.8, 0.97):
        one, two = (decayed(past.column("pts"), decay)[past.at] for past in (together, apart))
        assert one.tobytes() == two.tobytes()
        assert np.isclose(one[0], (plain * decay ** np.arange(len(plain))).sum())
    later = pl.concat([others, games([99] * (cut + 1)).with_columns(game_date=date(2025, 1, 1))])
    assert sums(history(later, day), 20) == sums(together, 20) == sums(apart, 20) == [plain[:20].sum()]
