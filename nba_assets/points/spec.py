"""What the points room predicts, and the models that it trains; how they were chosen is in docs/models.md."""

from typing import Any

from nba_assets.league.lines import POINTS, POINTS_REBOUNDS_ASSISTS
from nba_assets.modelling.fitting import EnsembleSpec, Spec
from nba_assets.modelling.targets import Target
from nba_assets.tables.features import FEATURE_VERSIONS

FORM = "points_ewma"

PLAYER_POINTS = Target(
    POINTS,
    unit="points",
    counts=("pts",),
    form=(FORM,),
    season_average=("points_avg_season", "points_avg_last_20"),
    last_10="points_avg_last_10",
    # Mean points of players in their first game of the archive's seasons 2019-20 and 2020-21.
    debut=3.66,
)
PLAYER_PRA = Target(
    POINTS_REBOUNDS_ASSISTS,
    unit="points, rebounds and assists",
    counts=("pts", "oreb", "dreb", "ast"),
    form=(FORM, "reb_ewma", "ast_ewma"),
)
TARGETS = (PLAYER_POINTS, PLAYER_PRA)

# All chosen on the regular season 2022-23 (trained on what was before it). One thread and fixed seeds, so that equal rows
# give an equal file.
PARAMETERS: dict[str, dict[str, Any]] = {
    "lightgbm": {
        "objective": "regression_l1",
        "learning_rate": 0.03,
        "num_leaves": 31,
        "min_data_in_leaf": 400,
        "feature_fraction": 0.3,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 10.0,
        "seed": 1,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    },
    "xgboost": {
        "objective": "reg:squarederror",
        # The last one stops the training; the first one is reported.
        "eval_metric": ["mae", "rmse"],
        "learning_rate": 0.05,
        "max_depth": 5,
        "min_child_weight": 200,
        "subsample": 0.7,
        "colsample_bytree": 0.5,
        "max_bin": 128,
        "tree_method": "hist",
        "nthread": 1,
        "seed": 1,
    },
    "catboost": {
        "loss_function": "MAE",
        "learning_rate": 0.08,
        "depth": 6,
        "l2_leaf_reg": 10,
        "rsm": 0.5,
        "bootstrap_type": "Bernoulli",
        "subsample": 0.7,
        "border_count": 128,
        "random_seed": 1,
        "thread_count": 1,
        "allow_writing_files": False,
        "verbose": False,
    },
}
# Squared errors ask for means.
FITTED_TO_MEANS = {"xgboost"}


def spec(
    model_id: str,
    library: str,
    feature_version: str,
    target: Target = PLAYER_POINTS,
    *,
    with_oracle: bool = False,
    enabled: bool = True,
) -> Spec:
    """Return the spec of a points model with this room's parameters for its library."""
    features = FEATURE_VERSIONS[feature_version]
    means = library in FITTED_TO_MEANS
    return Spec(model_id, library, feature_version, features, target, PARAMETERS[library], means, with_oracle, enabled)


LIGHTGBM_V2 = spec("lightgbm_v2", "lightgbm", "v3_rates", with_oracle=True)
CATBOOST_V8 = spec("catboost_v8", "catboost", "v2_wide")
XGBOOST_V1 = spec("xgboost_v1", "xgboost", "v1_33features")
XGBOOST_V2 = spec("xgboost_v2", "xgboost", "v3_rates")
LIGHTGBM_PRA_V1 = spec("lightgbm_pra_v1", "lightgbm", "v2_wide", PLAYER_PRA, with_oracle=True, enabled=False)
# The slowest first: at a cutoff two of them train at a time.
SPECS = (XGBOOST_V2, LIGHTGBM_V2, CATBOOST_V8, XGBOOST_V1, LIGHTGBM_PRA_V1)
ENSEMBLE_V2 = EnsembleSpec(
    "ensemble_v2",
    members=(LIGHTGBM_V2.model_id, CATBOOST_V8.model_id, XGBOOST_V2.model_id),
    baseline=FORM,
    feature_version=LIGHTGBM_V2.feature_version,
    features=LIGHTGBM_V2.features,
    target=PLAYER_POINTS,
)
# Serves until somebody promotes another one.
FIRST_CHAMPION = LIGHTGBM_V2.model_id
