"""Facts land: one asset per table, as the source delivers it, in versions."""

import dagster as dg
import polars as pl

from nba_assets.calendar import FIRST_GAME_DATE, Dates
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import Materialized, described, replace_dates, run_dates, table_asset
from nba_assets.tables import facts
from nba_assets.tables.contracts import Table

NO_BAD_GAMES = "no_bad_games"


def _daily(table: Table) -> dg.AssetsDefinition:
    # A bad game is no reason to stop: its date stays incomplete, and the check reports it.
    check = [NO_BAD_GAMES] if table == facts.QUARANTINE else []

    @table_asset(table, group="sources", kinds=("duckdb",), checks=check)
    def land(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
        # A simulated league knows tomorrow's results; nobody else does.
        known = deployment.source.read(table, run_dates(context)).filter(pl.col("known_at") <= deployment.clock())
        return replace_dates(context, deployment.warehouse, table, known, errors=dict.fromkeys(check, known))

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


ASSETS = [*map(_daily, facts.DAILY), *map(_dateless, facts.DATELESS), quarantined_rows]
