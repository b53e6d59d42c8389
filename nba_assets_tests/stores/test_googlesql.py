"""Every statement of the project: by sqlglot against the contracts, by the real analyser, on DuckDB."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlglot
from sqlglot.optimizer.qualify import qualify

from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.stores.googlesql import SqlError, create_table, sql_files, to_duckdb
from nba_assets.tables import TABLES
from nba_assets.tables.contracts import POLARS_TYPES, Table
from nba_assets_tests.stores.googlesql_analyser import FOLDER, Analyser, Columns, running_analyser


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Columns:
    """Tables and views of an empty warehouse: dataset, name, column, type."""
    warehouse = DuckDBWarehouse(tmp_path_factory.mktemp("empty") / "warehouse.duckdb")
    types = {str(polars_type): name for name, polars_type in POLARS_TYPES.items()}
    found: Columns = {}
    for qualified in warehouse.tables():
        dataset, name = qualified.split(".")
        held = warehouse.query(f"SELECT * FROM {qualified} LIMIT 0").schema
        found.setdefault(dataset, {})[name] = {column: types[str(kind)] for column, kind in held.items()}
    return found


@pytest.fixture(scope="module")
def analyser(columns: Columns) -> Iterator[Analyser]:
    if not (FOLDER / "remote_server.so").exists():
        pytest.skip("no GoogleSQL analyser: `make tools` installs it")
    with running_analyser(columns) as running:
        yield running


def check_columns(statement: str, columns: Columns) -> None:
    for tree in sqlglot.parse(statement, read="bigquery"):
        if tree is not None:
            qualify(tree.find(sqlglot.exp.Query) or tree, schema=columns, dialect="bigquery")


@pytest.mark.parametrize("path", sql_files(), ids=lambda path: path.stem)
def test_files_name_only_columns_that_exist(path: Path, columns: Columns) -> None:
    check_columns(path.read_text(), columns)


def test_a_column_that_does_not_exist_is_found(columns: Columns) -> None:
    with pytest.raises(sqlglot.errors.OptimizeError, match="predicted_pionts"):
        check_columns("SELECT predicted_pionts FROM nba_predictions.ml_model_predictions", columns)


@pytest.mark.parametrize("path", sql_files(), ids=lambda path: path.stem)
def test_files_are_googlesql(analyser: Analyser, path: Path) -> None:
    analyser.analyse(path.read_text().rstrip().removesuffix(";"))


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_ddl_is_googlesql(analyser: Analyser, table: Table) -> None:
    analyser.analyse(create_table(table))


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELECT nope FROM nba_predictions.graded_predictions", "Unrecognized name: nope"),
        ("SELECT 1 FROM nba_league.player_games WHERE pts = 'x'", "No matching signature"),
        ("SELECT 1 FROM nba_league.players_games", "Table not found"),
    ],
)
def test_the_analyser_can_say_no(analyser: Analyser, statement: str, message: str) -> None:
    import grpc

    with pytest.raises(grpc.RpcError, match=message):
        analyser.analyse(statement)


def test_text_that_is_no_sql_is_refused() -> None:
    with pytest.raises(SqlError, match="not GoogleSQL"):
        to_duckdb("SELEKT 1 FORM x y z (")


def test_days_and_dates_mean_the_same_on_duckdb(warehouse: DuckDBWarehouse) -> None:
    friday = warehouse.query(
        "SELECT EXTRACT(DAYOFWEEK FROM DATE '2024-01-05') AS weekday, DATE_SUB(DATE '2024-03-01', INTERVAL 1 DAY) AS before,"
        " DATE_ADD(DATE '2024-01-31', INTERVAL 1 MONTH) AS later,"
        " DATE_SUB(CURRENT_DATE(), INTERVAL 1 DAY) < CURRENT_DATE() AS past"
    )
    assert friday.row(0) == (6, date(2024, 2, 29), date(2024, 2, 29), True)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM nba_predictions.v_ml_model_daily_performance"
        " WHERE game_date = DATE_SUB(CURRENT_DATE(), INTERVAL 1 DAY) ORDER BY mae ASC",
        "SELECT model_id, mae, bet_accuracy, graded_predictions FROM nba_predictions.v_ml_model_leaderboard ORDER BY mae ASC",
        "SELECT * FROM nba_predictions.v_ml_model_head_to_head"
        " WHERE 'catboost_v8' IN (model_a, model_b) AND 'catboost_v9' IN (model_a, model_b)",
    ],
)
def test_what_users_ask_runs_unchanged(analyser: Analyser, warehouse: DuckDBWarehouse, statement: str) -> None:
    analyser.analyse(statement)
    assert warehouse.query(statement).is_empty()
