"""Promotion: whether a challenger is better than the champion, by a test that is looked at every night."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from nba_assets.evaluation.grading import latest
from nba_assets.modelling.sequential import FIRST_LOOK, anytime_p_values, half_width

ROW = ("game_date", "game_id", "player_id", "decision")


@dataclass(frozen=True)
class PromotionRule:
    """What a challenger needs.

    Attributes:
        dates: on which both models were graded; with fewer nobody is promoted.
        rows: player-games and decisions on these dates, at least.
        level: chance that an equal challenger is ever promoted, over all nights and challengers of a champion.
    """

    dates: int = FIRST_LOOK
    rows: int = 5_000
    level: float = 0.05


@dataclass(frozen=True)
class Comparison:
    """The champion's mean absolute error less a challenger's on the rows of both: above zero, the challenger is better.

    Attributes:
        half_width: half of the 95% confidence sequence of the difference, which holds on all nights at once; None: few dates.
        p_value: of a challenger that is not better, valid on any night; None where dates or rows are too few.
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


def decide_promotion(
    grades: pl.DataFrame, champion: str, rule: PromotionRule | None = None, since: date | None = None
) -> PromotionDecision:
    """Decide which challenger is to replace the champion, if any.

    Only predictions made before tip-off count, never those of a backfill, and of those all since the champion was promoted.
    Differences are paired: the same player-game and decision; what is tested is their sum by date. The p-value may be looked at
    every night (`anytime_p_values`); Holm's correction ("A Simple Sequentially Rejective Multiple Test Procedure", 1979) holds
    the chance that any challenger is ever promoted by luck to the rule's level. Of several that pass, the one with the
    largest difference is promoted.

    Args:
        grades: `graded_predictions` of champion and challengers in one market, all versions, of predictions that still stand.
        champion: id of the model that serves.
        rule: what is needed; None is the default.
        since: the first game date that counts; None: all.
    """
    rule = rule or PromotionRule()
    live = latest(grades).filter((pl.col("origin") == "live") & (pl.col("outcome") == "played"))
    live = live.filter(pl.col("game_date") >= since) if since else live
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
    passed = [one for one, rejected in zip(tested, _holm(tested, rule.level), strict=True) if rejected]
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
    """One challenger on all dates of both."""
    if rows.is_empty():
        return Comparison(challenger, 0, 0, None, None, None)
    apart = pl.col("champion_error") - pl.col("prediction_error")
    by_date = rows.sort(ROW).group_by("game_date", maintain_order=True).agg(apart.sum().alias("sum"), pl.len())
    sums, per_date = by_date["sum"].to_numpy(), rows.height / by_date.height
    width = half_width(sums, first_look=rule.dates)
    tested = by_date.height >= rule.dates and rows.height >= rule.rows
    found = float(anytime_p_values(sums, rule.dates)[-1]) if tested else None
    gain = float(sums.sum()) / rows.height
    return Comparison(challenger, by_date.height, rows.height, gain, None if width is None else width / per_date, found)


def _holm(tested: list[Comparison], level: float) -> list[bool]:
    """Which challengers are better, Holm's correction applied."""
    # statsmodels has no annotations.
    from statsmodels.stats.multitest import multipletests  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    rejected: Any = multipletests([one.p_value for one in tested], alpha=level, method="holm")[0]
    return [bool(one) for one in rejected]
