"""Rows of a contract's table, of which only what matters is named."""

from datetime import UTC, date, datetime

import polars as pl

from nba_assets.tables.contracts import Table

DAY, INSTANT = date(2024, 1, 1), datetime(2024, 1, 1, 23, 45, tzinfo=UTC)
BLANK = {"STRING": "x", "INT64": 0, "FLOAT64": 0.0, "BOOL": False, "DATE": DAY, "TIMESTAMP": INSTANT}


def of(table: Table, *rows: dict[str, object]) -> pl.DataFrame:
    """Return rows of a table; a column that is not named is null where it may be, else something harmless."""
    defaults = {
        column.name: None if column.null_when else (column.allowed or (BLANK[column.type],))[0] for column in table.columns
    }
    defaults |= {"season": "2023-24"} if "season" in defaults else {}
    defaults |= {"market": "player_points"} if "market" in defaults else {}
    return pl.DataFrame([defaults | row for row in rows], schema=table.schema)
