"""Bets: what a chance is worth at a book's price, and what became of it."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from nba_assets.features.history import Floats
from nba_assets.league.lines import no_vig_over
from nba_assets.modelling.distributions import chance_over

# What most books ask for either side of a main line.
USUAL_PRICE = -110
KELLY_SHARE = 0.25


def prob_over(quantiles: Floats, line: Floats) -> Floats:
    """Return the chance of more than the line among the outcomes that decide: a whole number may be hit, which does not.

    Args:
        quantiles: (rows, levels) of whole points.
        line: NaN where there is none.
    """
    whole = line == np.floor(line)
    over = chance_over(quantiles, line + 0.5 * whole)
    decides = over + 1 - chance_over(quantiles, line - 0.5 * whole)
    return np.where(np.isnan(line), np.nan, over / np.where(whole, decides, 1.0))


def bets() -> dict[str, pl.Expr]:
    """Return no_vig_over, edge, recommendation and kelly_stake of rows with betting_line, over_price, under_price, prob_over.

    A bet is worth its chance times what the price pays, less the stake; the side that is worth more is recommended if it is
    worth anything. Kelly, "A New Interpretation of Information Rate", 1956: the share of the bankroll that makes it grow
    fastest is that worth divided by the net pay; a quarter of it is staked, because chances are estimates.
    """
    chance, fair = pl.col("prob_over"), no_vig_over()
    over = chance * pays("over_price") - 1
    under = (1 - chance) * pays("under_price") - 1
    best, net = (
        pl.max_horizontal(over, under),
        pl.when(over >= under).then(pays("over_price")).otherwise(pays("under_price")) - 1,
    )
    side = pl.when(over >= under).then(pl.lit("OVER")).otherwise(pl.lit("UNDER"))
    return {
        "no_vig_over": fair,
        "edge": chance - fair,
        "recommendation": pl.when(chance.is_null()).then(None).when(best > 0).then(side).otherwise(pl.lit("PASS")),
        "kelly_stake": pl.when(fair.is_not_null()).then(KELLY_SHARE * pl.max_horizontal(best, 0.0) / net),
    }


def pays(price: str) -> pl.Expr:
    """Return what one unit pays if it wins, the stake included; where there is no price, the usual one."""
    odds = pl.col(price).fill_null(USUAL_PRICE)
    return 1 + pl.when(odds > 0).then(odds / 100).otherwise(-100 / odds)


def outcomes() -> dict[str, pl.Expr]:
    """Return bet_outcome, bet_return and closing_line_value.

    Of rows with recommendation, outcome, actual_points, betting_line, closing_line and prices.
    """
    over, line, actual = pl.col("recommendation") == "OVER", pl.col("betting_line"), pl.col("actual_points")
    won = (over & (actual > line)) | (~over & (actual < line))
    is_bet = pl.col("recommendation").is_in(["OVER", "UNDER"])
    result = _first(
        [
            (~is_bet.fill_null(value=False), None),
            (pl.col("outcome") == "void", "VOID"),
            (actual == line, "PUSH"),
            (won, "WIN"),
        ],
        "LOSS",
    )
    price = pl.when(over).then("over_price").otherwise("under_price")
    net = pl.when(over).then(pays("over_price")).otherwise(pays("under_price")) - 1
    gain = pl.when(result == "WIN").then(net).when(result == "LOSS").then(-1.0).when(result.is_not_null()).then(0.0)
    moved = pl.col("closing_line") - line
    return {
        "bet_outcome": result,
        "bet_return": pl.when(price.is_not_null()).then(gain),
        "closing_line_value": pl.when(is_bet).then(pl.when(over).then(moved).otherwise(-moved)),
    }


def _first(cases: Sequence[tuple[pl.Expr, str | None]], otherwise: str) -> pl.Expr:
    (condition, value), *rest = cases
    found = pl.when(condition).then(pl.lit(value))
    for condition, value in rest:
        found = found.when(condition).then(pl.lit(value))
    return found.otherwise(pl.lit(otherwise))
