"""Roles: styles by hand, names that stay, what the models are given, and how steady roles are."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from nba_assets.arrays import Floats
from nba_assets.evaluation.roles import adjusted_rand, evaluate
from nba_assets.modelling.matrix import matrix
from nba_assets.modelling.time_splits import TooFewRowsError
from nba_assets.rates.roles import (
    BOX_STYLE,
    READ,
    ROLE_FEATURES,
    ROLES,
    SLOW_MINUTES,
    TRACKING_STYLE,
    Roles,
    season_ends,
    style,
)

# Per minute of the season, by role, in the order of BOX_STYLE.
TYPICAL = {
    "creator": (0.6, 0.2, 0.18, 0.2, 0.1, 0.15, 0.01),
    "hub": (0.4, 0.2, 0.08, 0.15, 0.06, 0.11, 0.01),
    "finisher": (0.3, 0.02, 0.1, 0.04, 0.05, 0.32, 0.05),
    "connector": (0.28, 0.17, 0.05, 0.05, 0.03, 0.13, 0.015),
}


def players(season: str, each: int = 25) -> pl.DataFrame:
    """One row per player at the end of a season: the first quarter creators, and so on."""
    random = np.random.default_rng(int(season[:4]))
    rows: list[dict[str, object]] = []
    for role, rates in TYPICAL.items():
        for _ in range(each):
            row: dict[str, object] = dict.fromkeys(READ, 0.1)
            row |= {
                f"season_{name}_per_min": rate * random.uniform(0.9, 1.1) for name, rate in zip(BOX_STYLE, rates, strict=True)
            }
            row |= {f"{slow}_slow_per_min": 0.0 for of in BOX_STYLE.values() for slow in of}
            row |= {"games_played": 60.0, "minutes_avg_season": 25.0, "role": role}
            rows.append(row)
    return pl.DataFrame(rows).with_columns(
        season=pl.lit(season),
        season_type=pl.lit("Regular Season"),
        game_date=pl.lit(date(int(season[:4]) + 1, 4, 1)),
        game_id=pl.lit("g"),
        player_id=pl.int_range(pl.len()),
        decision=pl.lit("tip"),
    )


def styles(rows: pl.DataFrame) -> Floats:
    return style(rows.select(READ).to_numpy(), READ)


def test_clusters_are_named_by_what_their_players_do() -> None:
    rows = players("2022-23")
    found = Roles.fitted(rows).of(styles(rows))
    assert [ROLES[number] for number in found] == rows["role"].to_list()


def test_clusters_are_named_as_the_nearest_of_others() -> None:
    rows = players("2022-23")
    found = styles(rows)
    named = Roles.of_styles(found)
    turned = Roles(named.mean, named.deviation, named.centres[1:] + named.centres[:1])
    assert Roles.of_styles(found, turned).centres == turned.centres


def test_a_young_season_counts_as_far_as_it_goes() -> None:
    """Two games of ten minutes beside 200 minutes of the slow rate; who has never played has none."""
    row = dict.fromkeys(READ, 0.0) | {"games_played": 2.0, "minutes_avg_season": 10.0}
    row |= {"season_ast_per_min": 0.5, "ast_slow_per_min": 0.2}
    values = np.array([[row[name] for name in READ]])
    place = list(BOX_STYLE).index("ast")
    assert style(values, READ)[0, place] ** 2 == pytest.approx((0.5 * 20 + 0.2 * SLOW_MINUTES) / (20 + SLOW_MINUTES))
    values[0, READ.index("games_played")] = np.nan
    assert style(values, READ)[0, place] ** 2 == pytest.approx(0.2)
    roles = Roles.fitted(players("2022-23"))
    nothing = roles.beside(np.full((1, len(READ)), np.nan), READ)
    assert nothing.shape == (1, len(READ) + len(ROLE_FEATURES))
    assert nothing[0, -len(ROLES) :].sum() == 1
    assert nothing[0, len(READ)] == nothing[0, -len(ROLES) :].argmax()


def test_without_tracking_roles_are_those_of_the_box_score() -> None:
    rows = players("2022-23").with_columns(pl.lit(None, pl.Float64).alias(name) for name in TRACKING_STYLE)
    roles = Roles.fitted(rows)
    assert np.isfinite([*roles.mean, *roles.deviation]).all()
    found = roles.of(style(matrix(rows, READ), READ))
    assert [ROLES[number] for number in found] == rows["role"].to_list()


def test_of_a_few_players_there_are_no_roles() -> None:
    few = players("2022-23", each=9)
    with pytest.raises(TooFewRowsError, match="36 players had 500 minutes in a season, 40 are needed"):
        Roles.fitted(few)
    assert evaluate(few) == []


def test_a_player_counts_once_a_season_and_with_500_minutes() -> None:
    rows = players("2022-23", each=2)
    later = rows.with_columns(game_date=pl.lit(date(2023, 4, 5)))
    few = rows.with_columns(minutes_avg_season=pl.lit(8.0), player_id=pl.col("player_id") + 100)
    found = season_ends(pl.concat([later, rows, few]))
    assert found.height == rows.height
    assert found["game_date"].unique().to_list() == [date(2023, 4, 5)]


def test_steady_players_keep_their_roles() -> None:
    first, second = evaluate(pl.concat([players("2021-22"), players("2022-23")]))
    assert first["kept"] is None
    assert second["kept"] == 1.0
    assert second["kept_by_chance"] == pytest.approx(0.25)
    assert second["rand"] == pytest.approx(1.0)
    assert [second[role] for role in ROLES] == [25] * 4


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=60))
def test_the_rand_index_is_that_of_the_library(groups: list[tuple[int, int]]) -> None:
    one, other = np.array(groups).T
    assert adjusted_rand(one, other) == pytest.approx(adjusted_rand_score(one, other))
