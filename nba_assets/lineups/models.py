"""Bayesian models of the points of a possession: sampled by CmdStan from sums, and checked before anybody uses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl

from nba_assets.arrays import Bools, Floats, Ints
from nba_assets.lineups.cmdstan import CmdStanError, program
from nba_assets.lineups.convergence import convergence, lowest_bfmi
from nba_assets.lineups.design import Sums
from nba_assets.lineups.spec import (
    ARCHETYPES,
    CHAINS,
    DRAWS,
    LEAST_POSSESSIONS,
    MATCHUPS,
    SEED,
    SPREAD_SCALE,
    TOP,
    WARMUP,
    WEIGHT_SCALE,
)

PARAMETER_NAMES = ("intercept", *(f"{side} {name}" for side in ("offence", "defence") for name in ARCHETYPES))
# Draws that are kept for answers, of all chains.
KEPT = 1000
# A chain has converged if R-hat is below and effective sample sizes are above these (Vehtari et al., 2021).
MOST_R_HAT, LEAST_ESS, MOST_DIVERGENT, LEAST_BFMI = 1.01, 400, 0.01, 0.3


@dataclass(frozen=True)
class Sampling:
    """How chains of a model ran.

    Attributes:
        seconds: of sampling, warm-up included.
        divergent: transitions that diverged after warm-up, of `draws`.
        bfmi: the lowest of a chain (Betancourt, 2016).
        r_hat, ess_bulk, ess_tail: the worst of all that was sampled.
    """

    seconds: float
    divergent: int
    draws: int
    bfmi: float
    r_hat: float
    ess_bulk: float
    ess_tail: float

    @property
    def faults(self) -> list[str]:
        """What says that the chains have not converged; empty if they have."""
        told = {
            f"R-hat {self.r_hat:.3f}, must be below {MOST_R_HAT}": self.r_hat < MOST_R_HAT,
            f"bulk ESS {self.ess_bulk:.0f}, must be above {LEAST_ESS}": self.ess_bulk > LEAST_ESS,
            f"tail ESS {self.ess_tail:.0f}, must be above {LEAST_ESS}": self.ess_tail > LEAST_ESS,
            f"{self.divergent} of {self.draws} transitions diverged": self.divergent < MOST_DIVERGENT * self.draws,
            f"BFMI {self.bfmi:.2f}, must be above {LEAST_BFMI}": self.bfmi > LEAST_BFMI,
        }
        return [fault for fault, holds in told.items() if not holds]


@dataclass(frozen=True)
class Posterior:
    """A fitted model: what a possession of each matchup is expected to give.

    Attributes:
        model: one of MODELS.
        cells: (matchups,) the group of each matchup; -1: the model does not have it.
        draws: (draws, groups, 17): intercept and weights of the design.
        sigma: (draws,) standard deviation of a possession.
        n: (groups,) possessions it learned from.
        sampling: how it ran; None: it was not sampled.
    """

    model: str
    cells: Ints
    draws: Floats
    sigma: Floats
    n: Floats
    sampling: Sampling | None

    @property
    def enough(self) -> Bools:
        """(groups,) whether a group has the possessions that its parameters need: 50 for each."""
        return self.n >= LEAST_POSSESSIONS


def fit(model: str, sums: Sums, *, draws: int = DRAWS, warmup: int = WARMUP) -> tuple[Posterior, pl.DataFrame]:
    """Sample a model; return its posterior, and a row per parameter: matchup, parameter, mean, sd, interval, R-hat, ESS.

    Args:
        model: one of MODELS.
        sums: of the design of possessions, by matchup.
        draws: of each chain.
        warmup: steps of each chain before them.

    Raises:
        CmdStanError: there is no CmdStan, or sampling failed.
    """
    cells, groups = _groups(model, sums)
    data: dict[str, Any] = {"G": len(groups.n), "n": groups.n}
    if model == "hierarchical":
        data |= {"H": len(ARCHETYPES), "scale": WEIGHT_SCALE, "spread": SPREAD_SCALE}
        data |= {name: getattr(groups, name) for name in ("sy", "yy", "sx", "xy", "xx")}
        start = {"a": 1.1, "offence": 0.9, "defence": 0.9, "tau": 0.1, "tau_w": 0.1, "tau_a": 0.01, "sigma": 1.2}
    else:
        around = groups.around_means()
        data |= {"K": groups.sx.shape[1], "scale": WEIGHT_SCALE, **around}
        start = {"centre": around["y_mean"], "w": np.full(groups.sx.shape, 0.7), "sigma": 1.2}
    found, sampling = _sampled("hierarchical" if model == "hierarchical" else "matchup", data, start, draws, warmup)
    return _posterior(model, cells, groups, found, sampling), _table(model, cells, found)


def _groups(model: str, sums: Sums) -> tuple[Ints, Sums]:
    """The group of each matchup, and the sums of groups."""
    if model in ("additive", "simplified"):
        one = np.zeros(MATCHUPS, dtype=np.int64)
        return one, sums.total().added() if model == "additive" else sums.total()
    fullest = np.sort(np.argsort(-sums.n, kind="stable")[:TOP]) if model == "top25" else np.arange(MATCHUPS)
    cells = np.full(MATCHUPS, -1)
    cells[fullest] = np.arange(len(fullest))
    return cells, sums.only(fullest)


def _sampled(
    name: str, data: Mapping[str, Any], start: Mapping[str, Any], draws: int, warmup: int
) -> tuple[dict[str, Floats], Sampling]:
    """Intercepts (chains, draws, groups), weights (…, groups, 16) and sigma (chains, draws), and how it ran."""
    model: Any = program(name)
    began = perf_counter()
    with TemporaryDirectory() as folder:
        try:
            run = model.sample(
                data=dict(data),
                inits=dict(start),
                chains=CHAINS,
                iter_warmup=warmup,
                iter_sampling=draws,
                seed=SEED,
                show_progress=False,
                output_dir=folder,
            )
        except (RuntimeError, ValueError) as error:
            raise CmdStanError(f"{name}: sampling failed: {str(error).splitlines()[0]}") from error
        seconds = perf_counter() - began
        every, told = run.draws(), run.method_variables()
        named = [place for place, column in enumerate(run.column_names) if not column.endswith("__")]
        a, w = ("a_g", "w_g") if name == "hierarchical" else ("a", "w")
        # Draws of one chain after the other.
        found = {key: run.stan_variable(of) for key, of in (("a", a), ("w", w), ("sigma", "sigma"))}
    found = {key: value.reshape(CHAINS, draws, *value.shape[1:]) for key, value in found.items()}
    worst = convergence(np.swapaxes(every[:, :, named], 0, 1))
    sampling = Sampling(
        seconds=seconds,
        divergent=int(told["divergent__"].sum()),
        draws=CHAINS * draws,
        bfmi=lowest_bfmi(told["energy__"].T),
        r_hat=float(worst.r_hat.max()),
        ess_bulk=float(worst.ess_bulk.min()),
        ess_tail=float(worst.ess_tail.min()),
    )
    return found, sampling


def _wide(weights: Floats) -> Floats:
    """(…, 16) weights of an additive model's two."""
    return np.repeat(weights, len(ARCHETYPES), axis=-1) if weights.shape[-1] == 2 else weights


def _posterior(model: str, cells: Ints, groups: Sums, found: Mapping[str, Floats], sampling: Sampling) -> Posterior:
    each = np.concatenate([found["a"][..., None], _wide(found["w"])], axis=-1)
    flat, sigma = each.reshape(-1, *each.shape[2:]), found["sigma"].ravel()
    kept = np.linspace(0, len(flat) - 1, min(KEPT, len(flat))).astype(int)
    return Posterior(model, cells, flat[kept], sigma[kept], groups.n, sampling)


def _table(model: str, cells: Ints, found: Mapping[str, Floats]) -> pl.DataFrame:
    """One row per group and parameter."""
    each = np.concatenate([found["a"][..., None], found["w"]], axis=-1)
    groups, size = each.shape[2:]
    chains = each.reshape(*each.shape[:2], groups * size)
    told = convergence(chains)
    flat = chains.reshape(-1, groups * size)
    names = PARAMETER_NAMES if size == len(PARAMETER_NAMES) else ("intercept", "offence", "defence")
    one = groups == 1
    matchup = [None if one else int(np.flatnonzero(cells == group)[0]) for group in range(groups) for _ in range(size)]
    return pl.DataFrame(
        {
            "model": [model] * (groups * size),
            "matchup": pl.Series(matchup, dtype=pl.Int64),
            "parameter": list(names) * groups,
            "mean": flat.mean(axis=0),
            "sd": flat.std(axis=0, ddof=1),
            "low": np.quantile(flat, 0.05, axis=0),
            "high": np.quantile(flat, 0.95, axis=0),
            "r_hat": told.r_hat,
            "ess_bulk": told.ess_bulk,
            "ess_tail": told.ess_tail,
        }
    )
