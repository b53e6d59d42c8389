"""The nightly decision on each market's champion: who was compared, whether anybody is promoted, whether it drifts."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.evaluation.grading import standing_grades
from nba_assets.evaluation.monitoring import drift
from nba_assets.evaluation.promotion import Comparison, PromotionDecision, decide_promotion
from nba_assets.registry import rules
from nba_assets.registry.catalog import FIRST_CHAMPIONS
from nba_assets.registry.rules import Actor, last_promotion
from nba_assets.registry.service import promote, sync
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.registry import CHAMPION_DECISION

# What is usual in a phase of the season is learned from three seasons before.
WATCHED = timedelta(days=1400)
NOBODY = Comparison("nobody", 0, 0, None, None, None)


def decide_champions(warehouse: Warehouse, artifacts: Artifacts, night: date, *, promotes: bool, now: datetime) -> pl.DataFrame:
    """Decide on each market's champion from the grades up to a night, and return `champion_decision` rows.

    Args:
        warehouse: with registry and grades.
        artifacts: with the files of models.
        night: the newest game date that counts.
        promotes: whether a better challenger is promoted; otherwise it is proposed.
        now: the true time.
    """
    registry, audit = sync(warehouse, Actor(rules.FOUND, None, now))
    grades = standing_grades(warehouse, Dates(night - WATCHED, night))
    enabled = [(row["model_id"], rules.market_of(row)) for row in rules.usable(registry)[0]]
    able = pl.DataFrame(enabled, schema=["model_id", "market"], orient="row")
    champions = rules.champions(registry, audit)
    rows: list[dict[str, object]] = []
    # A market that never had a champion is nobody's business until somebody promotes a model of it.
    for market in sorted(champions.keys() | FIRST_CHAMPIONS.keys()):
        serves = champions.get(market)
        if serves is None:
            decision, news = PromotionDecision(None, "nobody serves"), ["nobody serves; `nba-assets models promote ID`"]
        else:
            of_market = grades.filter(pl.col("market") == market)
            promoted = last_promotion(audit, market)
            # The first champion was promoted over nobody.
            since = promoted.at.date() if promoted.at and promoted.before else None
            decision = decide_promotion(of_market.join(able, on=["model_id", "market"], how="semi"), serves, since=since)
            news = list(_promotion(warehouse, artifacts, decision, market, serves, promotes=promotes, now=now))
            news += _drift(of_market, serves)
        shared = {"game_date": night, "market": market, "champion": serves, "decided_at": now}
        rows += [shared | row for row in _rows(decision, "; ".join(news) or None, promotes=promotes)]
    return pl.DataFrame(rows, schema=CHAMPION_DECISION.schema).sort(CHAMPION_DECISION.key)


def _promotion(
    warehouse: Warehouse,
    artifacts: Artifacts,
    decision: PromotionDecision,
    market: str,
    serves: str,
    *,
    promotes: bool,
    now: datetime,
) -> Iterator[str]:
    """Promote the challenger, or propose it; yield what somebody should know."""
    if decision.promote and promotes:
        promote(warehouse, artifacts, decision.promote, Actor("promotion", decision.reason, now), market)
        yield f"{decision.promote} now serves {market} instead of {serves}: {decision.reason}"
    elif decision.promote:
        yield f"{decision.reason}; `nba-assets models promote {decision.promote}`"


def _drift(grades: pl.DataFrame, serves: str) -> list[str]:
    return [
        f"{serves} drifts: since {row['since']} its error at {row['decision']} is {row['excess']:+.2f} beside that of the"
        f" exponential mean, more than in this phase of earlier seasons (cumulative sum {row['cumulative_sum']:.1f},"
        f" {row['dates']} dates); `nba-assets models rollback`"
        for row in drift(grades, serves).iter_rows(named=True)
    ]


def _rows(decision: PromotionDecision, news: str | None, *, promotes: bool) -> Iterator[dict[str, object]]:
    """One row per comparison; where nobody was compared, one with `nobody`."""
    for one in decision.comparisons or (NOBODY,):
        low_high = (None, None)
        if one.difference is not None and one.half_width is not None:
            low_high = (one.difference - one.half_width, one.difference + one.half_width)
        won = "promoted" if promotes else "proposed"
        yield {
            "challenger": one.challenger,
            "dates": one.dates,
            "row_count": one.rows,
            "difference": one.difference,
            "difference_low": low_high[0],
            "difference_high": low_high[1],
            "p_value": one.p_value,
            "decision": won if one.challenger == decision.promote else "kept",
            "reason": decision.reason,
            "news": news,
        }
