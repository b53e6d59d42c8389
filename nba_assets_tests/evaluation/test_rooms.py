"""Evaluations of rates and projections: figures by hand, and a simulated league beside its truth."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from nba_assets.calendar import Dates
from nba_assets.cli.app import app
from nba_assets.evaluation import projections, rates, rooms
from nba_assets.evaluation.truth import minutes_gap, rates_gap
from nba_assets.home import Home
from nba_assets.orchestration.factory import cutoff_dates
from nba_assets.rates.projections import NAMES
from nba_assets.settings import Settings
from nba_assets.tables.contracts import conform
from nba_assets.tables.feature import STATISTICS
from nba_assets.tables.rates import RATES_EVALUATION
from nba_assets_tests.conftest import PREDICTED

COLUMNS = {f"{name}_{of}": rate for name in STATISTICS for of, rate in (("per_min", 0.1), ("mean", 0.12), ("shrunk", 0.14))}


def rows(count: int, **values: object) -> pl.DataFrame:
    random = np.random.default_rng(3)
    frame = pl.DataFrame(
        {
            "game_date": [date(2024, 1, 1 + number % 20) for number in range(count)],
            "game_id": [f"{number % 20}" for number in range(count)],
            "player_id": [number // 20 for number in range(count)],
            "season": ["2023-24"] * count,
            "season_type": ["Regular Season"] * count,
            "decision": ["tip"] * count,
            "minutes_actual": random.uniform(5, 40, count),
            "games_played": [float(number % 40) for number in range(count)],
            "num_rotation_players_out": [float(number % 2) for number in range(count)],
            "is_new_team": [number % 10 == 0 for number in range(count)],
        }
    )
    return frame.with_columns(**{name: pl.lit(value) for name, value in COLUMNS.items()}).with_columns(**values)


def test_a_gain_is_the_share_of_the_squared_error_that_is_saved() -> None:
    """The rate is 0.3, the model says 0.2, the shrunk rate 0.1: an error a quarter as large, whatever the minutes."""
    found = {
        (one["population"], one["target"]): one
        for one in rates.evaluate(rows(400, ast_per_min=0.3, ast_mean=0.2, ast_shrunk=0.1))
    }
    one = found["all", "ast_per_min"]
    assert one["gain"] == pytest.approx(75.0)
    assert (one["gain_low"], one["gain_high"]) == pytest.approx((75.0, 75.0))
    assert one["mse_weighted"] == pytest.approx(0.01)
    assert one["bias"] == pytest.approx(-0.1)
    assert one["deviance"] < one["deviance_baseline"]
    assert found["first_15_games", "ast_per_min"]["n"] == 150
    assert found["new_team", "ast_per_min"]["n"] == 40
    assert found["teammate_out", "ast_per_min"]["n"] == 200


def test_the_interval_of_a_gain_holds_chance() -> None:
    """Model and baseline are as far off, now one and now the other: the interval holds zero."""
    random = np.random.default_rng(5)
    off = random.normal(0, 0.1, 400)
    noisy = rows(400, stl_mean=pl.Series(0.1 + off), stl_shrunk=pl.Series(0.1 + off[::-1]))
    one = next(one for one in rates.evaluate(noisy) if (one["population"], one["target"]) == ("all", "stl_per_min"))
    assert one["gain_low"] < 0 < one["gain_high"]


def test_calibration_has_tenths_of_every_target() -> None:
    random = np.random.default_rng(7)
    rate = pl.Series(random.uniform(0, 0.5, 400))
    found = rates.calibration(rows(400, ast_mean=rate, ast_per_min=rate))
    own = found.filter(pl.col("target") == "ast_per_min")
    assert own["n"].to_list() == [40] * 10
    assert np.allclose(own["said_per_36"], own["happened_per_36"])
    assert own["said_per_36"].is_sorted()


def truth(count: int) -> pl.DataFrame:
    names = {"fga2": "fg2a", "fga3": "fg3a"}
    rates_of = {f"tip_{names.get(name, name)}_per_min": pl.lit(0.1) for name in STATISTICS}
    frame = rows(count).select("game_id", "player_id")
    return frame.with_columns(**rates_of, tip_minutes=pl.lit(20.0), tip_play_probability=pl.lit(0.9))


def test_the_gap_to_the_truth_is_closed_by_half_the_distance_to_three_quarters() -> None:
    found = rates_gap(rows(400, tov_mean=0.15, tov_shrunk=0.2), truth(400))
    own = next(one for one in found if one["target"] == "tov_per_min" and one["n"])
    assert own["gap_closed"] == pytest.approx(0.75)
    # The truth is the same in all games: who knows its mean knows it all.
    assert own["closed_by_means"] == pytest.approx(1.0)
    assert own["rmse_model"] == pytest.approx(0.05)
    judged = rows(400).with_columns(
        on_roster=True, is_out=False, minutes=21.0, minutes_mean=22.0, minutes_avg_last_10=24.0, play_prob=0.8, table_prob=0.7
    )
    minutes, chance = minutes_gap(judged, truth(400))
    assert minutes["gap_closed"] == pytest.approx(0.75)
    assert chance["gap_closed"] == pytest.approx(0.75)


@pytest.mark.slow
@pytest.mark.xdist_group("ran_home")
def test_a_home_is_evaluated_on_the_games_that_were_played(ran_home: Settings) -> None:
    home = Home(ran_home)
    judged = rates.judged(home.warehouse, home.artifacts, PREDICTED, cutoff_dates(ran_home.cutoff_cron))
    base = home.read("rates_training_base", PREDICTED)
    assert judged.height == base.height
    found = projections.judged(home.warehouse, PREDICTED)
    games = home.read("player_games", PREDICTED)
    assert found.height == 2 * games.height
    scored = games.select("game_date", "game_id", "player_id", scored="pts")
    both = found.join(scored, on=["game_date", "game_id", "player_id"])
    assert np.allclose(both["pts_actual"], both["scored"])
    records = projections.evaluate(found)
    assert {one["statistic"] for one in records} == set(NAMES)
    assert all(one["n"] > 4000 for one in records)


@pytest.mark.slow
@pytest.mark.xdist_group("ran_home")
def test_the_usual_of_a_player_is_what_was_done_before(ran_home: Settings) -> None:
    home = Home(ran_home)
    day = date(2023, 1, 20)
    found = projections.judged(home.warehouse, Dates(day, day)).filter(pl.col("decision") == "tip")
    games = home.read("player_games").filter(pl.col("game_date") < day)
    averages = games.group_by("player_id").agg(pl.col("ast").mean().alias("before"))
    both = found.join(averages, on="player_id")
    assert both.height > 50
    assert np.allclose(both["ast_season_average"], both["before"])


def test_each_part_of_a_season_is_evaluated_by_itself() -> None:
    late = rows(400).with_columns(season_type=pl.lit("Playoffs"), ast_mean=pl.lit(0.2))
    found = rooms.by_part(RATES_EVALUATION, pl.concat([rows(400), late]), rates.evaluate)
    assert conform(found, RATES_EVALUATION).equals(found)
    own = found.filter((pl.col("target") == "ast_per_min") & (pl.col("population") == "all"))
    gains = dict(own.select("season_type", "gain").iter_rows())
    assert gains["Regular Season"] > 0 > gains["Playoffs"]
    # Surely worse in the playoffs: a warning names it.
    worse = rooms.worse_rates(found)
    assert worse.select("season_type", "target").unique().rows() == [("Playoffs", "ast_per_min")]
    assert rooms.by_part(RATES_EVALUATION, pl.DataFrame(), rates.evaluate).is_empty()


def test_intervals_that_hold_too_few_or_too_many_are_named() -> None:
    found = pl.DataFrame(
        {
            "season": ["2023-24"] * 4,
            "season_type": ["Regular Season"] * 4,
            "decision": ["tip"] * 4,
            "bucket": ["0-10", "10-18", "18-24", "30+"],
            "n": [499, 900, 900, 900],
            "inside_80": [0.5, 0.8, 0.74, 0.86],
        }
    )
    assert rooms.wrong_intervals(found)["bucket"].to_list() == ["18-24", "30+"]


@pytest.mark.slow
@pytest.mark.xdist_group("ran_home")
def test_the_newest_season_is_evaluated_by_a_backfill_with_pictures(ran_home: Settings, tmp_path: Path) -> None:
    home = Home(ran_home)
    minutes_rows, rates_rows = home.read("minutes_evaluation"), home.read("rates_evaluation")
    assert set(minutes_rows["season"]) == set(rates_rows["season"]) == {"2022-23"}
    assert set(minutes_rows["decision"]) == {"noon", "tip"}
    assert rates_rows["target"].n_unique() == len(STATISTICS)
    for name in ("minutes", "rates-calibration"):
        words = ["evaluate", name, "--from", str(PREDICTED.first), "--to", str(PREDICTED.last), "--home", str(ran_home.home)]
        drawn = tmp_path / f"{name}.png"
        shown = CliRunner().invoke(app, [*words, "--picture", str(drawn)])
        assert shown.exit_code == 0, shown.output
        assert drawn.read_bytes().startswith(b"\x89PNG")
    refused = CliRunner().invoke(app, ["evaluate", "rates", *words[2:], "--picture", str(drawn)])
    assert refused.exit_code == 1
    assert "there is no picture of rates" in refused.output
