"""Homes of older releases get what they lack; what adding cannot mend is an error that says what to do."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.stores.schema import Existing, steps
from nba_assets.stores.warehouse import MigrationError, Summary
from nba_assets.tables import TABLES
from nba_assets.tables.contracts import Column, Table
from nba_assets.tables.grades import POINTS_EVALUATION
from nba_assets.tables.predictions import ML_MODEL_SKIPS
from nba_assets.tables.registry import ML_MODEL_AUDIT, ML_MODEL_REGISTRY
from nba_assets_tests.rows import of

POINTS, PRA = "player_points", "player_points_rebounds_assists"


def older(path: Path) -> DuckDBWarehouse:
    """A home from before markets joined the keys: audit, skips and evaluation have none, and a model must have features."""
    warehouse = DuckDBWarehouse(path)
    models = ({"model_id": "a", "market": POINTS}, {"model_id": "b", "market": PRA})
    warehouse.replace(ML_MODEL_REGISTRY, of(ML_MODEL_REGISTRY, *models), {"model_id": ["a", "b"], "market": [POINTS, PRA]})
    warehouse.append(ML_MODEL_AUDIT, of(ML_MODEL_AUDIT, {"number": 1, "model_id": "a"}, {"number": 2, "model_id": "b"}))
    warehouse.replace(POINTS_EVALUATION, of(POINTS_EVALUATION, {"model_id": "b"}, {"model_id": "gone"}), {})
    with duckdb.connect(str(path)) as connection:
        for table in (ML_MODEL_AUDIT, ML_MODEL_SKIPS, POINTS_EVALUATION):
            connection.execute(f"ALTER TABLE {table.qualified} DROP COLUMN market")
        connection.execute("UPDATE nba_predictions.ml_model_registry SET feature_version = 'v2_wide'")
        connection.execute(f"ALTER TABLE {ML_MODEL_REGISTRY.qualified} ALTER COLUMN feature_version SET NOT NULL")
        connection.execute("DROP TABLE nba_predictions.champion_decision")
        connection.execute("DROP VIEW nba_predictions.v_ml_model_leaderboard_by_decision")
        connection.execute("DROP SCHEMA nba_meta CASCADE")
    return DuckDBWarehouse(path)


def test_an_older_home_is_brought_up_to_date_by_its_first_use(tmp_path: Path) -> None:
    warehouse = older(tmp_path / "warehouse.duckdb")
    assert warehouse.read(ML_MODEL_AUDIT).select("model_id", "market").rows() == [("a", POINTS), ("b", PRA)]
    assert warehouse.read(POINTS_EVALUATION).select("model_id", "market").rows() == [("b", PRA), ("gone", POINTS)]
    assert warehouse.query("SELECT * FROM nba_predictions.v_ml_model_leaderboard_by_decision").is_empty()
    derived = of(ML_MODEL_REGISTRY, {"model_id": "c", "market": PRA, "model_type": "derived", "feature_version": None})
    warehouse.replace(ML_MODEL_REGISTRY, derived, {"model_id": "c", "market": PRA})
    assert warehouse.migrate() == []


def test_what_was_done_is_listed(tmp_path: Path) -> None:
    assert older(tmp_path / "warehouse.duckdb").migrate() == [
        "nba_predictions.champion_decision: created",
        "nba_predictions.ml_model_registry: feature_version may be null",
        *(
            f"nba_predictions.{name}: column market {done}"
            for name in ("ml_model_audit", "ml_model_skips", "points_evaluation")
            for done in ("added", "filled for older rows")
        ),
    ]


SHOTS = Table(
    "shots",
    "nba_league",
    "one row per shot",
    ("number",),
    (Column("number", "INT64", "of the shot"), Column("feet", "FLOAT64", "distance", null_when="not measured")),
    scope=(),
    date_column=None,
)
HELD = {"number": Existing("INT64", nullable=False), "feet": Existing("FLOAT64", nullable=True)}


@pytest.mark.parametrize(
    ("existing", "column", "message"),
    [
        ({"feet": Existing("STRING", nullable=True)}, "feet", "column feet has type STRING, its contract says FLOAT64"),
        ({"extra": Existing("INT64", nullable=False)}, "extra", "is in no contract and may not be null"),
        ({"number": None}, "number", "its contract gives no value for the rows that are there"),
    ],
)
def test_what_adding_cannot_mend_says_what_to_do(existing: dict[str, Existing | None], column: str, message: str) -> None:
    held = {name: kind for name, kind in (HELD | existing).items() if kind is not None}
    with pytest.raises(MigrationError) as caught:
        list(steps(SHOTS, held))
    assert message in caught.value.message
    assert (caught.value.table, caught.value.column) == ("nba_league.shots", column)
    assert caught.value.remedy is not None


def test_a_column_of_ones_own_stays() -> None:
    assert list(steps(SHOTS, HELD | {"mine": Existing("STRING", nullable=True)})) == []


def test_ddl_runs_only_when_something_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "warehouse.duckdb"
    DuckDBWarehouse(path).tables()
    monkeypatch.setattr("nba_assets.stores.duckdb_warehouse._migrate", None)
    assert len(DuckDBWarehouse(path).tables()) > len(TABLES)


def test_a_summary_counts_without_reading(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    rows = of(ML_MODEL_SKIPS, *({"game_date": date(2024, 1, day), "decision": "tip"} for day in (1, 3)))
    assert warehouse.summary(ML_MODEL_SKIPS) == Summary(0, None, None)
    warehouse.replace(ML_MODEL_SKIPS, rows, {"game_date": [date(2024, 1, 1), date(2024, 1, 3)], "decision": "tip"})
    assert warehouse.summary(ML_MODEL_SKIPS) == Summary(2, date(2024, 1, 1), date(2024, 1, 3))
    assert warehouse.summary(ML_MODEL_REGISTRY) == Summary(0, None, None)


def test_a_session_opens_the_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    opened: list[object] = []
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda *words: opened.append(words) or connect(*words))
    with warehouse.session():
        for table in TABLES.values():
            warehouse.summary(table)
        assert warehouse.query("SELECT 1 AS one").item() == 1
    assert len(opened) == 1
    warehouse.tables()
    assert len(opened) == 2
