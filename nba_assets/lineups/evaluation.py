"""Lineup models on a season that they have not seen: log predictive density and errors of stints, lineups and games."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from nba_assets.arrays import Bools, Floats, Ints
from nba_assets.lineups.models import Posterior
from nba_assets.lineups.skill import Plays, on_court, together
from nba_assets.lineups.spec import DEVIATION, FALLBACK
from nba_assets.lineups.study import Season, Study

# Possessions each way from which on a lineup's net rating is looked at.
LEAST_LINEUP = 100
RESAMPLES, SEED = 2000, 1
# Adjusted plus-minus on players alone, without box scores: its prior is wider, because it has to say everything.
ALONE = 2 * DEVIATION


@dataclass(frozen=True)
class Predicted:
    """What a model expects of possessions.

    Attributes:
        mean: (n,) points.
        variance: (n,) of a possession.
    """

    mean: Floats
    variance: Floats


def by_posterior(season: Season, study: Study, posterior: Posterior, rest: Posterior | None = None) -> Predicted:
    """Return what a posterior expects; of matchups that it does not have, or not enough of, what another one does."""
    group = posterior.cells[season.matchup]
    mean, variance = np.empty(len(group)), np.empty(len(group))
    usable: Bools = (group >= 0) & (posterior.enough[group] if rest else True)
    x = np.column_stack([np.ones(len(group)), season.x])
    noise = float((posterior.sigma**2).mean())
    for number in np.unique(group[usable]):
        rows, draws = usable & (group == number), posterior.draws[:, number]
        mean[rows] = x[rows] @ draws.mean(axis=0)
        variance[rows] = noise + np.einsum("ni,ij,nj->n", x[rows], np.cov(draws.T), x[rows])
    mean += study.home * season.plays.home
    if rest and not usable.all():
        other = by_posterior(season, study, rest)
        mean[~usable], variance[~usable] = other.mean[~usable], other.variance[~usable]
    return Predicted(mean, variance)


def intercept_only(season: Season, study: Study) -> Predicted:
    """Return the mean of the seasons learned from."""
    same = np.ones(len(season.plays.points))
    return Predicted(study.mean * same, study.variance * same)


def home_only(season: Season, study: Study) -> Predicted:
    """Return the mean with what home is worth."""
    told = intercept_only(season, study)
    return Predicted(told.mean + study.home * season.plays.home, told.variance)


def plus_minus(season: Season, study: Study) -> Predicted:
    """Return exact Bayesian adjusted plus-minus of the players in the seasons learned from (a conjugate ridge)."""
    count = len(study.ids)
    square, product = np.eye(2 * count) * study.variance / ALONE**2, np.zeros(2 * count)
    for each in study.seasons:
        rest = each.plays.points - study.mean - study.home * each.plays.home
        square, product = square + together(each.plays, count), product + on_court(each.plays, rest, count)
    worth = np.linalg.solve(square, product)
    plays = season.plays
    mean = study.mean + study.home * plays.home + worth[plays.offence].sum(axis=1) - worth[count + plays.defence].sum(axis=1)
    return Predicted(mean, np.full(len(mean), study.variance))


class Score(NamedTuple):
    """How a model did on a season.

    Attributes:
        elpd: mean log predictive density of a possession, nats.
        elpd_diff: the same less that of the intercept alone; se, low and high by games (a paired bootstrap).
        mse: of a possession's points.
        stint_rmse: of the home team's margin of a stint, weighted by its possessions.
        lineup_rmse: of the net rating per 100 possessions of lineups with 100 possessions and more each way.
        game_rmse: of the home team's margin of a game, lineups as played.
        slope: of points on what was expected; 1 is calibrated.
    """

    model: str
    n_possessions: int
    elpd: float
    elpd_diff: float
    elpd_se: float
    elpd_low: float
    elpd_high: float
    mse: float
    stint_rmse: float
    lineup_rmse: float
    game_rmse: float
    slope: float


def scores(season: Season, predicted: Mapping[str, Predicted]) -> pl.DataFrame:
    """Return a score per model; the first one is what the others are compared with."""
    base = log_density(season.plays, next(iter(predicted.values())))
    found = [_score(name, season.plays, told, base) for name, told in predicted.items()]
    return pl.DataFrame([each._asdict() for each in found])


def log_density(plays: Plays, told: Predicted) -> Floats:
    """Return (n,) the log density of what happened."""
    return -0.5 * (np.log(2 * np.pi * told.variance) + (plays.points - told.mean) ** 2 / told.variance)


def difference(plays: Plays, gain: Floats) -> tuple[float, float, float, float]:
    """Return the mean of a gain per possession, its standard error and 95% interval, by resampled games."""
    of_game = np.bincount(plays.game, weights=gain)
    size = np.bincount(plays.game).astype(float)
    weight = np.random.default_rng(SEED).multinomial(len(of_game), np.full(len(of_game), 1 / len(of_game)), RESAMPLES)
    drawn = (weight @ of_game) / (weight @ size)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(gain.mean()), float(drawn.std()), float(low), float(high)


def _score(model: str, plays: Plays, told: Predicted, base: Floats) -> Score:
    log = log_density(plays, told)
    side = np.where(plays.home > 0, 1.0, -1.0)
    actual, expected = side * plays.points, side * told.mean
    error, size = actual - expected, np.ones(len(side))
    stints = _root(_sums(plays.stint, error), _sums(plays.stint, size))
    away = told.mean - told.mean.mean()
    spread = float((away**2).sum())
    return Score(
        model,
        len(log),
        float(log.mean()),
        *difference(plays, log - base),
        float(((plays.points - told.mean) ** 2).mean()),
        stints,
        _lineups(plays, told),
        _root(_sums(plays.game, error), None),
        float((away * plays.points).sum()) / spread if spread > 1e-12 else float("nan"),
    )


def _sums(group: Ints, values: Floats) -> Floats:
    return np.asarray(np.bincount(group, weights=values), dtype=float)


def _root(errors: Floats, weight: Floats | None) -> float:
    return float(np.sqrt(np.average(errors**2, weights=weight)))


class NetRatings(NamedTuple):
    """Lineups of a team with 100 possessions and more each way.

    Attributes:
        actual, expected: (lineups,) net points per 100 possessions.
        possessions: (lineups, 2) with the ball and without.
        fives: (lineups, 5) places of players, in order.
        team: (lineups,) ids.
    """

    actual: Floats
    expected: Floats
    possessions: Ints
    fives: Ints
    team: Ints


def net_ratings(plays: Plays, told: Predicted) -> NetRatings:
    """Return net ratings of lineups as played."""
    teams = np.concatenate([plays.team, plays.other])
    fives = np.concatenate([np.sort(plays.offence, axis=1), np.sort(plays.defence, axis=1)])
    unique, number = np.unique(np.column_stack([teams, fives]), axis=0, return_inverse=True)
    attack, defend = np.split(number.ravel(), 2)
    count = np.stack([np.bincount(of, minlength=len(unique)) for of in (attack, defend)], axis=1)
    enough = (count >= LEAST_LINEUP).all(axis=1)

    def rating(points: Floats) -> Floats:
        """Points for less points against, per 100 possessions."""
        each = [np.bincount(of, weights=points, minlength=len(unique))[enough] for of in (attack, defend)]
        return 100 * (each[0] / count[enough, 0] - each[1] / count[enough, 1])

    return NetRatings(rating(plays.points), rating(told.mean), count[enough], unique[enough, 1:], unique[enough, 0])


def _lineups(plays: Plays, told: Predicted) -> float:
    found = net_ratings(plays, told)
    return _root(found.actual - found.expected, None) if len(found.actual) else float("nan")


class Decision(NamedTuple):
    """What becomes of the matchup model.

    Attributes:
        action: 'deploy' it, 'mask' some of its cells, or answer by a simpler model ('simplified').
        model: that answers.
        reason: in words.
    """

    action: str
    model: str
    reason: str


def decide_lineup_model(matchup: Posterior, found: pl.DataFrame) -> Decision:
    """Decide by convergence, by possessions of cells, and by what predicts best on a season that was not learned from.

    Args:
        matchup: the fitted model of all cells.
        found: `scores`, of models and baselines.
    """
    best = found.filter(pl.col("model").is_in(["additive", *FALLBACK])).sort("elpd", descending=True)["model"][0]
    faults = matchup.sampling.faults if matchup.sampling else ["it was not sampled"]
    if faults:
        return Decision("simplified", best if best != "matchup" else "simplified", f"matchup has not converged: {faults[0]}")
    gain = dict(found.select("model", "elpd_diff").iter_rows())
    if best != "matchup":
        behind = 1e4 * (gain[best] - gain["matchup"])
        return Decision(
            "simplified", best, f"matchup converges, but predicts worse than {best}: {behind:.1f}e-4 nats a possession less"
        )
    masked = int((~matchup.enough).sum())
    if masked:
        return Decision("mask", best, f"matchup predicts best; {masked} of its cells have too few possessions")
    return Decision("deploy", best, "matchup converges in every cell and predicts best")
