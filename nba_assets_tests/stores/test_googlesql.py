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
from nba_assets.tables.contracts import Table
from nba_assets_tests.stores.googlesql_analyser import FOLDER, Analyser, running_analyser


@pytest.fixture(scope="module")
def analyser() -> Iterator[Analyser]:
    if not (FOLDER / "remote_server.so").exists():
        pytest.skip("no GoogleSQL analyser: npm install --prefix .tools @fivetrandevelopers/zetasql@1.13.0")
    with running_analyser() as running:
        yield running


def schema() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for table in TABLES.values():
        found.setdefault(table.dataset, {})[table.name] = {column.name: column.type for column in table.columns}
    return found


def check_columns(statement: str) -> None:
    for tree in sqlglot.parse(statement, read="bigquery"):
        if tree is not None:
            qualify(tree.find(sqlglot.exp.Query) or tree, schema=schema(), dialect="bigquery")


@pytest.mark.parametrize("path", sql_files(), ids=lambda path: path.stem)
def test_files_name_only_columns_that_exist(path: Path) -> None:
    check_columns(path.read_text())


def test_a_column_that_does_not_exist_is_found() -> None:
    with pytest.raises(sqlglot.errors.OptimizeError, match="predicted_pionts"):
        check_columns("SELECT predicted_pionts FROM nba_predictions.ml_model_predictions")


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
