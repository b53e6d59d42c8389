"""The regressions: against statsmodels and by hand, what cannot be told apart, and the truth of simulated leagues."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.league.box import player_games
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.sources.simulated.truth import usage_effects
from nba_assets.tables import facts
from nba_assets.tables.contracts import conform
from nba_assets.tables.usage import USAGE_COEFFICIENTS
from nba_assets.usage import additive, shrunk
from nba_assets.usage.datasets import Player, Regression
from nba_assets.usage.training import as_table, datasets, from_table, players_of, train

CUTOFF = date(2023, 2, 1)


def somebody(number: int, name: str, minutes: float = 20.0, usage: float = 20.0) -> Player:
    return Player(number, name, 1610612737, "2022-23", minutes, usage)


STAR, GUARD = somebody(1, "Star", 36, 30), somebody(2, "Guard", 30)
CENTRE, BENCH = somebody(3, "Centre", 28, 16), somebody(4, "Bench", 14, 15)


def games_of(usage: list[float], *out: list[int], mates: tuple[Player, ...] = (STAR, CENTRE)) -> Regression:
    """Guard's games, with 1 where each teammate was out."""
    count = len(usage)
    days = np.array([date(2022, 11, 1) + timedelta(days=2 * number) for number in range(count)], dtype="datetime64[D]")
    absent = np.array(out, dtype=float).T.reshape(count, len(out))
    shared = np.ones(absent.shape, dtype=bool)
    return Regression(
        GUARD, mates[: len(out)], np.array(usage), np.full(count, 30.0), absent, shared, np.zeros(count, int), days
    )


@pytest.fixture(scope="module")
def data(league: SimulatedSource) -> list[Regression]:
    """All rotations of a simulated league at a cutoff."""
    return datasets(player_games(league.whole(facts.BOX_SCORES)), CUTOFF)


def test_a_mean_with_and_a_mean_without() -> None:
    design = additive.design(games_of([20, 22, 18, 20, 20, 26, 24, 25, 25, 25], [0] * 5 + [1] * 5))
    assert design
    solved = additive.solve([design])
    assert solved.coefficients[0].tolist() == pytest.approx([20.0, 5.0])
    # Eight and two squares are left of eight degrees of freedom; a mean of five each: 10 / 8 x 2 / 5.
    assert solved.errors[0, 1] == pytest.approx(np.sqrt(10 / 8 * 2 / 5))
    assert solved.r_squared[0] == pytest.approx(1 - 10 / 72.5)
    (effect,) = additive.effects(design, solved, 0)
    assert (effect.teammates, effect.ids, effect.together, effect.apart) == (("Star",), (1,), 5, 5)


def test_every_regression_is_that_of_statsmodels(data: list[Regression]) -> None:
    designs = [design for each in data if (design := additive.design(each))]
    solved = additive.solve(designs)
    assert len(designs) > 250
    assert sum(len(design.groups) for design in designs) > 300
    half = solved.half_width()
    for number, design in enumerate(designs):
        reference = additive.reference(design)
        used = slice(0, design.matrix.shape[1])
        assert solved.coefficients[number, used] == pytest.approx(reference.params, abs=1e-8)
        assert solved.errors[number, used] == pytest.approx(reference.bse, abs=1e-8)
        assert solved.p_values[number, used] == pytest.approx(reference.pvalues, abs=1e-8)
        assert half[number, used] == pytest.approx(reference.conf_int(0.10)[:, 1] - reference.params, abs=1e-7)
        if design.groups:
            assert solved.r_squared[number] == pytest.approx(reference.rsquared, abs=1e-8)


@given(st.integers(0, 10_000), st.integers(12, 40), st.integers(1, 4))
def test_any_regression_that_can_be_solved_is_that_of_statsmodels(seed: int, games: int, mates: int) -> None:
    random = np.random.default_rng(seed)
    out = [random.integers(0, 2, games).tolist() for _ in range(mates)]
    others = tuple(somebody(10 + number, f"mate {number}") for number in range(mates))
    design = additive.design(games_of(random.normal(20, 5, games).tolist(), *out, mates=others), 1, 1)
    assert design
    solved, reference = additive.solve([design]), additive.reference(design)
    assert solved.coefficients[0] == pytest.approx(reference.params, abs=1e-8)
    assert solved.p_values[0] == pytest.approx(reference.pvalues, abs=1e-8)


def test_who_was_always_out_together_has_one_joint_effect() -> None:
    out = [0] * 6 + [1] * 6
    design = additive.design(games_of([20.0] * 6 + [26.0] * 5 + [26.5], out, out))
    assert design
    (effect,) = additive.effects(design, additive.solve([design]), 0)
    assert effect.teammates == ("Star", "Centre")
    assert effect.delta == pytest.approx(6 + 0.5 / 6)


def test_who_follows_from_others_or_has_too_few_games_is_left_out_with_the_reason() -> None:
    out = [0] * 6 + [1] * 6
    rare = [1] * 4 + [0] * 8
    design = additive.design(
        games_of([20.0] * 6 + [26.0] * 6, out, [1 - each for each in out], rare, mates=(STAR, CENTRE, BENCH))
    )
    assert design
    assert len(design.groups) == 1
    assert design.left_out == {
        "Centre": "these absences follow from those of others",
        "Bench": "8 games with and 4 without",
    }


def test_games_without_minutes_or_usage_do_not_count(league: SimulatedSource) -> None:
    games = player_games(league.whole(facts.BOX_SCORES))
    whole = datasets(games, CUTOFF)
    star = max(whole, key=lambda each: len(each.usage)).player.player_id
    his = pl.col("player_id") == star
    sat = games.with_columns(minutes=pl.when(his & (pl.col("game_date") < date(2022, 11, 10))).then(0).otherwise("minutes"))
    before, after = (next(each for each in some if each.player.player_id == star) for some in (whole, datasets(sat, CUTOFF)))
    assert len(after.usage) < len(before.usage)
    assert np.isfinite(after.usage).all()


def test_before_any_game_there_is_nobody(league: SimulatedSource) -> None:
    assert datasets(player_games(league.whole(facts.BOX_SCORES)), date(2022, 10, 1)) == []
    assert train([], CUTOFF) == {"additive_v1": [], "shrunk_v1": []}


def test_what_no_game_tells_is_what_is_usual(data: list[Regression]) -> None:
    posterior = shrunk.fit(data)
    noise, stretches, baselines, _, deltas = posterior.spreads
    assert 3 < noise < 6
    assert 0 < stretches < noise
    assert 0 < deltas < baselines
    never = wide = 0
    for number, each in enumerate(data):
        for place, (effect, mate) in enumerate(zip(posterior.effects(each, number), each.teammates, strict=True)):
            usual = float(np.dot(posterior.prior_means[2:], shrunk.left_by(mate, each.player)))
            if not each.out[:, place].any():
                assert effect.delta == pytest.approx(usual, abs=1e-6)
                never += 1
            assert effect.standard_error is not None
            wide += effect.standard_error > 1.05 * deltas
    assert never > 20
    # Only what the pull is wrong by makes a deviation larger than the league's.
    assert wide < 0.02 * sum(len(each.teammates) for each in data)


def test_who_was_always_out_with_others_is_said_with_their_joint_effect(data: list[Regression]) -> None:
    posterior = shrunk.fit(data)
    found = 0
    for number, each in enumerate(data):
        for place, effect in enumerate(posterior.effects(each, number)):
            same = [other for other in range(len(each.teammates)) if (each.out[:, other] == each.out[:, place]).all()]
            assert (effect.joint_with is None) == (len(same) == 1 or not effect.apart)
            if effect.joint_with:
                others = [posterior.effects(each, number)[other].delta for other in same]
                assert effect.joint_delta == pytest.approx(sum(others))
                # Of the sum more is known than of its parts.
                assert effect.joint_error is not None
                assert effect.standard_error is not None
                assert effect.joint_error < np.sqrt(len(same)) * effect.standard_error * 1.05
                found += 1
    assert found > 0


def test_in_the_first_days_of_a_first_season_nobody_has_coefficients(league: SimulatedSource) -> None:
    games = player_games(league.whole(facts.BOX_SCORES))
    for day in range(19, 32):
        cutoff = date(2022, 10, day)
        some = train(datasets(games, cutoff), cutoff)
        assert len(some["shrunk_v1"]) == len(some["additive_v1"])


def test_effects_stay_uncertain_where_little_was_seen(league: SimulatedSource) -> None:
    cutoff = date(2022, 11, 15)
    some = datasets(player_games(league.whole(facts.BOX_SCORES)), cutoff)
    posterior = shrunk.fit(some)
    # The likelihood alone says that all effects are as usual, with errors of 0.1.
    assert posterior.spreads[-1] > 0.3
    effects = [effect for number, each in enumerate(some) for effect in posterior.effects(each, number)]
    assert all(effect.p_value is None for effect in effects if (effect.apart or 0) < shrunk.MIN_GAMES_APART)
    tested = [effect for effect in effects if effect.p_value is not None]
    assert len(tested) > 50
    # These are games alone, against the usual effect; the probability of a sign, which no games had to show, is another matter.
    assert np.mean([effect.p_value < 0.05 for effect in tested]) < 0.2
    assert all(0.5 <= (effect.sign_probability or 0) <= 1 for effect in effects)
    assert max(effect.sign_probability or 0 for effect in effects if not effect.apart) > 0.9


def test_pooled_effects_are_nearer_to_the_usual_than_plain_ones(data: list[Regression]) -> None:
    table = conform(as_table(data, train(data, CUTOFF)), USAGE_COEFFICIENTS)
    told = table.filter(pl.col("usage_delta").is_not_null()).group_by("model_version").agg(pl.col("usage_delta").std())
    spread = dict(told.iter_rows())
    assert spread["shrunk_v1"] < 0.7 * spread["additive_v1"]
    # The table and what is served of it are the same players.
    some = table.filter(pl.col("model_version") == "shrunk_v1")
    players = list(from_table(some))
    assert sum(len(player.effects) for player in players) == some.height
    assert {player.player_id for player in players_of(some)} == {each.player.player_id for each in data}


def test_the_same_games_give_the_same_coefficients(data: list[Regression]) -> None:
    first, second = (as_table(data, train(data, CUTOFF)) for _ in range(2))
    assert first.equals(second)


def test_what_is_learned_later_changes_nothing(league: SimulatedSource, data: list[Regression]) -> None:
    games = player_games(league.whole(facts.BOX_SCORES))
    later = pl.col("game_date") >= CUTOFF
    changed = games.with_columns(fga=pl.when(later).then(pl.col("fga") + 7).otherwise("fga"))
    for some in (changed, games.filter(~later)):
        assert as_table(data, train(datasets(some, CUTOFF), CUTOFF)).equals(as_table(data, train(data, CUTOFF)))


@pytest.mark.slow
@pytest.mark.xdist_group("usage_recovery")
def test_intervals_hold_the_truth_of_simulated_leagues() -> None:
    found: list[pl.DataFrame] = []
    for seed in (7, 8):
        source = SimulatedSource(seed, 2022, 1, expect=True)
        games = player_games(source.whole(facts.BOX_SCORES))
        some = datasets(games, date(2023, 7, 1))
        told = as_table(some, train(some, date(2023, 7, 1))).filter(pl.col("teammate_ids").str.contains(r"^\d+$"))
        truth = usage_effects(source.league[0].season, np.random.default_rng([seed, 2]), 20)
        found.append(
            told.with_columns(player_out=pl.col("teammate_ids").cast(pl.Int64)).join(
                truth, left_on=["player_id", "player_out"], right_on=["teammate", "player_out"]
            )
        )
    both = pl.concat(found)
    pooled, plain = (both.filter(pl.col("model_version") == version) for version in ("shrunk_v1", "additive_v1"))
    assert pooled.height > 4_000
    error = pl.col("usage_delta") - pl.col("usage_change")
    # The truth has an error of its own, from replays; a mean of it, because one from four parts is rough.
    replays = pooled.select((pl.col("monte_carlo_error") ** 2).mean()).item()
    inside = error.abs() <= shrunk.Z_90 * (pl.col("standard_error") ** 2 + replays).sqrt()
    assert 0.87 <= pooled.select(inside.mean()).item() <= 0.93
    rows = ["season", "player_id", "player_out"]
    same = pooled.join(plain, on=rows, how="semi").select((error**2).mean().sqrt()).item()
    assert same < 0.5 * plain.select((error**2).mean().sqrt()).item()
