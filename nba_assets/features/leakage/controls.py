"""Negative controls: the feature builder with a well-known leak put in, to show that the harness can catch it. Never served."""

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.features.store import Facts, build
from nba_assets.tables import facts
from nba_assets.tables.versions import as_of

BEGINNING = datetime(2018, 1, 1, tzinfo=UTC)
PLAYER_GAME, TEAM_GAME = ("game_id", "game_date", "player_id"), ("season", "team_id")


def window_with_own_game(known: Facts, dates: Dates) -> pl.DataFrame:
    """Build the mean of the last 5 games with the game itself among them: `game_date <= analysis_date`."""
    rows = build(known, dates)
    own = as_of(known.box_scores, facts.BOX_SCORES).select(*PLAYER_GAME, own="pts")
    joined = rows.join(own, on=list(PLAYER_GAME), how="left", maintain_order="left")
    mean = (4 * pl.col("points_avg_last_5") + pl.col("own")) / 5
    return joined.with_columns(points_avg_last_5=pl.coalesce(mean, "points_avg_last_5")).drop("own")


def season_rating_joined_back(known: Facts, dates: Dates) -> pl.DataFrame:
    """Join a team's rating over its whole season to all of its games."""
    rows = build(known, dates)
    boxes = as_of(known.box_scores, facts.BOX_SCORES)
    points = boxes.group_by(TEAM_GAME).agg(season_points=pl.col("pts").sum() / pl.col("game_id").n_unique())
    joined = rows.join(points, on=list(TEAM_GAME), how="left", maintain_order="left")
    return joined.with_columns(team_offensive_rating="season_points").drop("season_points")


def starters_at_noon(known: Facts, dates: Dates) -> pl.DataFrame:
    """Use the starting five, whenever it was announced."""
    rows = build(known, dates)
    announced = as_of(known.availability, facts.AVAILABILITY).filter(pl.col("status") == "starter")
    starts = announced.select(*PLAYER_GAME, starts=pl.lit(1.0)).unique()
    joined = rows.join(starts, on=list(PLAYER_GAME), how="left", maintain_order="left")
    return joined.with_columns(starter=pl.col("starts").fill_null(0.0)).drop("starts")


def closing_line_at_noon(known: Facts, dates: Dates) -> pl.DataFrame:
    """Use the last total of any book, whenever it was published."""
    rows = build(known, dates)
    closing = as_of(known.game_lines, facts.GAME_LINES).sort("known_at", "bookmaker")
    last = closing.group_by("game_id", "game_date", maintain_order=True).agg(closing=pl.col("total").last())
    joined = rows.join(last, on=["game_id", "game_date"], how="left", maintain_order="left")
    return joined.with_columns(total="closing").drop("closing")


def newest_roster(known: Facts, dates: Dates) -> pl.DataFrame:
    """Put everybody on the roster that lists the player last: who will be traded for is with the new team already."""
    newest = as_of(known.rosters, facts.ROSTERS).with_columns(known_at=pl.lit(BEGINNING))
    return build(replace(known, rosters=newest), dates)


def scaler_on_all_rows(known: Facts, dates: Dates) -> pl.DataFrame:
    """Scale points by the mean and spread of all rows that are built, later ones included."""
    points = pl.col("points_avg_season")
    return build(known, dates).with_columns(points_avg_season=(points - points.mean()) / points.std())


NEGATIVE_CONTROLS = (
    window_with_own_game,
    season_rating_joined_back,
    starters_at_noon,
    closing_line_at_noon,
    newest_roster,
    scaler_on_all_rows,
)
