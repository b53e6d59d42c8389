"""Fingerprints: equal for equal content, whatever the file, the order of writing and the clock."""

import hashlib
from io import BytesIO

import polars as pl

from nba_assets.tables.contracts import Table


def fingerprint(frame: pl.DataFrame, table: Table) -> str:
    """Return the SHA-256 over a table's rows in key order, without its wall-clock columns. Floats count to the last bit."""
    kept = frame.select(name for name in table.names if name not in table.wall_clock)
    digest = hashlib.sha256(",".join(kept.columns).encode())
    for rows in kept.sort(table.key or kept.columns).iter_slices(50_000):
        text = BytesIO()
        rows.write_csv(text, include_header=False, null_value="\\N")
        digest.update(text.getvalue())
    return digest.hexdigest()
