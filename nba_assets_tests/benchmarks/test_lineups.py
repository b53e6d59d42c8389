"""Measured: possessions of a season, a leapfrog step from sums and row by row, coverage of intervals, and planted weights."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from nba_assets.league import box
from nba_assets.league.possessions import possessions
from nba_assets.lineups.cmdstan import find, program
from nba_assets.lineups.design import Sums, design
from nba_assets.lineups.models import fit
from nba_assets.lineups.skill import Skills, plays_of
from nba_assets.lineups.spec import ARCHETYPES, MATCHUPS, WEIGHT_SCALE
from nba_assets.lineups.study import History, Study
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.simulated import SimulatedSource, truth
from nba_assets.sources.simulated.players import ARCHETYPES as TRUE_ARCHETYPES
from nba_assets.tables import facts
from nba_assets_tests.benchmarks.test_benchmarks import report, seconds

ROWS, SETS = 97_000, 40
ROWWISE = Path(__file__).parents[1] / "lineups" / "rowwise.stan"


@pytest.fixture(scope="module", autouse=True)
def stan() -> None:
    if not find():
        pytest.skip("no CmdStan: nba-assets setup-stan sets it up")


@pytest.fixture(scope="module")
def parts(archive: ArchiveSource) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Box scores of all seasons up to the last with play-by-play, and possessions."""
    games: list[pl.DataFrame] = []
    found: list[pl.DataFrame] = []
    for span in archive.seasons():
        if span.season <= "2022-23":
            games.append(box.player_games(archive.read(facts.BOX_SCORES, span.dates)))
            found.append(possessions(archive.read(facts.PLAY_BY_PLAY, span.dates), games[-1]))
    return pl.concat(games), pl.concat(found)


@pytest.fixture(scope="module")
def study(archive: ArchiveSource, parts: tuple[pl.DataFrame, pl.DataFrame]) -> Study:
    games, found = parts
    known = History.of(games, archive.read(facts.PLAYERS, archive.seasons()[0].dates), found)
    return known.study(known.seasons)


def rows_of(study: Study) -> tuple[np.ndarray, np.ndarray]:
    x = np.concatenate([each.x for each in study.seasons])
    y = np.concatenate([each.plays.points - study.home * each.plays.home for each in study.seasons])
    return x, y


def test_possessions_of_a_season(archive: ArchiveSource) -> None:
    span = next(span for span in archive.seasons() if span.season == "2022-23")
    events, games = archive.read(facts.PLAY_BY_PLAY, span.dates), box.player_games(archive.read(facts.BOX_SCORES, span.dates))
    took = seconds(lambda: possessions(events, games))
    report(f"possessions of a season, {events.height:,} events: {took:.2f} s")


def step(model: Any, data: dict[str, Any], folder: Path, draws: int) -> float:
    """Milliseconds of a leapfrog step: of one chain, warm-up left out, because nobody counts its steps."""
    run = model.sample(
        data=data, chains=1, iter_warmup=draws, iter_sampling=draws, save_warmup=True, seed=1, show_progress=False,
        output_dir=folder,
    )  # fmt: skip
    steps = float(run.method_variables()["n_leapfrog__"].sum())
    told = Path(run.runset.csv_files[0]).read_text().rsplit("Elapsed Time:", 1)[1]
    return 1000 * sum(float(line.split("seconds")[0].strip(" #")) for line in told.splitlines()[:2]) / steps


def test_a_leapfrog_step(study: Study, tmp_path: Path) -> None:
    """612 parameters from sums of all possessions, and 17 row by row, as `normal_id_glm`."""
    from cmdstanpy import CmdStanModel

    found, _ = fit("matchup", study.sums)
    ran = found.sampling
    assert ran is not None
    worst = f"R-hat {ran.r_hat:.4f}, bulk and tail ESS {ran.ess_bulk:.0f} and {ran.ess_tail:.0f}, {ran.divergent} divergent"
    report(f"612 parameters, {int(found.n.sum()):,} possessions, 4 x (1,000 + 2,000): {ran.seconds:.1f} s; {worst}")
    around = study.sums.around_means()
    data = {"G": MATCHUPS, "K": study.sums.sx.shape[1], "n": study.sums.n, "scale": WEIGHT_SCALE, **around}
    ours = step(program("matchup"), data, tmp_path, 300)
    file = tmp_path / "rowwise.stan"
    file.write_text(ROWWISE.read_text())
    rowwise = CmdStanModel(stan_file=str(file))
    x, y = rows_of(study)
    for size, draws in ((ROWS, 30), (len(y), 8)):
        some = np.random.default_rng(1).choice(len(y), size, replace=False)
        theirs = step(rowwise, {"N": size, "K": x.shape[1], "x": x[some], "y": y[some], "scale": WEIGHT_SCALE}, tmp_path, draws)
        report(f"a leapfrog step: {ours:.3f} ms from sums, {theirs:.2f} ms from {size:,} rows ({theirs / ours:.0f}x)")


def test_intervals_hold_what_was_redrawn(study: Study) -> None:
    """Outcomes drawn anew from the fitted model on the real design: 90% intervals of 17 parameters, 40 times."""
    x, y = rows_of(study)
    found, _ = fit("simplified", study.sums)
    rng, inside, group = np.random.default_rng(2), 0, np.concatenate([each.matchup for each in study.seasons])
    for _ in range(SETS):
        drawn = rng.integers(len(found.draws))
        truth, sigma = found.draws[drawn, 0], found.sigma[drawn]
        redrawn = truth[0] + x @ truth[1:] + rng.normal(0, sigma, len(y))
        again, _ = fit("simplified", Sums.of(x, redrawn, group, MATCHUPS), draws=500, warmup=500)
        low, high = np.quantile(again.draws[:, 0], [0.05, 0.95], axis=0)
        inside += int(((low <= truth) & (truth <= high)).sum())
    total = SETS * len(found.draws[0, 0])
    report(f"{inside} of {total} 90% intervals hold what was drawn: {inside / total:.1%}")


def test_weights_of_a_simulated_league(league: SimulatedSource) -> None:
    """With true skills and archetypes: weights of the simplified model beside the league's, which are on another scale."""
    season, span = league.league[-1].season, league.seasons()[-1]
    games = box.player_games(league.read(facts.BOX_SCORES, span.dates))
    found = possessions(league.read(facts.PLAY_BY_PLAY, span.dates), games)
    players = truth.players(season).unique("player_id", keep="first").sort("player_id")
    ids = players["player_id"].to_numpy()
    plays = plays_of(found, span.season, ids)
    archetype = players["archetype"].replace_strict(list(TRUE_ARCHETYPES), range(len(TRUE_ARCHETYPES))).to_numpy()
    nothing: Any = None
    skill = (players[side].to_numpy() / 100 for side in ("offence", "defence"))
    skills = Skills(span.season, nothing, *skill, nothing, nothing)
    x = design(plays, skills, archetype)
    fitted, _ = fit("simplified", Sums.of(x, plays.points, np.zeros(len(x), dtype=np.int64), MATCHUPS))
    mean = fitted.draws[:, 0, 1:].mean(axis=0)
    weights = truth.matchup_weights(season).group_by("archetype").agg(pl.col("offence_weight", "defence_weight").mean())
    order = {name: row for name, *row in weights.iter_rows()}
    planted = np.array([order[name] for name in TRUE_ARCHETYPES])
    for side, (got, true) in {"offence": (mean[:8], planted[:, 0]), "defence": (mean[8:], planted[:, 1])}.items():
        rank = np.corrcoef(got.argsort().argsort(), true.argsort().argsort())[0, 1]
        report(f"weights of archetypes, {side}: rank correlation with the truth {rank:+.2f}, smallest {got.min():.2f}")
    assert len(mean) == 2 * len(ARCHETYPES)
