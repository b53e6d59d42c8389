"""The feature store as an asset."""

import dagster as dg

from nba_assets.features.injuries import NOTE_DAYS
from nba_assets.features.store import build, read_facts
from nba_assets.graph import Materialized, past, replace_dates, run_dates, table_asset
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE

# 40 games of a player who missed a season are two and a half years.
LOOK_BACK_DAYS = 900


@table_asset(
    ML_FEATURE_STORE,
    group="features",
    deps=[
        facts.SCHEDULE_NOTICES.name,
        facts.AVAILABILITY.name,
        facts.GAME_LINES.name,
        facts.PROP_LINES.name,
        facts.PLAYERS.name,
        dg.AssetDep(facts.INJURY_REPORTS.name, partition_mapping=past(NOTE_DAYS, with_today=True)),
        # The day itself only for the names of those who appeared without being on a roster.
        dg.AssetDep(facts.BOX_SCORES.name, partition_mapping=past(LOOK_BACK_DAYS, with_today=True)),
    ],
)
def ml_feature_store(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Materialized:
    """Build the features of both decisions from what was known at each."""
    dates = run_dates(context)
    return replace_dates(context, warehouse, ML_FEATURE_STORE, build(read_facts(warehouse, dates), dates))


ASSETS = [ml_feature_store]
