"""The chance of the over beside a bookmaker: the market's, moved towards the model as far as earlier lines support.

A model that is a good forecast of points is still overconfident about a line that knows more than it does. So its chance is
combined with the one that the book's prices imply, walk-forward: each Monday a logistic regression of outcomes on the model's
log-odds beside the market's is fitted on all lines settled before it. Its prior is the market: coefficients that move away from
it are drawn around zero, those of a market first and those of single books within it (partial pooling, as in Gelman & Hill,
"Data Analysis Using Regression and Multilevel/Hierarchical Models", 2007). Where prices say nothing, as with operators that pay
the same for either side, the market is a coin, and line and form are what is left.
"""

from datetime import timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from nba_assets.arrays import Bools, Floats
from nba_assets.calendar import Dates, box_score_known_at
from nba_assets.registry.catalog import TARGETS
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS
from nba_assets.tables.versions import as_of

# Standard deviations of the prior, on the logit scale: of what is added to the market's log-odds, of the weight of the model's
# log-odds beyond the market's, and of that of form less line; and of each book's departure from the first two.
ADDED, WEIGHT, FORM = 0.05, 0.25, 0.1
ADDED_BY_BOOK, WEIGHT_BY_BOOK = 0.05, 0.1
STEPS, CONVERGED = 50, 1e-10
# Log-odds beyond this say no more.
MOST_LOGIT = 5.0
LOOK_BACK = timedelta(days=730)
GROUP = ("model_id", "market", "decision")
ROW = ("game_date", "game_id", "player_id")
ON_LINE = ("bookmaker", "betting_line", "no_vig_over", "model_prob_over", "form")
COLUMNS = (*GROUP, *ROW, *ON_LINE)


class Earlier(NamedTuple):
    """What is known of lines from before a run.

    Attributes:
        predictions: one row per model, market, decision, game and player of earlier dates that had a line: `COLUMNS`.
        results: game_date, game_id, player_id and a column per market with the outcome, as known the morning after the game;
            of earlier dates and of the run's own.
    """

    predictions: pl.DataFrame
    results: pl.DataFrame

    @classmethod
    def none(cls) -> "Earlier":
        """Return that nothing is known."""
        kinds = ML_MODEL_PREDICTIONS.schema
        results = {name: kinds[name] for name in ROW} | dict.fromkeys(TARGETS, pl.Float64())
        return cls(pl.DataFrame(schema={name: kinds[name] for name in COLUMNS}), pl.DataFrame(schema=results))

    @classmethod
    def read(cls, warehouse: Warehouse, dates: Dates, *, with_own: bool = False) -> "Earlier":
        """Read the lines of two years before some dates (live where there are two), and results up to their end.

        Args:
            warehouse: with predictions and box scores.
            dates: that are to be predicted.
            with_own: whether the stored lines of these dates are read too.
        """
        since = Dates(dates.first - LOOK_BACK, dates.last)
        statement = (
            f"SELECT {', '.join((*COLUMNS, 'origin'))} FROM {ML_MODEL_PREDICTIONS.qualified}"  # noqa: S608 (names of columns of ours)
            " WHERE betting_line IS NOT NULL AND is_out_of_sample AND game_date >= ? AND game_date < ?"
        )
        until = dates.last + timedelta(days=1) if with_own else dates.first
        stored = warehouse.query(statement, [since.first, until])
        live_first = stored.sort(*GROUP, *ROW, pl.col("origin") != "live")
        versions = warehouse.read(facts.BOX_SCORES, since)
        regular = versions.filter(pl.col("known_at") <= box_score_known_at(pl.col("game_date")))
        outcomes = {name: target.outcome().cast(pl.Float64) for name, target in TARGETS.items()}
        return cls(
            live_first.unique([*GROUP, *ROW], keep="first", maintain_order=True).select(COLUMNS),
            as_of(regular, facts.BOX_SCORES).select(*ROW, **outcomes),
        )


def market_chances(rows: pl.DataFrame, earlier: Earlier) -> pl.Series:
    """Return the chance of the over, among outcomes that are not a push, of each row; null where there is no line.

    Args:
        rows: the run's predictions, with `COLUMNS`.
        earlier: lines and results from before them.
    """
    numbered = rows.select(COLUMNS).with_row_index("_row").filter(pl.col("betting_line").is_not_null())
    past = earlier.predictions.select(COLUMNS).with_columns(_row=pl.lit(None, pl.UInt32))
    lines = _with_outcome(pl.concat([past, numbered], how="diagonal"), earlier.results)
    chances = np.full(rows.height, np.nan)
    for _, group in lines.sort(*GROUP, *ROW).group_by(GROUP, maintain_order=True):
        asked = group.filter(pl.col("_row").is_not_null())
        for (week,), part in asked.group_by(monday(), maintain_order=True):
            settled = group.filter((pl.col("game_date") < week) & pl.col("over").is_not_null())
            chances[part["_row"].to_numpy()] = _combined(settled, part)
    return pl.Series("prob_over", chances).fill_nan(None)


def monday(day: str = "game_date") -> pl.Expr:
    """Return the Monday of a date's week: what was settled before it counts."""
    return pl.col(day).dt.truncate("1w")


def _with_outcome(lines: pl.DataFrame, results: pl.DataFrame) -> pl.DataFrame:
    """Add `over`: 1 or 0; null while there is no result, and of a push."""
    markets = [name for name in results.columns if name not in ROW]
    joined = lines.join(results, on=list(ROW), how="left", maintain_order="left")
    actual = pl.coalesce(*(pl.when(pl.col("market") == name).then(pl.col(name)) for name in markets))
    over = pl.when(actual != pl.col("betting_line")).then((actual > pl.col("betting_line")).cast(pl.Float64))
    return joined.with_columns(over=over)


def _combined(settled: pl.DataFrame, asked: pl.DataFrame) -> Floats:
    """The chances of lines, from a fit on settled ones: the posterior mean, by the approximation of MacKay (1992)."""
    books = settled["bookmaker"].unique().sort().to_list()
    prior = np.concatenate([[ADDED, WEIGHT, FORM], np.repeat([ADDED_BY_BOOK, WEIGHT_BY_BOOK], len(books))])
    design, market = _design(settled, books)
    mean, covariance = _fitted(design, market, settled["over"].to_numpy(), prior)
    rows, offset = _design(asked, books)
    variance = ((rows @ covariance) * rows).sum(axis=1)
    strange = ~asked["bookmaker"].is_in(books).to_numpy()
    variance += strange * (ADDED_BY_BOOK**2 + (WEIGHT_BY_BOOK * rows[:, 1]) ** 2)
    return _sigmoid((offset + rows @ mean) / np.sqrt(1 + np.pi * variance / 8))


def _design(lines: pl.DataFrame, books: list[str]) -> tuple[Floats, Floats]:
    """Columns of the regression, (lines, 3 + 2 books); and the market's log-odds."""
    market = _logit(lines["no_vig_over"].fill_null(0.5).to_numpy())
    beyond = _logit(lines["model_prob_over"].to_numpy()) - market
    form = (pl.col("form") - pl.col("betting_line")) / (pl.col("betting_line") + 1).sqrt()
    shared = [np.ones(lines.height), beyond, lines.select(form.fill_null(0.0)).to_series().to_numpy()]
    of_book: list[Bools] = [(lines["bookmaker"] == book).to_numpy() for book in books]
    return np.column_stack([*shared, *of_book, *(beyond * mine for mine in of_book)]).astype(np.float64), market


def _fitted(design: Floats, offset: Floats, over: Floats, prior: Floats) -> tuple[Floats, Floats]:
    """Coefficients of the penalised logistic regression by Newton's method, and their covariance."""
    mean, precision = np.zeros(design.shape[1]), 1 / prior**2
    covariance: Floats = np.diag(prior**2)
    for _ in range(STEPS if len(over) else 0):
        chance = _sigmoid(offset + design @ mean)
        slope = design.T @ (over - chance) - precision * mean
        curvature = (design.T * (chance * (1 - chance))) @ design + np.diag(precision)
        covariance = np.asarray(np.linalg.inv(curvature), dtype=np.float64)
        step = covariance @ slope
        mean = mean + step
        if np.abs(step).max() < CONVERGED:
            break
    return mean, covariance


def _logit(chance: Floats) -> Floats:
    # A chance of 0 or 1 has log-odds without end, which are cut.
    with np.errstate(divide="ignore"):
        return np.clip(np.log(chance) - np.log1p(-chance), -MOST_LOGIT, MOST_LOGIT)


def _sigmoid(value: Floats) -> Floats:
    return 1 / (1 + np.exp(-value))
