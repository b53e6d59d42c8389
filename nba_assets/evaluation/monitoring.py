"""Monitoring: is everything there, and does the champion perform as before?"""

from datetime import datetime

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.calendar import box_score_known_at
from nba_assets.evaluation.metrics import played
from nba_assets.modelling.sequential import cusum
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS

GAME = ("game_id", "game_date")
SIDES = 2


def missing_dates(
    schedule: pl.DataFrame, played: pl.DataFrame, features: pl.DataFrame, predicted: pl.DataFrame, graded: pl.DataFrame
) -> pl.DataFrame:
    """Return what is missing: game_date, missing (box scores, features, predictions, grades), games.

    A game in quarantine has no box score, so its date is incomplete. Predictions and grades are asked for from the first
    date that has any prediction on.

    Args:
        schedule: games that should be over.
        played: `player_games` of their dates.
        features: `ml_feature_store`: game_id, game_date.
        predicted: `ml_model_predictions`: game_id, game_date.
        graded: `graded_predictions`: game_id, game_date.
    """
    games = schedule.filter(pl.col("status") == "scheduled").select(GAME)
    both = played.group_by(GAME).agg(pl.col("team_id").n_unique()).filter(pl.col("team_id") == SIDES)
    since = games.filter(pl.col("game_date") >= predicted["game_date"].min()) if predicted.height else games.clear()
    asked = {
        "box scores": (games, both),
        "features": (games, features),
        "predictions": (since, predicted),
        "grades": (since.join(both, on=GAME, how="semi"), graded),
    }
    lacking = [
        wanted.join(there, on=GAME, how="anti").with_columns(missing=pl.lit(what)) for what, (wanted, there) in asked.items()
    ]
    return pl.concat(lacking).group_by("game_date", "missing").agg(games=pl.len()).sort("game_date", "missing")


def missing_now(warehouse: Warehouse, now: datetime) -> pl.DataFrame:
    """Return `missing_dates` of the games that were over at 02:00 ET."""
    schedule = warehouse.read(league.SCHEDULE).filter(box_score_known_at(pl.col("game_date")) <= now)
    tables = (ML_FEATURE_STORE, ML_MODEL_PREDICTIONS, GRADED_PREDICTIONS)
    boxes = warehouse.read(league.PLAYER_GAMES, columns=["game_id", "game_date", "team_id"])
    return missing_dates(schedule, boxes, *(warehouse.read(table, columns=list(GAME)) for table in tables))


# Half of the change that is to be found soonest, and the sum at which it is reported, both in a date's standard deviations.
# Replayed on real games of 2021-22 … 2024-25 (`models drift-study`), the sum of a healthy model stays below it.
ALLOWANCE, ALARM = 0.5, 6.0
# One date counts at most so much, and the mean of a phase is held to that of all phases like so many dates.
MOST_SCORE, HELD_DATES = 3.0, 10
# In a first season what is usual is learned from its own dates, but for the first ones and the newest.
OPENING, RECENT = 15, 21
PLAYOFFS = 13
# A degradation that begins later in a season cannot be found in it.
LEAST_LEFT = 30


def daily_excess(grades: pl.DataFrame, champion: str) -> pl.DataFrame:
    """Return how much larger a model's error is than the exponential mean's, which meets the same luck, by date.

    Args:
        grades: `graded_predictions` of one market.
        champion: the model.

    Returns:
        decision, season, game_date, phase (the month; the playoffs are one), n, excess (usually negative) and error.
    """
    rows = played(grades).filter((pl.col("model_id") == champion) & pl.col("ewma").is_not_null())
    baseline = (pl.col("ewma") - pl.col("actual_points")).abs()
    phase = (
        pl.when((pl.col("season_type") == "Playoffs").any()).then(PLAYOFFS).otherwise(pl.col("game_date").first().dt.month())
    )
    return (
        rows.group_by("decision", "season", "game_date")
        .agg(
            phase.cast(pl.Int64).alias("phase"),
            n=pl.len().cast(pl.Float64),
            excess=(pl.col("prediction_error") - baseline).mean(),
            error=pl.col("prediction_error").mean(),
        )
        .sort("decision", "game_date")
    )


def excess_scores(daily: pl.DataFrame) -> Floats:
    """Return (dates,) by how many standard deviations a date is worse than what is usual in its phase of earlier seasons.

    Within -3 … 3; NaN while nothing is known of what is usual. A date with fewer rows has a larger standard deviation.

    Args:
        daily: of `daily_excess`, one decision, in order.
    """
    excess, n, phase = (daily[name].to_numpy() for name in ("excess", "n", "phase"))
    season = daily["season"].rank("dense").cast(pl.Int64).to_numpy()
    scores = np.full(len(excess), np.nan)
    for at in range(len(excess)):
        usual = season < season[at]
        if not usual.any():
            first = int(np.argmax(season == season[at]))
            usual = np.zeros(len(excess), dtype=bool)
            usual[first + OPENING : max(at - RECENT, first + OPENING)] = True
            if usual.sum() < OPENING:
                continue
        mean = float(np.average(excess[usual], weights=n[usual]))
        spread = float(np.sqrt(np.average((excess[usual] - mean) ** 2 * n[usual], weights=n[usual]) / n[usual].mean()))
        alike = usual & (phase == phase[at])
        held = HELD_DATES * float(n[usual].mean())
        expected = float((excess[alike] * n[alike]).sum() + mean * held) / (float(n[alike].sum()) + held)
        if spread > 0:
            score = (excess[at] - expected) / spread * np.sqrt(n[at] / n[usual].mean())
            scores[at] = np.clip(score, -MOST_SCORE, MOST_SCORE)
    return scores


def season_sums(daily: pl.DataFrame) -> Floats:
    """Return (dates,) the cumulative sum that `drift` looks at; it begins anew with each season."""
    scores, season = excess_scores(daily), daily["season"].to_numpy()
    return np.concatenate([np.zeros(0), *(cusum(scores[season == name], ALLOWANCE) for name in np.unique(season))])


def drift(grades: pl.DataFrame, champion: str) -> pl.DataFrame:
    """Return the decisions at which a model's error has risen, beside the exponential mean's, above that of earlier seasons.

    A cumulative sum over the dates of a season reports a lasting change soon and chance seldom, however often one looks.

    Args:
        grades: `graded_predictions` of one market.
        champion: the model.

    Returns:
        decision, since (the first date of the rise), dates, excess (points per player-game beside the exponential mean, since
        then), cumulative_sum; no row if nothing has risen.
    """
    found: list[dict[str, object]] = []
    for (decision,), daily in daily_excess(grades, champion).group_by("decision", maintain_order=True):
        sums = season_sums(daily)
        if not len(sums) or sums[-1] <= ALARM:
            continue
        first = int(np.flatnonzero(np.append(0.0, sums[:-1]) == 0)[-1])
        since = daily[first:]
        excess = float(np.average(since["excess"].to_numpy(), weights=since["n"].to_numpy()))
        record: dict[str, object] = {"decision": decision, "since": since["game_date"][0], "dates": since.height}
        found.append(record | {"excess": excess, "cumulative_sum": float(sums[-1])})
    return pl.DataFrame(found, schema=DRIFT)


DRIFT = {"decision": pl.String, "since": pl.Date, "dates": pl.Int64, "excess": pl.Float64, "cumulative_sum": pl.Float64}


def drift_study(grades: pl.DataFrame, model_id: str, degradation: float, every: int = 7) -> list[dict[str, object]]:
    """Return, by decision, how often the alarm rises in each season as it was, and how soon it finds a planted degradation.

    Args:
        grades: `graded_predictions` of one market.
        model_id: the model.
        degradation: share by which every error is larger from a planted date on.
        every: a degradation is planted at every so many dates, from the second season on, but for a season's last ones.

    Returns:
        decision, degradation, episodes (by season), planted, found, and dates_to_find: median and the 90% quantile of all
        planted, None where that many were not found within their season.
    """
    records: list[dict[str, object]] = []
    for (decision,), daily in daily_excess(grades, model_id).group_by("decision", maintain_order=True):
        season, alarm = daily["season"].to_numpy(), season_sums(daily) > ALARM
        new = alarm & ~np.append(False, alarm[:-1] & (season[1:] == season[:-1]))
        episodes = {str(name): int(new[season == name].sum()) for name in np.unique(season)}
        second = int(np.argmax(season != season[0])) if len(episodes) > 1 else len(season)
        waits: list[float] = []
        for at in range(second, len(season), every):
            within = np.flatnonzero((season == season[at]) & (np.arange(len(season)) >= at))
            if len(within) < LEAST_LEFT:
                continue
            worse = pl.Series(np.where(np.isin(np.arange(len(season)), within), degradation, 0.0))
            planted = daily.with_columns(excess=pl.col("excess") + worse * pl.col("error"))
            hit = np.flatnonzero(season_sums(planted)[within] > ALARM)
            waits.append(float(hit[0]) + 1 if len(hit) else np.inf)
        levels = {"median": 0.5, "p90": 0.9} if waits else {}
        quantiles = {name: _finite(sorted(waits)[int(level * len(waits))]) for name, level in levels.items()}
        found = {"planted": len(waits), "found": int(np.isfinite(waits).sum()), "dates_to_find": quantiles}
        records.append({"decision": decision, "degradation": degradation, "episodes": episodes, **found})
    return records


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
