"""Targets: outcomes and baselines by hand."""

from datetime import UTC, datetime

import polars as pl

from nba_assets.modelling.targets import Target

DECIDED = datetime(2024, 1, 1, 17, tzinfo=UTC)
POINTS = Target("p", "points", ("pts",), ("points_ewma",), ("points_avg_season", "points_avg_last_20"), "last_10", debut=3.5)
SUM = Target("pr", "both", ("pts", "reb"), ("points_ewma", "reb_ewma"))


def baselines(target: Target, **row: float | datetime | None) -> tuple[object, ...]:
    names = ("points_avg_season", "points_avg_last_20", "last_10", "points_ewma", "reb_ewma")
    given = {name: row.get(name) for name in names} | {"decision_at": row.get("decision_at", DECIDED)}
    kinds = dict.fromkeys(names, pl.Float64()) | {"decision_at": pl.Datetime("us", "UTC")}
    found = pl.DataFrame([given], schema=kinds).select(**target.baselines())
    return found.select("season_average", "last_10", "ewma").row(0)


def test_an_outcome_is_the_sum_of_its_counts() -> None:
    rows = pl.DataFrame({"pts": [10, 0], "reb": [4, 2]})
    assert rows.select(SUM.outcome()).to_series().to_list() == [14, 2]


def test_baselines_of_a_player_with_games() -> None:
    assert baselines(POINTS, points_avg_season=11.0, points_avg_last_20=9.0, last_10=8.0, points_ewma=7.0) == (11.0, 8.0, 7.0)
    assert baselines(SUM, points_ewma=7.0, reb_ewma=4.0) == (None, None, 11.0)


def test_in_a_first_game_of_a_season_the_last_twenty_count_and_in_a_first_game_what_debutants_score() -> None:
    assert baselines(POINTS, points_avg_last_20=9.0, points_ewma=7.0, last_10=8.0)[0] == 9.0
    assert baselines(POINTS) == (3.5, 3.5, 3.5)
    assert baselines(SUM, points_ewma=7.0) == (None, None, None)


def test_a_row_without_features_has_no_baseline() -> None:
    assert baselines(POINTS, decision_at=None) == (None, None, None)
