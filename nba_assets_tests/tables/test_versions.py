from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.tables.contracts import Column, Table
from nba_assets.tables.versions import as_of, as_of_each

FACTS = Table(
    "facts",
    "test",
    "one row a version",
    ("game_id", "known_at"),
    (Column("game_id", "STRING", "game"), Column("value", "INT64", "value"), Column("known_at", "TIMESTAMP", "when")),
    scope=(),
    date_column=None,
    versions=True,
)
START = datetime(2024, 1, 1, tzinfo=UTC)


def versions(*rows: tuple[str, int, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [(game, value, START + timedelta(hours=hour)) for game, value, hour in rows], schema=FACTS.schema, orient="row"
    )


def test_as_of_takes_the_newest_version_that_was_known() -> None:
    known = versions(("a", 1, 0), ("a", 2, 5), ("b", 7, 3))
    assert as_of(known, FACTS, START + timedelta(hours=4)).select("game_id", "value").rows() == [("a", 1), ("b", 7)]
    assert as_of(known, FACTS, START + timedelta(hours=5)).select("game_id", "value").rows() == [("a", 2), ("b", 7)]
    assert as_of(known, FACTS).select("game_id", "value").rows() == [("a", 2), ("b", 7)]
    assert as_of(known, FACTS, START - timedelta(hours=1)).is_empty()


rows = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.integers(0, 9)), unique_by=lambda row: (row[0], row[2]))


@given(rows, st.sets(st.integers(0, 10), min_size=1))
def test_asking_many_at_once_is_asking_each(found: list[tuple[str, int, int]], hours: set[int]) -> None:
    known = versions(*found)
    asked = pl.DataFrame(
        [(game, START + timedelta(hours=hour)) for game in "abc" for hour in hours],
        schema=["game_id", "decision_at"],
        orient="row",
    )
    together = as_of_each(
        asked.with_columns(pl.col("decision_at").cast(FACTS.schema["known_at"])), known, FACTS, on=["game_id"]
    )
    for hour in hours:
        at = START + timedelta(hours=hour)
        alone = as_of(known, FACTS, at)
        assert together.filter(pl.col("decision_at") == at).select("game_id", "value", "known_at").equals(alone)
