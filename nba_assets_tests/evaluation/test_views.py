"""The views of results, by hand: errors and bets by day, the leaderboard and two models on the same rows."""

import re
from datetime import date
from math import sqrt

import polars as pl
import pytest

from nba_assets.calendar import DECISIONS
from nba_assets.evaluation.betting import settled
from nba_assets.reference.bookmakers import PICKEM_OPERATORS
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.stores.package_data import package_data
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS
from nba_assets_tests.rows import of

DAYS = (date(2024, 1, 1), date(2024, 1, 2))
Z_95 = 1.959964
KINDS = {"actual_points": pl.Float64, "betting_line": pl.Float64, "closing_over": pl.Float64, "recommendation": pl.String}


# A line that a pick'em operator has.
PICKEM_LINE = 7.5


def store(warehouse: DuckDBWarehouse, *results: tuple[str, date, int, float, float | None, float | None, str]) -> None:
    """Predictions and grades: model, day, player, predicted, actual (None: he did not play), line, origin."""
    rows = [
        {"model_id": model, "game_date": day, "game_id": "g", "player_id": player, "decision": "tip", "origin": origin}
        | {"predicted_points": predicted, "actual_points": actual, "betting_line": line, "version": 1}
        | {"error": None if actual is None else predicted - actual, "season_average": 10.0, "ewma": 9.0}
        | {"prediction_error": None if actual is None else abs(predicted - actual)}
        | {"outcome": "void" if actual is None else "played", "is_out_of_sample": True, "inside_80": True, "crps": 2.0}
        | ({"recommendation": "OVER" if predicted > line else "UNDER"} if line else {"recommendation": None})
        | {
            "over_price": -110,
            "under_price": -110,
            "no_vig_over": 0.4,
            "bookmaker": "Underdog" if line == PICKEM_LINE else "a book",
            "closing_over": None,
            "closing_line": line,
            "p10": 1.0,
            "p50": 2.0,
            "p90": 3.0,
        }
        for model, day, player, predicted, actual, line, origin in results
    ]
    rows = [
        row | pl.DataFrame([row], infer_schema_length=None).cast(KINDS).select(**settled()).row(0, named=True) for row in rows
    ]
    kept = [{name: row[name] for name in row if name in ML_MODEL_PREDICTIONS.names} for row in rows]
    predictions = of(ML_MODEL_PREDICTIONS, *kept)
    for (model, origin), part in predictions.group_by(["model_id", "origin"]):
        scope = {
            "game_date": list(DAYS),
            "decision": list(DECISIONS),
            "model_id": model,
            "market": "player_points",
            "origin": origin,
        }
        warehouse.replace(ML_MODEL_PREDICTIONS, part, scope)
    warehouse.append(GRADED_PREDICTIONS, of(GRADED_PREDICTIONS, *rows))


def test_a_day_counts_who_played_and_the_live_row_where_there_are_two(warehouse: DuckDBWarehouse) -> None:
    store(
        warehouse,
        ("a", DAYS[0], 1, 12.0, 15.0, 10.5, "live"),
        ("a", DAYS[0], 1, 99.0, 15.0, 10.5, "backfill"),
        ("a", DAYS[0], 2, 8.0, 3.0, None, "live"),
        ("a", DAYS[0], 3, 8.0, 9.0, 8.5, "live"),
        ("a", DAYS[0], 4, 8.0, None, 8.5, "live"),
    )
    (day,) = warehouse.query("SELECT * FROM nba_predictions.v_ml_model_daily_performance").to_dicts()
    assert day["graded_predictions"] == 3
    assert day["mae"] == pytest.approx((3 + 5 + 1) / 3)
    assert day["bias"] == pytest.approx((-3 + 5 - 1) / 3)
    assert day["within_3"] == pytest.approx(2 / 3)
    assert day["mae_season_average"] == pytest.approx((5 + 7 + 1) / 3)
    assert day["mae_ewma"] == pytest.approx((6 + 6 + 0) / 3)
    assert (day["line_rows"], day["mae_on_line_rows"], day["mae_line"]) == (2, 2.0, (4.5 + 0.5) / 2)
    assert (day["wins"], day["losses"], day["pushes"], day["bet_accuracy"]) == (1, 1, 0, 0.5)


def test_the_leaderboard_has_intervals_with_dates_as_clusters(warehouse: DuckDBWarehouse) -> None:
    store(
        warehouse,
        ("a", DAYS[0], 1, 10.0, 12.0, 9.5, "live"),
        ("a", DAYS[0], 2, 10.0, 14.0, 9.5, "live"),
        ("a", DAYS[1], 1, 10.0, 19.0, 9.5, "live"),
        ("b", DAYS[0], 1, 10.0, 10.0, None, "live"),
    )
    first, second = warehouse.query("SELECT * FROM nba_predictions.v_ml_model_leaderboard ORDER BY model_id").to_dicts()
    # Errors 2 and 4 on one date, 9 on the other: the mean is 5, sums of deviations are -4 and 4.
    assert (first["graded_predictions"], first["dates"], first["mae"]) == (3, 2, 5.0)
    half = Z_95 * sqrt((4**2 + 4**2) * 2 / 1) / 3
    assert (first["mae_low"], first["mae_high"]) == pytest.approx((5 - half, 5 + half))
    assert (first["first_game_date"], first["last_game_date"]) == DAYS
    assert (first["wins"], first["losses"], first["bet_accuracy"]) == (3, 0, 1.0)
    # The book pays 100 for 110 on either side; without its margin Over has a chance of 40% and pays 1.5.
    assert first["return_per_unit"] == pytest.approx(100 / 110)
    fair = ("fair_return_per_unit", "fair_return_per_unit_low", "fair_return_per_unit_high")
    assert [first[name] for name in fair] == pytest.approx([1.5, 1.5, 1.5])
    # One date tells nothing of its spread, and no line nothing of bets.
    unknown = ("mae_low", "mae_high", "bet_accuracy", "bet_accuracy_low", "mae_line")
    assert [second[name] for name in unknown] == [None] * len(unknown)


def test_the_view_knows_the_pickem_operators_that_the_package_knows() -> None:
    listed = re.search(r"IN \((.*?)\) AS is_pickem", (package_data("sql") / "predictions/v_ml_model_results.sql").read_text())
    assert listed
    assert tuple(re.findall(r"'(\w+)'", listed[1])) == PICKEM_OPERATORS


def test_bets_with_pickem_operators_are_counted_apart(warehouse: DuckDBWarehouse) -> None:
    store(warehouse, ("a", DAYS[0], 1, 10.0, 12.0, 9.5, "live"), ("a", DAYS[0], 2, 10.0, 5.0, PICKEM_LINE, "live"))
    (board,) = warehouse.query("SELECT * FROM nba_predictions.v_ml_model_leaderboard").to_dicts()
    assert (board["priced_bets"], board["return_per_unit"]) == (1, pytest.approx(100 / 110))
    assert (board["pickem_bets"], board["pickem_return_per_unit"]) == (1, -1.0)


def test_two_models_meet_on_the_rows_of_both(warehouse: DuckDBWarehouse) -> None:
    store(
        warehouse,
        ("b", DAYS[0], 1, 10.0, 12.0, None, "live"),
        ("a", DAYS[0], 1, 11.0, 12.0, None, "live"),
        ("b", DAYS[1], 1, 10.0, 12.0, None, "live"),
        ("a", DAYS[1], 1, 15.0, 12.0, None, "backfill"),
        ("a", DAYS[1], 2, 99.0, 12.0, None, "live"),
    )
    (pair,) = warehouse.query("SELECT * FROM nba_predictions.v_ml_model_head_to_head").to_dicts()
    assert (pair["model_a"], pair["model_b"], pair["graded_predictions"], pair["dates"]) == ("a", "b", 2, 2)
    assert (pair["mae_a"], pair["mae_b"], pair["mae_difference"]) == (2.0, 2.0, 0.0)
    assert (pair["share_closer_a"], pair["share_closer_b"]) == (0.5, 0.5)
    half = Z_95 * sqrt((1 + 1) * 2 / 1) / 2
    assert (pair["difference_low"], pair["difference_high"]) == pytest.approx((-half, half))


def test_views_without_rows_are_empty(warehouse: DuckDBWarehouse) -> None:
    for statement in (
        "SELECT * FROM nba_predictions.v_ml_model_daily_performance",
        "SELECT * FROM nba_predictions.v_ml_model_leaderboard",
        "SELECT * FROM nba_predictions.v_ml_model_head_to_head",
    ):
        assert warehouse.query(statement).is_empty()
