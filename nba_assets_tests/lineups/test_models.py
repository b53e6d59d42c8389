"""Models through CmdStan: the same posterior as row by row, converged, right on planted weights, masked where data are few."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from nba_assets.lineups.cmdstan import CmdStanError, find, program, set_up
from nba_assets.lineups.design import Sums
from nba_assets.lineups.models import PARAMETER_NAMES, Posterior, Sampling, fit
from nba_assets.lineups.spec import ARCHETYPES, LEAST_POSSESSIONS, MATCHUPS, PARAMETERS, WEIGHT_SCALE
from nba_assets_tests.lineups.conftest import SHORT

pytestmark = pytest.mark.xdist_group("stan")
ROWS = 12_000


def planted(sizes: np.ndarray, seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Designs, points and matchups of possessions whose weights are 0.5 for offence and 1 for defence."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(MATCHUPS), sizes)
    x = rng.normal(0, 0.05, (len(group), 2 * len(ARCHETYPES)))
    w = np.repeat([0.5, 1.0], len(ARCHETYPES))
    return x, 1.1 + x @ w + rng.normal(0, 1.2, len(group)), group


@pytest.fixture(scope="module")
def sums() -> Sums:
    """Twenty thousand possessions a matchup, but 0, 30, 200 and 1,000 in the first four."""
    sizes = np.full(MATCHUPS, 20_000)
    sizes[:4] = (0, 30, 200, 1_000)
    return Sums.of(*planted(sizes), MATCHUPS)


def test_sums_give_the_posterior_of_the_rows(stan: Path, tmp_path: Path) -> None:
    from cmdstanpy import CmdStanModel

    x, y, group = planted(np.full(MATCHUPS, ROWS // MATCHUPS))
    found, _ = fit("simplified", Sums.of(x, y, group, MATCHUPS), draws=1000, warmup=500)
    source = Path(__file__).with_name("rowwise.stan")
    file = tmp_path / "rowwise.stan"
    file.write_text(source.read_text())
    model: Any = CmdStanModel(stan_file=str(file))
    data = {"N": len(y), "K": x.shape[1], "x": x, "y": y, "scale": WEIGHT_SCALE}
    rows = model.sample(
        data=data, chains=2, iter_warmup=400, iter_sampling=600, seed=1, show_progress=False, output_dir=tmp_path
    )
    weights = rows.stan_variable("w")
    spread = weights.std(axis=0)
    assert np.abs(found.draws[:, 0, 1:].mean(axis=0) - weights.mean(axis=0)).max() < 0.25 * spread.max()
    assert found.draws[:, 0, 1:].std(axis=0) == pytest.approx(spread, rel=0.15)
    assert found.sigma.mean() == pytest.approx(rows.stan_variable("sigma").mean(), abs=0.002)


@pytest.mark.parametrize("model", ["additive", "simplified", "hierarchical"])
def test_a_model_converges_and_finds_what_was_planted(stan: Path, sums: Sums, model: str) -> None:
    found, table = fit(model, sums, **SHORT)
    assert found.sampling is not None
    assert found.sampling.divergent == 0
    assert found.sampling.r_hat < 1.05
    mean = found.draws.mean(axis=0)[found.cells[MATCHUPS - 1]]
    assert mean[0] == pytest.approx(1.1, abs=0.02)
    assert mean[1:9].mean() == pytest.approx(0.5, abs=0.1)
    assert mean[9:].mean() == pytest.approx(1.0, abs=0.1)
    assert set(table.columns) >= {"model", "matchup", "parameter", "mean", "sd", "r_hat", "ess_bulk", "ess_tail"}
    assert (table["low"] < table["high"]).all()


def test_cells_that_converge_on_nothing_are_masked_by_possessions(stan: Path, sums: Sums) -> None:
    """R-hat does not tell: a cell of 0 or 30 possessions converges to its prior, whose weights are far off."""
    found, table = fit("matchup", sums, draws=500, warmup=400)
    assert table.height == MATCHUPS * PARAMETERS
    cells = table.group_by("matchup").agg(pl.col("r_hat").max())
    assert cells["r_hat"].max() < 1.05
    off = np.abs(found.draws.mean(axis=0)[:, 1:] - np.repeat([0.5, 1.0], len(ARCHETYPES))).mean(axis=1)
    assert (off[:2] > 2).all()
    assert (off[4:] < 0.5).all()
    assert found.enough.tolist() == [size >= LEAST_POSSESSIONS for size in (0, 30, 200, 1_000)] + [True] * 32
    top, _ = fit("top25", sums, **SHORT)
    assert (top.cells[:4] == -1).all()
    assert (top.cells >= 0).sum() == 25


def test_parameters_have_names() -> None:
    assert len(PARAMETER_NAMES) == PARAMETERS
    assert PARAMETER_NAMES[:2] == ("intercept", "offence scoring wing")


def sampling(**wrong: float) -> Sampling:
    good: dict[str, Any] = {"seconds": 1.0, "divergent": 0, "draws": 8000, "bfmi": 0.9}
    return Sampling(**{**good, "r_hat": 1.001, "ess_bulk": 900.0, "ess_tail": 800.0, **wrong})


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({}, None),
        ({"r_hat": 2.15}, "R-hat 2.150"),
        ({"r_hat": float("nan")}, "R-hat nan"),
        ({"ess_bulk": 20.0}, "bulk ESS 20"),
        ({"ess_tail": 399.0}, "tail ESS 399"),
        ({"divergent": 7280}, "7280 of 8000 transitions diverged"),
        ({"bfmi": 0.1}, "BFMI 0.10"),
    ],
)
def test_what_has_not_converged_is_named(wrong: dict[str, float], told: str | None) -> None:
    faults = sampling(**wrong).faults
    assert [fault.split(",")[0] for fault in faults] == ([told] if told else [])


def posterior(model: str, n: float, **wrong: float) -> Posterior:
    groups = 1 if model in ("additive", "simplified") else MATCHUPS
    cells = np.zeros(MATCHUPS, dtype=np.int64) if groups == 1 else np.arange(MATCHUPS)
    draws = np.random.default_rng(1).normal(0.5, 0.01, (50, groups, PARAMETERS))
    return Posterior(model, cells, draws, np.full(50, 1.2), np.full(groups, n), sampling(**wrong))


def test_without_cmdstan_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CMDSTAN", str(tmp_path / "none"))
    assert find() is None
    with pytest.raises(CmdStanError, match="nba-assets setup-stan"):
        program("matchup")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CmdStanError, match=r"needs a C\+\+ compiler and make"):
        set_up(lambda _: None)
