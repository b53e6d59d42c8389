"""Versions of facts: what was known when. Features read facts only through this module."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from nba_assets.tables.contracts import Table


def fact_key(table: Table) -> list[str]:
    """Return the key of the fact, without the `known_at` that tells its versions apart."""
    return [name for name in table.key if name != "known_at"]


def as_of(versions: pl.DataFrame, table: Table, at: datetime | None = None) -> pl.DataFrame:
    """Return the newest version of each fact that was known at an instant (None: of all versions)."""
    known = versions if at is None else versions.filter(pl.col("known_at") <= at)
    return known.sort(table.key).unique(fact_key(table), keep="last", maintain_order=True)


def as_of_each(
    questions: pl.DataFrame, versions: pl.DataFrame, table: Table, on: Sequence[str], at: str = "decision_at"
) -> pl.DataFrame:
    """Join to each question the facts that it could know: the newest version of each with known_at <= `at`.

    Args:
        questions: one row per question, with the columns `on` and the instant `at`.
        versions: facts of `table`, all versions; but for `on` its columns must not be those of `questions`.
        table: the contract of the facts.
        on: columns that both have.
        at: the column of `questions` with the instant.

    Returns:
        One row per question and fact; a question about which nothing is known has no row.
    """
    joined = questions.join(versions, on=list(on), how="inner").filter(pl.col("known_at") <= pl.col(at))
    key = list(dict.fromkeys([*questions.columns, *fact_key(table)]))
    return joined.sort("known_at", maintain_order=True).unique(key, keep="last").sort(key)
