"""The league's tables, one asset each."""

import dagster as dg
import polars as pl

from nba_assets.league import averages, box, tracking
from nba_assets.league.schedule import schedule as current_schedule
from nba_assets.league.warnings import box_score_warnings
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import Materialized, past, replace_dates, run_dates, season_so_far, table_asset
from nba_assets.tables import facts, league


@table_asset(league.SCHEDULE, group="league", deps=[facts.SCHEDULE_NOTICES.name])
def schedule(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Apply the newest notice of each game."""
    notices = deployment.warehouse.read(facts.SCHEDULE_NOTICES, run_dates(context))
    return replace_dates(context, deployment.warehouse, league.SCHEDULE, current_schedule(notices))


@table_asset(
    league.PLAYER_GAMES,
    group="league",
    deps=[facts.BOX_SCORES.name],
    checks=["points_add_up", "five_starters", "minutes_add_up"],
)
def player_games(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Apply corrections to box scores."""
    versions = deployment.warehouse.read(facts.BOX_SCORES, run_dates(context))
    games = box.player_games(versions)
    return replace_dates(context, deployment.warehouse, league.PLAYER_GAMES, games, box_score_warnings(games))


@table_asset(league.TEAM_GAMES, group="league", deps=[league.PLAYER_GAMES.name])
def team_games(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Sum box scores by team; possessions, pace, ratings."""
    games = deployment.warehouse.read(league.PLAYER_GAMES, run_dates(context))
    return replace_dates(context, deployment.warehouse, league.TEAM_GAMES, box.team_games(games))


@table_asset(league.USAGE, group="league", deps=[league.PLAYER_GAMES.name])
def usage(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Compute usage percentages."""
    games = deployment.warehouse.read(league.PLAYER_GAMES, run_dates(context))
    return replace_dates(context, deployment.warehouse, league.USAGE, box.usage(games))


@table_asset(league.TRACKING_GAME, group="league", deps=[facts.TRACKING_GAMES.name, league.PLAYER_GAMES.name])
def tracking_game(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Compute touches, passes and drives per minute."""
    dates, warehouse = run_dates(context), deployment.warehouse
    games = warehouse.read(league.PLAYER_GAMES, dates)
    frame = tracking.tracking_game(warehouse.read(facts.TRACKING_GAMES, dates), games)
    return replace_dates(context, warehouse, league.TRACKING_GAME, frame)


@table_asset(
    league.PLAYER_SEASON_AVERAGES,
    group="league",
    deps=[dg.AssetDep(league.PLAYER_GAMES.name, partition_mapping=past(365, with_today=True))],
)
def player_season_averages(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Average each player's season up to each date with a game."""
    dates = run_dates(context)
    games = deployment.warehouse.read(league.PLAYER_GAMES, season_so_far(dates))
    frame = averages.player_season_averages(games).filter(pl.col("game_date").is_between(*dates))
    return replace_dates(context, deployment.warehouse, league.PLAYER_SEASON_AVERAGES, frame)


ASSETS = [schedule, player_games, team_games, usage, tracking_game, player_season_averages]
