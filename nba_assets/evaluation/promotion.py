"""Promotion: whether a challenger is better than the champion, by statistics and not by a point estimate."""

from dataclasses import dataclass
from math import inf
from typing import Any

import polars as pl

from nba_assets.evaluation.grading import latest
from nba_assets.modelling.clusters import Z_95, standard_error_of_sum

ROW = ("game_date", "game_id", "player_id", "decision")


@dataclass(frozen=True)
class PromotionRule:
    """What a challenger needs.

    Attributes:
        dates: the newest dates on which both models were graded; with fewer nobody is promoted.
        rows: player-games and decisions on these dates, at least.
        level: two-sided significance level, after the correction for the number of challengers.
    """

    dates: int = 60
    rows: int = 5_000
    level: float = 0.05


@dataclass(frozen=True)
class Comparison:
    """The champion's mean absolute error less a challenger's on the rows of both: above zero, the challenger is better.

    Attributes:
        half_width: half of the 95% interval of the difference, game dates as clusters; None: fewer than two dates.
        p_value: of no difference; None where dates or rows are too few.
    """

    challenger: str
    dates: int
    rows: int
    difference: float | None
    half_width: float | None
    p_value: float | None


@dataclass(frozen=True)
class PromotionDecision:
    """Who is to be promoted, or None; why; and what was compared."""

    promote: str | None
    reason: str
    comparisons: tuple[Comparison, ...] = ()


def decide_promotion(grades: pl.DataFrame, champion: str, rule: PromotionRule | None = None) -> PromotionDecision:
    """Decide which challenger is to replace the champion, if any.

    Only predictions made before tip-off count, never those of a backfill. Differences are paired: the same player-game and
    decision. Their variance is `standard_error_of_sum`'s, their distribution Student's t with one degree of freedom less
    than there are dates; Holm's correction ("A Simple Sequentially Rejective Multiple Test Procedure", 1979) holds the
    chance that any challenger is promoted by luck to the rule's level. Of several that pass, the one with the largest
    difference is promoted.

    Args:
        grades: `graded_predictions` of champion and challengers in one market, all versions, of predictions that still stand.
        champion: id of the model that serves.
        rule: what is needed; None is the default.
    """
    rule = rule or PromotionRule()
    live = latest(grades).filter((pl.col("origin") == "live") & (pl.col("outcome") == "played"))
    own = live.filter(pl.col("model_id") == champion).select(*ROW, champion_error="prediction_error")
    others = live.filter(pl.col("model_id") != champion)
    if own.is_empty() or others.is_empty():
        lacking = f"champion {champion}" if own.is_empty() else "any challenger"
        return PromotionDecision(None, f"no live grades of {lacking}")
    parts = others.sort("model_id").group_by("model_id", maintain_order=True)
    found = tuple(_compared(str(name), rows.join(own, on=ROW), rule) for (name,), rows in parts)
    tested = [one for one in found if one.p_value is not None]
    if not tested:
        most = max(found, key=lambda one: (one.dates, one.rows))
        return PromotionDecision(
            None,
            f"too few rows to compare: {most.challenger} has {most.dates} of {rule.dates} dates and {most.rows:,} of"
            f" {rule.rows:,} rows in common with {champion}",
            found,
        )
    passed = [one for one, rejected in zip(tested, _holm(tested, rule.level), strict=True) if rejected and _gain(one) > 0]
    best = max(passed or tested, key=_gain)
    evidence = (
        f"{best.challenger} against {champion}: error lower by {_gain(best):.3f} on {best.rows:,} rows of {best.dates}"
        f" dates, p = {best.p_value:.4f}, {len(tested)} compared"
    )
    if not passed:
        return PromotionDecision(None, f"nobody is better beyond chance ({evidence})", found)
    return PromotionDecision(best.challenger, evidence, found)


def _gain(comparison: Comparison) -> float:
    return comparison.difference or 0.0


def _compared(challenger: str, rows: pl.DataFrame, rule: PromotionRule) -> Comparison:
    """One challenger on the newest dates of both."""
    newest = rows["game_date"].unique().sort().tail(rule.dates)
    rows = rows.filter(pl.col("game_date").is_in(newest.implode())).sort(ROW)
    if rows.is_empty():
        return Comparison(challenger, 0, 0, None, None, None)
    apart = rows.select("game_date", difference=pl.col("champion_error") - pl.col("prediction_error"))
    mean = float(apart.select(pl.col("difference").mean()).item())
    error = standard_error_of_sum(apart, pl.col("difference") - mean)
    half = None if error is None else Z_95 * error / apart.height
    enough = len(newest) >= rule.dates and rows.height >= rule.rows
    return Comparison(challenger, len(newest), rows.height, mean, half, _p_value(apart, mean, error) if enough else None)


def _p_value(apart: pl.DataFrame, mean: float, error: float | None) -> float:
    """Two-sided p-value of no difference, dates as clusters."""
    from scipy.special import stdtr

    if error is None:
        return 1.0
    ratio = abs(mean) * apart.height / error if error else inf if mean else 0.0
    return float(2 * stdtr(apart["game_date"].n_unique() - 1, -ratio))


def _holm(tested: list[Comparison], level: float) -> list[bool]:
    """Whether each difference is significant, Holm's correction applied."""
    # statsmodels has no annotations.
    from statsmodels.stats.multitest import multipletests  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    rejected: Any = multipletests([one.p_value for one in tested], alpha=level, method="holm")[0]
    return [bool(one) for one in rejected]
