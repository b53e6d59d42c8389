"""Measured, not asserted: each figure as a ratio against a named alternative of the same run, and as growth with size.

`make bench` prints the table. Medians of several runs; the machine may be noisy.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

import duckdb
import pandas as pd
import polars as pl

from nba_assets.calendar import Dates
from nba_assets.features.form import player_form, player_history
from nba_assets.features.history import History
from nba_assets.features.store import build
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets_tests.features.test_store import all_facts

RUNS = 5
WINDOWED = ["pts", "minutes", "fga"]


def seconds(work: Callable[[], object], runs: int = RUNS) -> float:
    """Median wall-clock seconds of some runs, after one that is not counted."""
    work()
    times = []
    for _ in range(runs):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return median(times)


def report(line: str) -> None:
    print(f"\n  {line}", end="")  # noqa: T201


def pandas_windows(boxes: pd.DataFrame) -> pd.DataFrame:
    """The window means of form by pandas' groupby().rolling(), vectorised, shifted by one game."""
    boxes = boxes.sort_values(["player_id", "game_date"])
    before = boxes.groupby("player_id")[WINDOWED].shift(1)
    before["player_id"] = boxes["player_id"]
    grouped = before.groupby("player_id")[WINDOWED]
    return pd.concat([grouped.rolling(games, min_periods=1).mean().add_suffix(f"_{games}") for games in (5, 10, 20)], axis=1)


def test_form_against_pandas(league: SimulatedSource) -> None:
    dates = Dates(date(2022, 10, 1), date(2024, 7, 1))
    boxes = league.read(facts.BOX_SCORES, dates).sort("known_at").unique(["game_id", "player_id"], keep="last")
    questions = boxes.select("player_id", "game_date", "season")
    ours = seconds(lambda: player_form(History.before(questions, player_history(boxes), "player_id")))
    frame = boxes.to_pandas()
    theirs = seconds(lambda: pandas_windows(frame))
    report(f"form of {boxes.height:,} player-games, 27 columns: {ours:.2f} s; pandas, 9: {theirs:.2f} s ({theirs / ours:.1f}x)")


def test_feature_build_grows_with_seasons(league: SimulatedSource) -> None:
    known = all_facts(league, date(2024, 7, 1))
    one = seconds(lambda: build(known, Dates(date(2023, 10, 1), date(2024, 7, 1))), 3)
    two = seconds(lambda: build(known, Dates(date(2022, 10, 1), date(2024, 7, 1))), 3)
    day = seconds(lambda: build(known, Dates(date(2024, 1, 9), date(2024, 1, 9))), 3)
    report(f"feature build: one season {one:.2f} s, two {two:.2f} s ({two / one:.2f}x), one more date {day:.2f} s")


def test_warehouse_against_bare_duckdb(league: SimulatedSource, tmp_path: Path) -> None:
    dates = Dates(date(2024, 1, 1), date(2024, 1, 31))
    frame = build(all_facts(league, dates.last), dates)
    warehouse = DuckDBWarehouse(tmp_path / "ours.duckdb")
    ours = seconds(lambda: warehouse.replace(ML_FEATURE_STORE, frame, {"game_date": dates}))
    bare = duckdb.connect(str(tmp_path / "bare.duckdb"))
    bare.register("incoming", frame.to_arrow())
    bare.execute("CREATE TABLE features AS SELECT * FROM incoming LIMIT 0")

    def insert() -> None:
        bare.execute("BEGIN; DELETE FROM features; INSERT INTO features SELECT * FROM incoming; COMMIT")

    theirs = seconds(insert)
    report(f"replace of {frame.height:,} rows of features: {ours:.2f} s; bare DuckDB {theirs:.2f} s ({ours / theirs:.1f}x)")
    read = seconds(lambda: warehouse.read(ML_FEATURE_STORE, dates))
    plain = seconds(lambda: bare.execute("SELECT * FROM features").pl())
    report(f"read of the same: {read:.3f} s; bare DuckDB {plain:.3f} s ({read / plain:.1f}x)\n")
    assert pl.DataFrame(warehouse.read(ML_FEATURE_STORE, dates)).height == frame.height
