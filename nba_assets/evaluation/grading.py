"""Grades: each prediction against the result, the baselines, the line and the oracle-minutes bound. Append-only."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.calendar import Dates
from nba_assets.evaluation.betting import settled
from nba_assets.features.history import History
from nba_assets.forecasting.betting import prob_over
from nba_assets.league.lines import PREDICTION, main_lines, no_vig_over
from nba_assets.modelling.bundles import Bundle, bundle_paths, load, read_distribution
from nba_assets.modelling.distributions import LEVELS, Distribution, crps, cumulative, log_score
from nba_assets.modelling.fitting import at_tip, expected_minutes
from nba_assets.modelling.targets import REAL_MINUTES
from nba_assets.modelling.time_splits import serving_cutoff
from nba_assets.registry.catalog import REFERENCE_MODELS, TARGETS
from nba_assets.registry.rules import baselines
from nba_assets.stores.artifacts import ArtifactError, Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, MODEL_BUNDLES, PREDICTED_KEY
from nba_assets.tables.registry import ML_MODEL_REGISTRY

SIDES = ("home", "away")
GAME, QUESTION = ["game_id", "game_date"], [*PREDICTION, "market"]
LAST = 20
GRADED_WITH = (ML_MODEL_PREDICTIONS, ML_FEATURE_STORE, league.PLAYER_GAMES, league.SCHEDULE, facts.PROP_LINES)
# A player's last 20 games may lie this far back.
HISTORY_DAYS = 1000
Found = TypeVar("Found")
NOTHING = {name: pl.lit(None, pl.Float64) for name in ("known_minutes_points", "crps_ewma", "crps_last_20")}
SCORES = {name: pl.lit(None, pl.Float64) for name in ("crps", "pit_low", "pit_high", "log_score", "closing_over")}
OF_BOOK = [*QUESTION, "bookmaker"]


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
    """What is needed of the models beyond what was stored.

    Attributes:
        distribution: by its artifact path.
        oracle: the bundle whose oracle-minutes model serves a date and market; None if there is none.
        baselines: by market, the model that is marked as the baseline.
    """

    distribution: Callable[[str], Distribution]
    oracle: Callable[[date, str], Bundle | None]
    baselines: Mapping[str, str]


def grade_inputs(warehouse: Warehouse, artifacts: Artifacts, dates: Dates) -> tuple[Inputs, Models, dict[str, str]]:
    """Read what the predictions of some dates are graded with.

    Returns:
        the tables, what is needed of the models, and why an artifact could not be read, by its path: predictions that need it
        are left out.
    """
    bundles = warehouse.read(MODEL_BUNDLES)
    paths = {market: bundle_paths(bundles, model_id) for market, model_id in REFERENCE_MODELS.items()}
    unreadable: dict[str, str] = {}

    def oracle(day: date, market: str) -> Bundle | None:
        serving = serving_cutoff(day, [], sorted(paths[market]))
        return _tried(unreadable, partial(load, artifacts), paths[market][serving.cutoff]) if serving else None

    given = {table.name: warehouse.read(table, dates) for table in GRADED_WITH}
    given |= {league.PLAYER_GAMES.name: warehouse.read(league.PLAYER_GAMES, dates.wider(HISTORY_DAYS))}
    predictions = given[ML_MODEL_PREDICTIONS.name]
    read = partial(read_distribution, artifacts)
    found = {path: _tried(unreadable, read, path) for path in predictions["distribution_path"].unique()}
    able = {path: distribution for path, distribution in found.items() if distribution}
    given[ML_MODEL_PREDICTIONS.name] = predictions.filter(pl.col("distribution_path").is_in(list(able)))
    marked = baselines(warehouse.read(ML_MODEL_REGISTRY))
    return Inputs(*given.values()), Models(able.__getitem__, oracle, marked), unreadable


def _tried(unreadable: dict[str, str], read: Callable[[str], Found], path: str) -> Found | None:
    try:
        return read(path)
    except ArtifactError as error:
        unreadable[path] = str(error)
        return None


def grade(given: Inputs, models: Models, now: datetime) -> pl.DataFrame:
    """Return `graded_predictions`, all with version 1: a row for each prediction whose game has a result.

    A game has a result when both teams have a box score, or when it was called off for the date. A player without a row
    in the box score did not play: the prediction is void, not wrong.

    Args:
        given: the tables.
        models: what served.
        now: when it is graded.
    """
    rows = _scored(_with_closing(_with_results(given), given.prop_lines), models.distribution)
    asked = rows.unique(QUESTION, keep="first", maintain_order=True).sort(QUESTION)
    parts = [_beside(part, given, models.oracle) for part in asked.partition_by("market", maintain_order=True)]
    rows = rows.join(pl.concat(parts), on=QUESTION, how="left") if parts else rows.with_columns(**NOTHING)
    error = pl.col("predicted_points") - pl.col("actual_points")
    rows = rows.with_columns(
        **_baselines(),
        version=pl.lit(1, pl.Int64),
        outcome=pl.when(pl.col("actual_points").is_null()).then(pl.lit("void")).otherwise(pl.lit("played")),
        error=error,
        prediction_error=error.abs(),
        expected_error=pl.col("expected_points") - pl.col("actual_points"),
        inside_80=pl.col("actual_points").is_between("p10", "p90"),
        expected_minutes=pl.col("minutes_ewma"),
        beat_vegas=error.abs() < (pl.col("betting_line") - pl.col("actual_points")).abs(),
        graded_at=pl.lit(now),
    )
    return (
        _against_baseline(rows, models.baselines)
        .with_columns(**settled())
        .select(pl.col(name).cast(kind) for name, kind in GRADED_PREDICTIONS.schema.items())
        .sort(GRADED_PREDICTIONS.key)
    )


def _baselines() -> dict[str, pl.Expr]:
    """The naive baselines of a row's market."""
    found: dict[str, pl.Expr] = {}
    by_market = {name: target.baselines() for name, target in TARGETS.items()}
    for baseline in ("season_average", "last_10", "ewma"):
        of_market = (pl.when(pl.col("market") == name).then(values[baseline]) for name, values in by_market.items())
        found[baseline] = pl.coalesce(*of_market)
    return found


def _against_baseline(rows: pl.DataFrame, baselines: Mapping[str, str]) -> pl.DataFrame:
    """Add beat_baseline: against the marked model's own prediction where it has one, else against the season average."""
    marked = pl.DataFrame(list(baselines.items()), schema={"market": pl.String, "model_id": pl.String}, orient="row")
    their = rows.join(marked, on=["market", "model_id"], how="semi")
    key = [*QUESTION, "origin"]
    rows = rows.join(their.select(*key, baseline_error="prediction_error"), on=key, how="left", maintain_order="left")
    naive = (pl.coalesce("season_average", "ewma") - pl.col("actual_points")).abs()
    return rows.with_columns(beat_baseline=pl.col("prediction_error") < pl.coalesce("baseline_error", naive))


def _with_results(given: Inputs) -> pl.DataFrame:
    """Predictions whose game has a result, with it and with what was known at the decision."""
    dates = given.predictions.select("game_date").unique()
    games = given.player_games.join(dates, on="game_date", how="semi")
    finished = games.group_by(GAME).agg(pl.col("team_id").n_unique()).filter(pl.col("team_id") == len(SIDES))
    called_off = given.schedule.filter(pl.col("status") == "postponed")
    outcomes = {name: target.outcome().cast(pl.Float64) for name, target in TARGETS.items()}
    played = games.select(*GAME, "player_id", pl.col("minutes").alias(REAL_MINUTES), **outcomes)
    actual = pl.coalesce(pl.when(pl.col("market") == market).then(market) for market in TARGETS)
    known = given.features.drop(
        "season", "season_type", "team_id", "tip_off", "player_name", "expected_minutes", "play_probability", "on_roster"
    )
    return (
        given.predictions.drop("tip_off")
        .join(pl.concat([finished.select(GAME), called_off.select(GAME)]).unique(), on=GAME)
        .join(given.schedule.select(*GAME, "season", "season_type", "tip_off"), on=GAME)
        .join(known, on=PREDICTION, how="left")
        .join(played, on=[*GAME, "player_id"], how="left")
        .with_columns(actual_points=actual)
        .sort(PREDICTED_KEY)
    )


def _with_closing(rows: pl.DataFrame, prop_lines: pl.DataFrame) -> pl.DataFrame:
    """Add the same book's line at tip-off and its no-vig chance: of several main lines the one nearest to the line bet on."""
    nothing = {name: pl.lit(None, pl.Float64) for name in ("closing_line", "closing_no_vig")}
    parts = [rows.clear().select(OF_BOOK).with_columns(**nothing)]
    for (market,), part in rows.filter(pl.col("betting_line").is_not_null()).group_by("market", maintain_order=True):
        asked = part.unique(OF_BOOK, keep="first", maintain_order=True)
        closing = main_lines(asked.select(*PREDICTION, decision_at="tip_off"), prop_lines, str(market))
        bet = asked.select(*OF_BOOK, "decision_at", "betting_line")
        # A line that was already known at the decision is no closing line.
        later = closing.join(bet, on=[*PREDICTION, "bookmaker"]).filter(pl.col("known_at") > pl.col("decision_at"))
        nearest = later.sort((pl.col("line") - pl.col("betting_line")).abs(), "line").unique(OF_BOOK, keep="first")
        parts.append(nearest.select(*OF_BOOK, closing_line="line", closing_no_vig=no_vig_over()))
    return rows.join(pl.concat(parts), on=OF_BOOK, how="left", maintain_order="left")


def _scored(rows: pl.DataFrame, distribution: Callable[[str], Distribution]) -> pl.DataFrame:
    """Add the scores of each prediction's distribution, for players who played, and the chance of the line at its close."""
    parts = [rows.clear().with_columns(**SCORES)]
    for part in rows.partition_by("distribution_path", maintain_order=True):
        quantiles = distribution(part["distribution_path"][0]).quantiles(
            part["predicted_points"].to_numpy(), expected_minutes(part), at_tip(part)
        )
        actual = part["actual_points"].fill_null(float("nan")).to_numpy()
        low, high = cumulative(quantiles, actual)
        values = (crps(np.round(quantiles), actual), low, high, log_score(low, high), _closing_over(part, quantiles))
        scores = [pl.Series(name, each).fill_nan(None) for name, each in zip(SCORES, values, strict=True)]
        parts.append(part.with_columns(scores))
    return pl.concat(parts)


def _closing_over(rows: pl.DataFrame, quantiles: Floats) -> Floats:
    """The no-vig chance at the close of the line that was bet: of another line, moved by as much as the distribution says."""
    closing, bet, fair = (
        rows[name].fill_null(float("nan")).to_numpy() for name in ("closing_line", "betting_line", "closing_no_vig")
    )
    at_bet, at_close = (prob_over(quantiles, line) for line in (bet, closing))
    odds = fair / (1 - fair) * (at_bet / (1 - at_bet)) / (at_close / (1 - at_close))
    return np.where(closing == bet, fair, odds / (1 + odds))


def _beside(asked: pl.DataFrame, given: Inputs, oracle: Callable[[date, str], Bundle | None]) -> pl.DataFrame:
    """The oracle-minutes prediction and the scores of the exponential mean and of the last 20 games.

    Args:
        asked: one row per player-game and decision of one market.
        given: the tables.
        oracle: the bundle whose oracle-minutes model serves a date and market.
    """
    market = asked["market"][0]
    empty = {name: pl.lit(None, pl.Float64) for name in ("known_minutes_points", "crps_ewma")}
    known = [asked.clear().select(PREDICTION).with_columns(**empty)]
    played = asked.filter(pl.col(REAL_MINUTES).is_not_null() & pl.col("decision_at").is_not_null())
    serves = {day: oracle(day, market) for day in played["game_date"].unique().sort()}
    for bundle in {id(bundle): bundle for bundle in serves.values() if bundle}.values():
        part = played.filter(pl.col("game_date").is_in([day for day, by in serves.items() if by is bundle]))
        found = {"known_minutes_points": bundle.predict_known_minutes(part), "crps_ewma": _crps_ewma(bundle, part, market)}
        known.append(part.select(PREDICTION).with_columns(pl.Series(name, each).fill_nan(None) for name, each in found.items()))
    outcome = TARGETS[market].outcome()
    return _last_20(asked, given.player_games.with_columns(counted=outcome)).join(pl.concat(known), on=PREDICTION, how="left")


def _crps_ewma(bundle: Bundle, rows: pl.DataFrame, market: str) -> Floats:
    """Score of the exponential mean with its own distribution; NaN where a player has none."""
    if bundle.baseline is None:
        return np.full(rows.height, np.nan)
    form = rows.select(TARGETS[market].baselines()["ewma"].fill_null(float("nan"))).to_series().to_numpy()
    quantiles = bundle.baseline.quantiles(np.nan_to_num(form), expected_minutes(rows), at_tip(rows))
    scores = crps(np.round(quantiles), rows["actual_points"].cast(pl.Float64).to_numpy())
    return np.where(np.isnan(form), np.nan, scores)


def _last_20(asked: pl.DataFrame, player_games: pl.DataFrame) -> pl.DataFrame:
    """Score of a player's last 20 games, each as likely as the others, as a distribution; of a first game null."""
    history = History(player_games.select("player_id", "game_date", "game_id", "season", "counted"), asked, "player_id")
    places = history.at[:, None] - np.arange(LAST)
    held = history.held[places] > 0
    points = np.sort(np.where(held, history.column("counted")[places], np.inf), axis=1)
    count = held.sum(axis=1)
    # The smallest of the values that at least a share p of them does not exceed.
    number = np.maximum(np.ceil(count[:, None] * LEVELS - 1e-9).astype(int) - 1, 0)
    quantiles: Floats = np.where(count[:, None] > 0, np.take_along_axis(points, number, axis=1), np.nan)
    scores = crps(quantiles, asked["actual_points"].fill_null(float("nan")).to_numpy())
    return asked.select(QUESTION).with_columns(crps_last_20=pl.Series(scores).fill_nan(None))


def standing_grades(warehouse: Warehouse, dates: Dates | None = None) -> pl.DataFrame:
    """Return `graded_predictions` of predictions that still stand: some are withdrawn after they were graded."""
    standing = warehouse.read(ML_MODEL_PREDICTIONS, dates, PREDICTED_KEY)
    return warehouse.read(GRADED_PREDICTIONS, dates).join(standing, on=PREDICTED_KEY, how="semi")


def latest(grades: pl.DataFrame) -> pl.DataFrame:
    """Return the newest grade of each prediction."""
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
