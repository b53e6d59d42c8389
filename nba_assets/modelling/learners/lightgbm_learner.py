"""LightGBM: fit a booster, read one from its text file."""

# pyright: standard
# LightGBM leaves some annotations open: strict checks would only count that against this module.

import re
from typing import Any

import numpy as np

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

# One thread and fixed seeds: equal rows give an equal file.
REPEATABLE: dict[str, Any] = {
    "bagging_freq": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}


def fit(
    parameters: Parameters,
    data: Labelled,
    features: tuple[str, ...],
    rounds: int,
    validation: Labelled | None,
    progress: Progress,
) -> Fitted:
    """Fit a booster, with early stopping where there are validation rows."""
    import lightgbm

    start: Any = {"weight": data.weight, "init_score": data.offset}
    train: Any = lightgbm.Dataset(data.values, data.target, feature_name=list(features), **start)
    if validation is None:
        booster: Any = lightgbm.train(dict(parameters), train, rounds)
        return Fitted(booster.model_to_string().encode(), rounds)

    def report(env: Any) -> None:
        if (env.iteration + 1) % REPORT_EVERY == 0:
            progress(env.iteration + 1, env.evaluation_result_list[0][2])

    checked: Any = lightgbm.Dataset(validation.values, validation.target, reference=train)
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    booster = lightgbm.train(dict(parameters), train, rounds, valid_sets=[checked], callbacks=[report, stop])
    return Fitted(booster.model_to_string(num_iteration=booster.best_iteration).encode(), booster.best_iteration)


def read(file: bytes, _form: str) -> Model:
    """Read a booster from its text. Raises ModelFileError where LightGBM would end the process."""
    import lightgbm

    # LightGBM aborts on some texts that are no models, so look first; without tree_sizes it counts the trees' bytes itself.
    text = re.sub(r"(?m)^tree_sizes=.*\n", "", file.decode())
    truncated = "\nparameters:" in text and "\nend of parameters" not in text
    if not text.startswith("tree\n") or "\nend of trees\n" not in text or truncated:
        raise ModelFileError("it does not begin with 'tree', or its end is missing")
    booster: Any = lightgbm.Booster(model_str=text)
    names = tuple(booster.feature_name())
    named = () if names == tuple(f"Column_{number}" for number in range(len(names))) else names
    return Model(
        count=len(names),
        features=named,
        predict=lambda values: np.asarray(booster.predict(values, num_threads=1), dtype=np.float64),
        gain=lambda: np.asarray(booster.feature_importance("gain"), dtype=np.float64),
        trained_with=None,
    )
