"""Betting lines: which line counts, and which chances its prices imply."""

import polars as pl

from nba_assets.tables import facts
from nba_assets.tables.versions import as_of_each

# Markets, as books name them.
POINTS, POINTS_REBOUNDS_ASSISTS = "player_points", "player_points_rebounds_assists"
PREDICTION = ["game_id", "game_date", "player_id", "decision"]
# American odds are never smaller than this.
EVEN = 100


def betting_lines(predictions: pl.DataFrame, prop_lines: pl.DataFrame, market: str) -> pl.DataFrame:
    """Return the line that counts for each prediction, as known at its decision.

    Of the books' main lines the one nearest to their median counts; of several the one whose two sides are priced most alike,
    then the first by the book's name. A line is ambiguous if another number is as near to the median and priced as evenly, or
    if its book has several main lines: the book moved it and no stamp tells when.

    Args:
        predictions: game_id, game_date, player_id, decision, decision_at.
        prop_lines: facts `prop_lines`, all versions.
        market: as books name it.

    Returns:
        game_id, game_date, player_id, decision, betting_line, bookmaker, over_price, under_price, line_is_ambiguous, known_at
        (when a book last changed anything); a prediction without a line has no row.
    """
    main = main_lines(predictions, prop_lines, market)
    off_middle = (pl.col("line") - pl.col("line").median().over(PREDICTION)).abs()
    ranked = main.with_columns(off_middle=off_middle)
    best = pl.col("off_middle") == pl.col("off_middle").min().over(PREDICTION)
    nearest = ranked.filter(best)
    evenest = nearest.filter(pl.col("apart") == pl.col("apart").min().over(PREDICTION))
    several = (pl.col("line").n_unique().over(PREDICTION) > 1) | (pl.col("main_lines") > 1)
    return (
        evenest.with_columns(line_is_ambiguous=several)
        .sort(*PREDICTION, "bookmaker", "line")
        .unique(PREDICTION, keep="first", maintain_order=True)
        .join(main.group_by(PREDICTION).agg(pl.col("known_at").max()), on=PREDICTION, suffix="_of_any")
        .select(
            *PREDICTION,
            *("bookmaker", "over_price", "under_price", "line_is_ambiguous"),
            known_at="known_at_of_any",
            betting_line="line",
        )
    )


def main_lines(predictions: pl.DataFrame, prop_lines: pl.DataFrame, market: str) -> pl.DataFrame:
    """Return each book's main lines, as known at each prediction's decision.

    Of each book the newest snapshot counts, and of that the lines whose two sides are priced most alike (a missing side or
    price counts as least alike). A line of zero is none.

    Args:
        predictions: game_id, game_date, player_id, decision, decision_at.
        prop_lines: facts `prop_lines`, all versions.
        market: as books name it.

    Returns:
        game_id, game_date, player_id, decision, bookmaker, line, over_price, under_price, known_at, apart (distance of the two
        implied chances) and main_lines: how many such lines the book has.
    """
    book = [*PREDICTION, "bookmaker"]
    lines = prop_lines.filter((pl.col("market") == market) & (pl.col("line") > 0))
    listed = predictions.join(lines, on=["game_id", "game_date", "player_id"], how="semi")
    asked = listed.select(*PREDICTION, "decision_at").unique()
    known = as_of_each(asked, lines, facts.PROP_LINES, on=("game_id", "game_date", "player_id"))
    newest = known.filter(pl.col("known_at") == pl.col("known_at").max().over(*book, "side"))
    price = pl.when(pl.col("american_price").abs() >= EVEN).then("american_price")
    offered = newest.group_by(*book, "line").agg(
        known_at=pl.col("known_at").max(),
        over_price=price.filter(pl.col("side") == "Over").max(),
        under_price=price.filter(pl.col("side") == "Under").max(),
    )
    apart = (implied_chance("over_price") - implied_chance("under_price")).abs().fill_null(1.0)
    offered = offered.with_columns(apart=apart)
    even = offered.filter(pl.col("apart") == pl.col("apart").min().over(book))
    return even.with_columns(main_lines=pl.len().over(book))


def implied_chance(price: str) -> pl.Expr:
    """Return the chance that American odds imply, the book's vig included."""
    odds = pl.col(price)
    return pl.when(odds < 0).then(-odds / (100 - odds)).otherwise(100 / (100 + odds))


def no_vig_over() -> pl.Expr:
    """Return the chance of the over that over_price and under_price imply, the vig removed from both in proportion."""
    over, under = implied_chance("over_price"), implied_chance("under_price")
    return over / (over + under)
