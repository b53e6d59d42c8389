"""Medians of what a model predicts the mean of: counts are skewed, and the absolute error asks for the median."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nba_assets.arrays import Bools, Floats

# a + b mean + c sqrt(mean)
Line = tuple[float, float, float]
AS_IT_IS: Line = (0.0, 1.0, 0.0)
LEAST_ROWS = 500


def fit_medians(mean: Floats, actual: Floats, late: Bools) -> dict[str, Line]:
    """Return by decision the line with the least absolute error; of fewer than 500 rows the mean as it is.

    Args:
        mean: (rows,) predicted means of rows that the model was not fitted on.
        actual: (rows,) what happened.
        late: (rows,) whether the decision is tip.
    """
    found: dict[str, Line] = {}
    for name, own in (("noon", ~late), ("tip", late)):
        a, b, c = least_absolute(median_design(mean[own]), actual[own]).tolist() if own.sum() >= LEAST_ROWS else AS_IT_IS
        found[name] = (a, b, c)
    return found


def medians(mean: Floats, lines: Mapping[str, Line], late: Bools) -> Floats:
    """Return (rows,) medians of predicted means, not below zero; without lines what is predicted."""
    if not lines:
        return np.maximum(mean, 0.0)
    noon, tip = (median_design(mean) @ np.array(lines[name]) for name in ("noon", "tip"))
    return np.maximum(np.where(late, tip, noon), 0.0)


def median_design(mean: Floats) -> Floats:
    """Return (rows, 3): what a median is a linear function of."""
    above = np.maximum(mean, 0.0)
    return np.column_stack([np.ones(len(mean)), above, np.sqrt(above)])


def least_absolute(design: Floats, actual: Floats) -> Floats:
    """Return (columns,) the coefficients with the least absolute error: a linear programme, solved in its dual.

    The dual has one bounded variable per row and one equation per column (Koenker & Bassett, "Regression Quantiles", 1978).
    """
    from scipy.optimize import linprog

    found: Any = linprog(-actual, A_eq=design.T, b_eq=np.zeros(design.shape[1]), bounds=(-1.0, 1.0), method="highs")
    return -np.asarray(found.eqlin.marginals, dtype=np.float64)
