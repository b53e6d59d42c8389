from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.features.form import quotient, spread
from nba_assets.features.history import LOOK_BACK, History, decayed, total

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


def test_a_game_of_the_day_itself_is_not_seen() -> None:
    history = History.before(asked(0, 2, 3, 100), games([10, 20, 30]), "player_id")
    assert history.count.tolist() == [0, 1, 2, 3]
    assert total(history.lags("pts"), 5).tolist() == [0.0, 10.0, 30.0, 60.0]
    assert history.lags("pts")[3, :4].tolist() == [30.0, 20.0, 10.0, 0.0]
    assert history.last("pts").to_list() == [None, 10, 20, 30]


def test_windows_and_decay_by_hand() -> None:
    history = History.before(asked(100), games([8, 4, 2]), "player_id")
    assert total(history.lags("pts"), 2).tolist() == [6.0]
    assert decayed(history.lags("pts"), 0.5).tolist() == [2 + 4 * 0.5 + 8 * 0.25]
    assert decayed(history.held, 0.5).tolist() == [1.75]
    assert spread(history.lags("pts"), history.held, 3).to_list() == [np.sqrt((84 - 14**2 / 3) / 2)]
    assert spread(history.lags("pts"), history.held, 1).to_list() == [None]


def test_a_season_starts_at_zero() -> None:
    both = pl.concat([games([5, 6], season="2022-23"), games([7], season="2023-24").with_columns(game_date=date(2024, 1, 1))])
    history = History.before(pl.concat([asked(300), asked(300, season="2024-25")]), both, "player_id")
    assert history.season_to_date("pts").tolist() == [7, 0]
    assert history.season_games.tolist() == [1, 0]
    assert history.count.tolist() == [3, 3]


def test_a_player_without_games_has_no_form() -> None:
    history = History.before(asked(5, player=2), games([10]), "player_id")
    assert history.count.tolist() == [0]
    assert quotient(total(history.lags("pts"), 5), total(history.held, 5)).to_list() == [None]
    empty = History.before(asked(5), games([]), "player_id")
    assert empty.last("pts").to_list() == [None]
    assert total(empty.lags("pts"), 5).tolist() == [0.0]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=60), st.integers(0, 59))
def test_a_row_depends_on_its_own_last_forty_games_only(points: list[int], cut: int) -> None:
    question = asked(2 * len(points))
    others = pl.concat([games(points), games(points[::-1], player=2), games([50] * 3, player=0)])
    alone = games(points)[-LOOK_BACK:]
    together, apart = (History.before(question, frame, "player_id") for frame in (others, alone))
    for decay in (0.9, 0.8):
        assert decayed(together.lags("pts"), decay).tobytes() == decayed(apart.lags("pts"), decay).tobytes()
    plain = np.array(points[::-1][:LOOK_BACK], dtype=float)
    assert np.isclose(decayed(together.lags("pts"), 0.9)[0], (plain * 0.9 ** np.arange(len(plain))).sum())
    later = History.before(
        question, pl.concat([others, games([99] * (cut + 1)).with_columns(game_date=date(2025, 1, 1))]), "player_id"
    )
    assert later.lags("pts").tobytes() == together.lags("pts").tobytes()
