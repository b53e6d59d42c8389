"""GoogleSQL, the one dialect of our SQL: DDL from contracts, the files of `sql/`, and their translation to DuckDB."""

import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from nba_assets.errors import NbaAssetsError
from nba_assets.stores.package_data import package_data
from nba_assets.tables import TABLES
from nba_assets.tables.contracts import Table

if TYPE_CHECKING:
    import sqlglot
    from sqlglot.errors import SqlglotError


# Datasets that hold views only: tables as modellers' pipelines name and type them.
VIEW_DATASETS = ("silver", "gold")


class SqlError(NbaAssetsError):
    """A statement that cannot be parsed, or that the warehouse refuses."""


def create_table(table: Table) -> str:
    """Return GoogleSQL's CREATE TABLE IF NOT EXISTS for a contract, with every column's meaning as its description."""
    columns = ",\n  ".join(
        f"{column.name} {column.type}{'' if column.null_when else ' NOT NULL'} OPTIONS (description={_text(column.meaning)})"
        for column in table.columns
    )
    partition = f"\nPARTITION BY {table.date_column}" if table.date_column else ""
    return (
        f"CREATE TABLE IF NOT EXISTS {table.qualified} (\n  {columns}\n){partition}\nOPTIONS (description={_text(table.grain)})"
    )


def _text(value: str) -> str:
    from sqlglot import exp

    return exp.Literal.string(value).sql(dialect="bigquery")


def sql_files() -> list[Path]:
    """Return the views of `sql/`, in the order in which they are to be created: a view after those that it reads."""
    paths = {f"nba_{path.parent.name}.{path.stem}": path for path in sorted(package_data("sql").glob("*/*.sql"))}
    named = {view: set(re.findall(r"nba_\w+\.\w+", path.read_text())) for view, path in paths.items()}
    reads = {view: sorted((names - {view}) & paths.keys()) for view, names in named.items()}
    return [paths[view] for view in TopologicalSorter(reads).static_order()]


def to_duckdb(statement: str) -> list[str]:
    """Translate GoogleSQL to DuckDB, one text per statement.

    Raises:
        SqlError: the text is not GoogleSQL.
    """
    # sqlglot takes a tenth of a second to import, which most commands can do without.
    import sqlglot
    from sqlglot.errors import ErrorLevel, SqlglotError

    try:
        parsed = sqlglot.parse(statement, read="bigquery")
        return [_same_meaning(tree).sql(dialect="duckdb", unsupported_level=ErrorLevel.RAISE) for tree in parsed if tree]
    except SqlglotError as error:
        raise SqlError(f"not GoogleSQL, or not possible on DuckDB: {_plain(error)}") from error


def _same_meaning(tree: "sqlglot.Expr") -> "sqlglot.Expr":
    """Correct what sqlglot translates to something with another meaning, and drop what DuckDB does not store.

    GoogleSQL counts days of the week from Sunday = 1, DuckDB from Sunday = 0. Date arithmetic by days or longer gives a
    DATE in GoogleSQL and a TIMESTAMP in DuckDB. Partitions and descriptions have no place in a DuckDB table.
    """
    from sqlglot import exp

    if isinstance(tree, exp.Create):
        tree.set("properties", None)
        for option in list(tree.find_all(exp.ColumnConstraint)):
            if isinstance(option.kind, exp.Properties):
                option.pop()
    for node in list(tree.find_all(exp.Extract)):
        if node.name.upper() == "DAYOFWEEK":
            node.replace(exp.paren(exp.Add(this=node.copy(), expression=exp.Literal.number(1))))
    for node in list(tree.find_all(exp.DateSub, exp.DateAdd)):
        node.replace(exp.cast(node.copy(), "DATE"))
    return tree


def _plain(error: "SqlglotError") -> str:
    """The message without the codes that underline the fault in a terminal."""
    return re.sub(r"\x1b\[\d+m", "", str(error))


def datasets() -> list[str]:
    """Return the datasets (schemas) of all tables and views, facts first."""
    return [*dict.fromkeys(table.dataset for table in TABLES.values()), *VIEW_DATASETS]
