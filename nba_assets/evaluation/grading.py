"""Grades: each prediction against the result, the baselines, the line and the floor. Append-only."""

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
import polars as pl

from nba_assets.calendar import Dates
from nba_assets.features.history import Floats, History
from nba_assets.forecasting.betting import outcomes
from nba_assets.league.lines import COUNTED, POINTS, PREDICTION, betting_lines, counted
from nba_assets.modelling.bundles import DEBUT_POINTS, REAL_MINUTES, Bundle
from nba_assets.modelling.distributions import LEVELS, Distribution, crps
from nba_assets.points.fit import expected_minutes
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.predictions import GRADED_PREDICTIONS, ML_MODEL_PREDICTIONS, PREDICTED_KEY

SIDES = ("home", "away")
GAME, QUESTION = ["game_id", "game_date"], [*PREDICTION, "market"]
LAST = 20
NOTHING = {name: pl.lit(None, pl.Float64) for name in ("known_minutes_points", "closing_line", "crps_last_20")}


class Inputs(NamedTuple):
    """What grades of some dates are made from.

    Attributes:
        predictions: `ml_model_predictions` of the dates.
        features: `ml_feature_store` of the dates.
        player_games: `player_games` of the dates and of three years before, corrections applied.
        schedule: `schedule` of the dates.
        prop_lines: facts `prop_lines` of the dates, all versions.
    """

    predictions: pl.DataFrame
    features: pl.DataFrame
    player_games: pl.DataFrame
    schedule: pl.DataFrame
    prop_lines: pl.DataFrame


class Models(NamedTuple):
    """What was served, for what it would have said of more than was stored.

    Attributes:
        distribution: of a path.
        floor: the bundle whose floor serves a date and market; None if there is none.
    """

    distribution: Callable[[str], Distribution]
    floor: Callable[[date, str], Bundle | None]


def grade(given: Inputs, models: Models, now: datetime) -> pl.DataFrame:
    """Return `graded_predictions`, all with version 1: a row for each prediction whose game has a result.

    A game has a result when both teams have a box score, or when it was called off for the date. Who has no row in the box
    score did not play: his prediction is void, not wrong.

    Args:
        given: the tables.
        models: what was served.
        now: when it is graded.
    """
    rows = _scored(_with_results(given), models.distribution)
    asked = rows.unique(QUESTION, keep="first", maintain_order=True).sort(QUESTION)
    parts = [_beside(part, given, models.floor) for part in asked.partition_by("market", maintain_order=True)]
    rows = rows.join(pl.concat(parts), on=QUESTION, how="left") if parts else rows.with_columns(**NOTHING)
    is_points, actual = pl.col("market") == POINTS, pl.col("actual_points")
    first = pl.when(is_points & pl.col("decision_at").is_not_null()).then(pl.lit(DEBUT_POINTS))
    error = pl.col("predicted_points") - actual
    season_average = pl.when(is_points).then(pl.coalesce("points_avg_season", "points_avg_last_20", first))
    form = pl.when(is_points).then("points_ewma").otherwise(pl.col("points_ewma") + pl.col("reb_ewma") + pl.col("ast_ewma"))
    ewma = pl.coalesce(form, first)
    return (
        rows.with_columns(
            version=pl.lit(1, pl.Int64),
            outcome=pl.when(actual.is_null()).then(pl.lit("void")).otherwise(pl.lit("played")),
            error=error,
            prediction_error=error.abs(),
            inside_80=actual.is_between("p10", "p90"),
            expected_minutes=pl.col("minutes_ewma"),
            season_average=season_average,
            last_10=pl.when(is_points).then(pl.coalesce("points_avg_last_10", first)),
            ewma=ewma,
            closing_line=pl.when(pl.col("betting_line").is_not_null()).then("closing_line"),
            beat_baseline=error.abs() < (pl.coalesce(season_average, ewma) - actual).abs(),
            beat_vegas=error.abs() < (pl.col("betting_line") - actual).abs(),
            graded_at=pl.lit(now),
        )
        .with_columns(**outcomes())
        .select(pl.col(name).cast(kind) for name, kind in GRADED_PREDICTIONS.schema.items())
        .sort(GRADED_PREDICTIONS.key)
    )


def _with_results(given: Inputs) -> pl.DataFrame:
    """Predictions whose game has a result, with it and with what was known at the decision."""
    dates = given.predictions.select("game_date").unique()
    games = given.player_games.join(dates, on="game_date", how="semi")
    finished = games.group_by(GAME).agg(pl.col("team_id").n_unique()).filter(pl.col("team_id") == len(SIDES))
    called_off = given.schedule.filter(pl.col("status") == "postponed")
    played = games.select(
        *GAME,
        "player_id",
        pl.col("minutes").alias(REAL_MINUTES),
        *(counted(market).cast(pl.Float64).alias(market) for market in COUNTED),
    )
    actual = pl.coalesce(pl.when(pl.col("market") == market).then(market) for market in COUNTED)
    known = given.features.drop("season", "season_type", "team_id", "tip_off", "player_name", "expected_minutes")
    return (
        given.predictions.drop("tip_off")
        .join(pl.concat([finished.select(GAME), called_off.select(GAME)]).unique(), on=GAME)
        .join(given.schedule.select(*GAME, "season", "season_type", "tip_off"), on=GAME)
        .join(known, on=PREDICTION, how="left")
        .join(played, on=[*GAME, "player_id"], how="left")
        .with_columns(actual_points=actual)
        .sort(PREDICTED_KEY)
    )


def _scored(rows: pl.DataFrame, distribution: Callable[[str], Distribution]) -> pl.DataFrame:
    """Add the score of each prediction's distribution, of those who played."""
    parts = [rows.clear().with_columns(crps=pl.lit(None, pl.Float64))]
    for part in rows.partition_by("distribution_path", maintain_order=True):
        quantiles = distribution(part["distribution_path"][0]).quantiles(
            part["predicted_points"].to_numpy(), expected_minutes(part)
        )
        scores = crps(quantiles, part["actual_points"].fill_null(float("nan")).to_numpy())
        parts.append(part.with_columns(crps=pl.Series(scores).fill_nan(None)))
    return pl.concat(parts)


def _beside(asked: pl.DataFrame, given: Inputs, floor: Callable[[date, str], Bundle | None]) -> pl.DataFrame:
    """What a model that is told the real minutes would have said, the closing line and the score of the last 20 games.

    Args:
        asked: one row a player-game and decision of one market.
        given: the tables.
        floor: the bundle whose floor serves a date and market.
    """
    market = asked["market"][0]
    lines = betting_lines(asked.select(*PREDICTION, decision_at="tip_off"), given.prop_lines, market)
    # What was known at the decision already is not seen a second time.
    later = lines.join(asked.select(*PREDICTION, "decision_at"), on=PREDICTION).filter(
        pl.col("known_at") > pl.col("decision_at")
    )
    told = [asked.clear().select(*PREDICTION, known_minutes_points=pl.lit(None, pl.Float64))]
    played = asked.filter(pl.col(REAL_MINUTES).is_not_null() & pl.col("decision_at").is_not_null())
    serves = {day: floor(day, market) for day in played["game_date"].unique().sort()}
    for bundle in {id(bundle): bundle for bundle in serves.values() if bundle}.values():
        part = played.filter(pl.col("game_date").is_in([day for day, by in serves.items() if by is bundle]))
        told.append(part.select(PREDICTION).with_columns(known_minutes_points=pl.Series(bundle.predict_known_minutes(part))))
    return (
        _last_20(asked, given.player_games.with_columns(counted=counted(market)))
        .join(pl.concat(told), on=PREDICTION, how="left")
        .join(later.select(*PREDICTION, closing_line="betting_line"), on=PREDICTION, how="left")
    )


def _last_20(asked: pl.DataFrame, player_games: pl.DataFrame) -> pl.DataFrame:
    """The score of a player's last 20 games as a distribution, each as likely as the others; of a first game null."""
    history = History(player_games.select("player_id", "game_date", "game_id", "season", "counted"), asked, "player_id")
    places = history.at[:, None] - np.arange(LAST)
    held = history.held[places] > 0
    points = np.sort(np.where(held, history.column("counted")[places], np.inf), axis=1)
    count = held.sum(axis=1)
    # The smallest of its values that at least a share p of them does not exceed.
    number = np.maximum(np.ceil(count[:, None] * LEVELS - 1e-9).astype(int) - 1, 0)
    quantiles: Floats = np.where(count[:, None] > 0, np.take_along_axis(points, number, axis=1), np.nan)
    scores = crps(quantiles, asked["actual_points"].fill_null(float("nan")).to_numpy())
    return asked.select(QUESTION).with_columns(crps_last_20=pl.Series(scores).fill_nan(None))


def standing_grades(warehouse: Warehouse, dates: Dates | None = None) -> pl.DataFrame:
    """Return `graded_predictions` of predictions that still stand: some are withdrawn after they were graded."""
    standing = warehouse.read(ML_MODEL_PREDICTIONS, dates, PREDICTED_KEY)
    return warehouse.read(GRADED_PREDICTIONS, dates).join(standing, on=PREDICTED_KEY, how="semi")


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
