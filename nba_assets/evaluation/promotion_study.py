"""How the promotion rule errs: simulated seasons of equal models, looked at every night, and how soon a real gain is found."""

from dataclasses import dataclass

import numpy as np

from nba_assets.arrays import Floats
from nba_assets.evaluation.promotion import PromotionRule
from nba_assets.modelling.sequential import anytime_p_values

GAINS = (0.01, 0.02)


@dataclass(frozen=True)
class Season:
    """A season as promotion sees it: what differs between two models of which neither is better.

    The figures are those of lightgbm_v1 and xgboost_v1 on real games, 2021-22 … 2024-25, both decisions.

    Attributes:
        dates: with games.
        error: mean absolute error, in points.
        spread: standard deviation, over dates, of the mean difference of two models' errors, in points.
        tails: degrees of freedom of Student's t, whose tails are at least as heavy as those of the differences.
        shared: correlation of the differences of two challengers from one champion.
        challengers: compared at once.
    """

    dates: int = 165
    error: float = 4.4
    spread: float = 0.089
    tails: float = 5.0
    shared: float = 0.5
    challengers: int = 3


def promotion_study(seasons: int, seed: int = 1, season: Season | None = None) -> dict[str, object]:
    """Return how often an equal challenger is ever promoted, and the median number of dates until a better one is.

    Args:
        seasons: to simulate, of one season each; as many again of two seasons.
        seed: of the simulation.
        season: what is simulated; None: as measured on real games.

    Returns:
        seasons, challengers, false_promotions (share of one season), false_promotions_two_seasons, and for each gain in `GAINS`
        median_dates and found (share within two seasons).
    """
    season, rule = season or Season(), PromotionRule()
    rng = np.random.default_rng(seed)
    nights = [_first_promotion(_differences(rng, season, 0.0, season.challengers), rule) for _ in range(seasons)]
    gains: dict[str, object] = {}
    for gain in GAINS:
        waits = [_first_promotion(_differences(rng, season, gain, 1), rule) for _ in range(seasons)]
        found = float(np.isfinite(waits).mean())
        gains[f"{gain:.0%}"] = {"median_dates": float(np.median(waits)) if found > 0.5 else None, "found": found}
    return {
        "seasons": seasons,
        "challengers": season.challengers,
        "false_promotions": float(np.mean([night <= season.dates for night in nights])),
        "false_promotions_two_seasons": float(np.isfinite(nights).mean()),
        "gains": gains,
    }


def _differences(rng: np.random.Generator, season: Season, gain: float, challengers: int) -> Floats:
    """(challengers, dates) of two seasons: the champion's error less a challenger's."""
    common, own = (rng.standard_t(season.tails, (count, 2 * season.dates)) for count in (1, challengers))
    unit = season.spread / np.sqrt(season.tails / (season.tails - 2))
    return gain * season.error + unit * (np.sqrt(season.shared) * common + np.sqrt(1 - season.shared) * own)


def _first_promotion(differences: Floats, rule: PromotionRule) -> float:
    """The first night on which a challenger is promoted; infinite if none is. Holm's correction begins with the smallest."""
    smallest = np.min([anytime_p_values(each, rule.dates) for each in differences], axis=0) * len(differences)
    promoted = np.flatnonzero(smallest <= rule.level)
    return float(promoted[0]) + 1 if len(promoted) else np.inf
