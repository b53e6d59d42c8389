"""Measured, not asserted: each figure as a ratio against a named alternative of the same run, and as growth with size.

`make bench` prints the table. Medians of several runs; the machine may be noisy.
"""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from warnings import catch_warnings, simplefilter

import dagster as dg
import duckdb
import numpy as np
import polars as pl
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from nba_assets.calendar import Dates
from nba_assets.features.store import READ, build, read_facts
from nba_assets.orchestration.event_log import EventLog
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.protocol import Source
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables.features import FEATURE_VERSIONS, FEATURES, ML_FEATURE_STORE
from nba_assets_tests.benchmarks import pandas_features
from nba_assets_tests.conftest import ARCHIVE

FEATURE_NAMES = FEATURE_VERSIONS["v2_wide"]
RUNS = 5


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
    print(f"\n  {line}", end="")


@pytest.fixture(scope="module")
def source() -> Source:
    """Real games: years of them, with few corrections."""
    if not (ARCHIVE / "player_games").is_dir():
        pytest.skip(f"no real games: set NBA_ASSETS_ARCHIVE to an archive folder ({ARCHIVE} is none)")
    return ArchiveSource(ARCHIVE)


YEARS = {years: Dates(date(2021, 10, 1), date(2021 + years, 9, 30)) for years in (1, 2, 3)} | {
    4: Dates(date(2021, 10, 1), date(2024, 12, 1))
}


def test_features_against_pandas(source: Source) -> None:
    dates = YEARS[4]
    known = read_facts(source, dates)
    rows = build(known, dates)
    ours = seconds(lambda: build(known, dates))
    with catch_warnings():
        simplefilter("ignore")
        frame = pandas_features.build(known, str(dates.first), str(dates.last))
        theirs = seconds(lambda: pandas_features.build(known, str(dates.first), str(dates.last)), 3)
    assert len(frame) == rows.height
    what = f"v2_wide of {source.name} {dates}, both decisions, {rows.height:,} rows x {len(FEATURES)} columns"
    report(f"{what}: {ours:.2f} s; pandas groupby().rolling() {theirs:.2f} s ({theirs / ours:.1f}x)")


def test_columns_are_those_of_pandas(source: Source) -> None:
    """The windows of both agree: neither is fast by leaving something out."""
    dates = Dates(date(2023, 10, 1), date(2024, 7, 1))
    known = read_facts(source, dates)
    with catch_warnings():
        simplefilter("ignore")
        theirs = pandas_features.build(known, str(dates.first), str(dates.last))
    ours = build(known, dates).to_pandas()
    windows = [
        name for name in FEATURE_NAMES if "_avg_" in name or name in ("spread", "total", "starter", "rest_days", "travel_miles")
    ]
    for name in windows:
        same = np.isclose(ours[name].astype(float), theirs[name].astype(float), rtol=1e-9, equal_nan=True).mean()
        assert same > 0.99, (name, same)


def test_feature_build_grows_with_seasons(source: Source) -> None:
    known = {years: read_facts(source, dates) for years, dates in YEARS.items()}
    took = {years: seconds(lambda years=years: build(known[years], YEARS[years])) for years in YEARS}
    growth = ", ".join(f"{years}: {took[years]:.2f} s ({took[years] / took[1]:.1f}x)" for years in YEARS)
    report(f"feature build by seasons: {growth}")
    memory = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True).stdout
    report(f"memory of a process that builds all four: {memory.strip()} GiB at most")


MEMORY = """
import resource
from nba_assets_tests.benchmarks.test_benchmarks import *
build(read_facts(ArchiveSource(ARCHIVE), YEARS[4]), YEARS[4])
print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f}")
"""


def test_one_more_date_into_a_full_warehouse(source: Source, tmp_path: Path) -> None:
    """Facts of all seasons are there; features of one more date, in a warm process."""
    dates = YEARS[4]
    warehouse = DuckDBWarehouse(tmp_path / "full.duckdb")
    for table in READ:
        scope = {table.date_column: dates.wider(3000)} if table.date_column else {}
        warehouse.replace(table, source.read(table, dates.wider(3000)), scope)
    whole = build(read_facts(warehouse, dates), dates)
    warehouse.replace(ML_FEATURE_STORE, whole, {"game_date": dates})
    days = whole["game_date"].unique().sort()
    day = Dates(days[-1], days[-1])

    def one_more() -> None:
        rows = build(read_facts(warehouse, day), day)
        warehouse.replace(ML_FEATURE_STORE, rows, {"game_date": day})

    took = seconds(one_more)
    report(f"one more date into {whole.height:,} feature rows, read, built and written: {took:.2f} s")


SIMULATION = """
import resource, sys
from time import perf_counter
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables import facts
began = perf_counter()
league = SimulatedSource(seasons=int(sys.argv[1]))
for span in league.seasons():
    for table in facts.DAILY:
        league.read(table, span.dates)
print(perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def test_a_simulated_season() -> None:
    """All facts of a season, play-by-play and tracking among them, and growth with seasons; each in a process of its own."""
    took: dict[int, float] = {}
    for seasons in (1, 2, 4):
        command = [sys.executable, "-c", SIMULATION, str(seasons)]
        runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(3)]
        took[seasons] = median(float(run[0]) for run in runs)
        memory = max(float(run[1]) for run in runs)
        report(
            f"simulated seasons: {seasons}: {took[seasons]:.1f} s ({took[seasons] / took[1]:.1f}x), {memory:.1f} GiB at most"
        )


def test_warehouse_against_bare_duckdb(league: SimulatedSource, tmp_path: Path) -> None:
    dates = Dates(date(2024, 1, 1), date(2024, 1, 31))
    frame = build(read_facts(league, dates), dates)
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


def test_an_event_of_dagster(tmp_path: Path) -> None:
    """Against the event log that Dagster would use of itself."""

    def written(log: type[SqliteEventLogStorage], folder: Path) -> float:
        with dg.DagsterInstance.local_temp(str(folder)) as instance:
            instance._event_storage = log(str(folder / "log"))
            instance._event_storage.register_instance(instance)
            events = [dg.AssetMaterialization("games", partition=f"2024-01-{number:02}") for number in range(1, 31)]
            return seconds(lambda: [instance.report_runless_asset_event(event) for event in events]) / len(events)

    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    ours, theirs = written(EventLog, tmp_path / "ours"), written(SqliteEventLogStorage, tmp_path / "theirs")
    report(f"an event of Dagster: {1000 * ours:.1f} ms; in its own event log {1000 * theirs:.1f} ms ({theirs / ours:.1f}x)")
