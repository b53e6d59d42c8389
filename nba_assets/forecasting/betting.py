"""Bets at the decision: what a chance is worth at a book's price. What became of a bet is in `evaluation.betting`."""

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.modelling.distributions import chance_over

# What most books ask for either side of a main line.
USUAL_PRICE = -110
KELLY_SHARE = 0.25


def prob_over(quantiles: Floats, line: Floats) -> Floats:
    """Return (rows,) the chance of the over among outcomes that are not a push: a whole-number line can be hit exactly.

    Args:
        quantiles: (rows, levels) of whole-number outcomes.
        line: (rows,) NaN where there is none.
    """
    whole = line == np.floor(line)
    over = chance_over(quantiles, line + 0.5 * whole)
    decides = over + 1 - chance_over(quantiles, line - 0.5 * whole)
    return np.where(np.isnan(line), np.nan, over / np.where(whole, decides, 1.0))


def bets() -> dict[str, pl.Expr]:
    """Return edge, recommendation and kelly_stake of rows with over_price, under_price, no_vig_over and prob_over.

    The expected value of a bet is its chance times what the price pays, less the stake; the side with the higher one is
    recommended if it is positive. Kelly, "A New Interpretation of Information Rate", 1956: the share of the bankroll that
    grows it fastest is the expected value divided by the net odds; a quarter of it is staked, because chances are estimates.
    """
    chance, fair = pl.col("prob_over"), pl.col("no_vig_over")
    over = chance * pays("over_price") - 1
    under = (1 - chance) * pays("under_price") - 1
    is_over = over >= under
    best = pl.max_horizontal(over, under)
    net = pl.when(is_over).then(pays("over_price")).otherwise(pays("under_price")) - 1
    side = pl.when(is_over).then(pl.lit("OVER")).otherwise(pl.lit("UNDER"))
    return {
        "edge": chance - fair,
        "recommendation": pl.when(chance.is_null()).then(None).when(best > 0).then(side).otherwise(pl.lit("PASS")),
        "kelly_stake": pl.when(fair.is_not_null()).then(KELLY_SHARE * pl.max_horizontal(best, 0.0) / net),
    }


def pays(price: str) -> pl.Expr:
    """Return what one unit pays if it wins, the stake included; where there is no price, the usual one."""
    odds = pl.col(price).fill_null(USUAL_PRICE)
    return 1 + pl.when(odds > 0).then(odds / 100).otherwise(-100 / odds)


NIGHT = ("model_id", "market", "decision", "game_date")


def sized(rows: pl.DataFrame, frozen: pl.DataFrame, most: float) -> pl.DataFrame:
    """Return rows whose stakes of one night add up to at most a share of the bankroll, those of frozen rows included.

    Kelly sizes each bet as if it were alone; bets that are open together are scaled down together, in proportion. Of a
    night's decisions the earlier ones come first, because they are staked before the later ones are known.

    Args:
        rows: predictions to store, with kelly_stake as of `bets`.
        frozen: predictions of the same nights that stay as they are.
        most: share of the bankroll.
    """
    used = frozen.group_by(NIGHT).agg(used=pl.col("kelly_stake").sum())
    at_once = rows.group_by(*NIGHT, "predicted_at").agg(asked=pl.col("kelly_stake").sum()).sort("predicted_at", *NIGHT)
    left: dict[tuple[object, ...], float] = {tuple(night): most - float(spent) for *night, spent in used.iter_rows()}
    factors: list[float] = []
    for *night, _, asked in at_once.iter_rows():
        room = max(left.get(tuple(night), most), 0.0)
        factors.append(min(1.0, room / asked) if asked > 0 else 1.0)
        left[tuple(night)] = room - asked * factors[-1]
    shares = at_once.with_columns(_factor=pl.Series(factors, dtype=pl.Float64)).drop("asked")
    joined = rows.join(shares, on=[*NIGHT, "predicted_at"], how="left", maintain_order="left")
    return joined.with_columns(kelly_stake=pl.col("kelly_stake") * pl.col("_factor")).drop("_factor")
