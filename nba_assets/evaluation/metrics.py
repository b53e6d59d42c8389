"""Accuracy: errors with their population and interval, beside baselines, line and oracle minutes on the same rows."""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from nba_assets import pictures
from nba_assets.evaluation.chances import line_figures
from nba_assets.evaluation.grading import latest
from nba_assets.modelling.clusters import NO_INTERVAL, half_width_of_sum, mean_interval
from nba_assets.modelling.distributions import MINUTES
from nba_assets.registry.catalog import DEFAULT_MARKET
from nba_assets.tables.grades import POINTS_EVALUATION

WITHIN = 3
POPULATIONS = {
    "all_played": pl.lit(value=True),
    "on_roster": pl.col("on_roster"),
    "expected_minutes_15plus": pl.col("expected_minutes") >= 15,
    "line_listed": pl.col("betting_line").is_not_null(),
    "line_unambiguous": ~pl.col("line_is_ambiguous"),
}
BESIDE = {
    "mae_season_average": "season_average",
    "mae_last_10": "last_10",
    "mae_ewma": "ewma",
    "mae_known_minutes": "known_minutes_points",
}
DRAWN = {
    "model": "predicted_points",
    "season average": "season_average",
    "last 10": "last_10",
    "exponential mean": "ewma",
    "oracle minutes": "known_minutes_points",
}
TENTHS = 10
BUCKETS = dict(enumerate(("0-10", "10-18", "18-24", "24-30", "30+")))


def evaluate(grades: pl.DataFrame) -> list[dict[str, object]]:
    """Return one record per model, market, decision and population, of predictions whose player played.

    Where a prediction has a live and a backfill grade, the live one counts; a prediction of a game that its model may
    have been trained on does not. `mae_low` and `mae_high` are the 95% interval of the mean absolute error with game dates
    as clusters.

    Args:
        grades: `graded_predictions`, all versions.
    """
    return list(_records(played(grades)))


def by_season(grades: pl.DataFrame) -> pl.DataFrame:
    """Return `points_evaluation`: the same for each season and each part of it."""
    parts = played(grades).group_by("season", "season_type", maintain_order=True)
    records = [
        {"season": season, "season_type": season_type, **record}
        for (season, season_type), rows in parts
        for record in _records(rows)
    ]
    found = pl.DataFrame(records, schema=POINTS_EVALUATION.schema)
    return found.sort(POINTS_EVALUATION.key)


def accuracy_picture(grades: pl.DataFrame, model_id: str) -> pictures.Picture:
    """Return a model's calibration and its error by expected minutes beside the baselines, newest season."""
    rows = played(grades).filter((pl.col("model_id") == model_id) & (pl.col("market") == DEFAULT_MARKET))
    newest = rows.filter((pl.col("season") == pl.col("season").max()) & (pl.col("decision") == "tip"))
    tenths = newest.with_columns(tenth=pl.col("predicted_points").rank("ordinal") * TENTHS // (pl.len() + 1))
    calibration = tenths.group_by("tenth").agg(pl.col("predicted_points", "actual_points").mean()).sort("tenth")
    expected = pl.col("expected_minutes").fill_null(0)
    bucket = newest.with_columns(bucket=(expected / 6).floor().clip(0, 5).cast(pl.Int64))
    actual = pl.col("actual_points")
    errors = bucket.group_by("bucket").agg((pl.col(column) - actual).abs().mean() for column in DRAWN.values()).sort("bucket")
    season = newest["season"].first()
    with pictures.panels(2) as (picture, axes):
        predicted, scored = calibration["predicted_points"].to_list(), calibration["actual_points"].to_list()
        names = ("predicted points, deciles", "points scored")
        pictures.against(axes[0], predicted, scored, title=f"calibration of {model_id}, tip, {season}", names=names)
        shown = {name: errors[column].to_list() for name, column in DRAWN.items()}
        labels = [f"{6 * number}-{6 * number + 6}" if number < 5 else "30+" for number in errors["bucket"]]
        pictures.lines(axes[1], labels, shown, title=f"error by expected minutes, tip, {season}", unit="mean absolute error")
    return picture


def gap_closed(grades: pl.DataFrame, truth: pl.DataFrame) -> list[dict[str, object]]:
    """Return one record per model and decision: its place between the exponential mean and a simulated league's truth.

    `gap_closed` is (mae_ewma - mae) / (mae_ewma - mae_truth) on the same player-games: 0 at the baseline, 1 at the league's
    own noise; its 95% interval is that of a ratio of sums, by linearization with dates and players as clusters.

    Args:
        grades: `graded_predictions`, all versions.
        truth: game_id, player_id and tip_points, the points expected before tip-off; null where they are not defined.
    """
    rows = played(grades).filter(pl.col("ewma").is_not_null() & (pl.col("market") == DEFAULT_MARKET))
    rows = rows.join(truth.drop_nulls(), on=["game_id", "player_id"])
    actual = pl.col("actual_points")
    errors = rows.with_columns(ewma_error=(pl.col("ewma") - actual).abs(), truth_error=(pl.col("tip_points") - actual).abs())
    return [
        {"model_id": model, "decision": decision, "n": some.height} | _gap(some)
        for (model, decision), some in errors.group_by(["model_id", "decision"], maintain_order=True)
    ]


def _gap(errors: pl.DataFrame) -> dict[str, object]:
    baseline, model, truth = pl.col("ewma_error"), pl.col("prediction_error"), pl.col("truth_error")
    gained, gap = errors.select((baseline - model).sum().alias("gained"), (baseline - truth).sum().alias("gap")).row(0)
    share = gained / gap
    half = half_width_of_sum(errors, (baseline - model) - share * (baseline - truth))
    half = None if half is None else half / abs(gap)
    means = errors.select(mae_ewma=baseline.mean(), mae=model.mean(), mae_truth=truth.mean()).row(0, named=True)
    return {**means, "gap_closed": share, "gap_half_width": half}


def impossible(record: Mapping[str, object]) -> bool:
    """Return whether an error, to the end of its interval, is lower than that of a model given the actual minutes.

    Args:
        record: of `evaluate`.
    """
    high, floor = record["mae_high"], record["mae_known_minutes"]
    return isinstance(high, float) and isinstance(floor, float) and high < floor


def played(grades: pl.DataFrame) -> pl.DataFrame:
    """Return one row per prediction that counts, of a player who played: the newest grade, the live one where there is one."""
    counted = latest(grades).filter((pl.col("outcome") == "played") & pl.col("is_out_of_sample"))
    key = ["model_id", "market", "game_date", "game_id", "player_id", "decision"]
    return counted.sort(*key, pl.col("origin") != "live").unique(key, keep="first", maintain_order=True)


def _records(rows: pl.DataFrame) -> Iterator[dict[str, object]]:
    for (model, market, decision), of_model in rows.group_by(["model_id", "market", "decision"], maintain_order=True):
        for population, members in POPULATIONS.items():
            figures = _figures(of_model.filter(members))
            yield {"model_id": model, "market": market, "decision": decision, "population": population, **figures}


def _figures(rows: pl.DataFrame) -> dict[str, object]:
    rows = rows.rechunk()
    actual, error = pl.col("actual_points"), pl.col("prediction_error")
    beside = rows.select((pl.col(column) - actual).abs().mean().alias(name) for name, column in BESIDE.items())
    known = rows.filter(pl.col("ewma").is_not_null())
    return {
        "n": rows.height,
        **mean_interval(rows, error).named("mae"),
        "rmse": rows.select((pl.col("error") ** 2).mean().sqrt()).item(),
        "bias": rows["error"].mean(),
        "bias_expected": rows["expected_error"].mean(),
        "within_3": rows.select((error <= WITHIN).mean()).item(),
        **beside.row(0, named=True),
        **mean_interval(known, error - (pl.col("ewma") - actual).abs()).named("less_ewma"),
        **_spread(rows),
        **_beside_line(rows.filter(pl.col("betting_line").is_not_null())),
        **line_figures(rows),
    }


def _beside_line(listed: pl.DataFrame) -> dict[str, object]:
    """Errors of the model, the line and the mean of both where a book has a line, and each one's less the line's."""
    actual, line = pl.col("actual_points"), pl.col("betting_line")
    blend, of_line = ((pl.col("predicted_points") + line) / 2 - actual).abs(), (line - actual).abs()
    return {
        "n_line": listed.height,
        "mae_on_line_rows": listed["prediction_error"].mean(),
        "mae_line": listed.select(of_line.mean()).item(),
        "mae_blend": listed.select(blend.mean()).item(),
        **mean_interval(listed, pl.col("prediction_error") - of_line).named("over_line"),
        **mean_interval(listed, blend - of_line).named("blend_over_line"),
    }


def _spread(rows: pl.DataFrame) -> dict[str, object]:
    """Scores of the distributions for players with an earlier game; how often p10 … p90 holds the result; uniformity."""
    scored = rows.filter(pl.col("crps_last_20").is_not_null())
    return {
        "inside_80": rows["inside_80"].mean(),
        "crps": scored["crps"].mean(),
        "crps_last_20": scored["crps_last_20"].mean(),
        "crps_ewma_conformal": scored["crps_ewma"].mean(),
        "log_score": rows["log_score"].mean(),
        "pit_deviation": pit_deviation(rows),
    }


def pit_deviation(rows: pl.DataFrame) -> float | None:
    """Return the mean distance of the tenths of the probability integral transform from the 10% that each should have.

    Of whole-number results the transform is an interval, spread evenly over the tenths that it covers: the expectation of the
    randomised one (Czado, Gneiting & Held, "Predictive Model Assessment for Count Data", 2009).

    Args:
        rows: pit_low and pit_high.
    """
    low, high = (rows[name].drop_nulls().to_numpy() for name in ("pit_low", "pit_high"))
    if not len(low):
        return None
    edges = np.arange(TENTHS + 1) / TENTHS
    width = np.maximum(high - low, 1e-12)[:, None]
    below = np.clip((edges[None, :] - low[:, None]) / width, 0.0, 1.0).mean(axis=0)
    return float(np.abs(np.diff(below) - 1 / TENTHS).mean())


def differences(grades: pl.DataFrame) -> pl.DataFrame:
    """Return each model's error less that of the best one on the rows of both, with its interval.

    Args:
        grades: `graded_predictions`, all versions.

    Returns:
        market, decision, model_id, best, n, mae, difference, difference_low and difference_high; the best has no difference.
    """
    rows = played(grades)
    key = ["game_date", "game_id", "player_id"]
    records: list[dict[str, object]] = []
    for (market, decision), part in rows.group_by(["market", "decision"], maintain_order=True):
        errors = part.group_by("model_id").agg(pl.col("prediction_error").mean()).sort("prediction_error", "model_id")
        best = errors["model_id"][0]
        own = part.filter(pl.col("model_id") == best).select(*key, best_error="prediction_error")
        for model_id in errors["model_id"]:
            both = part.filter(pl.col("model_id") == model_id).join(own, on=key)
            off = pl.col("prediction_error") - pl.col("best_error")
            found = NO_INTERVAL if model_id == best else mean_interval(both, off)
            place = {"market": market, "decision": decision, "model_id": model_id, "best": best, "n": both.height}
            records.append({**place, "mae": both["prediction_error"].mean(), **found.named("difference")})
    return pl.DataFrame(records, infer_schema_length=None)


def intervals(grades: pl.DataFrame) -> pl.DataFrame:
    """Return how often p10 … p90 holds the result, one row per model, market, decision and bucket of expected minutes.

    Returns:
        model_id, market, decision, expected_minutes (form; a first game counts as none), n, inside_80, crps and
        crps_last_20 (in the market's unit; for players with an earlier game).
    """
    rows = played(grades)
    minutes = pl.col("expected_minutes").fill_null(0.0)
    bucket = pl.sum_horizontal(minutes >= edge for edge in MINUTES).replace_strict(BUCKETS, return_dtype=pl.String)
    parts = pl.concat([rows.with_columns(expected_minutes=pl.lit("all")), rows.with_columns(expected_minutes=bucket)])
    key = ("model_id", "market", "decision", "expected_minutes")
    records = [
        dict(zip(key, group, strict=True)) | {"n": rows.height} | _spread(rows)
        for group, rows in parts.group_by(key, maintain_order=True)
    ]
    return pl.DataFrame(records).sort(key) if records else pl.DataFrame()
