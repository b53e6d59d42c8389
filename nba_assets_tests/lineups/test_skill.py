"""Skill before a season: by hand, on planted skills, and blind to what comes later."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from nba_assets.league import box
from nba_assets.lineups.box import COUNTS, FEATURES, BoxPrior, box_before
from nba_assets.lineups.design import Sums, archetype_sums, design
from nba_assets.lineups.skill import Plays, plays_of, skills
from nba_assets.lineups.spec import ARCHETYPES, BOX_MINUTES, DEVIATION
from nba_assets.lineups.study import ROOKIE, History, Study
from nba_assets_tests.league.test_box import AWAY, HOME, frame, line
from nba_assets_tests.lineups.conftest import SEASONS

IDS = np.array([ROOKIE, 1, 2])
BORN = pl.DataFrame({"player_id": [1], "birth_date": [date(1996, 10, 20)]})


def games(**second: object) -> pl.DataFrame:
    """One player's games in two seasons, and the other's in the second."""
    rows = [
        line(1, minutes=480, ast=40, game_id="a", season="2021-22"),
        line(1, minutes=480, ast=80, game_id="b", season="2022-23", **second),
        line(2, AWAY, minutes=48, ast=4, game_id="b", season="2022-23"),
    ]
    return box.player_games(frame(*rows))


def test_box_scores_before_a_season_by_hand() -> None:
    before = box_before(games(), BORN, "2023-24", IDS)
    assert before.minutes.tolist() == [0, 480 + 240, 48]
    assert before.games.tolist() == [0, 1.5, 1]
    ast = COUNTS.index("ast")
    # Fringe players are 0 and 2: 4 assists in 48 minutes.
    floor = 4 / 48
    assert before.per_36[1, ast] == pytest.approx(36 * (80 + 20 + BOX_MINUTES * floor) / (720 + BOX_MINUTES))
    assert before.per_36[0, ast] == pytest.approx(36 * floor)
    assert before.age[1] == pytest.approx(27, abs=0.01)
    assert before.features.shape == (3, len(FEATURES))


def test_nothing_of_the_season_itself_is_looked_at() -> None:
    one, other = (box_before(games(**stats), BORN, "2022-23", IDS) for stats in ({}, {"pts": 50, "fga": 40}))
    assert (one.counts == other.counts).all()
    assert one.minutes.tolist() == [0, 480, 0]


def planted(count: int = 400, players: int = 30) -> tuple[Plays, np.ndarray]:
    """Possessions of random tens in which one attacker is worth half a point more."""
    rng = np.random.default_rng(3)
    tens = np.array([rng.permutation(players)[:10] for _ in range(count * 20)])
    worth = np.zeros(players)
    worth[4] = 0.5
    points = 1.0 + worth[tens[:, :5]].sum(axis=1) + rng.normal(0, 1, len(tens))
    home = np.where(rng.random(len(tens)) < 0.5, 0.5, -0.5)
    zero = np.zeros(len(tens), dtype=np.int64)
    return Plays("2022-23", tens[:, :5], tens[:, 5:], points, home, zero, zero, zero, zero + 1), worth


def test_adjusted_plus_minus_finds_a_planted_player_and_is_shrunk() -> None:
    plays, _ = planted()
    ids = np.arange(30)
    empty = games().clear()
    # Without box scores the prior is zero.
    found = skills(empty, BORN, "2023-24", ids, [plays])
    assert found.offence.argmax() == 4
    spread = np.sqrt(np.diag(found.covariance))
    assert (spread < DEVIATION).all()
    assert 0.05 < found.offence[4] < 0.5
    before = skills(empty, BORN, "2022-23", ids, [plays])
    assert (before.offence == 0).all()
    assert (before.seen == 0).all()


def test_without_earlier_possessions_skill_is_the_box_prior(known: History) -> None:
    second = known.known(SEASONS[1])
    alone = skills(known.games, known.players, SEASONS[1], known.ids, [])
    prior = BoxPrior.fitted(known.games, {})
    assert np.allclose(alone.offence, alone.before.features @ prior.offence)
    assert not np.allclose(second.offence, alone.offence)


def test_skill_before_a_season_does_not_change_with_it(known: History) -> None:
    plays = [replace(each, points=each.points * 2) if each.season == SEASONS[1] else each for each in known.plays]
    changed = known.games.with_columns(pts=pl.when(pl.col("season") == SEASONS[1]).then(99).otherwise("pts"))
    one, other = known.known(SEASONS[1]), skills(changed, known.players, SEASONS[1], known.ids, plays)
    assert (one.offence == other.offence).all()
    assert (one.covariance == other.covariance).all()


def test_sums_are_those_of_the_rows(study: Study) -> None:
    season = study.seasons[0]
    y = season.plays.points - study.home * season.plays.home
    rows = season.matchup == 7
    assert study.sums.n[7] == rows.sum()
    assert np.allclose(study.sums.xx[7], season.x[rows].T @ season.x[rows])
    assert np.allclose(study.sums.xy[7], season.x[rows].T @ y[rows])
    total = study.sums.total()
    assert total.n[0] == len(y)
    assert total.yy[0] == pytest.approx((y**2).sum())
    both = np.column_stack([season.x[:, :8].sum(axis=1), season.x[:, 8:].sum(axis=1)])
    assert np.allclose(total.added().xx[0], both.T @ both)


def test_an_empty_group_has_sums_of_zero() -> None:
    sums = Sums.of(np.ones((2, 3)), np.array([1.0, 2.0]), np.array([0, 2]), 3)
    assert sums.n.tolist() == [1, 0, 1]
    around = sums.around_means()
    assert around["yy"].tolist() == [0, 0, 0]
    assert np.isfinite(around["x_mean"]).all()


def test_a_design_sums_skill_by_archetype() -> None:
    fives, values = np.array([[0, 1, 2, 3, 4]]), np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    hard = np.array([0, 0, 7, 7, 1])
    assert archetype_sums(fives, values, hard)[0] == pytest.approx([0.3, 0.5, 0, 0, 0, 0, 0, 0.7])
    half = np.full((5, len(ARCHETYPES)), 1 / len(ARCHETYPES))
    assert archetype_sums(fives, values, half)[0] == pytest.approx([1.5 / 8] * 8)


def test_a_design_adds_up_to_skill(study: Study) -> None:
    season = study.seasons[0]
    assert np.allclose(season.x[:, :8].sum(axis=1), season.skills.offence[season.plays.offence].sum(axis=1))
    assert np.allclose(season.x[:, 8:].sum(axis=1), -season.skills.defence[season.plays.defence].sum(axis=1))
    soft = design(season.plays, season.skills, study.archetypes.soft(season.skills.before))
    assert np.allclose(soft.sum(axis=1), season.x.sum(axis=1))


def test_possessions_without_ten_players_are_left_out(known: History) -> None:
    rows = pl.DataFrame(
        {
            **{name: ["2022-23"] * 2 for name in ("season",)},
            "game_id": ["a", "a"],
            "possession": [1, 2],
            "period": [1, 1],
            "is_home": [True, False],
            "offense_team_id": [HOME, AWAY],
            "defense_team_id": [AWAY, HOME],
            "points": [2, 0],
            "transition_points_against": [1, 0],
            **{f"{side}_player_{n}": [n, None] for side in ("offense", "defense") for n in range(1, 6)},
        }
    )
    assert plays_of(rows, "2022-23", np.arange(10)).points.tolist() == [2.0]
    assert plays_of(rows, "2022-23", np.arange(10), "net_points").points.tolist() == [1.0]
    assert len(plays_of(rows, "2021-22", np.arange(10)).points) == 0
