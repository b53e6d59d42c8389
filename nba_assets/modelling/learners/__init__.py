"""Learners: gradient boosting by LightGBM, XGBoost and CatBoost behind one interface. No bundles and no slates here."""

from nba_assets.modelling.learners import catboost_learner, lightgbm_learner, xgboost_learner
from nba_assets.modelling.learners.base import (
    MAX_ROUNDS,
    Fitted,
    Labelled,
    Library,
    Model,
    ModelFileError,
    Parameters,
    Progress,
    quiet,
)

__all__ = [
    "LIBRARIES",
    "Fitted",
    "Labelled",
    "Library",
    "Model",
    "ModelFileError",
    "Parameters",
    "Progress",
    "fit",
    "quiet",
    "read",
]

LIBRARIES = {
    "lightgbm": Library(("lightgbm",), ("txt",), lightgbm_learner.fit, lightgbm_learner.read),
    "xgboost": Library(("xgboost-cpu", "xgboost"), ("json", "ubj"), xgboost_learner.fit, xgboost_learner.read),
    "catboost": Library(("catboost",), ("cbm",), catboost_learner.fit, catboost_learner.read),
}


def fit(
    library: str,
    parameters: Parameters,
    data: Labelled,
    features: tuple[str, ...],
    *,
    rounds: int = MAX_ROUNDS,
    validation: Labelled | None = None,
    progress: Progress = quiet,
) -> Fitted:
    """Fit a model with a library.

    Args:
        library: a name from `LIBRARIES`.
        parameters: the library's own; they should fix the seed and one thread, so that equal rows give an equal file.
        data: rows to learn from.
        features: names of the columns.
        rounds: number of boosting rounds, or the most there may be.
        validation: later rows; training stops once the error on them has not fallen for 50 rounds.
        progress: called every tenth round with the round and the error on the validation rows.
    """
    return LIBRARIES[library].fit(parameters, data, features, rounds, validation, progress)


def read(library: str, file: bytes, form: str) -> Model:
    """Read a model from its file.

    Raises:
        ModelFileError: the file is truncated, or is not of the given library and format.
    """
    try:
        return LIBRARIES[library].read(file, form)
    # Each library has its own exceptions, and some only have the general one.
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelFileError(f"not a {library} model in format {form}: {reason}") from error
