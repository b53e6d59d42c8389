"""The contract of every `Warehouse`."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.stores.fingerprint import fingerprint
from nba_assets.stores.googlesql import SqlError
from nba_assets.stores.warehouse import Warehouse, WarehouseError, WarehouseLocked
from nba_assets.tables import TABLES
from nba_assets.tables.contracts import ContractError
from nba_assets.tables.facts import GAME_LINES, PLAYERS
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS
from nba_assets_tests.rows import of

DAYS = [date(2024, 1, day) for day in (1, 2, 3)]
KNOWN = datetime(2024, 1, 1, 12, tzinfo=UTC)


def lines(*rows: tuple[date, str, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"game_id": game, "game_date": day, "bookmaker": "b", "home_spread": spread, "known_at": KNOWN}
            for day, game, spread in rows
        ],
        schema_overrides={"home_spread": pl.Float64},
    ).with_columns(total=pl.lit(220.5), moneyline_home=pl.lit(None, pl.Int64), moneyline_away=pl.lit(None, pl.Int64))


def dates(first: int, last: int) -> Dates:
    return Dates(date(2024, 1, first), date(2024, 1, last))


def test_a_table_that_was_never_written_is_empty(warehouse: Warehouse) -> None:
    found = warehouse.read(GAME_LINES)
    assert found.is_empty()
    assert found.schema == GAME_LINES.schema


def test_what_is_written_is_read_back(warehouse: Warehouse) -> None:
    frame = lines((DAYS[1], "b", -3.5), (DAYS[0], "a", None), (DAYS[2], "c", 0.1 + 0.2))
    assert warehouse.replace(GAME_LINES, frame, {"game_date": dates(1, 3)}) == 3
    found = warehouse.read(GAME_LINES)
    assert found.equals(frame.select(GAME_LINES.names).sort(GAME_LINES.key))
    assert found.schema == GAME_LINES.schema
    assert warehouse.read(GAME_LINES, dates(2, 2), ["game_id", "home_spread"]).rows() == [("b", -3.5)]


def test_a_write_replaces_its_scope_and_nothing_else(warehouse: Warehouse) -> None:
    warehouse.replace(GAME_LINES, lines(*((day, str(day), 1.0) for day in DAYS)), {"game_date": dates(1, 3)})
    warehouse.replace(GAME_LINES, lines((DAYS[1], "new", 2.0)), {"game_date": dates(2, 2)})
    assert warehouse.read(GAME_LINES)["game_id"].to_list() == ["2024-01-01", "2024-01-03", "new"]
    warehouse.replace(GAME_LINES, GAME_LINES.empty(), {"game_date": dates(1, 2)})
    assert warehouse.read(GAME_LINES)["game_id"].to_list() == ["2024-01-03"]


def predictions(model: str, decision: str, points: float, market: str = "player_points") -> pl.DataFrame:
    row = {
        "model_id": model,
        "market": market,
        "game_date": DAYS[0],
        "decision": decision,
        "origin": "backfill",
        "predicted_points": points,
    }
    return of(ML_MODEL_PREDICTIONS, row)


def test_one_model_cannot_erase_another_nor_tip_noon_nor_a_market_another(warehouse: Warehouse) -> None:
    for model, decision, points, market in (
        ("m", "noon", 1.0, "player_points"),
        ("m", "tip", 2.0, "player_points"),
        ("n", "tip", 3.0, "player_points"),
        ("m", "tip", 5.0, "player_rebounds"),
        ("m", "tip", 4.0, "player_points"),
    ):
        scope = {"game_date": dates(1, 1), "decision": [decision], "model_id": model, "market": market, "origin": "backfill"}
        warehouse.replace(ML_MODEL_PREDICTIONS, predictions(model, decision, points, market), scope)
    found = warehouse.read(ML_MODEL_PREDICTIONS, columns=["model_id", "decision", "market", "predicted_points"])
    assert found.rows() == [
        ("m", "noon", "player_points", 1.0),
        ("m", "tip", "player_points", 4.0),
        ("m", "tip", "player_rebounds", 5.0),
        ("n", "tip", "player_points", 3.0),
    ]


def test_a_write_out_of_its_scope_writes_nothing(warehouse: Warehouse) -> None:
    with pytest.raises(ContractError, match="row 1: game_date 2024-01-02 lies outside of the write"):
        warehouse.replace(GAME_LINES, lines((DAYS[0], "a", 1.0), (DAYS[1], "b", 1.0)), {"game_date": dates(1, 1)})
    with pytest.raises(ContractError, match=r"a write replaces \('game_date',\)"):
        warehouse.replace(GAME_LINES, lines((DAYS[0], "a", 1.0)), {})
    assert warehouse.read(GAME_LINES).is_empty()


def test_a_frame_that_breaks_its_contract_writes_nothing(warehouse: Warehouse) -> None:
    warehouse.replace(GAME_LINES, lines((DAYS[0], "a", 1.0)), {"game_date": dates(1, 1)})
    with pytest.raises(ContractError, match="duplicate key"):
        warehouse.replace(GAME_LINES, lines((DAYS[0], "b", 1.0), (DAYS[0], "b", 2.0)), {"game_date": dates(1, 1)})
    assert warehouse.read(GAME_LINES)["game_id"].to_list() == ["a"]


def grades(version: int) -> pl.DataFrame:
    return of(GRADED_PREDICTIONS, {"version": version, "game_date": DAYS[0]})


def test_an_append_only_table_keeps_what_it_has(warehouse: Warehouse) -> None:
    assert warehouse.append(GRADED_PREDICTIONS, grades(1)) == 1
    warehouse.append(GRADED_PREDICTIONS, grades(2))
    with pytest.raises(ContractError, match="key is already there"):
        warehouse.append(GRADED_PREDICTIONS, grades(2))
    with pytest.raises(ContractError, match="append only"):
        warehouse.replace(GRADED_PREDICTIONS, grades(3), {})
    assert warehouse.read(GRADED_PREDICTIONS)["version"].to_list() == [1, 2]


def test_statements_are_one_transaction(warehouse: Warehouse) -> None:
    warehouse.query("CREATE TABLE nba_league.notes (number INT64)")
    with pytest.raises(SqlError, match="nothing_like_it"):
        warehouse.query("INSERT INTO nba_league.notes VALUES (1); SELECT * FROM nothing_like_it")
    assert warehouse.query("SELECT COUNT(*) AS n FROM nba_league.notes").item() == 0
    warehouse.query("INSERT INTO nba_league.notes VALUES (?)", [7])
    assert warehouse.query("SELECT number FROM notes").item() == 7


def test_every_table_and_view_is_there(warehouse: Warehouse) -> None:
    views = {f"nba_league.{name}" for name in ("availability", "game_lines", "prop_lines", "injury_reports", "players")}
    tables = {table.qualified for table in TABLES.values()}
    shown = ("results", "standing", "scored", "daily", "board", "head_to_head")
    shown += ("daily_performance", "daily_performance_by_decision", "leaderboard", "leaderboard_by_decision")
    views |= {"nba_features.v_rotation_absences", "nba_predictions.ml_feature_store_v2"}
    views |= {f"nba_predictions.v_ml_model_{name}" for name in shown}
    views |= {"silver.tracking_game", "gold.tracking_rollups", "gold.rates_training_base"}
    assert set(warehouse.tables()) == tables | views


def test_views_of_the_league_show_the_last_snapshot(warehouse: Warehouse) -> None:
    later = datetime(2024, 1, 1, 20, tzinfo=UTC)
    frame = lines((DAYS[0], "a", 1.0), (DAYS[0], "b", 2.0))
    moved = frame.filter(pl.col("game_id") == "a").with_columns(home_spread=pl.lit(3.0), known_at=pl.lit(later))
    warehouse.replace(GAME_LINES, pl.concat([frame, moved.select(frame.columns)]), {"game_date": dates(1, 1)})
    found = warehouse.query("SELECT game_id, home_spread FROM nba_league.game_lines ORDER BY game_id")
    assert found.rows() == [("a", 3.0), ("b", 2.0)]


HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_a_lock_is_waited_for_and_then_named(warehouse: DuckDBWarehouse) -> None:
    warehouse.read(PLAYERS)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(warehouse.path)], stdin=-1, stdout=-1, text=True)
    assert holder.stdout
    assert holder.stdin
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WarehouseLocked, match=f"held by another process.*{holder.pid}"):
            warehouse.read(PLAYERS)
        patient = DuckDBWarehouse(warehouse.path, lock_timeout=30)
        holder.stdin.close()
        assert patient.read(PLAYERS).is_empty()
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


WRITE = """
import sys
from pathlib import Path
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
warehouse = DuckDBWarehouse(Path(sys.argv[1]))
for number in range(20):
    warehouse.query("INSERT INTO nba_league.notes VALUES (?)", [number])
"""


def test_processes_take_turns(warehouse: DuckDBWarehouse) -> None:
    warehouse.query("CREATE TABLE nba_league.notes (number INT64)")
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, str(warehouse.path)]) for _ in range(3)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    assert warehouse.query("SELECT COUNT(*) AS n FROM nba_league.notes").item() == 60


def test_a_file_that_is_no_warehouse_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.duckdb"
    path.write_text("not a database")
    with pytest.raises(WarehouseError, match=r"notes\.duckdb: cannot be opened"):
        DuckDBWarehouse(path).read(PLAYERS)


def test_a_table_that_somebody_changed_is_named(warehouse: Warehouse) -> None:
    warehouse.query("ALTER TABLE nba_facts.players DROP COLUMN weight_lbs")
    with pytest.raises(WarehouseError, match="weight_lbs"):
        warehouse.read(PLAYERS)


def test_a_writer_that_dies_leaves_what_was_there(warehouse: DuckDBWarehouse) -> None:
    warehouse.replace(GAME_LINES, lines((DAYS[0], "a", 1.0)), {"game_date": dates(1, 1)})
    connection = duckdb.connect(str(warehouse.path))
    connection.begin()
    connection.execute("DELETE FROM nba_facts.game_lines")
    connection.close()
    assert warehouse.read(GAME_LINES)["game_id"].to_list() == ["a"]


def test_fingerprints_follow_content_not_order_or_clock() -> None:
    frame = lines((DAYS[0], "a", 1.0), (DAYS[1], "b", None))
    assert fingerprint(frame, GAME_LINES) == fingerprint(frame.reverse(), GAME_LINES)
    assert fingerprint(frame, GAME_LINES) != fingerprint(frame.with_columns(home_spread=pl.lit(1.0)), GAME_LINES)
    later = grades(1).with_columns(graded_at=pl.lit(datetime(2025, 1, 1, tzinfo=UTC)))
    assert fingerprint(grades(1), GRADED_PREDICTIONS) == fingerprint(later, GRADED_PREDICTIONS)
    nudged = frame.with_columns(home_spread=pl.col("home_spread") + 2**-52)
    assert fingerprint(frame, GAME_LINES) != fingerprint(nudged, GAME_LINES)
