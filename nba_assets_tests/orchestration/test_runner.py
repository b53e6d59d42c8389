"""Whole runs on a simulated league: what a backfill leaves, and that it can be repeated."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.evaluation.metrics import evaluate
from nba_assets.home import Home, open_home
from nba_assets.orchestration.instance import dagster_instance
from nba_assets.orchestration.runner import RunError, Runner
from nba_assets.settings import Settings, load_settings
from nba_assets.sources.protocol import SourceError
from nba_assets_tests.conftest import HOME, PREDICTED

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ran_home")]
JANUARY = [str(day) for day in PREDICTED]


def test_every_game_date_is_predicted_and_every_prediction_graded(ran_home: Settings) -> None:
    home = Home(ran_home)
    played = home.read("player_games", (PREDICTED.first, PREDICTED.last))
    predictions = home.read("ml_model_predictions")
    grades = home.read("graded_predictions")
    assert set(predictions["game_date"]) == set(played["game_date"])
    assert set(predictions["decision"]) == {"noon", "tip"}
    assert predictions["origin"].unique().to_list() == ["backfill"]
    # A derived model has no cutoff of its own.
    assert predictions["training_cutoff"].drop_nulls().unique().to_list() == [date(2023, 1, 1)]
    assert grades.height == predictions.height
    assert set(predictions["model_id"]) == {"lightgbm_v2", "catboost_v8", "xgboost_v1", "xgboost_v2", "ensemble_v2", "rates_v1"}
    production = home.read("player_prop_predictions")
    assert production.drop("model_id").equals(
        predictions.filter(pl.col("model_id") == "lightgbm_v2")
        .select(production.drop("model_id").columns)
        .sort("game_date", "game_id", "player_id", "decision")
    )
    postponed = home.read("schedule", (PREDICTED.first, PREDICTED.last)).filter(pl.col("status") == "postponed")
    called_off = grades.join(postponed, on=["game_id", "game_date"], how="semi")
    assert called_off["outcome"].eq("void").all()
    tip = grades.filter((pl.col("decision") == "tip") & (pl.col("outcome") == "played"))
    assert tip.height > 0.99 * played.height


def test_the_view_shows_prediction_and_grade_side_by_side(ran_home: Settings) -> None:
    found = (
        Home(ran_home)
        .sql(
            "SELECT COUNT(*) AS n, COUNTIF(outcome = 'played') AS played, AVG(prediction_error) AS mae,"
            " COUNT(player_name) AS named"
            " FROM nba_predictions.v_ml_model_results"
        )
        .row(0, named=True)
    )
    assert found["n"] == found["named"] > found["played"] > 0
    assert 3 < found["mae"] < 6


def test_the_leaderboard_says_what_the_evaluation_says(ran_home: Settings) -> None:
    home = Home(ran_home)
    found = evaluate(home.read("graded_predictions"))
    evaluated = {(row["model_id"], row["decision"]): row for row in found if row["population"] == "all_played"}
    board = home.sql("SELECT * FROM nba_predictions.v_ml_model_leaderboard_by_decision").to_dicts()
    assert {(row["model_id"], row["decision"]) for row in board} == evaluated.keys()
    for row in board:
        # Its intervals have dates as clusters; those of the evaluation dates and players.
        same = ("mae", "bias", "within_3", "inside_80", "mae_ewma", "mae_on_line_rows", "mae_line")
        assert [row[name] for name in same] == pytest.approx(
            [evaluated[row["model_id"], row["decision"]][name] for name in same]
        )
        assert (row["graded_predictions"], row["line_rows"]) == tuple(
            evaluated[row["model_id"], row["decision"]][name] for name in ("n", "n_line")
        )


def test_who_is_out_adds_up_to_what_the_player_leaves(ran_home: Settings) -> None:
    home = Home(ran_home)
    out = home.sql("SELECT * FROM nba_features.v_rotation_absences WHERE game_date = '2023-01-10'")
    assert {"out", "questionable"} <= set(out["status"]) <= {"out", "doubtful", "questionable", "probable"}
    gone = 1 - pl.col("play_probability")
    left = out.group_by("game_id", "decision", "team_id").agg((pl.col("minutes", "points", "fga", "ast") * gone).sum())
    rows = home.read("ml_feature_store", ("2023-01-10", "2023-01-10")).filter(pl.col("play_probability") == 1)
    both = rows.join(left, on=["game_id", "decision", "team_id"])
    assert both.height > 50
    for name in ("minutes", "points", "fga", "ast"):
        assert (both[f"vacated_{name}"] - both[name]).abs().max() < 1e-9


def test_nothing_is_predicted_out_of_the_range(ran_home: Settings) -> None:
    home = Home(ran_home)
    assert home.read("ml_feature_store")["game_date"].min() < PREDICTED.first
    assert home.read("ml_model_predictions")["game_date"].is_between(*PREDICTED).all()
    assert home.read("box_scores")["game_date"].max() <= PREDICTED.last


def test_every_date_of_every_asset_is_recorded(ran_home: Settings) -> None:
    import dagster as dg

    with dagster_instance(ran_home) as instance:
        for name in ("box_scores", "ml_feature_store", "graded_predictions"):
            keys = instance.get_materialized_partitions(dg.AssetKey(name))
            assert set(dg.TimeWindowPartitionsDefinition(
                cron_schedule="0 0 * * *", start=JANUARY[0], end="2023-02-01", fmt="%Y-%m-%d"
            ).get_partition_keys()) <= keys  # fmt: skip


def test_a_range_without_games_is_refused(tmp_path: Path) -> None:
    runner = Runner(load_settings(tmp_path, **HOME))
    with pytest.raises(RunError, match="source simulated has no games in 2019-01-01 … 2019-02-01"):
        runner.backfill(Dates(date(2019, 1, 1), date(2019, 2, 1)))


def test_a_source_with_a_fault_writes_nothing(tmp_path: Path) -> None:
    runner = Runner(load_settings(tmp_path / "home", source="archive", archive_path=tmp_path))
    with pytest.raises(SourceError, match=r"no player_games/\*\.parquet there"):
        runner.backfill(PREDICTED)
    assert not (tmp_path / "home").exists()


def test_notebooks_read_a_home(ran_home: Settings) -> None:
    home = open_home(ran_home.home)
    week = home.read("player_games", ("2023-01-02", "2023-01-08"))
    assert week["game_date"].is_between(date(2023, 1, 2), date(2023, 1, 8)).all()
    with pytest.raises(KeyError, match="no table 'players_games'; there are: schedule_notices"):
        home.read("players_games")


def test_an_archive_goes_on_as_the_past_of_what_is_live(tmp_path: Path) -> None:
    load_settings(tmp_path, source="archive", archive_path=tmp_path).save()
    other = Runner(load_settings(tmp_path, source="nba_stats"))
    with pytest.raises(RunError, match="holds data of source archive"):
        other.predict(date(2024, 1, 5))
    live = Runner(load_settings(tmp_path, source="nba_stats", archive_path=tmp_path, live_from=date(2024, 12, 2)))
    # It gets as far as the folder, which is no archive.
    with pytest.raises(SourceError, match="no player_games"):
        live.predict(date(2024, 1, 5))
