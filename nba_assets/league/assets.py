"""The league's tables, one asset each."""

import dagster as dg
import polars as pl

from nba_assets.league import averages, box, tracking
from nba_assets.league.possessions import possessions as of_events
from nba_assets.league.possessions import stints as runs_of_ten
from nba_assets.league.schedule import schedule as current_schedule
from nba_assets.league.warnings import box_score_warnings, possession_warnings
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
    league.POSSESSIONS,
    group="league",
    deps=[facts.PLAY_BY_PLAY.name, league.PLAYER_GAMES.name, league.TEAM_GAMES.name],
    checks=["final_score", "ten_players", "near_box_score"],
)
def possessions(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Cut play-by-play into possessions; count garbage time, heaves, and possessions that left no event."""
    dates, warehouse = run_dates(context), deployment.warehouse
    games = warehouse.read(league.PLAYER_GAMES, dates)
    frame = of_events(warehouse.read(facts.PLAY_BY_PLAY, dates), games)
    faults = possession_warnings(frame, warehouse.read(league.TEAM_GAMES, dates))
    counts = {name: int(frame[name].sum()) for name in ("is_garbage_time", "is_heave", "follows_own")}
    counts["negative_durations"] = frame.filter(pl.col("end_left") > pl.col("start_left")).height
    return replace_dates(context, warehouse, league.POSSESSIONS, frame, faults, more=counts)


@table_asset(league.STINTS, group="league", deps=[league.POSSESSIONS.name])
def stints(context: dg.AssetExecutionContext, deployment: Deployment) -> Materialized:
    """Join possessions of the same ten."""
    found = deployment.warehouse.read(league.POSSESSIONS, run_dates(context))
    return replace_dates(context, deployment.warehouse, league.STINTS, runs_of_ten(found))


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


ASSETS = [schedule, player_games, team_games, usage, tracking_game, possessions, stints, player_season_averages]
