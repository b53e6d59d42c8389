"""The registry of models and the audit of its changes as assets."""

from collections.abc import Callable
from datetime import datetime

import dagster as dg
import polars as pl

from nba_assets.orchestration.factory import Materialized, check_results, described, table_asset
from nba_assets.registry import rules
from nba_assets.registry.service import sync
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.registry import ML_MODEL_AUDIT, ML_MODEL_REGISTRY


@table_asset(ML_MODEL_REGISTRY, group="registry", partitions=None, checks=["one_champion", "no_refused_row"])
def ml_model_registry(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    clock: dg.ResourceParam[Callable[[], datetime]],
) -> Materialized:
    """Look at who may predict: models that are trained here are there from the first run, others by INSERT or command."""
    held, _ = sync(warehouse, rules.By(rules.FOUND, None, clock()))
    marked = held.filter("is_production", "enabled")["model_id"].unique()
    _, refused = rules.usable(held)
    faults = {
        "one_champion": pl.DataFrame({"marked": [", ".join(marked) or "nobody"]}).head(len(marked) != 1),
        "no_refused_row": pl.DataFrame(refused, schema=rules.Refusal._fields, orient="row"),
    }
    results = check_results(faults, dg.AssetCheckSeverity.WARN)
    return dg.MaterializeResult(metadata=described(held), check_results=results)


@table_asset(ML_MODEL_AUDIT, group="registry", partitions=None, deps=[ML_MODEL_REGISTRY.name])
def ml_model_audit(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Materialized:
    """Show the newest changes of the registry."""
    audit = warehouse.read(ML_MODEL_AUDIT)
    newest = (
        audit.tail(20).reverse().select("changed_at", "model_id", "event", "old_value", "new_value", "changed_by", "reason")
    )
    with pl.Config(tbl_formatting="MARKDOWN", tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, tbl_rows=20):
        return dg.MaterializeResult(metadata=described(audit) | {"newest": dg.MetadataValue.md(str(newest))})


ASSETS = [ml_model_registry, ml_model_audit]
