"""Inference on slates: every registered model on the same feature rows, and who was skipped and why."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import NAMESPACE_DNS, uuid5

import numpy as np
import polars as pl

from nba_assets.forecasting.betting import bets, prob_over
from nba_assets.forecasting.chances import Earlier, market_chances
from nba_assets.forecasting.models import RegisteredModel, SkippedError
from nba_assets.league.lines import PREDICTION, betting_lines, no_vig_over
from nba_assets.modelling.bundles import AT_TIP
from nba_assets.modelling.distributions import HIGH, LOW, MIDDLE
from nba_assets.modelling.matrix import FeatureMatrix, PredictionError
from nba_assets.reference.names import lookup
from nba_assets.registry.catalog import DEFAULT_MARKET, FALLBACKS, FEATURE_NAMES, TARGETS
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, ML_MODEL_SKIPS, PREDICTED_KEY

PREDICTION_IDS = uuid5(NAMESPACE_DNS, "nba_assets.ml_model_predictions")
# Columns of a feature row that a prediction carries over.
CARRIED = (*PREDICTION, "player_name", "team_id", "tip_off", "play_probability", "on_roster", "origin", "predicted_at")
IDENTITY = ("model_id", "player_id", "game_id", "decision", "origin")


def predict(
    features: pl.DataFrame,
    prop_lines: pl.DataFrame,
    models: Sequence[RegisteredModel],
    windows: Sequence[date],
    now: datetime,
    earlier: Earlier | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `ml_model_predictions` and `ml_model_skips` of feature rows: everyone but those who are reported out.

    A row made before tip-off is `live` and carries the true time; a later one is `backfill` and carries the instant of
    its decision. Before tip-off there is no `tip` row until that decision has come; `noon` may be predicted early.

    Args:
        features: rows of `ml_feature_store`, with tip_off as the schedule has it now.
        prop_lines: facts `prop_lines` of their dates, all versions.
        models: to predict with.
        windows: all training cutoffs, in order.
        now: the true time.
        earlier: what became of earlier lines, which the chances of the over are combined from; None: of none.
    """
    due = (pl.col("decision") == "noon") | (pl.col("decision_at") <= now)
    rows = features.filter(~pl.col("is_out") & due)
    markets = {model.market for model in models}
    lines = {market: betting_lines(rows, prop_lines, market) for market in markets}
    live = pl.col("tip_off") > now
    rows = rows.with_columns(
        origin=pl.when(live).then(pl.lit("live")).otherwise(pl.lit("backfill")),
        predicted_at=pl.when(live).then(pl.lit(now)).otherwise(pl.col("decision_at")),
    )
    predicted: list[pl.DataFrame] = []
    skipped: list[pl.DataFrame] = [ML_MODEL_SKIPS.empty()]
    for part in _parts(rows, windows):
        matrix = FeatureMatrix(part, FEATURE_NAMES, FALLBACKS)
        listed = {
            market: part.select(*CARRIED, form=TARGETS[market].exponential_mean()).join(
                lines[market], on=PREDICTION, how="left", maintain_order="left"
            )
            for market in markets
        }
        for model in models:
            try:
                predicted.append(_predictions(model, matrix, listed[model.market]))
            except SkippedError as error:
                skipped.append(skips(part, model.model_id, model.market, error.stage, str(error), now))
            else:
                skipped.append(_trained_on(model, part, now))
    return _finished(predicted, earlier or Earlier.none()), pl.concat(skipped)


def skips(rows: pl.DataFrame, model_id: str, market: str, stage: str, reason: str, now: datetime) -> pl.DataFrame:
    """Return `ml_model_skips` of a skipped model: one row per date and decision of the rows."""
    slates = rows.select("game_date", "decision").unique().sort("game_date", "decision")
    return slates.with_columns(
        model_id=pl.lit(model_id),
        market=pl.lit(market),
        stage=pl.lit(stage),
        reason=pl.lit(reason),
        skipped_at=pl.lit(now, pl.Datetime("us", "UTC")),
    ).select(ML_MODEL_SKIPS.names)


def _trained_on(model: RegisteredModel, rows: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Skips of the games that a model was trained on."""
    until = model.trained_until
    inside = rows.filter(pl.col("game_date") <= until) if until else rows.clear()
    return skips(inside, model.model_id, model.market, "window", f"{model.model_id} was trained on games up to {until}", now)


def _parts(rows: pl.DataFrame, windows: Sequence[date]) -> Iterator[pl.DataFrame]:
    """Split rows by training window and month: within a part each model is served by one thing."""
    starts = pl.DataFrame({"_window": sorted(windows)}, schema={"_window": pl.Date})
    parted = rows.sort("game_date", maintain_order=True).join_asof(
        starts, left_on="game_date", right_on="_window", strategy="backward"
    )
    yield from parted.with_columns(_month=pl.col("game_date").dt.truncate("1mo")).partition_by(
        "_window", "_month", maintain_order=True, include_key=False
    )


def _predictions(model: RegisteredModel, matrix: FeatureMatrix, rows: pl.DataFrame) -> pl.DataFrame:
    """A model's predictions of the rows that it was not trained on.

    Args:
        model: the model.
        matrix: the rows' features.
        rows: what is carried over of them, and the lines of the model's market.
    """
    served = model.serving(rows["game_date"][0])
    try:
        values = served.predictor.predict(matrix)
    except PredictionError as error:
        raise SkippedError("prediction", str(error)) from error
    has_value = ~np.isnan(values)
    if not has_value.any():
        raise SkippedError("prediction", f"{model.model_id} has no prediction of any player of these slates")
    minutes, at_tip = matrix.column("expected_minutes"), matrix.column(AT_TIP)
    quantiles = served.distribution.quantiles(values, minutes, at_tip)
    until, line = model.trained_until, rows["betting_line"].fill_null(float("nan")).to_numpy()
    has_line = ~np.isnan(line)
    over = np.full(len(values), np.nan)
    over[has_line] = prob_over(quantiles[has_line], line[has_line])
    predicted = rows.with_columns(
        pl.lit(model.model_id).alias("model_id"),
        pl.lit(model.market).alias("market"),
        pl.lit(served.cutoff, pl.Date).alias("training_cutoff"),
        pl.lit(served.current).alias("bundle_is_current"),
        pl.lit(until is not None).alias("is_out_of_sample"),
        pl.lit(served.distribution_path).alias("distribution_path"),
        pl.Series("predicted_points", values),
        pl.Series("expected_minutes", minutes).fill_nan(None),
        pl.Series("expected_points", served.distribution.expected(values, minutes, at_tip)),
        pl.Series("p10", quantiles[:, LOW]),
        pl.Series("p50", quantiles[:, MIDDLE]),
        pl.Series("p90", quantiles[:, HIGH]),
        pl.Series("model_prob_over", over),
    )
    predicted = predicted if has_value.all() else predicted.filter(pl.Series(has_value))
    return predicted if until is None or rows["game_date"][0] > until else predicted.filter(pl.col("game_date") > until)


def with_bets(rows: pl.DataFrame, earlier: Earlier) -> pl.DataFrame:
    """Return predictions with the chance of the over that earlier lines support, and the bets that follow from it."""
    return rows.with_columns(market_chances(rows, earlier)).with_columns(**bets())


def _finished(predicted: Sequence[pl.DataFrame], earlier: Earlier) -> pl.DataFrame:
    """All rows with their bets, ids and plain names, in key order."""
    if not predicted:
        return ML_MODEL_PREDICTIONS.empty()
    rows = pl.concat(predicted).with_columns(
        pl.col("model_prob_over").fill_nan(None),
        is_out_of_sample=pl.col("is_out_of_sample") | (pl.col("origin") == "live"),
        no_vig_over=no_vig_over(),
    )
    # Ids of points predictions are older than other markets, and stay what they were.
    other = pl.when(pl.col("market") != DEFAULT_MARKET).then(pl.concat_str(pl.lit("|"), "market")).otherwise(pl.lit(""))
    identity = rows.select(pl.concat_str(pl.concat_str(IDENTITY, separator="|"), other)).to_series()
    ids = [str(uuid5(PREDICTION_IDS, text)) for text in identity]
    names = rows["player_name"].unique()
    plain = pl.Series([lookup(name) for name in names], dtype=pl.String)
    return (
        with_bets(rows, earlier)
        .with_columns(
            prediction_id=pl.Series(ids, dtype=pl.String),
            player_lookup=pl.col("player_name").replace_strict(names, plain, return_dtype=pl.String),
        )
        .select(pl.col(name).cast(kind) for name, kind in ML_MODEL_PREDICTIONS.schema.items())
        .sort(PREDICTED_KEY)
    )
