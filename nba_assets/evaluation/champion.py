"""Who should serve: the promotion decision and the watch over the champion."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.evaluation.grading import standing_grades
from nba_assets.evaluation.monitoring import drift
from nba_assets.evaluation.promotion import PromotionDecision, decide_promotion
from nba_assets.league.lines import POINTS
from nba_assets.registry import rules
from nba_assets.registry.rules import By
from nba_assets.registry.service import promote, sync
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.predictions import GRADED_PREDICTIONS

# The newest 201 dates with games lie within a year and a summer.
WATCHED = timedelta(days=500)


@dataclass(frozen=True)
class Watch:
    """What there is to say of the champion: the decision on its challengers, and what somebody should hear."""

    decision: PromotionDecision
    news: tuple[str, ...]


def watch(warehouse: Warehouse, store: Path, *, promotes: bool, now: datetime) -> Watch:
    """Look whether a challenger is better than the champion, and whether the champion drifts.

    Args:
        warehouse: with the grades.
        store: the artifact store.
        promotes: whether a challenger that is better is promoted; else it is proposed.
        now: the true time.
    """
    registry, audit = sync(warehouse, By(rules.FOUND, None, now))
    serves = rules.champion(registry, audit)
    if serves is None:
        return Watch(PromotionDecision(None, "nobody serves"), ("nobody serves; `nba-assets models promote ID`",))
    newest = warehouse.read(GRADED_PREDICTIONS, columns=["game_date"])["game_date"].max()
    if not isinstance(newest, date):
        return Watch(PromotionDecision(None, "nothing is graded yet"), ())
    grades = standing_grades(warehouse, Dates(newest - WATCHED, newest))
    enabled = [row["model_id"] for row in rules.usable(registry)[0]]
    able = pl.col("model_id").is_in(enabled) & (pl.col("market") == POINTS)
    decision = decide_promotion(grades.filter(able), serves)
    news: list[str] = []
    if decision.promote and promotes:
        promote(warehouse, store, decision.promote, By("promotion sensor", decision.reason, now))
        news.append(f"{decision.promote} serves now instead of {serves}: {decision.reason}")
    elif decision.promote:
        news.append(f"{decision.reason}; `nba-assets models promote {decision.promote}`")
    news.extend(
        f"{serves} drifts: its {row['figure']} at {row['decision']} was {row['before']:.2f} and is {row['now']:.2f}"
        f" ({row['standard_errors']:+.1f} standard errors); `nba-assets models rollback`"
        for row in drift(grades, serves).iter_rows(named=True)
    )
    return Watch(decision, tuple(news))
