"""What the minutes room predicts, and the model that it trains; how it was chosen is in docs/minutes.md."""

from typing import Any

import polars as pl

from nba_assets.league.box import seconds_on_court
from nba_assets.modelling.fitting import Spec
from nba_assets.modelling.learners.lightgbm_learner import REPEATABLE
from nba_assets.modelling.targets import Target
from nba_assets.tables.features import POINTS_FEATURES
from nba_assets.tables.rate_features import BODY_FEATURES, ROLE_IN_TEAM_FEATURES

# Seasons that a bundle learns from: rotations change, and older ones help no more.
TRAINING_DAYS = 1100


class Minutes(Target):
    """Minutes played given that the player plays: exact where the box score has seconds."""

    def outcome(self) -> pl.Expr:
        """Return the minutes of a box-score row."""
        return seconds_on_court() / 60


MINUTES = Minutes("minutes", unit="minutes", counts=("minutes",), form=("minutes_ewma",))
FEATURES = tuple(feature.name for feature in (*POINTS_FEATURES, *ROLE_IN_TEAM_FEATURES, *BODY_FEATURES))
PARAMETERS: dict[str, Any] = {
    **REPEATABLE,
    "objective": "regression_l1",
    "learning_rate": 0.1,
    "num_leaves": 31,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "lambda_l2": 5.0,
    "max_bin": 63,
}
ROUNDS = 200
PLAY_PARAMETERS: dict[str, Any] = {
    **REPEATABLE,
    "objective": "binary",
    "learning_rate": 0.06,
    "num_leaves": 15,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "lambda_l2": 5.0,
    "max_bin": 63,
}
PLAY_ROUNDS = 150
MINUTES_V1 = Spec("minutes_v1", "lightgbm", "minutes", FEATURES, MINUTES, PARAMETERS)
