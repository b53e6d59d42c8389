"""When a fact from a site counts as known, and which of the answers about it are versions.

What was asked while it was news is known when it was first seen. What was asked long after has the nominal time that an archive
would give it: so a season that is fetched today serves a backfill. A later answer that differs is known when it was seen.
"""

from datetime import timedelta

import polars as pl

from nba_assets.tables.contracts import Table
from nba_assets.tables.versions import fact_key

# Who looks within a day sees news; who comes later reads an archive.
NEWS = timedelta(hours=24)


def versions(seen: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return the versions of facts among all that was seen.

    Args:
        seen: columns of `table` but `known_at`; `seen_at`; and `nominal`, the time that an archive would give the fact.
        table: contract of the facts.

    Returns:
        Rows that differ from the answer before, with `known_at`.
    """
    key = fact_key(table)
    rows = seen.sort(*key, "seen_at", maintain_order=True).with_columns(first=pl.struct(key).is_first_distinct())
    if not rows["first"].all():
        values = [name for name in table.names if name not in (*key, "known_at")]
        differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in values)
        rows = rows.filter(pl.col("first") | differs)
    is_archive = pl.col("first") & (pl.col("seen_at") > pl.col("nominal") + NEWS)
    known_at = pl.when(is_archive).then("nominal").otherwise("seen_at")
    return rows.with_columns(known_at=known_at).select(table.names)
