"""What every asset of the graph shares: partitions, options that come from a table's contract, the record of a write."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import wraps
from time import perf_counter
from typing import Any
from warnings import filterwarnings

import dagster as dg
import polars as pl

from nba_assets.calendar import EASTERN, FIRST_GAME_DATE, Dates
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.contracts import Table

TIME_ZONE = str(EASTERN)
GAME_DATES = dg.DailyPartitionsDefinition(start_date=FIRST_GAME_DATE.isoformat(), timezone=TIME_ZONE, end_offset=1)
SECONDS = "seconds"
OWNERS = ["team:nba_assets"]
Materialized = dg.MaterializeResult[Any]

# Backfill policies and partition mappings are in beta; pyproject.toml holds Dagster to one minor release.
filterwarnings("ignore", category=dg.BetaWarning)


class _Steps(logging.Formatter):
    """What assets say, without the framework's own events."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the message as the asset wrote it."""
        return f"           {record.__dict__['dagster_meta']['orig_message']}"


def _step_logger(_: object) -> logging.Logger:
    handler = logging.StreamHandler()
    handler.setFormatter(_Steps())
    handler.addFilter(
        lambda record: record.levelno >= logging.INFO and not record.__dict__["dagster_meta"].get("dagster_event")
    )
    logger = logging.Logger("nba_assets.steps", logging.INFO)
    logger.addHandler(handler)
    return logger


step_log = dg.LoggerDefinition(_step_logger, description="What assets say, a line each, on standard error.")


def training_cutoffs(cron: str) -> dg.TimeWindowPartitionsDefinition:
    """Return the partitions of bundles: a window begins at each tick of the retraining cron."""
    return dg.TimeWindowPartitionsDefinition(
        start=FIRST_GAME_DATE.isoformat(), fmt="%Y-%m-%d", cron_schedule=cron, timezone=TIME_ZONE, end_offset=1
    )


def past(days: int, *, with_today: bool) -> dg.TimeWindowPartitionMapping:
    """Map a partition to the days before it; a fact of the day itself is only there where `with_today` says so."""
    return dg.TimeWindowPartitionMapping(
        start_offset=-days, end_offset=0 if with_today else -1, allow_nonexistent_upstream_partitions=True
    )


def table_asset(
    table: Table,
    *,
    group: str,
    deps: Iterable[dg.AssetDep | str] = (),
    partitions: dg.PartitionsDefinition[Any] | None = GAME_DATES,
    kinds: Iterable[str] = ("polars", "duckdb"),
    checks: Iterable[str] = (),
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return the decorator of an asset that writes one table: name, description and column schema are its contract's."""
    decorate = dg.asset(
        name=table.name,
        group_name=group,
        deps=list(deps),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        kinds=set(kinds),
        owners=OWNERS,
        check_specs=[dg.AssetCheckSpec(check, asset=table.name) for check in checks],
        description=_description(table),
        metadata=_metadata(table),
    )
    return lambda compute: decorate(timed(compute))


def written_beside(table: Table, *, group: str, by: Table) -> dg.AssetSpec:
    """Return a table that the asset of another one writes with its own."""
    return dg.AssetSpec(
        table.name,
        group_name=group,
        deps=[by.name],
        partitions_def=GAME_DATES,
        kinds={"polars", "duckdb"},
        owners=OWNERS,
        description=f"{_description(table)}\n\nWritten by `{by.name}`.",
        metadata=_metadata(table),
    )


def _description(table: Table) -> str:
    return f"{table.grain[0].upper()}{table.grain[1:]}.\n\nTable `{table.qualified}`, key {', '.join(table.key)}."


def _metadata(table: Table) -> dict[str, Any]:
    columns = [
        dg.TableColumn(
            column.name,
            column.type,
            description=f"{column.meaning}{f' [{column.unit}]' if column.unit else ''}"
            f"{f'; null: {column.null_when}' if column.null_when else ''}",
            constraints=dg.TableColumnConstraints(nullable=column.null_when is not None),
        )
        for column in table.columns
    ]
    return {"dagster/column_schema": dg.TableSchema(columns), "dagster/table_name": table.qualified}


def timed(compute: Callable[..., Materialized]) -> Callable[..., Materialized]:
    """Add to a write's metadata the seconds of its own work, apart from the bookkeeping of events."""
    # Dagster knows a write by the bare class.
    compute.__annotations__["return"] = dg.MaterializeResult

    @wraps(compute)
    def measured(context: dg.AssetExecutionContext, *args: Any, **kwargs: Any) -> Materialized:
        began = perf_counter()
        result = compute(context, *args, **kwargs)
        seconds = perf_counter() - began
        metadata = dict(result.metadata or {})
        context.log.info(f"{context.asset_key.to_user_string()}: {metadata['dagster/row_count']:,} rows in {seconds:.1f} s")
        return result._replace(metadata={**metadata, SECONDS: round(seconds, 3)})

    return measured


def run_dates(context: dg.AssetExecutionContext) -> Dates:
    """Return the game dates of a run."""
    keys = context.partition_key_range
    return Dates(date.fromisoformat(keys.start), date.fromisoformat(keys.end))


def season_so_far(dates: Dates) -> Dates:
    """Return dates that hold the whole season of a range up to its end: a season is within a year."""
    return Dates(dates.first - timedelta(days=365), dates.last)


def replace_dates(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    table: Table,
    frame: pl.DataFrame,
    warnings: Mapping[str, pl.DataFrame] | None = None,
    errors: Mapping[str, pl.DataFrame] | None = None,
) -> Materialized:
    """Replace the run's dates in a table and return what the UI shows: rows, date span, rows of each date, faulty rows.

    Args:
        context: of the run.
        warehouse: to write to.
        table: its contract.
        frame: all rows of the run's dates.
        warnings: for each check the rows at fault, which are known blemishes.
        errors: for each check the rows at fault, which somebody must mend.
    """
    dates = run_dates(context)
    column = table.date_column or ""
    warehouse.replace(table, frame, {column: dates})
    counted = dict(frame.group_by(column).len().iter_rows())
    for key in context.partition_keys:
        context.add_asset_metadata({"rows": counted.get(date.fromisoformat(key), 0)}, partition_key=key)
    results = check_results(warnings or {}, dg.AssetCheckSeverity.WARN)
    results += check_results(errors or {}, dg.AssetCheckSeverity.ERROR)
    return dg.MaterializeResult(metadata=described(frame, dates), check_results=results)


def check_results(faults: Mapping[str, pl.DataFrame], severity: dg.AssetCheckSeverity) -> list[dg.AssetCheckResult]:
    """Return a result for each check, with the number of rows at fault and the first of them."""
    return [
        dg.AssetCheckResult(
            check_name=name,
            passed=rows.is_empty(),
            severity=severity,
            metadata={"rows": rows.height, "first": _first(rows)},
        )
        for name, rows in faults.items()
    ]


def _first(rows: pl.DataFrame) -> str:
    return ", ".join(f"{name}={value}" for row in rows.head(1).iter_rows(named=True) for name, value in row.items())


def described(frame: pl.DataFrame, dates: Dates | None = None) -> dict[str, Any]:
    """Return the metadata of a write."""
    return {"dagster/row_count": frame.height, **({"dates": str(dates)} if dates else {})}
