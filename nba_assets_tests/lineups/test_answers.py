"""Bundles and answers: files come back as they were, masked cells fall back and say so, better players make better lineups."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from nba_assets.lineups import answers
from nba_assets.lineups.bundle import ARRAYS, LineupBundle, LineupError, bundle_of, from_files, to_files
from nba_assets.lineups.evaluation import (
    Decision,
    Predicted,
    by_posterior,
    decide_lineup_model,
    difference,
    home_only,
    intercept_only,
    log_density,
    net_ratings,
    scores,
)
from nba_assets.lineups.matchups import Superclusters, counts
from nba_assets.lineups.spec import LEAST_POSSESSIONS, SUPERCLUSTERS
from nba_assets.lineups.study import History, Study
from nba_assets.lineups.validation import faults, sizes, summary
from nba_assets.stores.artifacts import LAST
from nba_assets_tests.lineups.conftest import SEASONS
from nba_assets_tests.lineups.test_models import posterior

ENOUGH, FEW = float(LEAST_POSSESSIONS), 10.0


@pytest.fixture(scope="module")
def bundle(known: History, study: Study) -> LineupBundle:
    """A bundle whose weights are all about 0.5: nothing was sampled for it."""
    posteriors = {name: posterior(name, ENOUGH) for name in ("additive", "simplified", "hierarchical", "matchup")}
    return bundle_of(study, known.known("2024-25"), posteriors, Decision("simplified", "additive", "because"))


def by_skill(bundle: LineupBundle) -> list[int]:
    """Ids from the best to the worst."""
    order = np.argsort(-(bundle.offence + bundle.defence)[1:]) + 1
    return [int(player) for player in bundle.ids[order]]


def test_a_bundle_comes_back_from_its_files(bundle: LineupBundle) -> None:
    again = from_files(to_files(bundle), "somewhere")
    assert (again.season, again.train, again.model) == ("2024-25", [SEASONS[1]], "additive")
    assert (again.offence == bundle.offence).all()
    assert np.allclose(again.covariance, bundle.covariance, atol=1e-6)
    assert again.posteriors["matchup"].sampling == bundle.posteriors["matchup"].sampling
    assert again.opponents.keys() == bundle.opponents.keys()
    five = by_skill(bundle)[:5]
    one, other = (answers.rate(each, [five], answers.league(each)).net.mean() for each in (bundle, again))
    assert one == pytest.approx(other, abs=0.01)


@pytest.mark.parametrize("name", [ARRAYS, LAST])
def test_a_damaged_bundle_is_refused(bundle: LineupBundle, name: str) -> None:
    files = to_files(bundle)
    with pytest.raises(LineupError, match="damaged"):
        from_files({key: value for key, value in files.items() if key != name}, "somewhere")
    with pytest.raises(LineupError, match="damaged"):
        from_files({**files, name: files[name][:100]}, "somewhere")


def test_better_players_make_a_better_lineup_and_chances_add_up(bundle: LineupBundle) -> None:
    players = by_skill(bundle)
    fives = [players[:5], players[-5:], [*players[:4], players[-1]]]
    found = answers.summary(answers.rate(bundle, fives, answers.league(bundle)), ["best", "worst", "mixed"])
    assert found["name"].to_list() == ["best", "mixed", "worst"]
    assert found["best"].sum() == pytest.approx(1.0)
    assert (found["low"] < found["net_per_100"]).all()
    assert found["within_noise"][0]
    assert found["rank_low"].to_list()[0] == 1


def test_the_same_lineup_twice_cannot_be_told_apart(bundle: LineupBundle) -> None:
    players = by_skill(bundle)[:5]
    rated = answers.rate(bundle, [players, players[::-1]], answers.league(bundle))
    assert np.allclose(rated.net[:, 0], rated.net[:, 1])
    assert answers.summary(rated, ["one", "other"])["within_noise"].all()


def test_a_rookie_has_the_prior_of_who_has_never_played(bundle: LineupBundle) -> None:
    assert bundle.place(123_456_789) == bundle.place(0) == 0
    assert bundle.minutes[0] == 0
    players = by_skill(bundle)
    rookie, unknown = (
        answers.rate(bundle, [[*players[:4], player]], answers.league(bundle)).net.mean() for player in (987_654_321, 0)
    )
    assert rookie == unknown


@pytest.mark.parametrize(
    ("few", "broken", "wanted", "answers_"),
    [
        ((), (), "matchup", "matchup"),
        (("matchup",), (), "matchup", "hierarchical"),
        ((), ("matchup",), "matchup", "hierarchical"),
        (("matchup",), ("hierarchical",), "matchup", "simplified"),
        ((), (), "additive", "additive"),
        ((), ("additive",), "additive", "simplified"),
    ],
)
def test_a_masked_cell_falls_back_and_says_so(
    bundle: LineupBundle, few: tuple[str, ...], broken: tuple[str, ...], wanted: str, answers_: str
) -> None:
    posteriors = {
        name: posterior(name, FEW if name in few else ENOUGH, **({"r_hat": 2.0} if name in broken else {}))
        for name in bundle.posteriors
    }
    changed = replace(bundle, posteriors=posteriors)
    assert changed.answering(wanted, 3)[0] == answers_
    rated = answers.rate(changed, [by_skill(bundle)[:5]], answers.league(bundle), wanted)
    assert rated.answered_by == [answers_]


def test_a_model_that_does_not_exist_is_refused(bundle: LineupBundle) -> None:
    with pytest.raises(LineupError, match="no model 'best'; there are additive"):
        answers.rate(bundle, [by_skill(bundle)[:5]], answers.league(bundle), "best")


def test_nothing_that_has_not_converged_answers(bundle: LineupBundle) -> None:
    broken = replace(bundle, posteriors={name: posterior(name, ENOUGH, r_hat=2.0) for name in bundle.posteriors})
    with pytest.raises(LineupError, match="no model of this bundle has converged"):
        broken.answering("matchup", 0)


def test_what_is_no_lineup_is_refused(bundle: LineupBundle) -> None:
    with pytest.raises(LineupError, match="A is in the lineup twice"):
        answers.check_lineup([1, 1, 2, 3, 4], ["A", "A", "B", "C", "D"])
    with pytest.raises(LineupError, match="five players, not 4"):
        answers.check_lineup([1, 2, 3, 4], ["A", "B", "C", "D"])
    with pytest.raises(LineupError, match="no possessions"):
        answers.team(bundle, 1, "nobody")
    with pytest.raises(LineupError, match="no supercluster 6"):
        answers.supercluster(bundle, SUPERCLUSTERS)


def test_possessions_until_one_would_know_by_hand(bundle: LineupBundle) -> None:
    assert answers.possessions_to_know(replace(bundle, variance=1.4), 5.0) == pytest.approx(4 * 1.4 * (196 / 5) ** 2)
    assert answers.possessions_to_know(bundle, 0.0) == float("inf")


def test_matchups_are_those_of_the_superclusters(study: Study) -> None:
    season = study.seasons[0]
    attacking, defending = np.divmod(season.matchup, SUPERCLUSTERS)
    assert counts(season.matchup).sum() == len(season.matchup)
    # The same five have the same supercluster, with the ball and without.
    fives = np.concatenate([np.sort(season.plays.offence, axis=1), np.sort(season.plays.defence, axis=1)])
    _, number = np.unique(fives, axis=0, return_inverse=True)
    of = np.concatenate([attacking, defending])
    assert pl.DataFrame({"five": number.ravel(), "of": of}).group_by("five").agg(pl.col("of").n_unique())["of"].max() == 1


def test_superclusters_go_from_small_to_big_and_are_the_same_again(known: History, study: Study) -> None:
    seasons = [(each.plays, each.skills) for each in study.seasons]
    again = Superclusters.fitted(study.archetypes, seasons)
    assert np.allclose(again.centres, study.superclusters.centres)
    assert known.study(SEASONS[1:]).sums.n.tolist() == study.sums.n.tolist()


def test_archetypes_are_named_whatever_the_order_of_the_players(study: Study) -> None:
    before = study.seasons[0].skills.before
    soft = study.archetypes.soft(before)
    assert np.allclose(soft.sum(axis=1), 1.0)
    established = before.minutes > 600
    hard = study.archetypes.hard(before)
    assert (soft.argmax(axis=1) == hard)[established].mean() > 0.7
    turned = type(study.archetypes).fitted([replace(before, counts=before.counts[::-1], minutes=before.minutes[::-1])])
    assert np.allclose(np.sort(turned.centres, axis=0), np.sort(study.archetypes.centres, axis=0), atol=0.5)


def test_degenerate_matchups_are_refused(study: Study) -> None:
    good = summary(study, sizes("full"))
    assert not faults(good)
    assert good["possessions"][0] == len(study.seasons[0].matchup)
    assert summary(study, sizes("10k"))["possessions"][0] == 10_000
    one = replace(study, seasons=[replace(study.seasons[0], matchup=np.full(5_000, 35))])
    assert faults(summary(one, None)) == ["one matchup has 100% of them", "only 1 of 36 matchups occur"]
    with pytest.raises(LineupError, match="no size '1k'"):
        sizes("1k")


def test_scores_by_hand_and_a_leak_would_show(study: Study) -> None:
    """What knows the points themselves is far better than anything that could be known."""
    season = study.seasons[0]
    plain, home = intercept_only(season, study), home_only(season, study)
    knows = Predicted(0.9 * plain.mean + 0.1 * season.plays.points, plain.variance)
    found = scores(season, {"intercept": plain, "home": home, "oracle": knows})
    gain = dict(found.select("model", "elpd_diff").iter_rows())
    assert gain["intercept"] == 0.0
    assert 0 < gain["home"] < 1e-3 < gain["oracle"]
    assert found["elpd_se"][0] == 0.0
    assert log_density(season.plays, plain).mean() == pytest.approx(found["elpd"][0])
    one = difference(season.plays, log_density(season.plays, home) - log_density(season.plays, plain))
    assert one[2] < one[0] < one[3]


def test_net_ratings_by_hand(study: Study) -> None:
    season = study.seasons[0]
    plays = season.plays
    found = net_ratings(plays, Predicted(plays.points, np.ones(len(plays.points))))
    assert np.allclose(found.actual, found.expected)
    five, team = found.fives[0], found.team[0]
    with_ball = (np.sort(plays.offence, axis=1) == five).all(axis=1) & (plays.team == team)
    without = (np.sort(plays.defence, axis=1) == five).all(axis=1) & (plays.other == team)
    assert found.possessions[0].tolist() == [with_ball.sum(), without.sum()]
    net = plays.points[with_ball].mean() - plays.points[without].mean()
    assert found.actual[0] == pytest.approx(100 * net)


def test_a_posterior_predicts_its_cells_and_leaves_the_others(study: Study) -> None:
    season, matchup, rest = study.seasons[0], posterior("matchup", FEW), posterior("simplified", ENOUGH)
    alone, filled = by_posterior(season, study, matchup), by_posterior(season, study, matchup, rest)
    assert np.allclose(filled.mean, by_posterior(season, study, rest).mean)
    assert not np.allclose(alone.mean, filled.mean)
    assert (alone.variance > 1.2**2 - 0.01).all()


@pytest.mark.parametrize(
    ("gains", "n", "wrong", "decided"),
    [
        ((3.0, 2.0, 1.0), ENOUGH, {}, ("simplified", "additive")),
        ((1.0, 2.0, 3.0), ENOUGH, {}, ("deploy", "matchup")),
        ((1.0, 2.0, 3.0), FEW, {}, ("mask", "matchup")),
        ((1.0, 2.0, 3.0), ENOUGH, {"r_hat": 2.15}, ("simplified", "simplified")),
        ((1.0, 3.0, 2.0), ENOUGH, {"divergent": 7000}, ("simplified", "simplified")),
    ],
)
def test_what_becomes_of_the_matchup_model(
    gains: tuple[float, ...], n: float, wrong: dict[str, float], decided: tuple[str, str]
) -> None:
    names = ("additive", "simplified", "matchup")
    found = pl.DataFrame({"model": names, "elpd": gains, "elpd_diff": gains})
    decision: Decision = decide_lineup_model(posterior("matchup", n, **wrong), found)
    assert (decision.action, decision.model) == decided
    assert decision.reason
