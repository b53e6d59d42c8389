"""Grades: each prediction against the result, the baselines, the line and the floor. Append-only."""

from collections.abc import Callable
from datetime import date, datetime

import polars as pl

from nba_assets.league.lines import betting_lines
from nba_assets.points.bundles import Bundle
from nba_assets.tables.predictions import GRADED_PREDICTIONS, PREDICTED_KEY

# Mean points of players in their first game of the archive's seasons 2019-20 and 2020-21.
DEBUT_POINTS = 3.66
SIDES = ("home", "away")


def grade(
    predictions: pl.DataFrame,
    features: pl.DataFrame,
    player_games: pl.DataFrame,
    schedule: pl.DataFrame,
    prop_lines: pl.DataFrame,
    load: Callable[[date], Bundle],
    now: datetime,
) -> pl.DataFrame:
    """Return `graded_predictions`, all with version 1: a row for each prediction whose game has a result.

    A game has a result when both teams have a box score, or when it was called off for the date. Who has no row in the box
    score did not play: his prediction is void, not wrong.

    Args:
        predictions: `ml_model_predictions` of some dates.
        features: `ml_feature_store` of the same dates.
        player_games: `player_games` of the same dates, corrections applied.
        schedule: `schedule` of the same dates.
        prop_lines: facts `prop_lines` of the same dates, all versions.
        load: returns the bundle of a cutoff, for the floor.
        now: when it is graded.
    """
    game, prediction = ["game_id", "game_date"], ["game_id", "game_date", "player_id", "decision"]
    finished = player_games.group_by(game).agg(pl.col("team_id").n_unique()).filter(pl.col("team_id") == len(SIDES))
    called_off = schedule.filter(pl.col("status") == "postponed")
    played = player_games.select(*game, "player_id", actual_points="pts", real_minutes="minutes")
    known = features.drop("season", "season_type", "team_id", "tip_off", "player_name")
    rows = (
        predictions.join(pl.concat([finished.select(game), called_off.select(game)]).unique(), on=game)
        .join(schedule.select(*game, "season", "season_type"), on=game)
        .join(known, on=prediction, how="left")
        .join(played, on=[*game, "player_id"], how="left")
        .sort(PREDICTED_KEY)
    )
    rows = rows.join(betting_lines(rows, prop_lines), on=prediction, how="left")
    first = pl.when(pl.col("decision_at").is_not_null()).then(pl.lit(DEBUT_POINTS))
    error = pl.col("predicted_points") - pl.col("actual_points")
    return (
        _with_floor(rows, load)
        .with_columns(
            version=pl.lit(1, pl.Int64),
            outcome=pl.when(pl.col("actual_points").is_null()).then(pl.lit("void")).otherwise(pl.lit("played")),
            error=error,
            prediction_error=error.abs(),
            expected_minutes=pl.col("minutes_ewma"),
            season_average=pl.coalesce("points_avg_season", "points_avg_last_20", first),
            last_10=pl.coalesce("points_avg_last_10", first),
            ewma=pl.coalesce("points_ewma", first),
            graded_at=pl.lit(now),
        )
        .select(pl.col(name).cast(kind) for name, kind in GRADED_PREDICTIONS.schema.items())
        .sort(GRADED_PREDICTIONS.key)
    )


def _with_floor(rows: pl.DataFrame, load: Callable[[date], Bundle]) -> pl.DataFrame:
    """What a model that is told the real minutes would have said, of those who played."""
    told = [pl.DataFrame(schema={**{name: rows.schema[name] for name in PREDICTED_KEY}, "known_minutes_points": pl.Float64})]
    for cutoff in rows["training_cutoff"].unique().sort():
        played = rows.filter((pl.col("training_cutoff") == cutoff) & pl.col("real_minutes").is_not_null())
        points = load(cutoff).predict_known_minutes(played, "real_minutes")
        told.append(played.select(*PREDICTED_KEY, known_minutes_points=pl.Series(points, dtype=pl.Float64)))
    return rows.join(pl.concat(told), on=list(PREDICTED_KEY), how="left", maintain_order="left")


def latest(grades: pl.DataFrame) -> pl.DataFrame:
    """Return of each prediction the newest grade."""
    return grades.sort("version", maintain_order=True).unique(list(PREDICTED_KEY), keep="last").sort(PREDICTED_KEY)


def changed(new: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Return the grades to append: those that differ from the newest stored one, with the next version."""
    content = [name for name in GRADED_PREDICTIONS.names if name not in ("version", "graded_at")]
    before = latest(stored)
    fresh = new.join(before, on=content, how="anti", nulls_equal=True)
    versions = before.select(*PREDICTED_KEY, stored_version="version")
    return (
        fresh.join(versions, on=list(PREDICTED_KEY), how="left")
        .with_columns(version=pl.col("stored_version").fill_null(0) + 1)
        .select(GRADED_PREDICTIONS.names)
        .sort(GRADED_PREDICTIONS.key)
    )
