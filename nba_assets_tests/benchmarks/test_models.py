"""Measured: many models on one slate against the libraries' own calls, and the views over years of grades."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.features.store import build, read_facts
from nba_assets.forecasting.inference import predict
from nba_assets.forecasting.models import BundledModel, CalibrationSample, FileModel
from nba_assets.modelling import learners
from nba_assets.modelling.fitting import labelled
from nba_assets.modelling.learners import LIBRARIES
from nba_assets.modelling.matrix import matrix
from nba_assets.modelling.time_splits import training_set
from nba_assets.points.spec import PARAMETERS, PLAYER_POINTS
from nba_assets.registry.loader import open_file
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.artifacts import FileArtifacts
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables import facts
from nba_assets.tables.features import FEATURE_VERSIONS
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS
from nba_assets.tables.registry import ML_MODEL_REGISTRY
from nba_assets_tests.benchmarks.test_benchmarks import report, seconds
from nba_assets_tests.rows import of

DAYS = Dates(date(2023, 10, 24), date(2024, 1, 31))
LONG_AFTER = datetime(2025, 1, 1, tzinfo=UTC)
WIDE = FEATURE_VERSIONS["v2_wide"]


@pytest.fixture(scope="module")
def features(league: SimulatedSource) -> pl.DataFrame:
    return build(read_facts(league, DAYS), DAYS)


@pytest.fixture(scope="module")
def learned(league: SimulatedSource, features: pl.DataFrame) -> pl.DataFrame:
    outcomes = league.read(facts.BOX_SCORES, DAYS).sort("known_at").unique(["game_id", "player_id"], keep="last")
    return training_set(features, outcomes, DAYS.last, PLAYER_POINTS).rows


def contenders(count: int, folder: Path, learned: pl.DataFrame) -> list[FileModel]:
    """Files of all three libraries in turn, each another one, of 400 trees."""
    store = FileArtifacts(str(folder))
    files: list[FileModel] = []
    past = CalibrationSample.of(learned)
    names = list(LIBRARIES)
    kinds: dict[str, bytes] = {}
    for number in range(count):
        library = names[number % len(names)]
        form = LIBRARIES[library].formats[0]
        rows = learned.filter(pl.col("game_id").hash(number) % 10 > 0) if count <= len(names) * 3 else learned
        if count <= len(names) * 3 or library not in kinds:
            kinds[library] = learners.fit(library, PARAMETERS[library], labelled(rows, WIDE), WIDE, rounds=400).file
        (folder / f"m{number}.{form}").write_bytes(kinds[library] + b"\n" * (number if form == "txt" else 0))
        row = {"model_id": f"m{number}", "model_type": library, "model_path": f"m{number}.{form}", "model_format": form}
        row |= {"feature_version": "v2_wide", "training_end_date": date(2023, 11, 1), "market": None}
        opened = open_file(of(ML_MODEL_REGISTRY, row).row(0, named=True), store)
        files.append(FileModel(opened, store, lambda *_: past, BundledModel("none", [], {}, store)))
    return files


def test_eight_models_on_one_slate(
    league: SimulatedSource, features: pl.DataFrame, learned: pl.DataFrame, tmp_path: Path
) -> None:
    slate = features.filter(pl.col("game_date") == DAYS.last)
    lines = league.read(facts.PROP_LINES, Dates(DAYS.last, DAYS.last))
    eight = contenders(8, tmp_path, learned)
    ready = matrix(slate.filter(~pl.col("is_out")), WIDE)
    ours = seconds(lambda: predict(slate, lines, eight, [], LONG_AFTER))
    theirs = seconds(lambda: [contender.file.model.predict(ready) for contender in eight])
    made = predict(slate, lines, eight, [], LONG_AFTER)[0]
    assert made.height == 8 * len(ready)
    report(f"8 models, {len(ready)} rows, with distributions and bets: {ours:.3f} s; the libraries' calls {theirs:.3f} s ({ours / theirs:.1f}x)")  # fmt: skip # noqa: E501


def test_a_hundred_models_on_one_date(
    league: SimulatedSource, features: pl.DataFrame, learned: pl.DataFrame, tmp_path: Path
) -> None:
    slate = features.filter(pl.col("game_date") == DAYS.last)
    lines = league.read(facts.PROP_LINES, Dates(DAYS.last, DAYS.last))
    hundred = contenders(100, tmp_path, learned)
    report(f"100 models on one date: {seconds(lambda: predict(slate, lines, hundred, [], LONG_AFTER), 3):.2f} s")


def test_views_over_four_seasons_of_four_models(tmp_path: Path) -> None:
    """About 450,000 graded rows; the alternative is the same table read and grouped by polars."""
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    random = np.random.default_rng(1)
    days = [date(2020, 12, 1) + timedelta(days=2 * number) for number in range(470)]
    one = pl.DataFrame({"game_date": pl.Series(days).repeat_by(240).explode()}).with_columns(
        player_id=pl.int_range(pl.len()) % 240, game_id=pl.col("game_date").cast(pl.String), decision=pl.lit("tip")
    )
    for model in ("a", "b", "c", "d"):
        actual = random.negative_binomial(3, 0.22, one.height).astype(float)
        said = np.abs(random.normal(10, 4, one.height))
        rows = one.with_columns(
            model_id=pl.lit(model),
            origin=pl.lit("backfill"),
            predicted_points=pl.Series(said),
            actual_points=pl.Series(actual),
            error=pl.Series(said - actual),
            prediction_error=pl.Series(np.abs(said - actual)),
            betting_line=pl.lit(10.5),
        )
        filled = of(
            GRADED_PREDICTIONS, {"outcome": "played", "version": 1, "is_out_of_sample": True, "crps": 3.0, "bet_return": 0.9}
        )
        grades = rows.join(filled.drop(rows.columns), how="cross").select(GRADED_PREDICTIONS.names)
        blank = of(ML_MODEL_PREDICTIONS, {"is_out_of_sample": True})
        made = rows.join(blank.drop([name for name in rows.columns if name in blank.columns]), how="cross")
        scope = {"game_date": Dates(days[0], days[-1]), "decision": ["tip"], "model_id": [model], "origin": "backfill"}
        warehouse.replace(ML_MODEL_PREDICTIONS, made.select(ML_MODEL_PREDICTIONS.names), scope)
        warehouse.append(GRADED_PREDICTIONS, grades)
    for view in ("daily_performance", "leaderboard", "head_to_head"):
        took = seconds(lambda view=view: warehouse.query(f"SELECT * FROM nba_predictions.v_ml_model_{view}"), 3)
        report(f"v_ml_model_{view} over {4 * one.height:,} grades: {took:.2f} s")
