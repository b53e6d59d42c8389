"""Feature rows as numbers: one matrix from which every model takes its columns."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.errors import NbaAssetsError
from nba_assets.modelling.learners import Model


class PredictionError(NbaAssetsError):
    """A model that fails on rows, or that returns something other than one finite number per row."""


class FeatureMatrix:
    """Feature rows as one matrix; the predictions of each model are kept, so that an ensemble costs nothing more.

    Attributes:
        rows: the frame that the matrix was made from.
    """

    def __init__(self, rows: pl.DataFrame, features: Sequence[str], fallbacks: Mapping[str, float] | None = None) -> None:
        """Lay out the rows, null as NaN.

        Args:
            rows: feature rows.
            features: columns that models may take.
            fallbacks: by feature, the value that `baseline` returns where a row has none.
        """
        self.rows = rows
        self._place = {name: place for place, name in enumerate(features)}
        self._values = matrix(rows, tuple(features))
        self._fallbacks = dict(fallbacks or {})
        self._predicted: dict[str, Floats] = {}

    def values(self, features: Sequence[str]) -> Floats:
        """Return (rows, features) in the given order."""
        return self._values[:, [self._place[name] for name in features]]

    def column(self, feature: str) -> Floats:
        """Return (rows,) one feature, NaN where it has no value."""
        return self._values[:, self._place[feature]]

    def baseline(self, feature: str) -> Floats:
        """Return (rows,) one feature with its fallback where a row has none."""
        return np.nan_to_num(self.column(feature), nan=self._fallbacks.get(feature, np.nan))

    def predicted(self, model: Model, features: tuple[str, ...], key: str) -> Floats:
        """Return (rows,) a model's predictions, not below zero.

        Args:
            model: asked once per matrix.
            features: in the model's own order.
            key: under which the predictions are kept: the hash of the model's content.

        Raises:
            PredictionError: the library fails, or the predictions are not finite numbers.
        """
        if key not in self._predicted:
            raw = _finite(model, self.values(features)) if self.rows.height else np.zeros(0)
            self._predicted[key] = np.maximum(raw, 0.0)
        return self._predicted[key]


def matrix(rows: pl.DataFrame, features: tuple[str, ...]) -> Floats:
    """Return (rows, features) in the given order; null is NaN."""
    columns = rows.select(pl.col(name).cast(pl.Float64).fill_null(float("nan")) for name in features)
    return np.ascontiguousarray(columns.to_numpy())


def _finite(model: Model, values: Floats) -> Floats:
    try:
        predicted = model.predict(values)
    # Each library has its own exceptions.
    except Exception as error:
        raise PredictionError(f"{type(error).__name__}: {error}") from error
    if predicted.shape != (len(values),) or not np.isfinite(predicted).all():
        finite = bool(np.isfinite(predicted).all())
        raise PredictionError(f"of {len(values)} rows it returns {predicted.shape} values, all finite: {finite}")
    return predicted
