"""Is everything there: dates with games that have no result, features, predictions or grades."""

import polars as pl

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
