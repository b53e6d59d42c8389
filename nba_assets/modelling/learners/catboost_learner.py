"""CatBoost: fit a model, read one from its binary file."""

# pyright: standard
# CatBoost has no annotations: strict checks would only count that against this module.

from pathlib import Path
from tempfile import TemporaryDirectory
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


def fit(
    parameters: Parameters,
    data: Labelled,
    features: tuple[str, ...],
    rounds: int,
    validation: Labelled | None,
    progress: Progress,
) -> Fitted:
    """Fit a model, with early stopping where there are validation rows."""
    import catboost

    def pool(rows: Labelled) -> Any:
        return catboost.Pool(rows.values, rows.target, feature_names=list(features))

    model: Any = catboost.CatBoostRegressor(iterations=rounds, **parameters)
    if validation is None:
        model.fit(pool(data))
    else:

        class Report:
            def after_iteration(self, info: Any) -> bool:
                if info.iteration % REPORT_EVERY == 0:
                    progress(info.iteration, info.metrics["validation"]["MAE"][-1])
                return True

        model.fit(pool(data), eval_set=pool(validation), early_stopping_rounds=PATIENCE, callbacks=[Report()])
    metadata = model.get_metadata()
    metadata["library_version"] = catboost.__version__
    # CatBoost writes a random id and the time into the file, which would make equal models differ.
    metadata["model_guid"] = metadata["train_finish_time"] = ""
    with TemporaryDirectory() as folder:
        model.save_model(f"{folder}/model.cbm")
        return Fitted((Path(folder) / "model.cbm").read_bytes(), int(model.tree_count_))


def read(file: bytes, _form: str) -> Model:
    """Read a model from its file. Raises ModelFileError where CatBoost would read beyond the end of a truncated file."""
    import catboost

    # The file begins with CBM1 and the length of what follows.
    if not file.startswith(b"CBM1") or len(file) < 8 + int.from_bytes(file[4:8], "little"):
        raise ModelFileError("it does not begin with 'CBM1', or its end is missing")
    model: Any = catboost.CatBoost()
    model.load_model(blob=file)
    metadata, names = model.get_metadata(), tuple(model.feature_names_)
    named = () if names == tuple(map(str, range(len(names)))) else names
    return Model(
        count=len(names),
        features=named,
        predict=lambda values: np.asarray(model.predict(values, thread_count=1), dtype=np.float64),
        gain=lambda: np.asarray(model.get_feature_importance(), dtype=np.float64),
        trained_with=metadata["library_version"] if "library_version" in metadata.keys() else None,  # noqa: SIM118 (not a dict)
    )
