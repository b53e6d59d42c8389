"""The schema that contracts and `sql/` describe: its hash, and how an existing warehouse differs from it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nba_assets.stores.googlesql import sql_files
from nba_assets.stores.warehouse import MigrationError
from nba_assets.tables import TABLES
from nba_assets.tables.contracts import Column, Table

# Where a warehouse keeps the hash of the schema it has: nothing else is looked at while it is the current one.
META_DATASET = "nba_meta"
SCHEMA_STATE = f"{META_DATASET}.schema_state"
REMEDY = "export what you need, then delete or rename the table and run `nba-assets backfill`"


class Existing(NamedTuple):
    """A column that a warehouse has: its GoogleSQL type, and whether it may be null."""

    type: str
    nullable: bool


class Step(NamedTuple):
    """One statement that brings a table nearer to its contract, in GoogleSQL, and what it does in words."""

    statement: str
    done: str


def schema_hash() -> str:
    """Return a hash of all contracts and views; equal means that a warehouse with it needs nothing."""
    digest = hashlib.sha256()
    for table in TABLES.values():
        digest.update(repr((table.qualified, [(c.name, c.type, c.null_when is None) for c in table.columns])).encode())
    for path in sql_files():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def steps(table: Table, existing: Mapping[str, Existing]) -> Iterator[Step]:
    """Yield what brings an existing table to its contract: new columns with their initial values, fewer NOT NULLs.

    Args:
        table: the contract.
        existing: the columns that the warehouse has, by name.

    Raises:
        MigrationError: a type differs, a column that has to have a value gives none for rows that are there, or a column
            that is not in the contract may not be null.
    """
    _refuse_what_adding_cannot_mend(table, existing)
    for column in table.columns:
        if column.name not in existing:
            yield from _added(table, column)
        elif column.null_when is not None and not existing[column.name].nullable:
            yield Step(
                f"ALTER TABLE {table.qualified} ALTER COLUMN {column.name} DROP NOT NULL",
                f"{table.qualified}: {column.name} may be null",
            )


def _refuse_what_adding_cannot_mend(table: Table, existing: Mapping[str, Existing]) -> None:
    for name, have in existing.items():
        column = table.by_name.get(name)
        if column is not None and have.type != column.type:
            message = f"column {name} has type {have.type}, its contract says {column.type}"
            raise MigrationError(message, table=table.qualified, column=name, remedy=REMEDY)
        if column is None and not have.nullable:
            message = f"column {name} is in no contract and may not be null, so nothing can be written"
            raise MigrationError(message, table=table.qualified, column=name, remedy=REMEDY)


def _added(table: Table, column: Column) -> Sequence[Step]:
    if column.null_when is None and column.initial is None:
        message = f"column {column.name} is missing, and its contract gives no value for the rows that are there"
        raise MigrationError(message, table=table.qualified, column=column.name, remedy=REMEDY)
    added = Step(
        f"ALTER TABLE {table.qualified} ADD COLUMN {column.name} {column.type}",
        f"{table.qualified}: column {column.name} added",
    )
    if column.initial is None:
        return [added]
    filled = Step(
        f"UPDATE {table.qualified} SET {column.name} = {column.initial} WHERE TRUE",  # noqa: S608 (a contract's own text)
        f"{table.qualified}: column {column.name} filled for older rows",
    )
    return [added, filled]
