"""Facts land: one asset per table, as the source delivers it, in versions."""

from datetime import timedelta

import dagster as dg
import polars as pl

from nba_assets.calendar import FIRST_GAME_DATE, Dates
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import Materialized, check_results, described, replace_dates, run_dates, table_asset
from nba_assets.sources.requests import causes, recorded
from nba_assets.tables import facts
from nba_assets.tables.contracts import Table

NO_BAD_GAMES = "no_bad_games"
SOURCES_ANSWERED = "sources_answered"
# What asks is apart from what reads: facts can be read again without network.
SITES = "sites"


def _daily(table: Table, deps: list[str]) -> dg.AssetsDefinition:
    # A bad game is no reason to stop: its date stays incomplete, and the check reports it.
    check = [NO_BAD_GAMES] if table == facts.QUARANTINE else []

    @table_asset(table, group="sources", kinds=("duckdb",), checks=check, deps=deps)
    def land(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
        # A simulated league knows tomorrow's results; nobody else does.
        source, dates = deployment.source, run_dates(context)
        known = source.read(table, dates).filter(pl.col("known_at") <= deployment.clock())
        origins = {"origin": ", ".join(sorted({name for day in dates for name in source.origins(table, day)}))}
        return replace_dates(context, deployment.warehouse, table, known, errors=dict.fromkeys(check, known), more=origins)

    return land


def _dateless(table: Table) -> dg.AssetsDefinition:
    @table_asset(table, group="sources", partitions=None, kinds=("duckdb",))
    def land(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
        frame = deployment.source.read(table, Dates(FIRST_GAME_DATE, FIRST_GAME_DATE))
        known = frame.filter(pl.col("known_at") <= deployment.clock()) if table.versions else frame
        deployment.warehouse.replace(table, known, {})
        return dg.MaterializeResult(metadata=described(known))

    return land


@table_asset(
    facts.QUARANTINED_ROWS,
    group="sources",
    partitions=None,
    kinds=("duckdb",),
    deps=[table.name for table in (*facts.DAILY, *facts.DATELESS)],
)
def quarantined_rows(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Record the rows that could not be used, of the files that this run has read; those of files that are gone go too."""
    found, warehouse = deployment.source.set_aside(), deployment.warehouse
    recorded = warehouse.read(facts.QUARANTINED_ROWS, columns=["source"])["source"].unique()
    gone = sorted(set(recorded) - set(found.files))
    if written := [*found.read, *gone]:
        warehouse.replace(facts.QUARANTINED_ROWS, found.rows, {"source": written})
    return dg.MaterializeResult(metadata=described(found.rows))


@table_asset(facts.SOURCE_REQUESTS, group=SITES, kinds=("duckdb",), checks=[SOURCES_ANSWERED])
def source_requests(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Ask sites for what is due, and record what became of each request."""
    dates, found = run_dates(context), [facts.SOURCE_REQUESTS.empty()]
    days = [dates.first + timedelta(days=n) for n in range((dates.last - dates.first).days + 1)]
    for day in days:
        asked = recorded(day, list(deployment.source.fetch(day, deployment.clock())))
        deployment.warehouse.append(facts.SOURCE_REQUESTS, asked)
        deployment.advance(1 / len(days))
        context.add_asset_metadata({"rows": asked.height}, partition_key=day.isoformat())
        found.append(asked)
    rows = pl.concat(found)
    faults = check_results({SOURCES_ANSWERED: causes(rows)}, dg.AssetCheckSeverity.WARN)
    return dg.MaterializeResult(metadata=described(rows, dates), check_results=faults)


def source_assets(*, is_live: bool) -> list[dg.AssetsDefinition]:
    """Return the assets of facts; before them, in a home that asks sites, the one that asks."""
    asks = [source_requests] if is_live else []
    deps = [facts.SOURCE_REQUESTS.name] if is_live else []
    return [*asks, *(_daily(table, deps) for table in facts.DAILY), *map(_dateless, facts.DATELESS), quarantined_rows]
