"""Settled bets: outcome, return and closing-line value. What is bet is decided in `forecasting.betting`."""

import polars as pl

from nba_assets.forecasting.betting import pays


def settled() -> dict[str, pl.Expr]:
    """Return bet_outcome, bet_return and closing_line_value.

    Of rows with recommendation, outcome, actual_points, betting_line, no_vig_over, closing_over and prices.
    """
    over, line, actual = pl.col("recommendation") == "OVER", pl.col("betting_line"), pl.col("actual_points")
    won = (over & (actual > line)) | (~over & (actual < line))
    is_bet = pl.col("recommendation").is_in(["OVER", "UNDER"])
    result = (
        pl.when(~is_bet.fill_null(value=False))
        .then(pl.lit(None, pl.String))
        .when(pl.col("outcome") == "void")
        .then(pl.lit("VOID"))
        .when(actual == line)
        .then(pl.lit("PUSH"))
        .when(won)
        .then(pl.lit("WIN"))
        .otherwise(pl.lit("LOSS"))
    )
    price = pl.when(over).then("over_price").otherwise("under_price")
    net = pl.when(over).then(pays("over_price")).otherwise(pays("under_price")) - 1
    gain = pl.when(result == "WIN").then(net).when(result == "LOSS").then(-1.0).when(result.is_not_null()).then(0.0)
    moved = pl.col("closing_over") - pl.col("no_vig_over")
    return {
        "bet_outcome": result,
        "bet_return": pl.when(price.is_not_null()).then(gain),
        "closing_line_value": pl.when(is_bet).then(pl.when(over).then(moved).otherwise(-moved)),
    }
