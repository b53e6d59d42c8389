"""The chances of bets against what happened: calibration, log loss beside the market's, and the bankroll that was staked."""

from typing import Any

import numpy as np
import polars as pl

from nba_assets import pictures
from nba_assets.arrays import Floats
from nba_assets.modelling.clusters import CLUSTERS, NO_INTERVAL, Interval, mean_interval
from nba_assets.reference.bookmakers import is_pickem

# A logistic regression on fewer outcomes tells nothing.
MIN_OUTCOMES = 100
# Chances whose log-odds vary less are all the same.
EQUAL = 1e-6
BINS = 10
NIGHT = "game_date"


def line_figures(rows: pl.DataFrame) -> dict[str, object]:
    """Return how the chances of the over, the returns of bets and the bankroll come out on graded rows.

    Args:
        rows: `graded_predictions` of one model, market and decision, whose player played.

    Returns:
        n_outcomes (rows with a line that are no push), slope with slope_low and slope_high (of a logistic regression of the
        outcome on the log-odds of prob_over; 1 is right, below 1 is overconfident), log_loss, log_loss_model (of the model
        alone), log_loss_no_vig (of the prices; without prices a coin), log_loss_less_no_vig with its interval; of bets at
        sportsbooks and pick'em operators the number and the return per unit with its interval; most_staked (largest share of
        the bankroll in a night), bankroll (at the end, from 1) and drawdown (largest loss from a peak).
    """
    outcomes = rows.filter(pl.col("prob_over").is_not_null() & (pl.col("actual_points") != pl.col("betting_line")))
    outcomes = outcomes.with_columns(
        over=(pl.col("actual_points") > pl.col("betting_line")).cast(pl.Float64), fair=pl.col("no_vig_over").fill_null(0.5)
    ).rechunk()
    losses = {"log_loss": "prob_over", "log_loss_model": "model_prob_over", "log_loss_no_vig": "fair"}
    means = outcomes.select(_loss(chance).mean().alias(name) for name, chance in losses.items()).row(0, named=True)
    gain = mean_interval(outcomes, _loss("prob_over") - _loss("fair"))
    return {
        "n_outcomes": outcomes.height,
        **calibration_slope(outcomes).named("slope"),
        **means,
        **gain.named("log_loss_less_no_vig"),
        **_returns(rows),
        **bankroll(rows),
    }


def _loss(chance: str) -> pl.Expr:
    over = pl.col("over")
    return -(over * pl.col(chance).log() + (1 - over) * (1 - pl.col(chance)).log())


def calibration_slope(outcomes: pl.DataFrame) -> Interval:
    """Return the slope of outcomes on log-odds with its 95% interval, dates and players as clusters.

    Cox, "Two Further Applications of a Model for Binary Regression", 1958.

    Args:
        outcomes: prob_over, over (1 or 0), game_date, player_id.
    """
    # statsmodels has no annotations: what comes of it is Any.
    import statsmodels.api  # pyright: ignore[reportMissingTypeStubs]

    chance, over = outcomes["prob_over"].to_numpy(), outcomes["over"].to_numpy()
    odds: Floats = np.log(chance / (1 - chance))
    few = min((outcomes[name].n_unique() for name in CLUSTERS), default=0)
    if len(odds) < MIN_OUTCOMES or few < 2 or odds.std() < EQUAL or len(np.unique(over)) < 2:
        return NO_INTERVAL
    api: Any = statsmodels.api
    groups = np.column_stack([outcomes[name].rank("dense").cast(pl.Int64).to_numpy() for name in CLUSTERS])
    model = api.GLM(over, np.column_stack([np.ones(len(odds)), odds]), family=api.families.Binomial())
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    low, high = fitted.conf_int()[1]
    return Interval(float(fitted.params[1]), float(low), float(high))


def _returns(rows: pl.DataFrame) -> dict[str, object]:
    """Bets, and profit per unit with its interval: at sportsbooks, and with pick'em operators."""
    found: dict[str, object] = {}
    for name, of_kind in (("sportsbook", ~is_pickem()), ("pickem", is_pickem())):
        bets = rows.filter(of_kind & pl.col("bet_return").is_not_null())
        found |= {f"bets_{name}": bets.height, **mean_interval(bets, pl.col("bet_return")).named(f"return_{name}")}
    return found


def bankroll(rows: pl.DataFrame) -> dict[str, object]:
    """Return most_staked, bankroll and drawdown of the stakes as they are stored; a night's bets are settled together."""
    bets = rows.filter(pl.col("kelly_stake") > 0).sort(NIGHT, "game_id", "player_id")
    if bets.is_empty():
        return {"most_staked": None, "bankroll": None, "drawdown": None}
    nights = bets[NIGHT].rank("dense").cast(pl.Int64).to_numpy() - 1
    stakes, returns = (bets[name].fill_null(0.0).to_numpy() for name in ("kelly_stake", "bet_return"))
    staked, won = (np.bincount(nights, weights=values) for values in (stakes, stakes * returns))
    path = np.cumprod(np.append(1.0, 1 + won))
    worst = 1 - path / np.maximum.accumulate(path)
    return {"most_staked": float(staked.max()), "bankroll": float(path[-1]), "drawdown": float(worst.max())}


def reliability(rows: pl.DataFrame) -> pl.DataFrame:
    """Return what happened by tenths of the chance that was said, one row per model, market, decision and tenth.

    Args:
        rows: `graded_predictions` whose player played, one row per prediction.

    Returns:
        model_id, market, decision, tenth (1 … 10), n, said (mean prob_over), no_vig (mean; without prices a coin), happened
        (share of overs) and its 95% interval.
    """
    outcomes = rows.filter(pl.col("prob_over").is_not_null() & (pl.col("actual_points") != pl.col("betting_line")))
    key = ["model_id", "market", "decision"]
    tenth = (pl.col("prob_over").rank("ordinal").over(key) - 1) * BINS // pl.len().over(key) + 1
    parted = outcomes.with_columns(
        over=(pl.col("actual_points") > pl.col("betting_line")).cast(pl.Float64),
        fair=pl.col("no_vig_over").fill_null(0.5),
        tenth=tenth.cast(pl.Int64),
    )
    records = [
        dict(zip([*key, "tenth"], group, strict=True))
        | {"n": part.height, "said": part["prob_over"].mean(), "no_vig": part["fair"].mean()}
        | mean_interval(part, pl.col("over")).named("happened")
        for group, part in parted.sort(*key, "tenth").group_by(*key, "tenth", maintain_order=True)
    ]
    return pl.DataFrame(records, infer_schema_length=None)


def reliability_picture(rows: pl.DataFrame, title: str) -> pictures.Picture:
    """Draw what happened, with intervals, against the chance that was said.

    Args:
        rows: of `reliability`, one model, market and decision.
        title: of the picture.
    """
    ends = rows.select(pl.col("happened") - pl.col("happened_low"), above=pl.col("happened_high") - pl.col("happened"))
    with pictures.panels(1, width=4.6, height=4.0) as (picture, (axis,)):
        names = ("chance of the over, tenths", "share of overs, with 95% intervals")
        spread = (ends["happened"].to_list(), ends["above"].to_list())
        pictures.against(axis, rows["said"].to_list(), rows["happened"].to_list(), title=title, names=names, spread=spread)
    return picture
