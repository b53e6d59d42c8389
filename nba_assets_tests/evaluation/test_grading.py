from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from nba_assets.evaluation.grading import Inputs, Models, changed, latest
from nba_assets.evaluation.grading import grade as grade_inputs
from nba_assets.evaluation.metrics import evaluate, gap_closed, impossible, intervals
from nba_assets.league.lines import betting_lines
from nba_assets.modelling.bundles import Bundle
from nba_assets.modelling.distributions import LEVELS, Distribution
from nba_assets.points.spec import PLAYER_POINTS
from nba_assets.tables.contracts import conform
from nba_assets.tables.facts import PROP_LINES
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.league import PLAYER_GAMES, SCHEDULE
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS
from nba_assets_tests.rows import of

DAY = date(2024, 1, 1)
NOON, TIP = datetime(2024, 1, 1, 17, tzinfo=UTC), datetime(2024, 1, 1, 23, 45, tzinfo=UTC)
NOW = datetime(2024, 1, 2, 8, tzinfo=UTC)


def around(path: str) -> Distribution:
    """From nine below to nine above, times the square root of the prediction and one."""
    table = np.tile((LEVELS - 0.5) * 20, (10, 4, 1))
    return Distribution(np.zeros((10, 3)), np.zeros((10, 4)), table, np.full((10, 4), 0.5))


class Oracle:
    """Stands for a bundle whose oracle-minutes model predicts ten points, whatever the minutes."""

    baseline = around("the exponential mean's")

    def predict_known_minutes(self, rows: pl.DataFrame) -> np.ndarray:
        assert "real_minutes" in rows.columns
        return np.full(rows.height, 10.0)


def oracle(day: date, market: str) -> Bundle:
    return Oracle()  # type: ignore[return-value]


def grade(*frames: pl.DataFrame, **baselines: str) -> pl.DataFrame:
    return grade_inputs(Inputs(*frames), Models(around, oracle, baselines), NOW)


BET = {"betting_line": None, "bookmaker": None, "recommendation": None, "over_price": None, "under_price": None}
BET |= {"no_vig_over": None, "p10": 5.0, "p90": 20.0}


def inputs(points: float = 12.0, actual: int | None = 15, **form: float | None) -> list[pl.DataFrame]:
    who, mean = {"game_id": "g", "player_id": 1, "decision": "tip"}, {"expected_points": points + 0.5}
    features = {
        "decision_at": TIP,
        "points_avg_season": 11.0,
        "points_avg_last_10": 9.0,
        "points_ewma": 8.0,
        "minutes_ewma": 30.0,
    }
    games = [] if actual is None else [{"game_id": "g", "player_id": 1, "team_id": 2, "pts": actual, "minutes": 31}]
    before = {"game_id": "e", "game_date": date(2023, 12, 1), "player_id": 1, "team_id": 2, "pts": 7}
    return [
        of(
            ML_MODEL_PREDICTIONS,
            who | {"origin": "backfill", "predicted_points": points, "is_out_of_sample": True} | BET | mean,
        ),
        of(ML_FEATURE_STORE, who | features | form),
        of(PLAYER_GAMES, before, *games, *({"game_id": "g", "player_id": number, "team_id": number} for number in (2, 3))),
        of(SCHEDULE, {"game_id": "g"}),
        prop_lines(),
    ]


def prop_lines(*rows: tuple[str, float, str, int | None, datetime]) -> pl.DataFrame:
    return of(
        PROP_LINES,
        *(
            {
                "game_id": "g",
                "player_id": 1,
                "market": "player_points",
                "bookmaker": book,
                "line": line,
                "side": side,
                "american_price": price,
                "known_at": known,
            }
            for book, line, side, price, known in rows
        ),
    )


def one(frames: list[pl.DataFrame]) -> dict[str, object]:
    found = grade(*frames)
    conform(found, GRADED_PREDICTIONS)
    assert found.height == 1
    return found.row(0, named=True)


def test_a_grade_by_hand() -> None:
    found = one(inputs())
    assert (found["outcome"], found["error"], found["prediction_error"], found["actual_points"]) == ("played", -3.0, 3.0, 15.0)
    assert (found["season_average"], found["last_10"], found["ewma"], found["known_minutes_points"]) == (11.0, 9.0, 8.0, 10.0)
    assert found["betting_line"] is None
    assert (found["beat_baseline"], found["beat_vegas"], found["inside_80"]) == (True, None, True)
    # He has one game, of 7 points: as a distribution it is 8 points off. His quantiles are 12 + sqrt(13) (level - 0.5) 20.
    assert found["crps_last_20"] == pytest.approx(8.0)
    for name, centre in (("crps", 12), ("crps_ewma", 8)):
        quantiles = np.round(np.maximum(centre + np.sqrt(centre + 1) * (LEVELS - 0.5) * 20, 0.5))
        pinball = np.maximum(LEVELS * (15 - quantiles), (LEVELS - 1) * (15 - quantiles))
        assert found[name] == pytest.approx(2 * pinball.mean())
    # A level is 0.2 times the root of 13, so 14.5 and 15.5 lie 0.5 + 2.5 / (20 sqrt 13) and 0.5 + 3.5 / (20 sqrt 13) up.
    low, high = (0.5 + off / (20 * np.sqrt(13)) for off in (2.5, 3.5))
    assert (found["pit_low"], found["pit_high"]) == pytest.approx((low, high))
    assert found["log_score"] == pytest.approx(-np.log(high - low))
    assert found["expected_error"] == pytest.approx(12.5 - 15)


def test_a_bet_is_settled_at_its_line_and_held_to_the_closing_one() -> None:
    frames = inputs()
    bet = {"betting_line": 13.5, "bookmaker": "a", "recommendation": "UNDER", "over_price": -120, "under_price": 100}
    bet |= {"no_vig_over": 0.5}
    frames[0] = frames[0].with_columns(**{name: pl.lit(value) for name, value in bet.items()})
    frames[3] = of(SCHEDULE, {"game_id": "g", "tip_off": TIP + timedelta(minutes=15)})
    seen = {minute: TIP + timedelta(minutes=minute) for minute in (0, 5, 20)}
    before = [("a", 13.5, "Over", -110, seen[0]), ("a", 13.5, "Under", -110, seen[0])]
    # One more snapshot before tip-off, and one of a game that has begun, which is no closing line.
    closing = [("a", 12.5, side, -110, seen[5]) for side in ("Over", "Under")]
    in_play = [("a", 2.5, side, -110, seen[20]) for side in ("Over", "Under")]
    frames[4] = prop_lines(*before, *closing, *in_play)
    found = one(frames)
    assert (found["bet_outcome"], found["bet_return"], found["beat_vegas"]) == ("LOSS", -1.0, False)
    # At the close 12.5 has even prices; by the distribution 13.5 has less, so the under is worth more than it cost.
    over = {line: 0.5 - (line - 12) / (20 * np.sqrt(13)) for line in (12.5, 13.5)}
    odds = over[13.5] / (1 - over[13.5]) / (over[12.5] / (1 - over[12.5]))
    assert found["closing_line"] == 12.5
    assert found["closing_line_value"] == pytest.approx(0.5 - odds / (1 + odds))
    # Another book's move is not this book's close.
    frames[4] = prop_lines(*before, *(("b", 12.5, side, -110, seen[5]) for side in ("Over", "Under")))
    assert one(frames)["closing_line"] is None
    # Nothing was said after the decision: what it knew is not its own closing line.
    frames[4] = prop_lines(*before)
    assert (one(frames)["closing_line"], one(frames)["closing_line_value"]) == (None, None)
    frames[2] = frames[2].with_columns(pts=pl.when(pl.col("player_id") == 1).then(13).otherwise("pts"))
    assert (one(frames)["bet_outcome"], one(frames)["bet_return"]) == ("WIN", 1.0)
    frames[2] = frames[2].filter(pl.col("player_id") != 1)
    assert (one(frames)["bet_outcome"], one(frames)["bet_return"]) == ("VOID", 0.0)


def test_a_model_marked_as_baseline_is_what_others_have_to_beat() -> None:
    frames = inputs()
    other = frames[0].with_columns(model_id=pl.lit("other"), predicted_points=pl.lit(14.0))
    frames[0] = pl.concat([frames[0], other])
    # Its error is 1; the season average's is 4.
    beat = {row["model_id"]: row["beat_baseline"] for row in grade(*frames, player_points="other").to_dicts()}
    assert beat == {"x": False, "other": False}
    # The marked model has no prediction of another origin: there the season average stands in.
    frames[0] = frames[0].with_columns(origin=pl.when(pl.col("model_id") == "other").then(pl.lit("live")).otherwise("origin"))
    beat = {row["model_id"]: row["beat_baseline"] for row in grade(*frames, player_points="other").to_dicts()}
    assert beat == {"x": True, "other": False}


def test_another_market_counts_other_things() -> None:
    frames = inputs(reb_ewma=4.0, ast_ewma=3.0)
    market = "player_points_rebounds_assists"
    frames[0] = frames[0].with_columns(market=pl.lit(market), predicted_points=pl.lit(20.0))
    frames[2] = frames[2].with_columns(oreb=pl.lit(1), dreb=pl.lit(4), ast=pl.lit(2))
    found = one(frames)
    assert (found["actual_points"], found["error"]) == (22.0, -2.0)
    # His only game before: 7, 5 and 2.
    assert found["crps_last_20"] == pytest.approx(8.0)
    assert (found["ewma"], found["season_average"], found["last_10"], found["beat_baseline"]) == (15.0, None, None, True)


def test_who_was_traded_since_is_graded_for_his_new_team() -> None:
    frames = inputs()
    frames[2] = frames[2].with_columns(team_id=pl.when(pl.col("player_id") == 1).then(3).otherwise("team_id"))
    assert one(frames)["actual_points"] == 15.0


def test_who_did_not_play_is_void_not_wrong() -> None:
    found = one(inputs(actual=None))
    assert found["outcome"] == "void"
    assert [found[name] for name in ("actual_points", "error", "prediction_error", "known_minutes_points")] == [None] * 4


def test_a_game_without_result_is_not_graded_and_a_postponed_one_is_void() -> None:
    predictions, features, games, schedule, lines = inputs()
    frames = [predictions, features, games.clear(), schedule, lines]
    assert grade(*frames).is_empty()
    frames[3] = schedule.with_columns(status=pl.lit("postponed"))
    assert one(frames)["outcome"] == "void"
    # Called off before the tip decision: there is no feature row of it.
    frames[1] = features.clear()
    assert (one(frames)["outcome"], one(frames)["season_average"]) == ("void", None)


def test_a_box_score_of_one_team_is_no_result() -> None:
    frames = inputs()
    frames[2] = frames[2].filter(pl.col("team_id") == 2)
    assert grade(*frames).is_empty()


def test_a_rescheduled_game_is_graded_by_its_own_date() -> None:
    frames = inputs(actual=None)
    frames[2] = frames[2].with_columns(game_date=date(2024, 2, 1))
    frames[3] = pl.concat(
        [frames[3].with_columns(status=pl.lit("postponed")), frames[3].with_columns(game_date=date(2024, 2, 1))]
    )
    assert one(frames)["outcome"] == "void"


def test_baselines_of_a_first_game() -> None:
    first = one(inputs(points_avg_season=None, points_avg_last_20=7.0))
    assert first["season_average"] == 7.0
    debut = one(inputs(points_avg_season=None, points_avg_last_10=None, points_ewma=None, minutes_ewma=None))
    assert (debut["season_average"], debut["last_10"], debut["ewma"]) == (PLAYER_POINTS.debut,) * 3


def test_a_changed_grade_is_a_new_version_and_an_equal_one_is_none() -> None:
    first = grade(*inputs())
    stored = changed(first, GRADED_PREDICTIONS.empty())
    assert stored["version"].to_list() == [1]
    later = first.with_columns(graded_at=pl.lit(datetime(2024, 1, 5, tzinfo=UTC)))
    assert changed(later, stored).is_empty()
    corrected = changed(grade(*inputs(actual=17)), stored)
    assert corrected.select("version", "actual_points").rows() == [(2, 17.0)]
    both = pl.concat([stored, corrected])
    assert latest(both)["actual_points"].to_list() == [17.0]
    # Back to the first result: a third version, not the first one again.
    assert changed(first, both)["version"].to_list() == [3]


def line(*rows: tuple[str, float, str, int | None, datetime], decision_at: datetime = TIP) -> float | None:
    asked = pl.DataFrame({"game_id": "g", "game_date": DAY, "player_id": 1, "decision": "tip", "decision_at": decision_at})
    asked = asked.with_columns(pl.col("decision_at").cast(pl.Datetime("us", "UTC")))
    found = betting_lines(asked, prop_lines(*rows), "player_points")
    return found["betting_line"].item() if found.height else None


def test_the_line_is_the_median_of_the_books_main_lines() -> None:
    main = [("a", 20.5, "Over", -110, NOON), ("a", 20.5, "Under", -110, NOON)]
    alternate = [("a", 24.5, "Over", 250, NOON), ("a", 24.5, "Under", -320, NOON), ("a", 15.5, "Over", -400, NOON)]
    other = [("b", 22.5, "Over", -115, NOON), ("b", 22.5, "Under", -105, NOON)]
    assert line(*main, *alternate) == 20.5
    # Of two books that disagree the one whose sides are priced more alike; of three the middle one.
    assert line(*main, *alternate, *other) == 20.5
    even = [("c", 21.5, "Over", -118, NOON), ("c", 21.5, "Under", -102, NOON)]
    assert line(*main, *other, *even) == 21.5
    assert line(("c", 18.5, "Over", None, NOON)) == 18.5
    assert line(*main, ("a", 30.5, "Over", 400, NOON), ("a", 30.5, "Under", None, NOON)) == 20.5
    assert line() is None
    # A line of zero is none, nor are odds between -100 and 100.
    assert line(("a", 0.0, "Over", -110, NOON), ("a", 0.0, "Under", -110, NOON)) is None
    assert line(*main, ("a", 18.5, "Over", 0, NOON), ("a", 18.5, "Under", 0, NOON)) == 20.5


def test_a_line_counts_from_when_it_was_seen() -> None:
    rows = [("a", 20.5, "Over", -110, NOON), ("a", 20.5, "Under", -110, NOON)]
    closing = [("a", 22.5, "Over", -110, TIP), ("a", 22.5, "Under", -110, TIP)]
    assert line(*rows, decision_at=datetime(2024, 1, 1, 16, tzinfo=UTC)) is None
    assert line(*rows, *closing, decision_at=NOON) == 20.5
    assert line(*rows, *closing) == 22.5


def grades() -> pl.DataFrame:
    """Three dates; errors 1, -2, 3, -4; a void one; a line on two."""
    rows = [(1, 10.0, 9.0, 8.5, 20.0), (1, 10.0, 12.0, None, 20.0), (2, 10.0, 7.0, 9.5, 14.0), (3, 10.0, 14.0, None, 30.0)]
    common = {"model_id": "m", "decision": "tip", "origin": "backfill", "version": 1, "season_type": "Regular Season"}
    common |= {"is_out_of_sample": True, "crps": 2.0, "crps_last_20": 3.0, "inside_80": True}
    played = [
        common
        | {
            "game_date": date(2024, 1, day), "game_id": "g", "player_id": number, "outcome": "played",
            "predicted_points": predicted, "actual_points": actual,
            "error": predicted - actual, "prediction_error": abs(predicted - actual),
            "expected_minutes": minutes, "season_average": 8.0, "last_10": 9.0, "ewma": 10.0, "known_minutes_points": actual,
            "betting_line": line, "on_roster": number > 0, "line_is_ambiguous": number == 2 if line else None,
            "prob_over": None, "model_prob_over": None, "no_vig_over": None, "bet_return": None, "kelly_stake": None,
            "bookmaker": None, "expected_error": predicted - actual + 0.5,
        }
        for number, (day, predicted, actual, line, minutes) in enumerate(rows)
    ]  # fmt: skip
    void = common | {"game_date": date(2024, 1, 1), "game_id": "g", "player_id": 9, "outcome": "void", "predicted_points": 30.0}
    return of(GRADED_PREDICTIONS, *played, void)


def test_figures_by_hand() -> None:
    everyone, roster, regulars, listed, clear = evaluate(grades())
    assert (roster["population"], roster["n"], clear["population"], clear["n"]) == ("on_roster", 3, "line_unambiguous", 1)
    assert (everyone["population"], everyone["n"], everyone["mae"], everyone["bias"]) == ("all_played", 4, 2.5, -0.5)
    assert everyone["rmse"] == pytest.approx(np.sqrt(30 / 4))
    assert everyone["within_3"] == 0.75
    assert everyone["mae_season_average"] == pytest.approx((1 + 4 + 1 + 6) / 4)
    assert everyone["mae_known_minutes"] == 0
    assert (everyone["n_line"], everyone["mae_on_line_rows"], everyone["mae_line"]) == (2, 2.0, 1.5)
    # Lines 8.5 and 9.5 beside 10.0, of 9 and 7 points: the means are 0.25 and 2.75 off, the model 0.5 more than the line.
    assert everyone["mae_blend"] == pytest.approx((0.25 + 2.75) / 2)
    assert everyone["over_line"] == pytest.approx(0.5)
    assert everyone["over_line_high"] == pytest.approx(0.5)
    assert (regulars["population"], regulars["n"]) == ("expected_minutes_15plus", 3)
    assert (listed["population"], listed["n"], listed["mae"]) == ("line_listed", 2, 2.0)
    # Deviations from 2.5 by date: -2, 0.5, 1.5; three clusters, so t has two degrees of freedom; no player played twice.
    half = 4.302653 * np.sqrt((4 + 0.25 + 2.25) * 3 / 2) / 4
    assert everyone["mae_high"] == pytest.approx(2.5 + half, abs=1e-6)


def test_the_gap_to_the_truth_by_hand() -> None:
    actual = pl.col("actual_points")
    graded = grades().with_columns(ewma=pl.lit(8.0))
    truth = graded.select("game_id", "player_id", tip_points=actual - 1).drop_nulls()
    (record,) = gap_closed(graded, truth)
    # Errors of baseline, model and truth: 1 1 1, 4 2 1, 1 3 1, 6 4 1
    assert (record["n"], record["mae_ewma"], record["mae"], record["mae_truth"]) == (4, 3.0, 2.5, 1.0)
    assert record["gap_closed"] == 0.25
    # By date the gains are 2, -2, 2 and the gaps 3, 0, 5
    half = 4.302653 * np.sqrt((1.25**2 + 4 + 0.75**2) * 3 / 2) / 8
    assert record["gap_half_width"] == pytest.approx(half, abs=1e-6)
    assert gap_closed(graded, truth.clear()) == []


def test_the_live_grade_counts_where_there_are_two() -> None:
    live = grades().with_columns(origin=pl.lit("live"), prediction_error=pl.col("prediction_error") + 1)
    assert evaluate(pl.concat([grades(), live]))[0]["mae"] == 3.5
    assert evaluate(pl.concat([grades(), live]))[0]["n"] == 4


def test_what_a_model_may_have_been_trained_on_does_not_count() -> None:
    assert evaluate(grades().with_columns(is_out_of_sample=pl.lit(value=False))) == []


def test_intervals_by_hand() -> None:
    found = intervals(grades().with_columns(inside_80=pl.col("expected_minutes") > 15))
    assert found.select("expected_minutes", "n", "inside_80", "crps", "crps_last_20").rows() == [
        ("10-18", 1, 0.0, 2.0, 3.0),
        ("18-24", 2, 1.0, 2.0, 3.0),
        ("30+", 1, 1.0, 2.0, 3.0),
        ("all", 4, 0.75, 2.0, 3.0),
    ]


def test_a_single_date_has_no_interval_and_a_population_may_be_empty() -> None:
    alone, _, regulars, *_ = evaluate(grades().filter(pl.col("game_date") == date(2024, 1, 2)))
    assert (alone["mae"], alone["mae_low"], alone["mae_high"]) == (3.0, None, None)
    assert (regulars["n"], regulars["mae"], regulars["mae_line"]) == (0, None, None)
    assert evaluate(GRADED_PREDICTIONS.empty()) == []


def test_nobody_is_better_than_who_knows_the_minutes() -> None:
    assert impossible({"mae_high": 3.4, "mae_known_minutes": 3.55})
    assert not impossible({"mae_high": 4.3, "mae_known_minutes": 3.55})
    assert not impossible({"mae_high": None, "mae_known_minutes": 3.55})
