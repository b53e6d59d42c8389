"""The chance of the over beside a market: at the prior the market alone, and as far towards the model as lines support."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from nba_assets.forecasting.chances import COLUMNS, Earlier, market_chances
from nba_assets.modelling.clusters import mean_interval

FIRST = date(2024, 1, 1)


def lines(
    rng: np.random.Generator, days: int, worth: float, *, price: bool = True, book: str = "a"
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """30 lines a day with their outcomes: the truth is the market's log-odds and `worth` of what the model has beyond them."""
    count = 30 * days
    market, beyond = rng.normal(0, 0.15, count) * price, rng.normal(0, 0.4, count)
    over = rng.random(count) < 1 / (1 + np.exp(-(market + worth * beyond)))
    number = np.arange(count)
    rows = pl.DataFrame(
        {
            "model_id": "m",
            "market": "player_points",
            "decision": "tip",
            "game_date": [FIRST + timedelta(days=int(day)) for day in number // 30],
            "game_id": (number // 30).astype(str),
            "player_id": number % 30,
            "bookmaker": book,
            "betting_line": 10.5,
            "no_vig_over": pl.Series(1 / (1 + np.exp(-market))) if price else pl.Series([None] * count, dtype=pl.Float64),
            "model_prob_over": 1 / (1 + np.exp(-(market + beyond))),
            "form": 10.0,
        }
    ).select(COLUMNS)
    results = rows.select("game_date", "game_id", "player_id").with_columns(
        player_points=pl.Series(np.where(over, 12.0, 8.0)), player_points_rebounds_assists=pl.lit(0.0)
    )
    return rows, results


def test_without_any_lines_settled_it_is_the_market() -> None:
    rows, _ = lines(np.random.default_rng(1), 3, 1.0)
    found = market_chances(rows, Earlier.none())
    # A new book's prior is wide only about coefficients of mean zero: log-odds shrink by a few per cent at most.
    assert found.to_numpy() == pytest.approx(rows["no_vig_over"].to_numpy(), abs=0.01)
    priceless, _ = lines(np.random.default_rng(1), 3, 1.0, price=False)
    assert market_chances(priceless, Earlier.none()).to_numpy() == pytest.approx(np.full(90, 0.5))


@pytest.mark.parametrize("price", [True, False])
def test_a_model_that_knows_more_is_believed_and_one_that_does_not_is_not(price: bool) -> None:
    for worth in (0.0, 0.5):
        rows, results = lines(np.random.default_rng(2), 120, worth, price=price)
        found = rows.with_columns(market_chances(rows, Earlier(rows.clear(), results)))
        late = found.filter(pl.col("game_date") >= FIRST + timedelta(days=60))
        market = late["no_vig_over"].fill_null(0.5).to_numpy()
        model, said = (np.log(late[name] / (1 - late[name])).to_numpy() for name in ("model_prob_over", "prob_over"))
        moved = np.polyfit(model - np.log(market / (1 - market)), said - np.log(market / (1 - market)), 1)[0]
        assert moved == pytest.approx(worth, abs=0.2)
        over = results.join(late, on=["game_date", "game_id", "player_id"])["player_points"].to_numpy() > 10
        calibration = mean_interval(late.with_columns(off=pl.Series(over - late["prob_over"].to_numpy())), pl.col("off"))
        assert calibration.low is not None
        assert calibration.low < 0 < (calibration.high or 0)


def test_a_chance_knows_only_lines_settled_before_its_week() -> None:
    rows, results = lines(np.random.default_rng(3), 21, 0.8)
    told = market_chances(rows, Earlier(rows.clear(), results))
    late = pl.col("game_date") >= FIRST + timedelta(days=14)
    turned = results.with_columns(player_points=pl.when(late).then(20 - pl.col("player_points")).otherwise("player_points"))
    again = market_chances(rows, Earlier(rows.clear(), turned))
    # The third week's outcomes change nothing of the three weeks; the second's change the third.
    assert again.equals(told)
    early = results.with_columns(player_points=20 - pl.col("player_points"))
    other = market_chances(rows, Earlier(rows.clear(), early))
    same = (rows["game_date"] < FIRST + timedelta(days=7)).to_numpy()
    assert np.array_equal(other.to_numpy()[same], told.to_numpy()[same])
    assert not np.isclose(other.to_numpy()[~same], told.to_numpy()[~same]).all()


def test_a_range_of_dates_gives_what_each_date_gives_alone() -> None:
    rows, results = lines(np.random.default_rng(4), 16, 0.5)
    whole = rows.with_columns(market_chances(rows, Earlier(rows.clear(), results)))
    day = FIRST + timedelta(days=15)
    before, alone = rows.filter(pl.col("game_date") < day), rows.filter(pl.col("game_date") == day)
    again = alone.with_columns(market_chances(alone.reverse(), Earlier(before.reverse(), results)).reverse())
    assert again.equals(whole.filter(pl.col("game_date") == day))


def test_a_push_and_a_line_without_a_result_teach_nothing_and_no_line_has_no_chance() -> None:
    rows, results = lines(np.random.default_rng(5), 14, 0.5)
    pushes = rows.with_columns(betting_line=pl.lit(12.0))
    there = results.with_columns(player_points=pl.lit(12.0))
    assert market_chances(pushes, Earlier(rows.clear(), there)).equals(
        market_chances(pushes, Earlier(rows.clear(), there.clear()))
    )
    nothing = rows.with_columns(betting_line=pl.lit(None, pl.Float64), model_prob_over=pl.lit(None, pl.Float64))
    assert market_chances(nothing, Earlier(rows.clear(), results)).null_count() == rows.height
