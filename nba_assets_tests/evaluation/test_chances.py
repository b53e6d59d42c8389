"""Calibration, log loss, returns and bankroll of chances, by hand and on chances that are known to be right or wrong."""

from datetime import date, timedelta
from math import log

import numpy as np
import polars as pl
import pytest

from nba_assets.evaluation.chances import bankroll, line_figures, reliability, reliability_picture
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets_tests.rows import of

FIRST = date(2024, 1, 1)


def bets(rng: np.random.Generator, sharpness: float, count: int = 6000) -> pl.DataFrame:
    """Graded lines whose stated log-odds are `1 / sharpness` times the true ones."""
    odds = rng.normal(0, 0.4, count)
    over = rng.random(count) < 1 / (1 + np.exp(-odds))
    rows = of(GRADED_PREDICTIONS, *({"model_id": "m", "market": "p", "decision": "tip"} for _ in range(count)))
    said = 1 / (1 + np.exp(-odds / sharpness))
    return rows.with_columns(
        game_date=pl.Series([FIRST + timedelta(days=number % 100) for number in range(count)]),
        player_id=pl.Series(rng.integers(0, 200, count)),
        betting_line=pl.lit(10.5),
        actual_points=pl.Series(np.where(over, 12.0, 9.0)),
        prob_over=pl.Series(said),
        model_prob_over=pl.Series(said),
        no_vig_over=pl.lit(0.5),
        bookmaker=pl.lit("Book"),
    )


def test_the_slope_is_one_where_chances_are_right_and_below_where_they_are_overconfident() -> None:
    right, wrong = (line_figures(bets(np.random.default_rng(1), sharpness)) for sharpness in (1.0, 0.4))
    assert right["slope_low"] < 1 < right["slope_high"]
    assert right["log_loss_less_no_vig_high"] < 0
    assert wrong["slope"] == pytest.approx(0.4, abs=0.1)
    assert wrong["slope_high"] < 1
    assert wrong["log_loss"] > wrong["log_loss_no_vig"] == pytest.approx(log(2))


def test_few_or_equal_chances_have_no_slope() -> None:
    rows = bets(np.random.default_rng(2), 1.0)
    assert line_figures(rows.head(50))["slope"] is None
    assert line_figures(rows.with_columns(prob_over=pl.lit(0.5)))["slope"] is None
    assert line_figures(rows.clear())["log_loss"] is None


def test_a_bankroll_by_hand() -> None:
    """Half of it is staked on the first night and lost; a tenth on the second wins three for one; nobody bets on the third."""
    rows = of(
        GRADED_PREDICTIONS,
        {"game_date": FIRST, "kelly_stake": 0.3, "bet_return": -1.0},
        {"game_date": FIRST, "kelly_stake": 0.2, "bet_return": -1.0},
        {"game_date": FIRST + timedelta(days=1), "kelly_stake": 0.1, "bet_return": 3.0},
        {"game_date": FIRST + timedelta(days=2), "kelly_stake": 0.0, "bet_return": None},
    )
    found = bankroll(rows)
    assert found == {"most_staked": pytest.approx(0.5), "bankroll": pytest.approx(0.5 * 1.3), "drawdown": pytest.approx(0.5)}
    assert bankroll(rows.clear()) == {"most_staked": None, "bankroll": None, "drawdown": None}


def test_returns_are_kept_apart_by_who_offers_the_line() -> None:
    rows = (
        bets(np.random.default_rng(3), 1.0)
        .head(8)
        .with_columns(
            bookmaker=pl.Series(["Book"] * 4 + ["PrizePicks", "Underdog", "Prize Picks", "Book"]),
            bet_return=pl.Series([1.0, -1.0, 1.0, -1.0, 0.5, 0.5, -1.0, None]),
        )
    )
    found = line_figures(rows)
    assert (found["bets_sportsbook"], found["return_sportsbook"]) == (4, 0.0)
    assert (found["bets_pickem"], found["return_pickem"]) == (3, 0.0)


def test_reliability_by_tenths() -> None:
    rows = bets(np.random.default_rng(4), 1.0)
    found = reliability(rows)
    assert found["tenth"].to_list() == list(range(1, 11))
    assert found["n"].to_list() == [600] * 10
    assert found["said"].is_sorted()
    held = found.select(pl.col("said").is_between("happened_low", "happened_high").sum()).item()
    assert held >= 8
    assert reliability_picture(found, "m").png.startswith(b"\x89PNG")
