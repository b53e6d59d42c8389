"""Monitoring: is everything there, and does the champion perform as before?"""

from math import sqrt

import polars as pl

from nba_assets.evaluation.metrics import played
from nba_assets.modelling.clusters import standard_error_of_sum

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


RECENT, HISTORY = 21, 180
# Chance goes beyond this in 0.3% of nights: an alarm about once a year.
ALARM = 3.0


def drift(grades: pl.DataFrame, champion: str) -> pl.DataFrame:
    """Return whether a model's error or bias of its newest 21 dates differs from that of its 180 dates before.

    Each is compared by its mean, with dates as clusters; a difference beyond three standard errors is reported.

    Args:
        grades: `graded_predictions`.
        champion: the model.

    Returns:
        decision, figure (error or bias), before and now (points), standard_errors; no row if nothing is unlike, or if there
        are fewer than three times as many dates of the decision as are compared.
    """
    found: list[dict[str, object]] = []
    for (decision,), rows in played(grades).filter(pl.col("model_id") == champion).group_by("decision", maintain_order=True):
        days = rows["game_date"].unique().sort()
        if len(days) < 3 * RECENT:
            continue
        recent = pl.col("game_date") >= days[-RECENT]
        part = rows.filter(pl.col("game_date") >= days[-min(len(days), RECENT + HISTORY)])
        for figure, column in (("error", "prediction_error"), ("bias", "error")):
            (now, spread), (before, wider) = (_mean(part.filter(when), column) for when in (recent, ~recent))
            apart = (now - before) / sqrt(spread**2 + wider**2) if spread + wider else 0.0
            if abs(apart) > ALARM:
                record = {"decision": decision, "figure": figure, "before": before, "now": now}
                found.append({**record, "standard_errors": apart})
    return pl.DataFrame(found, schema=DRIFT)


DRIFT = {"decision": pl.String, "figure": pl.String, "before": pl.Float64, "now": pl.Float64, "standard_errors": pl.Float64}


def _mean(rows: pl.DataFrame, column: str) -> tuple[float, float]:
    """The mean of a column and its standard error."""
    mean = float(rows.select(pl.col(column).mean()).item() or 0.0)
    error = standard_error_of_sum(rows, pl.col(column) - mean)
    return mean, (error or 0.0) / max(rows.height, 1)
