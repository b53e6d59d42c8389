"""The registry of models and the audit of its changes as assets."""

import dagster as dg
import polars as pl

from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import Materialized, check_results, described, tables_asset
from nba_assets.registry import rules
from nba_assets.registry.service import sync
from nba_assets.tables.registry import ML_MODEL_AUDIT, ML_MODEL_REGISTRY

SHOWN = ("changed_at", "model_id", "market", "event", "old_value", "new_value", "changed_by", "reason")
ONE_CHAMPION, NO_REFUSED_ROW = "one_champion", "no_refused_row"


@tables_asset(
    [ML_MODEL_REGISTRY, ML_MODEL_AUDIT],
    group="registry",
    partitions=None,
    checks={ONE_CHAMPION: ML_MODEL_REGISTRY, NO_REFUSED_ROW: ML_MODEL_REGISTRY},
)
def registry(context: dg.AssetExecutionContext, deployment: Deployment) -> list[Materialized]:
    """Read who may predict: models that are trained here are there from the first run, others by INSERT or command."""
    held, audit = sync(deployment.warehouse, rules.Actor(rules.FOUND, None, deployment.clock()))
    marked = rules.marked(held)
    unclear = [(market, ", ".join(models) or "nobody") for market, models in marked.items() if len(models) != 1]
    _, refused = rules.usable(held)
    faults = {
        ONE_CHAMPION: pl.DataFrame(unclear, schema=["market", "marked"], orient="row"),
        NO_REFUSED_ROW: pl.DataFrame(refused, schema=rules.Refusal._fields, orient="row"),
    }
    results = check_results(faults, dg.AssetCheckSeverity.WARN, ML_MODEL_REGISTRY)
    newest = audit.tail(20).reverse().select(SHOWN)
    with pl.Config(tbl_formatting="MARKDOWN", tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, tbl_rows=20):
        shown = {"newest": dg.MetadataValue.md(str(newest))}
    return [
        dg.MaterializeResult(asset_key=ML_MODEL_REGISTRY.name, metadata=described(held), check_results=results),
        dg.MaterializeResult(asset_key=ML_MODEL_AUDIT.name, metadata=described(audit) | shown),
    ]


ASSETS = [registry]
