"""Fits all lineup models on some seasons; which one answers is decided on the last of them, by models that had not seen it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import polars as pl

from nba_assets.lineups import evaluation
from nba_assets.lineups.bundle import LineupBundle, bundle_of
from nba_assets.lineups.evaluation import Decision, Predicted, decide_lineup_model
from nba_assets.lineups.models import Posterior, fit
from nba_assets.lineups.spec import DRAWS, MODELS, WARMUP
from nba_assets.lineups.study import History, Season, Study

Say = Callable[[str], None]


class Compared(NamedTuple):
    """Models that learned from some seasons, on the next one.

    Attributes:
        scores: a row per model and baseline.
        predicted: by model, what it expected.
        season: that they were tested on.
        coefficients: a row per model, matchup and parameter.
        posteriors: by model.
    """

    scores: pl.DataFrame
    predicted: dict[str, Predicted]
    season: Season
    coefficients: pl.DataFrame
    posteriors: dict[str, Posterior]


def fitted(study: Study, say: Say, *, draws: int = DRAWS, warmup: int = WARMUP) -> tuple[dict[str, Posterior], pl.DataFrame]:
    """Return the posterior of every model, and a row per model, matchup and parameter."""
    posteriors: dict[str, Posterior] = {}
    tables: list[pl.DataFrame] = []
    for model in MODELS:
        posteriors[model], table = fit(model, study.sums, draws=draws, warmup=warmup)
        sampling = posteriors[model].sampling
        if sampling:
            told = "; ".join(sampling.faults) or f"R-hat {sampling.r_hat:.3f}, bulk and tail ESS {sampling.ess_bulk:.0f}, "
            say(f"{model}: {sampling.seconds:.1f} s; {told}" + ("" if sampling.faults else f"{sampling.ess_tail:.0f}"))
        tables.append(table)
    return posteriors, pl.concat(tables)


def compared(
    history: History, train: Sequence[str], test: str, say: Say, *, draws: int = DRAWS, warmup: int = WARMUP
) -> Compared:
    """Fit all models on some seasons and compare them on a later one.

    Args:
        history: of all seasons.
        train: seasons to learn from.
        test: a later season.
        say: is told how each model ran.
        draws: of each chain.
        warmup: steps of each chain before them.
    """
    study = history.study(train)
    posteriors, coefficients = fitted(study, say, draws=draws, warmup=warmup)
    season = study.season(next(each for each in history.plays if each.season == test), history.known(test))
    predicted = {
        "intercept": evaluation.intercept_only(season, study),
        "home": evaluation.home_only(season, study),
        "plus_minus": evaluation.plus_minus(season, study),
    }
    for model, posterior in posteriors.items():
        rest = posteriors["simplified"] if model in ("top25", "matchup") else None
        predicted[model] = evaluation.by_posterior(season, study, posterior, rest)
    return Compared(evaluation.scores(season, predicted), predicted, season, coefficients, posteriors)


def decided(history: History, train: Sequence[str], say: Say, *, draws: int = DRAWS, warmup: int = WARMUP) -> Decision:
    """Return which model answers after some seasons: decided on the last of them, by models that learned from the others.

    The season after them is not looked at. With one season there is nothing to decide on: the additive model answers.
    """
    if len(train) < 2:
        return Decision("simplified", "additive", "one season only: nothing is held out to decide on")
    say(f"deciding on {train[-1]}, learned from {', '.join(train[:-1])}")
    held_out = compared(history, train[:-1], train[-1], say, draws=draws, warmup=warmup)
    return decide_lineup_model(held_out.posteriors["matchup"], held_out.scores)


def bundle(
    history: History, train: Sequence[str], say: Say, *, draws: int = DRAWS, warmup: int = WARMUP
) -> tuple[LineupBundle, pl.DataFrame]:
    """Return the bundle that serves the season after some, and a row per model, matchup and parameter."""
    decision = decided(history, train, say, draws=draws, warmup=warmup)
    say(f"learning from {', '.join(train)}")
    study = history.study(train)
    posteriors, coefficients = fitted(study, say, draws=draws, warmup=warmup)
    year = int(train[-1][:4]) + 1
    return bundle_of(study, history.known(f"{year}-{(year + 1) % 100:02d}"), posteriors, decision), coefficients
