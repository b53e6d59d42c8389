"""The asset factory: partitions, options that come from a table's contract, the lock, and the record of a write."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from time import perf_counter
from typing import Any
from warnings import filterwarnings

import dagster as dg
import polars as pl

from nba_assets.calendar import EASTERN, FIRST_GAME_DATE, Dates
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.locks import RUN_PATIENCE
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.contracts import Table

TIME_ZONE = str(EASTERN)
# Tomorrow is a partition too: its slate may be asked for.
GAME_DATES = dg.DailyPartitionsDefinition(start_date=FIRST_GAME_DATE.isoformat(), timezone=TIME_ZONE, end_offset=2)
SECONDS = "seconds"
OWNERS = ["team:nba_assets"]
# Runs with this tag go before others: schedules and sensors set it.
URGENT = "nba_assets/urgent"
Materialized = dg.MaterializeResult[Any]
Compute = Callable[[dg.AssetExecutionContext, Deployment], Materialized]
ComputeSeveral = Callable[[dg.AssetExecutionContext, Deployment], Sequence[Materialized]]
Partitions = dg.PartitionsDefinition[Any] | None

# Backfill policies and partition mappings are in beta; pyproject.toml holds Dagster to one minor release.
filterwarnings("ignore", category=dg.BetaWarning)


class _Steps(logging.Formatter):
    """What assets log, without the framework's own events."""

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


step_log = dg.LoggerDefinition(_step_logger, description="What assets log, one line per message, on standard error.")


def training_cutoffs(cron: str) -> dg.TimeWindowPartitionsDefinition:
    """Return the partitions of bundles: a window begins at each tick of the retraining cron."""
    return dg.TimeWindowPartitionsDefinition(
        start=FIRST_GAME_DATE.isoformat(), fmt="%Y-%m-%d", cron_schedule=cron, timezone=TIME_ZONE, end_offset=1
    )


def cutoff_dates(cron: str) -> list[date]:
    """Return all training cutoffs of a cron, in order."""
    return [date.fromisoformat(key) for key in training_cutoffs(cron).get_partition_keys()]


def past(days: int, *, with_today: bool) -> dg.TimeWindowPartitionMapping:
    """Map a partition to the days before it; the day itself is included only if `with_today`."""
    return dg.TimeWindowPartitionMapping(
        start_offset=-days, end_offset=0 if with_today else -1, allow_nonexistent_upstream_partitions=True
    )


def table_asset(
    table: Table,
    *,
    group: str,
    deps: Iterable[dg.AssetDep | str] = (),
    partitions: Partitions = GAME_DATES,
    kinds: Iterable[str] = ("polars", "duckdb"),
    checks: Iterable[str] = (),
) -> Callable[[Compute], dg.AssetsDefinition]:
    """Return the decorator of an asset that writes one table: name, description and column schema are its contract's.

    The decorated function gets the deployment, runs as the home's only writer, and is timed.
    """

    def decorate(compute: Compute) -> dg.AssetsDefinition:
        @dg.asset(
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
        def step(context: dg.AssetExecutionContext, deployment: dg.ResourceParam[Deployment]) -> dg.MaterializeResult:  # pyright: ignore[reportMissingTypeArgument] (Dagster knows a write by the bare class)
            (result,) = _timed(context, deployment, table.name, lambda: [compute(context, deployment)])
            return result

        return step

    return decorate


def tables_asset(
    tables: Sequence[Table],
    *,
    group: str,
    deps: Iterable[dg.AssetDep | str] = (),
    partitions: Partitions = GAME_DATES,
    kinds: Iterable[str] = ("polars", "duckdb"),
    checks: Mapping[str, Table] | None = None,
    config_schema: Mapping[str, Any] | None = None,
) -> Callable[[ComputeSeveral], dg.AssetsDefinition]:
    """Return the decorator of an asset whose one function writes several tables; it returns a result for each, in order.

    Args:
        tables: the contracts; the first one names the step.
        group: of all.
        deps: of all.
        partitions: of all.
        kinds: of all.
        checks: by name, the table that each is of.
        config_schema: what a run may be given.
    """
    of = (checks or {}).items()

    def decorate(compute: ComputeSeveral) -> dg.AssetsDefinition:
        @dg.multi_asset(
            name=tables[0].name,
            specs=[
                dg.AssetSpec(
                    table.name,
                    deps=list(deps),
                    group_name=group,
                    kinds=set(kinds),
                    owners=OWNERS,
                    description=_description(table),
                    metadata=_metadata(table),
                )
                for table in tables
            ],
            partitions_def=partitions,
            backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
            check_specs=[dg.AssetCheckSpec(check, asset=table.name) for check, table in of],
            config_schema=config_schema,
        )
        def step(context: dg.AssetExecutionContext, deployment: dg.ResourceParam[Deployment]) -> Iterator[Materialized]:
            yield from _timed(context, deployment, tables[0].name, lambda: compute(context, deployment))

        return step

    return decorate


def _timed(
    context: dg.AssetExecutionContext, deployment: Deployment, name: str, compute: Callable[[], Sequence[Materialized]]
) -> list[Materialized]:
    """Run a step as the home's only writer; add to its metadata the seconds of its own work, apart from Dagster's records."""
    urgent = URGENT in context.run.tags
    with deployment.lock.writing(f"{context.run.job_name}: {name}", urgent=urgent, patience=RUN_PATIENCE, log=context.log.info):
        began = perf_counter()
        results = compute()
        seconds = perf_counter() - began
    found: list[Materialized] = []
    for result in results:
        metadata = dict(result.metadata or {})
        table = result.asset_key.to_user_string() if result.asset_key else name
        context.log.info(f"{table}: {metadata['dagster/row_count']:,} rows in {seconds:.1f} s")
        found.append(result._replace(metadata={**metadata, SECONDS: round(seconds, 3)}))
    return found


def _description(table: Table) -> str:
    """Return what the UI shows about a table."""
    return f"{table.grain[0].upper()}{table.grain[1:]}.\n\nTable `{table.qualified}`, key {', '.join(table.key)}."


def _metadata(table: Table) -> dict[str, Any]:
    """Return the column schema and the name of a table, as the UI shows them."""
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


def run_dates(context: dg.AssetExecutionContext) -> Dates:
    """Return the game dates of a run."""
    keys = context.partition_key_range
    return Dates(date.fromisoformat(keys.start), date.fromisoformat(keys.end))


def season_so_far(dates: Dates) -> Dates:
    """Return dates that include the whole season of a range up to its end: a season is within a year."""
    return Dates(dates.first - timedelta(days=365), dates.last)


def replace_dates(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    table: Table,
    frame: pl.DataFrame,
    warnings: Mapping[str, pl.DataFrame] | None = None,
    errors: Mapping[str, pl.DataFrame] | None = None,
    more: Mapping[str, int | str] | None = None,
) -> Materialized:
    """Replace the run's dates in a table and return what the UI shows: rows, date span, rows per date, faulty rows.

    Args:
        context: of the run.
        warehouse: to write to.
        table: its contract.
        frame: all rows of the run's dates.
        warnings: by check, the faulty rows that are known faults of the data and stop nothing.
        errors: by check, the faulty rows that somebody must correct.
        more: further numbers and words that the UI shows.
    """
    dates = run_dates(context)
    column = table.date_column or ""
    warehouse.replace(table, frame, {column: dates})
    counted = dict(frame.group_by(column).len().iter_rows())
    for key in context.partition_keys:
        context.add_asset_metadata({"rows": counted.get(date.fromisoformat(key), 0)}, partition_key=key)
    results = check_results(warnings or {}, dg.AssetCheckSeverity.WARN)
    results += check_results(errors or {}, dg.AssetCheckSeverity.ERROR)
    return dg.MaterializeResult(metadata={**described(frame, dates), **(more or {})}, check_results=results)


def check_results(
    faults: Mapping[str, pl.DataFrame], severity: dg.AssetCheckSeverity, of: Table | None = None
) -> list[dg.AssetCheckResult]:
    """Return a result for each check, with the number of faulty rows and the first of them."""
    return [
        dg.AssetCheckResult(
            asset_key=of.name if of else None,
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
