"""What the rates room predicts, and the models that it trains; how they were chosen is in docs/rates.md."""

from dataclasses import dataclass
from typing import Any, Literal

from nba_assets.modelling.learners.lightgbm_learner import REPEATABLE
from nba_assets.rates.roles import ROLE_FEATURES
from nba_assets.tables.rate_features import TRACKING_FEATURES
from nba_assets.tables.rates import RATE_FEATURE_COLUMNS

MODEL_ID, LIBRARY = "rates_v1", "lightgbm"
# 0 without tracking, 2 with it, 3 with roles too.
STAGES = (0, 2, 3)
TRAINING_DAYS = 1400
# What learns a rate: a regression on the rate; counts around the league's rate, with log minutes as the offset; or trees that
# learn only the correction to the player's own shrunk rate.
Kind = Literal["regression", "counts", "correction"]
KINDS: tuple[Kind, ...] = ("regression", "counts", "correction")

# Minutes of the position's rate that a player's own slow rate is shrunk with: the ones with the smallest squared error,
# weighted by minutes, on games before 2022-10-01.
SHRINKAGE = {"fga2": 20, "fga3": 20, "fta": 80, "ast": 40, "tov": 160, "oreb": 120, "dreb": 80, "stl": 320, "blk": 120}

# How far a mean may be moved, on a log scale, to the count at which the team's players add up to what the team is expected to
# do: the best of these on the calibration games. Further was worse on the regular season 2022-23.
TEAM_SHARES = (0.0, 0.125, 0.25)

# The reference that users know, for comparison.
REFERENCE: dict[str, Any] = {
    **REPEATABLE,
    "objective": "regression",
    "metric": "l2",
    "num_leaves": 64,
    "max_depth": -1,
    "learning_rate": 0.05,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "min_data_in_leaf": 50,
    "lambda_l2": 1.0,
}
COUNTS: dict[str, Any] = {
    **REPEATABLE,
    "objective": "poisson",
    "learning_rate": 0.1,
    "num_leaves": 15,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "lambda_l2": 10.0,
    "max_bin": 63,
}
PARAMETERS: dict[Kind, dict[str, Any]] = {"regression": REFERENCE, "counts": COUNTS, "correction": COUNTS}
ROUNDS: dict[Kind, int] = {"regression": 150, "counts": 250, "correction": 150}


@dataclass(frozen=True)
class RatesSpec:
    """What a bundle of rates is made of.

    Attributes:
        stage: 0 without tracking, 2 with it, 3 with tracking and roles.
        kinds: by statistic, what its mean is the mean of.
    """

    stage: int
    kinds: dict[str, tuple[Kind, ...]]

    @property
    def features(self) -> tuple[str, ...]:
        """The one feature list of all nine models, in order."""
        left_out = {feature.name for feature in TRACKING_FEATURES} if self.stage == 0 else set[str]()
        return tuple(column.name for column in RATE_FEATURE_COLUMNS if column.name not in left_out)

    @property
    def learned(self) -> tuple[str, ...]:
        """What the models take: these features, and the roles that are found from them."""
        return (*self.features, *(ROLE_FEATURES if self.with_roles else ()))

    @property
    def with_roles(self) -> bool:
        """Whether roles are among what the models take."""
        return self.stage == STAGES[-1]


BOTH: tuple[Kind, ...] = ("counts", "correction")
# Chosen on the regular season 2022-23: the mean of both is best, but of the last ones hardly better than one, in half the time.
# Neither tracking of the season before nor roles add anything, so the list without them is production.
RATES_V1 = RatesSpec(
    stage=0,
    kinds={
        **dict.fromkeys(("fga2", "fga3", "fta", "ast", "tov", "dreb"), BOTH),
        **dict.fromkeys(("oreb", "stl", "blk"), ("correction",)),
    },
)
