"""How good projected box scores are, beside each player's season average and exponential mean on the same rows."""

from collections.abc import Iterator

import polars as pl

from nba_assets.calendar import DECISIONS, FIRST_GAME_DATE, Dates
from nba_assets.features.form import DECAY
from nba_assets.features.history import History, decayed, quotient
from nba_assets.league.box import by_worth, seconds_on_court
from nba_assets.modelling.clusters import mean_interval
from nba_assets.rates.projections import DOUBLE_DOUBLE, DOUBLES, DRAFTKINGS, FANDUEL, NAMES, TEN, TRIPLE_DOUBLE
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import league
from nba_assets.tables.rates import PROJECTIONS

# History adds whole numbers exactly: fractions of fantasy points and minutes are hundredths and seconds.
HUNDRED = 100


def judged(warehouse: Warehouse, dates: Dates) -> pl.DataFrame:
    """Return the projections of those who played, with what they did and what was usual for them.

    Returns:
        game_date, player_id, season_type, decision, and for each statistic its projection, `{name}_actual`,
        `{name}_season_average` and `{name}_ewma` (null in a first game, of the season or of all).
    """
    games = _box_scores(warehouse, Dates(FIRST_GAME_DATE, dates.last))
    asked = games.filter(pl.col("game_date").is_between(*dates))
    history = History(games, asked, "player_id")
    season, held = history.before_season(), history.held
    of_season, weights = history.since(held, history.before_season()), decayed(held, DECAY)
    usual: dict[str, pl.Series] = {}
    for name in NAMES:
        column = history.column(name)
        usual[f"{name}_season_average"] = pl.Series(quotient(history.since(column, season), of_season) / HUNDRED).fill_nan(None)
        usual[f"{name}_ewma"] = pl.Series(quotient(decayed(column, DECAY), weights)[history.at] / HUNDRED).fill_nan(None)
    actual = asked.select(
        "game_date", "game_id", "player_id", "season_type", **{f"{name}_actual": pl.col(name) / HUNDRED for name in NAMES}
    )
    columns = ["game_date", "game_id", "player_id", "decision", *NAMES]
    projected = warehouse.read(PROJECTIONS, dates, columns).drop_nulls("minutes")
    return projected.join(actual.with_columns(**usual), on=["game_date", "game_id", "player_id"], maintain_order="left")


def evaluate(rows: pl.DataFrame) -> list[dict[str, object]]:
    """Return one record per decision and statistic; `less_ewma` has a 95% interval, dates and players as clusters.

    Args:
        rows: of `judged`; those without a season average or exponential mean are left out of both.
    """
    return list(_records(rows))


def _records(rows: pl.DataFrame) -> Iterator[dict[str, object]]:
    for decision in DECISIONS:
        part = rows.filter(pl.col("decision") == decision)
        for name in NAMES if part.height else ():
            known = part.drop_nulls([f"{name}_season_average", f"{name}_ewma"])
            error, average, ewma = (
                (pl.col(column) - pl.col(f"{name}_actual")).abs() for column in (name, f"{name}_season_average", f"{name}_ewma")
            )
            means = known.select(
                mae=error.mean(),
                bias=(pl.col(name) - pl.col(f"{name}_actual")).mean(),
                mae_season_average=average.mean(),
                mae_ewma=ewma.mean(),
            ).row(0, named=True)
            less = mean_interval(known, error - ewma).named("less_ewma")
            yield {"decision": decision, "statistic": name, "n": known.height, **means, **less}


def _box_scores(warehouse: Warehouse, dates: Dates) -> pl.DataFrame:
    """Every statistic of every player's game, in hundredths."""
    counts = ("fga", "fg3a", "fta", "fgm", "fg3m", "ftm", "pts", "oreb", "dreb", "ast", "stl", "blk", "tov")
    columns = ["game_date", "game_id", "player_id", "season", "season_type", "minutes", "seconds_played", *counts]
    games = warehouse.read(league.PLAYER_GAMES, dates, columns).with_columns(
        reb=pl.col("oreb") + pl.col("dreb"),
        seconds=seconds_on_court(),
        **by_worth(),
    )
    games = games.with_columns(pra=pl.col("pts") + pl.col("reb") + pl.col("ast"))
    tens = pl.sum_horizontal((pl.col(name) >= TEN).cast(pl.Int64) for name in DOUBLES)
    bonus = pl.when(tens >= 3).then(DOUBLE_DOUBLE + TRIPLE_DOUBLE).when(tens == 2).then(DOUBLE_DOUBLE).otherwise(0.0)
    fantasy = {
        "draftkings": pl.sum_horizontal(worth * pl.col(name) for name, worth in DRAFTKINGS.items()) + bonus,
        "fanduel": pl.sum_horizontal(worth * pl.col(name) for name, worth in FANDUEL.items()),
        "minutes": pl.col("seconds") / 60,
    }
    return games.with_columns(**fantasy).with_columns((pl.col(name) * HUNDRED).round().cast(pl.Int64) for name in NAMES)
