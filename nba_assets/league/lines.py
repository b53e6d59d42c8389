"""Which betting line counts: of each book its main line, of the books the median."""

import polars as pl

from nba_assets.tables import facts
from nba_assets.tables.versions import as_of_each

POINTS = "player_points"
SIDES = ("Over", "Under")


def betting_lines(predictions: pl.DataFrame, prop_lines: pl.DataFrame, market: str = POINTS) -> pl.DataFrame:
    """Return the line that counts for each prediction, as known at its decision.

    Of each book its newest snapshot counts, and of that its main line: the one whose two sides are priced most alike (a
    side or price that is missing counts as least alike), the middle one of several. The line is the median of the books'.

    Args:
        predictions: game_id, game_date, player_id, decision, decision_at.
        prop_lines: facts `prop_lines`, all versions.
        market: what is counted.

    Returns:
        game_id, game_date, player_id, decision, betting_line; predictions without a line have no row.
    """
    prediction = ["game_id", "game_date", "player_id", "decision"]
    book = [*prediction, "bookmaker"]
    lines = prop_lines.filter(pl.col("market") == market)
    listed = predictions.join(lines, on=["game_id", "game_date", "player_id"], how="semi")
    asked = listed.select(*prediction, "decision_at").unique()
    known = as_of_each(asked, lines, facts.PROP_LINES, on=("game_id", "game_date", "player_id"))
    newest = known.filter(pl.col("known_at") == pl.col("known_at").max().over(book))
    chance = _implied(pl.col("american_price"))
    priced = newest.group_by(*book, "line").agg(
        gap=pl.when(chance.count() == len(SIDES)).then(chance.max() - chance.min()).otherwise(1.0)
    )
    even = priced.filter(pl.col("gap") == pl.col("gap").min().over(book))
    main = even.group_by(book).agg(pl.col("line").sort().get(pl.len() // 2).alias("line"))
    return main.group_by(prediction).agg(betting_line=pl.col("line").median())


def _implied(price: pl.Expr) -> pl.Expr:
    """Probability that American odds imply, margin included."""
    return pl.when(price < 0).then(-price / (100 - price)).otherwise(100 / (100 + price))
