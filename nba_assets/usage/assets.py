"""Usage coefficients by cutoff, what websites read of them, and how they did afterwards as assets."""

import dagster as dg
import polars as pl

from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import (
    Materialized,
    check_results,
    cutoff_dates,
    described,
    past,
    run_dates,
    table_asset,
)
from nba_assets.tables import facts, league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.usage import SERVED_COEFFICIENTS, USAGE_COEFFICIENTS, USAGE_EVALUATION
from nba_assets.usage import serving
from nba_assets.usage.effects import SHRUNK
from nba_assets.usage.evaluation import FRESH, by_season
from nba_assets.usage.lookups import listed


def coefficients_asset(cron: str) -> dg.AssetsDefinition:
    """Return the asset of coefficients; a run of several days fits those on which the cron ticks, a run of one day that day."""

    @table_asset(
        USAGE_COEFFICIENTS,
        group="usage",
        deps=[dg.AssetDep(facts.BOX_SCORES.name, partition_mapping=past(serving.LOOK_BACK.days, with_today=False))],
        kinds=("scipy", "duckdb"),
    )
    def usage_coefficients(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
        """Fit all model versions at each cutoff on what was known before it."""
        dates, warehouse = run_dates(context), deployment.warehouse
        ticks = [cutoff for cutoff in cutoff_dates(cron) if dates.first <= cutoff <= dates.last]
        wanted = [dates.first] if dates.first == dates.last else ticks
        found = pl.concat([USAGE_COEFFICIENTS.empty(), *(serving.trained(warehouse, cutoff) for cutoff in wanted)])
        warehouse.replace(USAGE_COEFFICIENTS, found, {"training_cutoff": wanted})
        for cutoff in wanted:
            rows = found.filter(pl.col("training_cutoff") == cutoff).height
            context.add_asset_metadata({"rows": rows}, partition_key=cutoff.isoformat())
        shown = {"forest": dg.MetadataValue.md(serving.forest(found))} if found.height else {}
        return dg.MaterializeResult(metadata=described(found) | shown)

    return usage_coefficients


@table_asset(
    SERVED_COEFFICIENTS, group="usage", partitions=None, deps=[USAGE_COEFFICIENTS.name], kinds=("sqlalchemy", "postgres")
)
def usage_model_coefficients(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Publish the newest cutoff of each model version."""
    database = deployment.database
    published = serving.publish(deployment.warehouse, database)
    served = {version: cutoff.isoformat() for version, cutoff in published.items()}
    return dg.MaterializeResult(metadata={"dagster/row_count": listed(database).height, "database": str(database), **served})


@table_asset(
    USAGE_EVALUATION,
    group="usage",
    partitions=None,
    deps=[USAGE_COEFFICIENTS.name, league.USAGE.name, ML_FEATURE_STORE.name],
    checks=["not_worse_than_form"],
)
def usage_evaluation(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Compare the coefficients of each cutoff with the games of the month after it."""
    rows = serving.held_up(deployment.warehouse)
    found = by_season(rows, serving.VERSIONS) if rows.height else USAGE_EVALUATION.empty()
    deployment.warehouse.replace(USAGE_EVALUATION, found, {})
    against = found.filter((pl.col("model_version") == SHRUNK) & (pl.col("against") == FRESH))
    worse = against.filter(pl.col("difference_low") > 0).select("season", "difference", "difference_low")
    results = check_results({"not_worse_than_form": worse}, dg.AssetCheckSeverity.ERROR)
    shown = {"by games apart": dg.MetadataValue.md(serving.errors_by_evidence(rows))} if rows.height else {}
    off = (rows["team_total"] - 100).abs().mean() if rows.height else None
    if isinstance(off, float):
        shown |= {"usage of a team before it is normalised, mean distance from 100": dg.MetadataValue.float(off)}
    return dg.MaterializeResult(metadata=described(found) | shown, check_results=results)


def usage_assets(cron: str) -> list[dg.AssetsDefinition]:
    """Return the assets of the usage room."""
    return [coefficients_asset(cron), usage_model_coefficients, usage_evaluation]
