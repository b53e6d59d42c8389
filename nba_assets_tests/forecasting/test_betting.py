"""Bets by hand: chances, prices, stakes, and what became of them."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.evaluation.betting import settled
from nba_assets.forecasting.betting import bets, prob_over, sized
from nba_assets.league.lines import no_vig_over
from nba_assets.modelling.distributions import LEVELS


def bet(chance: float | None, over: int | None = -110, under: int | None = -110) -> dict[str, object]:
    kinds = {"prob_over": pl.Float64, "over_price": pl.Int64, "under_price": pl.Int64}
    row = pl.DataFrame({"prob_over": [chance], "over_price": [over], "under_price": [under]}, schema=kinds)
    row = row.with_columns(no_vig_over=no_vig_over())
    return row.select("no_vig_over", **bets()).row(0, named=True)


def test_an_even_line_is_worth_nothing_to_who_has_no_opinion() -> None:
    found = bet(0.5)
    assert (found["no_vig_over"], found["edge"], found["recommendation"], found["kelly_stake"]) == (0.5, 0.0, "PASS", 0.0)


def test_a_bet_by_hand() -> None:
    found = bet(0.6, 120, -140)
    # Margins: 100 / 220 and 140 / 240.
    fair = (100 / 220) / (100 / 220 + 140 / 240)
    assert found["no_vig_over"] == pytest.approx(fair)
    assert found["edge"] == pytest.approx(0.6 - fair)
    assert found["recommendation"] == "OVER"
    # 0.6 x 2.2 - 1 = 0.32 on a net pay of 1.2, and a quarter of it.
    assert found["kelly_stake"] == pytest.approx(0.25 * 0.32 / 1.2)
    assert bet(0.3, 120, -140)["recommendation"] == "UNDER"
    assert bet(0.57, -137, -137)["recommendation"] == "PASS"


def test_without_a_price_the_usual_one_decides_and_nothing_is_staked() -> None:
    found = bet(0.6, None, None)
    assert (found["recommendation"], found["kelly_stake"], found["edge"], found["no_vig_over"]) == ("OVER", None, None, None)
    assert bet(0.52, None, None)["recommendation"] == "PASS"
    assert bet(0.6, -110, None)["edge"] is None
    assert list(bet(None, None, None).values()) == [None] * 4


@given(st.floats(0, 1), st.integers(-1000, 1000).filter(lambda price: abs(price) >= 100), st.integers(100, 1000))
def test_a_stake_is_a_share_and_only_on_what_is_worth_it(chance: float, over: int, against: int) -> None:
    found = bet(chance, over, -against)
    assert isinstance(found["kelly_stake"], float)
    assert 0 <= found["kelly_stake"] <= 0.25
    assert (found["kelly_stake"] > 0) == (found["recommendation"] != "PASS")


def result(
    side: str | None, actual: float | None, line: float | None, closing: float | None = None, over: int | None = 150
) -> tuple[object, ...]:
    row = {"recommendation": side, "actual_points": actual, "betting_line": line, "closing_over": closing, "no_vig_over": 0.5}
    row |= {
        "outcome": "void" if actual is None else "played",
        "over_price": over,
        "under_price": None if over is None else -200,
    }
    kinds = {"recommendation": pl.String, "actual_points": pl.Float64, "betting_line": pl.Float64, "closing_over": pl.Float64}
    kinds |= {"no_vig_over": pl.Float64}
    kinds |= {"outcome": pl.String, "over_price": pl.Int64, "under_price": pl.Int64}
    return pl.DataFrame([row], schema=kinds).select(**settled()).row(0)


def test_what_became_of_a_bet() -> None:
    assert result("OVER", 12.0, 10.5) == ("WIN", 1.5, None)
    assert result("OVER", 9.0, 10.5) == ("LOSS", -1.0, None)
    assert result("UNDER", 9.0, 10.5) == ("WIN", 0.5, None)
    assert result("UNDER", 10.0, 10.0) == ("PUSH", 0.0, None)
    assert result("OVER", None, 10.5) == ("VOID", 0.0, None)
    assert result("PASS", 12.0, 10.5, 0.6) == (None, None, None)
    assert result(None, 12.0, None) == (None, None, None)
    assert result("OVER", 12.0, 10.5, over=None) == ("WIN", None, None)


def test_a_chance_that_moves_towards_the_bet_has_value() -> None:
    assert result("OVER", 12.0, 10.5, 0.55)[2] == pytest.approx(0.05)
    assert result("UNDER", 12.0, 10.5, 0.55)[2] == pytest.approx(-0.05)


def night(*stakes: tuple[int, float | None]) -> pl.DataFrame:
    """Predictions of one night: the hour of the decision, and the stake."""
    rows = [
        {"model_id": "m", "market": "p", "decision": "tip", "game_date": date(2024, 1, 1)}
        | {"predicted_at": datetime(2024, 1, 1, hour, tzinfo=UTC), "kelly_stake": stake}
        for hour, stake in stakes
    ]
    return pl.DataFrame(rows, schema_overrides={"kelly_stake": pl.Float64})


def test_the_bets_of_a_night_stake_no_more_than_the_cap() -> None:
    none = night((1, 0.0)).clear()
    assert sized(night((1, 0.03), (1, None), (2, 0.05)), none, 0.1)["kelly_stake"].to_list() == [0.03, None, 0.05]
    # Together 0.2: each half of what it would be alone.
    assert sized(night((1, 0.15), (1, 0.05)), none, 0.1)["kelly_stake"].to_list() == pytest.approx([0.075, 0.025])
    # What is staked earlier is staked; later games share what is left.
    assert sized(night((2, 0.08), (1, 0.06)), none, 0.1)["kelly_stake"].to_list() == pytest.approx([0.04, 0.06])
    assert sized(night((1, 0.2), (2, 0.01)), none, 0.1)["kelly_stake"].to_list() == pytest.approx([0.1, 0.0])
    assert sized(night((2, 0.08)), night((1, 0.09)), 0.1)["kelly_stake"].to_list() == pytest.approx([0.01])


def test_a_whole_line_may_be_hit_which_decides_nothing() -> None:
    # Points 0 … 98 alike: of ten, nine in 99 are below and 88 above.
    quantiles = np.arange(99, dtype=float)[None, :]
    assert prob_over(quantiles, np.array([10.5]))[0] == pytest.approx(1 - (LEVELS[10] + 0.005), abs=1e-9)
    above, below = 1 - (LEVELS[10] + 0.005), LEVELS[9] + 0.005
    assert prob_over(quantiles, np.array([10.0]))[0] == pytest.approx(above / (above + below), abs=1e-9)
    assert np.isnan(prob_over(quantiles, np.array([np.nan]))[0])
