"""Whether chains have converged: rank-normalised R-hat, effective sample sizes and BFMI, by arviz."""

from typing import Any, NamedTuple

import numpy as np

from nba_assets.arrays import Floats


class Convergence(NamedTuple):
    """Of each parameter (Vehtari et al., Rank-normalization, folding, and localization, 2021).

    Attributes:
        r_hat: near 1 if chains agree.
        ess_bulk, ess_tail: how many independent draws the middle and the 5% tails are worth.
    """

    r_hat: Floats
    ess_bulk: Floats
    ess_tail: Floats


def convergence(chains: Floats) -> Convergence:
    """Return the convergence of (chains, draws, parameters)."""
    from arviz_stats import base

    # Its arrays have no annotations.
    library: Any = base
    stats, axes = library.array_stats, {"chain_axis": 0, "draw_axis": 1}
    found = (
        stats.rhat(chains, **axes),
        stats.ess(chains, method="bulk", **axes),
        stats.ess(chains, method="tail", prob=0.9, **axes),
    )
    return Convergence(*(np.asarray(each, dtype=float) for each in found))


def lowest_bfmi(energy: Floats) -> float:
    """Return the lowest Bayesian fraction of missing information of (chains, draws) energies (Betancourt, 2016)."""
    from arviz_stats import base

    library: Any = base
    return float(np.min(library.array_stats.bfmi(energy)))
