"""XGBoost: fit a booster, read one from its JSON or binary file."""

# pyright: standard
# XGBoost leaves some annotations open: strict checks would only count that against this module.

import json
import subprocess
import sys
from typing import Any

import numpy as np

from nba_assets.arrays import Floats
from nba_assets.modelling.learners.base import (
    PATIENCE,
    REPORT_EVERY,
    Fitted,
    Labelled,
    Model,
    ModelFileError,
    Parameters,
    Progress,
)


def fit(
    parameters: Parameters,
    data: Labelled,
    features: tuple[str, ...],
    rounds: int,
    validation: Labelled | None,
    progress: Progress,
) -> Fitted:
    """Fit a booster, with early stopping where there are validation rows."""
    import xgboost
    from xgboost.callback import TrainingCallback

    def matrix(rows: Labelled) -> Any:
        return xgboost.DMatrix(rows.values, rows.target, feature_names=list(features), nthread=1)

    settings = dict(parameters)
    if validation is None:
        booster: Any = xgboost.train(settings, matrix(data), rounds)
        return Fitted(bytes(booster.save_raw("json")), rounds)

    class Report(TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 (called by keyword)
            if (epoch + 1) % REPORT_EVERY == 0:
                progress(epoch + 1, evals_log["validation"]["mae"][-1])
            return False

    checked = [(matrix(validation), "validation")]
    booster = xgboost.train(
        settings, matrix(data), rounds, evals=checked, early_stopping_rounds=PATIENCE, callbacks=[Report()], verbose_eval=False
    )
    best = booster.best_iteration + 1
    return Fitted(bytes(booster[:best].save_raw("json")), best)


def read(file: bytes, form: str) -> Model:
    """Read a booster from its file. Raises ModelFileError or JSONDecodeError where it is truncated."""
    import xgboost

    if form == "json":
        # XGBoost reads what it can of a truncated text; the standard reader does not.
        json.loads(file)
    else:
        # XGBoost ends the process on a truncated binary file, so another process tries first.
        script = "import sys, xgboost; xgboost.Booster(model_file=bytearray(sys.stdin.buffer.read()))"
        tried = subprocess.run([sys.executable, "-c", script], input=file, capture_output=True, check=False)  # noqa: S603 (our own interpreter)
        if tried.returncode:
            raise ModelFileError("XGBoost cannot read it")
    booster: Any = xgboost.Booster({"nthread": 1}, model_file=bytearray(file))
    trained_with = json.loads(bytes(booster.save_raw("json")) if form == "ubj" else file)["version"]
    count, names = int(booster.num_features()), tuple(booster.feature_names or ())
    order = names or tuple(f"f{number}" for number in range(count))

    def gain() -> Floats:
        found = booster.get_score(importance_type="total_gain")
        return np.array([found.get(name, 0.0) for name in order], dtype=np.float64)

    return Model(
        count=count,
        features=names,
        predict=lambda values: np.asarray(booster.inplace_predict(values, validate_features=False), dtype=np.float64),
        gain=gain,
        trained_with=".".join(map(str, trained_with)),
    )
