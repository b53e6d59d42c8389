"""Features in, predictions out: rows that a client sends, by the models that are loaded. Nothing is read or kept."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.modelling.bundles import Bundle
from nba_assets.modelling.matrix import FeatureMatrix, PredictionError
from nba_assets.registry.catalog import FALLBACKS
from nba_assets.registry.loader import ModelFile
from nba_assets.serving.problems import ProblemError
from nba_assets.serving.systems import System

UNUSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


def predicted(system: System, columns: Mapping[str, Sequence[float | None]]) -> list[float | None]:
    """Return one prediction per row, in the unit of the model's market; None: the model has none for the row.

    Args:
        system: which model.
        columns: by feature, its values; null: it has none. Their order does not matter.

    Raises:
        ProblemError: the model is not loaded or takes no features; some are missing, unknown, or of another length.
    """
    model = _model(system)
    _complete(system, set(columns))
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise ProblemError(UNUSABLE, f"all features need the same number of rows; there are {sorted(lengths)}")
    rows = pl.DataFrame({name: pl.Series(values, dtype=pl.Float64) for name, values in columns.items()})
    try:
        found: Floats = model.predict(FeatureMatrix(rows, system.features, FALLBACKS))
    except PredictionError as error:
        raise ProblemError(UNUSABLE, f"{system.model_id} cannot predict these rows: {error.message}") from error
    return [float(value) if np.isfinite(value) else None for value in found]


def by_feature(system: System, rows: Sequence[Mapping[str, float | None]]) -> dict[str, list[float | None]]:
    """Return rows as columns. Raises ProblemError: as `predicted`; it names the row."""
    _model(system)
    for place, row in enumerate(rows):
        _complete(system, set(row), f"row {place}: ")
    return {name: [row[name] for row in rows] for name in system.features}


def tensors(system: System, columns: Mapping[str, Sequence[float | None]]) -> dict[str, Any]:
    """Return predictions as the Open Inference Protocol has them: one output, named as the market. Raises ProblemError."""
    found = predicted(system, columns)
    output = {"name": system.market, "datatype": "FP64", "shape": [len(found)], "data": found}
    return {"model_name": system.model_id, "model_version": system.content_hash, "outputs": [output]}


def _model(system: System) -> Bundle | ModelFile:
    if system.reason:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"{system.model_id} is not loaded: {system.reason}")
    if system.model is None:
        raise ProblemError(UNUSABLE, f"{system.model_id} takes no features: its predictions are those of a table")
    return system.model


def _complete(system: System, given: set[str], where: str = "") -> None:
    wanted = system.features
    missing, unknown = [name for name in wanted if name not in given], sorted(given - set(wanted))
    if missing or unknown:
        parts = [f"missing: {', '.join(missing)}"] if missing else []
        parts += [f"not known: {', '.join(unknown)}"] if unknown else []
        raise ProblemError(
            UNUSABLE,
            f"{where}{system.model_id} takes {len(wanted)} features; {'; '.join(parts)}",
            missing=missing,
            unknown=unknown,
        )
