"""The feature store as an asset, checked for leaks on every build, and what is known of it by season."""

import dagster as dg
import polars as pl

from nba_assets import pictures
from nba_assets.features.injuries import NOTE_DAYS
from nba_assets.features.leakage.harness import Harness, Leak
from nba_assets.features.monitoring import constant_features, coverage, unusual_features
from nba_assets.features.questionable import YEAR
from nba_assets.features.store import read_facts
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import Materialized, check_results, described, past, replace_dates, run_dates, table_asset
from nba_assets.tables import facts
from nba_assets.tables.features import FEATURE_COVERAGE, ML_FEATURE_STORE

# The last 512 games of a player are more than six seasons.
LOOK_BACK_DAYS = 3000
ALMOST_ALWAYS = 0.97
BLIND, ALONE = "blind_to_the_future", "equal_when_built_alone"


@table_asset(
    ML_FEATURE_STORE,
    group="features",
    deps=[
        facts.SCHEDULE_NOTICES.name,
        facts.GAME_LINES.name,
        facts.PROP_LINES.name,
        *(table.name for table in facts.DATELESS),
        # What became of the questionable of a year.
        dg.AssetDep(facts.AVAILABILITY.name, partition_mapping=past(YEAR, with_today=True)),
        dg.AssetDep(facts.INJURY_REPORTS.name, partition_mapping=past(NOTE_DAYS, with_today=True)),
        # The day itself only for the names of those who appeared without being on a roster.
        dg.AssetDep(facts.BOX_SCORES.name, partition_mapping=past(LOOK_BACK_DAYS, with_today=True)),
        dg.AssetDep(facts.TRACKING_GAMES.name, partition_mapping=past(LOOK_BACK_DAYS, with_today=False)),
    ],
    checks=[BLIND, ALONE],
)
def ml_feature_store(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Build the features of both decisions from what was known at each, and try to make them leak."""
    dates = run_dates(context)
    harness = Harness.of(read_facts(deployment.warehouse, dates), dates)
    return replace_dates(context, deployment.warehouse, ML_FEATURE_STORE, harness.rows, errors=_leaks(harness))


def _leaks(harness: Harness) -> dict[str, pl.DataFrame]:
    """Change the future of one decision, build one date alone: another one for every range of dates."""
    found: dict[str, list[Leak | None]] = {BLIND: [], ALONE: []}
    seed = harness.dates.last.toordinal()
    for moment in harness.moments(1, seed):
        found[BLIND].append(harness.future(moment, seed))
    if harness.dates.first < harness.dates.last and harness.rows.height:
        days = harness.rows["game_date"].unique().sort()
        found[ALONE].append(harness.one_date(days[seed % days.len()]))
    return {
        name: pl.DataFrame({"leak": [str(leak) for leak in leaks if leak]}, schema={"leak": pl.String})
        for name, leaks in found.items()
    }


@table_asset(
    FEATURE_COVERAGE,
    group="features",
    partitions=None,
    deps=[ML_FEATURE_STORE.name],
    checks=["no_constant_feature", "newest_date_is_like_its_season"],
)
def feature_coverage(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Count values of each feature by season; look for features that never change and for a day unlike its season."""
    seasons = deployment.warehouse.seasons(ML_FEATURE_STORE)
    parts = [coverage(deployment.warehouse.read(ML_FEATURE_STORE, span.dates)) for span in seasons]
    found = pl.concat([FEATURE_COVERAGE.empty(), *parts])
    newest = deployment.warehouse.read(ML_FEATURE_STORE, seasons[-1].dates if seasons else None)
    deployment.warehouse.replace(FEATURE_COVERAGE, found, {})
    results = check_results({"no_constant_feature": constant_features(found)}, dg.AssetCheckSeverity.ERROR)
    results += check_results({"newest_date_is_like_its_season": unusual_features(newest)}, dg.AssetCheckSeverity.WARN)
    shown = {"coverage": dg.MetadataValue.md(_coverage_picture(found))} if found.height else {}
    return dg.MaterializeResult(metadata=described(found) | shown, check_results=results)


def _coverage_picture(found: pl.DataFrame) -> str:
    """The share of rows with a value of each feature that often has none, by season, a panel a decision."""
    sparse = found.filter(pl.col("coverage").min().over("feature") < ALMOST_ALWAYS)
    with pictures.panels(2, height=1 + 0.13 * sparse["feature"].n_unique()) as (picture, axes):
        for axis, (decision,) in zip(axes, [("noon",), ("tip",)], strict=True):
            wide = sparse.filter(pl.col("decision") == decision).pivot("season", index="feature", values="coverage")
            seasons = wide.columns[1:]
            pictures.grid(axis, wide["feature"].to_list(), seasons, wide.select(seasons).fill_null(0.0).rows(), title=decision)
    return picture.markdown


ASSETS = [ml_feature_store, feature_coverage]
