"""Which betting line counts: of each book its main line, of the books the median."""

import polars as pl

from nba_assets.tables import facts
from nba_assets.tables.versions import as_of_each

POINTS = "player_points"


def betting_lines(predictions: pl.DataFrame, prop_lines: pl.DataFrame, market: str = POINTS) -> pl.DataFrame:
    """Return the line that counts for each prediction, as known at its decision.

    A book's main line is the one whose two sides are priced most alike (a missing price counts as least alike), the
    middle one of several; the line is the median of the books' main lines.

    Args:
        predictions: game_id, game_date, player_id, decision, decision_at.
        prop_lines: facts `prop_lines`, all versions.
        market: what is counted.

    Returns:
        game_id, player_id, decision, betting_line; predictions without a line have no row.
    """
    asked = predictions.select("game_id", "game_date", "player_id", "decision", "decision_at").unique()
    lines = prop_lines.filter(pl.col("market") == market)
    known = as_of_each(asked, lines, facts.PROP_LINES, on=("game_id", "game_date", "player_id"))
    prediction, book = ["game_id", "player_id", "decision"], ["game_id", "player_id", "decision", "bookmaker"]
    priced = known.group_by(*book, "line").agg(
        pl.when(pl.col("side").n_unique() == 2)
        .then(_implied(pl.col("american_price")).max() - _implied(pl.col("american_price")).min())
        .alias("gap")
    )
    even = priced.with_columns(pl.col("gap").fill_null(1.0)).filter(pl.col("gap") == pl.col("gap").min().over(book))
    main = even.group_by(book).agg(pl.col("line").sort().get(pl.len() // 2).alias("line"))
    return main.group_by(prediction).agg(betting_line=pl.col("line").median())


def _implied(price: pl.Expr) -> pl.Expr:
    """Probability that American odds imply, margin included."""
    return pl.when(price < 0).then(-price / (100 - price)).otherwise(100 / (100 + price))
