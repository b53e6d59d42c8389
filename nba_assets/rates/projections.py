"""Projected box scores: rates times minutes, made shots, and what fantasy games make of them."""

from itertools import combinations

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.modelling.fitting import at_tip
from nba_assets.modelling.medians import medians
from nba_assets.rates.bundle import RatesBundle, RatesMeta
from nba_assets.rates.shooting import SHOTS, Percentages
from nba_assets.tables.feature import STATISTICS
from nba_assets.tables.rates import COUNTS, PROJECTIONS

MARKET = "player_points"
NAMES = tuple(name for name, _ in COUNTS)
# DraftKings classic and FanDuel, NBA rules as published: points per unit.
DRAFTKINGS = {"pts": 1.0, "fgm3": 0.5, "reb": 1.25, "ast": 1.5, "stl": 2.0, "blk": 2.0, "tov": -0.5}
FANDUEL = {"pts": 1.0, "reb": 1.2, "ast": 1.5, "stl": 3.0, "blk": 3.0, "tov": -1.0}
DOUBLE_DOUBLE, TRIPLE_DOUBLE = 1.5, 3.0
DOUBLES = ("pts", "reb", "ast", "stl", "blk")
TEN = 10


def projected(rows: pl.DataFrame, bundle: RatesBundle) -> pl.DataFrame:
    """Return the expected counts of a box score, given that the player plays; all null where minutes are.

    Args:
        rows: of `rate_features`.
        bundle: of rates, trained here.

    Returns:
        The columns NAMES and predicted_points, in the order of the rows.
    """
    meta = bundle.meta
    assert isinstance(meta, RatesMeta)
    found = _counts(rows, bundle, meta.percentages)
    minutes = found["minutes"]
    found["reb"] = found["oreb"] + found["dreb"]
    found["pra"] = found["pts"] + found["reb"] + found["ast"]
    spread = rows["minutes_spread"].fill_null(float("nan")).to_numpy()
    found["draftkings"] = _scored(found, DRAFTKINGS) + doubles_bonus(found, minutes, spread)
    found["fanduel"] = _scored(found, FANDUEL)
    found["predicted_points"] = medians(found["pts"], meta.median, at_tip(rows) > 0)
    return pl.DataFrame({name: pl.Series(found[name]) for name in (*NAMES, "predicted_points")}).fill_nan(None)


def expected_points(rows: pl.DataFrame, bundle: RatesBundle, percentages: Percentages) -> Floats:
    """Return (rows,) expected points of rows of `rate_features`, NaN where minutes are not known."""
    return _counts(rows, bundle, percentages)["pts"]


def _counts(rows: pl.DataFrame, bundle: RatesBundle, percentages: Percentages) -> dict[str, Floats]:
    rates, share = bundle.means(rows), percentages.predict(rows)
    minutes = rows["minutes_expected_mean"].fill_null(float("nan")).to_numpy()
    found = {"minutes": minutes, **{name: rates[f"{name}_per_min_mean"].to_numpy() * minutes for name in STATISTICS}}
    found |= {shot.made: found[shot.rate] * share[name] for name, shot in SHOTS.items()}
    return found | {"pts": 2 * found["fgm2"] + 3 * found["fgm3"] + found["ftm"]}


def projections(slate: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Return `projections`: the expected counts, and times the chance to play.

    Args:
        slate: the columns of SLATE_PLAYER, play_prob and training_cutoff, in the order of the others.
        found: of `projected`.
    """
    both = slate.with_columns(found.get_columns()).with_columns(
        market=pl.lit(MARKET),
        **{f"{name}_unconditional": pl.col(name) * pl.col("play_prob") for name in NAMES},
    )
    return both.select(pl.col(name).cast(kind) for name, kind in PROJECTIONS.schema.items())


def doubles_bonus(found: dict[str, Floats], minutes: Floats, spread: Floats) -> Floats:
    """Return (rows,) the expected bonus of DraftKings for ten or more in two, and in three, of five statistics.

    Given minutes, counts are taken as independent Poisson; minutes are taken at three equally likely values around their mean.
    What statistics share is mostly the minutes.
    """
    from scipy.special import pdtrc

    # The outer thirds of a normal distribution have their means 1.09 standard deviations out; p10 … p90 are 2.56 wide.
    out = np.clip(1.09 * spread / 2.56 / np.where(minutes > 0, minutes, np.nan), 0.0, 0.9)
    total = np.zeros(len(minutes))
    for stretch in (1 - out, np.ones(len(minutes)), 1 + out):
        chance = {name: np.asarray(pdtrc(TEN - 1, found[name] * stretch)) for name in DOUBLES}
        exactly = _counted([chance[name] for name in DOUBLES])
        total += DOUBLE_DOUBLE * (1 - exactly[0] - exactly[1]) + TRIPLE_DOUBLE * (1 - exactly[0] - exactly[1] - exactly[2])
    return total / 3


def _counted(chances: list[Floats]) -> list[Floats]:
    """Chances that none, one and two of independent events happen."""
    found: list[Floats] = []
    for number in range(3):
        ways = (
            np.prod([chance if place in happen else 1 - chance for place, chance in enumerate(chances)], axis=0)
            for happen in combinations(range(len(chances)), number)
        )
        found.append(sum(ways, np.zeros(len(chances[0]))))
    return found


def _scored(found: dict[str, Floats], worth: dict[str, float]) -> Floats:
    return sum((points * found[name] for name, points in worth.items()), np.zeros(len(found["pts"])))
