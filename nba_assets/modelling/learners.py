"""The libraries that learn points: fitting one model, and reading one from its file. No bundles, no slates."""

# pyright: standard
# The libraries have no annotations, or leave some open: what is strict elsewhere would only count that against us here.

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from nba_assets.features.history import Floats

Progress = Callable[[int, float], None]
MOST_ROUNDS, PATIENCE, SHOWN_EVERY = 1500, 50, 50

# All chosen on the regular season 2022-23 (trained on what was before it); docs/models.md has what was tried. One thread
# and fixed seeds, so that the same rows give the same file.
LIGHTGBM = {
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
}
XGBOOST = {
    "objective": "reg:squarederror",
    "eval_metric": "rmse",
    "learning_rate": 0.05,
    "max_depth": 5,
    "min_child_weight": 200,
    "subsample": 0.7,
    "colsample_bytree": 0.5,
    "max_bin": 128,
    "tree_method": "hist",
    "nthread": 1,
    "seed": 1,
}
CATBOOST: dict[str, Any] = {
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
}


class Labelled(NamedTuple):
    """What a model learns from: (rows, features) with NaN where a value is missing, and points."""

    values: Floats
    points: Floats


class Fitted(NamedTuple):
    """A model's file, and how many trees it has."""

    file: bytes
    rounds: int


@dataclass(frozen=True)
class Model:
    """A model that was read from its file.

    Attributes:
        count: how many features it takes.
        features: their names in the order in which it takes them; empty if the file has none.
        predict: from (rows, features) to points, as the library says them.
        gain: of each feature: how much it lowered the training error, in the library's unit.
        trained_with: version of the library that trained it; None if the file does not say.
    """

    count: int
    features: tuple[str, ...]
    predict: Callable[[Floats], Floats]
    gain: Callable[[], Floats]
    trained_with: str | None


class ModelFileError(ValueError):
    """A file that is not a model of its kind: says what the library says."""


class Library(NamedTuple):
    """A library: its name among packages, the formats that it reads, and what does the work."""

    packages: tuple[str, ...]
    formats: tuple[str, ...]
    fit: Callable[[Labelled, tuple[str, ...], int, Labelled | None, Progress], Fitted]
    read: Callable[[bytes, str], Model]

    @property
    def version(self) -> str:
        """The version that is installed."""
        for name in self.packages[:-1]:
            try:
                return version(name)
            except PackageNotFoundError:
                continue
        return version(self.packages[-1])


def quiet(_round: int, _error: float) -> None:
    """Say nothing."""


def fit(
    library: str,
    data: Labelled,
    features: tuple[str, ...],
    *,
    rounds: int = MOST_ROUNDS,
    held_out: Labelled | None = None,
    progress: Progress = quiet,
) -> Fitted:
    """Return a model that was fitted with a library.

    Args:
        library: a name from `LIBRARIES`.
        data: to learn from.
        features: names of the columns.
        rounds: trees, or the most there may be.
        held_out: later rows: the error on them, once it has not fallen for 50 rounds, ends the training.
        progress: told of the round and the error on the rows held out, every 50 rounds.
    """
    return LIBRARIES[library].fit(data, features, rounds, held_out, progress)


def read(library: str, file: bytes, form: str) -> Model:
    """Return the model of a file.

    Raises:
        ModelFileError: it is truncated, or of another kind than it says.
    """
    try:
        return LIBRARIES[library].read(file, form)
    # Each library has its own exceptions, and some only have the general one.
    except Exception as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelFileError(f"not a {library} model in format {form}: {said}") from error


def _fit_lightgbm(data: Labelled, features: tuple[str, ...], rounds: int, held_out: Labelled | None, say: Progress) -> Fitted:
    import lightgbm

    train: Any = lightgbm.Dataset(data.values, data.points, feature_name=list(features))
    if held_out is None:
        booster: Any = lightgbm.train(LIGHTGBM, train, rounds)
        return Fitted(booster.model_to_string().encode(), rounds)

    def told(env: Any) -> None:
        if (env.iteration + 1) % SHOWN_EVERY == 0:
            say(env.iteration + 1, env.evaluation_result_list[0][2])

    checked: Any = lightgbm.Dataset(held_out.values, held_out.points, reference=train)
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    booster = lightgbm.train(LIGHTGBM, train, rounds, valid_sets=[checked], callbacks=[told, stop])
    return Fitted(booster.model_to_string(num_iteration=booster.best_iteration).encode(), booster.best_iteration)


def _read_lightgbm(file: bytes, _form: str) -> Model:
    import lightgbm

    # LightGBM ends the process on some texts that are no models: look first, and let it count the trees' bytes itself.
    text = re.sub(r"(?m)^tree_sizes=.*\n", "", file.decode())
    cut_off = "\nparameters:" in text and "\nend of parameters" not in text
    if not text.startswith("tree\n") or "\nend of trees\n" not in text or cut_off:
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


def _fit_xgboost(data: Labelled, features: tuple[str, ...], rounds: int, held_out: Labelled | None, say: Progress) -> Fitted:
    import xgboost
    from xgboost.callback import TrainingCallback

    def matrix(rows: Labelled) -> Any:
        return xgboost.DMatrix(rows.values, rows.points, feature_names=list(features), nthread=1)

    if held_out is None:
        booster: Any = xgboost.train(XGBOOST, matrix(data), rounds)
        return Fitted(bytes(booster.save_raw("json")), rounds)

    class Told(TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 (what it is called with)
            if (epoch + 1) % SHOWN_EVERY == 0:
                say(epoch + 1, evals_log["held_out"]["rmse"][-1])
            return False

    checked = [(matrix(held_out), "held_out")]
    booster = xgboost.train(
        XGBOOST, matrix(data), rounds, evals=checked, early_stopping_rounds=PATIENCE, callbacks=[Told()], verbose_eval=False
    )
    best = booster.best_iteration + 1
    return Fitted(bytes(booster[:best].save_raw("json")), best)


def _read_xgboost(file: bytes, form: str) -> Model:
    import xgboost

    if form == "json":
        # XGBoost reads what it can of a truncated text; the standard reader does not.
        json.loads(file)
    else:
        # XGBoost ends the process on a binary file that was cut off: let it try in another one.
        tried = [sys.executable, "-c", "import sys, xgboost; xgboost.Booster(model_file=bytearray(sys.stdin.buffer.read()))"]
        if subprocess.run(tried, input=file, capture_output=True, check=False).returncode:  # noqa: S603 (our own interpreter)
            raise ModelFileError("XGBoost cannot read it")
    booster: Any = xgboost.Booster({"nthread": 1}, model_file=bytearray(file))
    said = json.loads(bytes(booster.save_raw("json")))["version"] if form == "ubj" else json.loads(file)["version"]
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
        trained_with=".".join(map(str, said)),
    )


def _fit_catboost(data: Labelled, features: tuple[str, ...], rounds: int, held_out: Labelled | None, say: Progress) -> Fitted:
    import catboost

    def pool(rows: Labelled) -> Any:
        return catboost.Pool(rows.values, rows.points, feature_names=list(features))

    model: Any = catboost.CatBoostRegressor(iterations=rounds, **CATBOOST)
    if held_out is None:
        model.fit(pool(data))
    else:

        class Told:
            def after_iteration(self, info: Any) -> bool:
                if info.iteration % SHOWN_EVERY == 0:
                    say(info.iteration, info.metrics["validation"]["MAE"][-1])
                return True

        model.fit(pool(data), eval_set=pool(held_out), early_stopping_rounds=PATIENCE, callbacks=[Told()])
    about = model.get_metadata()
    about["library_version"] = catboost.__version__
    # By itself it writes a random id and the time into the file.
    about["model_guid"] = about["train_finish_time"] = ""
    with TemporaryDirectory() as folder:
        model.save_model(f"{folder}/model.cbm")
        return Fitted((Path(folder) / "model.cbm").read_bytes(), int(model.tree_count_))


def _read_catboost(file: bytes, _form: str) -> Model:
    import catboost

    # CatBoost reads on beyond the end of a file that was cut off. It begins with CBM1 and the length of what follows.
    if not file.startswith(b"CBM1") or len(file) < 8 + int.from_bytes(file[4:8], "little"):
        raise ModelFileError("it does not begin with 'CBM1', or its end is missing")
    model: Any = catboost.CatBoost()
    model.load_model(blob=file)
    about, names = model.get_metadata(), tuple(model.feature_names_)
    named = () if names == tuple(map(str, range(len(names)))) else names
    return Model(
        count=len(names),
        features=named,
        predict=lambda values: np.asarray(model.predict(values, thread_count=1), dtype=np.float64),
        gain=lambda: np.asarray(model.get_feature_importance(), dtype=np.float64),
        trained_with=about["library_version"] if "library_version" in about.keys() else None,  # noqa: SIM118 (no dict)
    )


LIBRARIES = {
    "lightgbm": Library(("lightgbm",), ("txt",), _fit_lightgbm, _read_lightgbm),
    "xgboost": Library(("xgboost-cpu", "xgboost"), ("json", "ubj"), _fit_xgboost, _read_xgboost),
    "catboost": Library(("catboost",), ("cbm",), _fit_catboost, _read_catboost),
}
