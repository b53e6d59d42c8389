"""What a verification is given, and what it finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.errors import NbaAssetsError
from nba_assets.features.leakage.harness import Leak
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.contracts import Table

NAMED = 3
# A feature may end with any word.
AGAIN = " made again"


class NothingToVerifyError(NbaAssetsError):
    """A range without any features to verify."""


@dataclass(frozen=True)
class Verdict:
    """One check: what was examined, and what is wrong, if anything."""

    check: str
    looked_at: str
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Whether the check found nothing wrong."""
        return not self.fault


@dataclass(frozen=True)
class Examined:
    """What is verified.

    Attributes:
        windows: all training cutoffs, in order.
        exposure: most of a bankroll that is staked on a night.
        derives_absences: whether the source has no inactive lists, so that availability is derived from box scores.
        told: whether it tells mornings who of the questionable will be out.
    """

    warehouse: Warehouse
    artifacts: Artifacts
    dates: Dates
    windows: Sequence[date]
    exposure: float
    derives_absences: bool = False
    told: bool = False


def leaked(check: str, looked_at: str, leak: Leak | None) -> Verdict:
    """Return the verdict of a comparison by the leak harness."""
    return Verdict(check, looked_at, str(leak) if leak else "")


def listed(check: str, looked_at: str, faults: Sequence[str]) -> Verdict:
    """Return the verdict that names the first few of some faults."""
    more = f" … and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
    return Verdict(check, looked_at, "; ".join(faults[:NAMED]) + more)


def unlike(
    stored: pl.DataFrame,
    fresh: pl.DataFrame,
    table: Table,
    columns: Sequence[str],
    within: float = 0.0,
    key: Sequence[str] = (),
) -> str:
    """Return which rows of both differ in some columns, in words; empty: none does.

    Args:
        stored: rows of the table.
        fresh: the same rows, made again.
        table: the contract, with the key.
        columns: to compare.
        within: numbers that differ by less are equal; 0: to the last bit.
        key: which rows are the same; empty: by the table's key.
    """
    key = list(key or table.key)
    both = stored.select(*key, *columns).join(
        fresh.select(*key, *columns), on=key, how="inner", suffix=AGAIN, maintain_order="left"
    )
    found: list[str] = []
    for name in columns:
        first, second = pl.col(name), pl.col(f"{name}{AGAIN}")
        differs = first.ne_missing(second)
        if within and table.schema[name].is_float():
            differs &= ~((first - second).abs() <= within).fill_null(value=False)
        rows = both.filter(differs)
        if rows.height:
            row = rows.row(0, named=True)
            where = ", ".join(f"{part}={row[part]}" for part in key)
            found.append(f"{name}: {rows.height:,} rows, first {where}: {row[name]} stored, {row[name + AGAIN]} made again")
    return "; ".join(found)
