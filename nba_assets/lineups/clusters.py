"""Clusters by scikit-learn, which has no annotations: numbers go in, numbers come out."""

from typing import Any

import numpy as np

from nba_assets.arrays import Floats, Ints
from nba_assets.lineups.spec import SEED

# Below this a mixture would put a component on a single player.
LEAST_VARIANCE = 0.05


def kmeans(rows: Floats, number: int, weights: Floats | None = None, starts: int = 20) -> Floats:
    """Return (number, columns) centres of clusters: the best of some starts of Lloyd's k-means."""
    from sklearn import cluster  # pyright: ignore[reportMissingTypeStubs] (it has none)

    library: Any = cluster
    model = library.KMeans(number, n_init=starts, random_state=SEED).fit(rows, sample_weight=weights)
    return np.asarray(model.cluster_centers_, dtype=float)


def nearest(rows: Floats, centres: Floats) -> Ints:
    """Return (rows,) the number of the nearest centre."""
    return np.asarray(((rows[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1))


def mixture(rows: Floats, centres: Floats) -> tuple[Floats, Floats, Floats]:
    """Return weights, means and variances of a Gaussian mixture that starts at some centres; columns are independent in it."""
    from sklearn import mixture as mixtures  # pyright: ignore[reportMissingTypeStubs] (it has none)

    library: Any = mixtures
    model = library.GaussianMixture(
        len(centres), covariance_type="diag", means_init=centres, reg_covar=LEAST_VARIANCE, random_state=SEED
    ).fit(rows)
    weights, means, variances = (np.asarray(found, dtype=float) for found in (model.weights_, model.means_, model.covariances_))
    return weights, means, variances
