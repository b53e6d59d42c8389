"""Lineup models as assets: a bundle per season, what it says of lineups, and grades of games as they were played."""

from datetime import date

import dagster as dg
import polars as pl

from nba_assets.lineups import store
from nba_assets.lineups.bundle import LineupBundle
from nba_assets.lineups.cmdstan import find
from nba_assets.lineups.reports import diagnosed
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import (
    Materialized,
    check_results,
    described,
    past,
    replace_dates,
    run_dates,
    table_asset,
    tables_asset,
    training_cutoffs,
)
from nba_assets.tables import league
from nba_assets.tables.lineups import LINEUP_BUNDLES, LINEUP_COEFFICIENTS, LINEUP_GRADES, LINEUP_RATINGS

# A season's models are fitted before it begins.
SEASON_CRON = "0 0 1 10 *"
LEARNED_FROM = (league.POSSESSIONS.name, league.PLAYER_GAMES.name)
NO_CMDSTAN = "lineup models are skipped: there is no CmdStan; `nba-assets setup-stan` sets it up, which takes minutes once"


@tables_asset(
    (LINEUP_BUNDLES, LINEUP_COEFFICIENTS),
    group="lineups",
    partitions=training_cutoffs(SEASON_CRON),
    kinds=("stan", "duckdb"),
    deps=[dg.AssetDep(name, partition_mapping=past(store.DAYS, with_today=False)) for name in LEARNED_FROM],
    checks={"converged": LINEUP_BUNDLES},
)
def lineup_bundles(context: dg.AssetExecutionContext, deployment: Deployment) -> list[Materialized]:
    """Fit all models before each season of which up to three earlier ones have play-by-play; decide which one answers."""
    warehouse, artifacts, say = deployment.warehouse, deployment.artifacts, context.log.info
    first = warehouse.read(league.PLAYER_GAMES, columns=["season"])["season"].min()
    # Of the players of a home's first season nothing is known before it.
    played = warehouse.read(league.POSSESSIONS, columns=["season"]).filter(pl.col("season") > first)
    seen = played["season"].unique().sort().to_list()
    fitted: list[store.Stored] = []
    for cutoff in (date.fromisoformat(key) for key in context.partition_keys):
        train = [season for season in seen if int(season[:4]) < cutoff.year][-store.SEASONS :]
        if not find():
            context.log.warning(NO_CMDSTAN)
            break
        if train and int(train[-1][:4]) == cutoff.year - 1:
            with deployment.lock.released(f"{context.run.job_name}: {LINEUP_BUNDLES.name}", say):
                stored = store.learned(store.history(warehouse, train[-1]), train, artifacts, say)
            store.keep(warehouse, stored)
            fitted.append(stored)
        else:
            say(f"{cutoff}: the season before has no play-by-play")
    rows = pl.concat([LINEUP_BUNDLES.empty(), *(each.row for each in fitted)])
    coefficients = pl.concat([LINEUP_COEFFICIENTS.empty(), *(each.coefficients for each in fitted)])
    shown = {"chains": dg.MetadataValue.md(_table(fitted[-1].bundle))} if fitted else {}
    faults = {"converged": pl.concat([_faults(each.bundle) for each in fitted]) if fitted else pl.DataFrame()}
    return [
        dg.MaterializeResult(
            asset_key=LINEUP_BUNDLES.name,
            metadata=described(rows) | shown,
            check_results=check_results(faults, dg.AssetCheckSeverity.ERROR, LINEUP_BUNDLES),
        ),
        dg.MaterializeResult(asset_key=LINEUP_COEFFICIENTS.name, metadata=described(coefficients)),
    ]


def _faults(bundle: LineupBundle) -> pl.DataFrame:
    """Models whose chains have not converged."""
    chains = diagnosed(bundle).filter(~pl.col("converged"))
    return chains.select(pl.lit(bundle.season).alias("season"), "model", "max_r_hat", "min_ess_bulk", "divergences")


def _table(bundle: LineupBundle) -> str:
    rows = diagnosed(bundle).with_columns(pl.selectors.float().round(3))
    lines = [rows.columns, ["---"] * len(rows.columns), *([str(cell) for cell in row] for row in rows.iter_rows())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@table_asset(
    LINEUP_RATINGS,
    group="lineups",
    partitions=None,
    deps=[LINEUP_BUNDLES.name, league.POSSESSIONS.name],
)
def lineup_ratings(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Compare lineups of every season that has a bundle with what was expected of them before it."""
    warehouse, artifacts = deployment.warehouse, deployment.artifacts
    seen = set(warehouse.read(league.POSSESSIONS, columns=["season"])["season"])
    served = [season for season in warehouse.read(LINEUP_BUNDLES).sort("season")["season"] if season in seen]
    found = [store.ratings(warehouse, store.load(warehouse, artifacts, season)) for season in served]
    rows = pl.concat([LINEUP_RATINGS.empty(), *found])
    warehouse.replace(LINEUP_RATINGS, rows, {"season": rows["season"].unique().to_list()})
    return dg.MaterializeResult(metadata=described(rows))


@table_asset(LINEUP_GRADES, group="lineups", deps=[league.POSSESSIONS.name, LINEUP_BUNDLES.name])
def lineup_grades(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Grade each game's margin as played; where no fit serves the season, what was expected is null."""
    dates = run_dates(context)
    frame = store.grades(deployment.warehouse, deployment.artifacts, dates)
    return replace_dates(context, deployment.warehouse, LINEUP_GRADES, frame)


ASSETS = [lineup_bundles, lineup_ratings, lineup_grades]
