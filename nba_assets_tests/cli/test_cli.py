"""The command line as users and scripts see it."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from nba_assets.cli.app import app
from nba_assets.settings import Settings
from nba_assets.sources.archive import ArchiveSource
from nba_assets.tables import TABLES

MODELS = ("catboost_v8", "ensemble_v2", "lightgbm_v2", "rates_v1", "xgboost_v1", "xgboost_v2")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ran_home")]


def run(*words: str | Path, code: int | None = 0) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert code is None or result.exit_code == code, result.output
    return result


def test_home_goes_before_or_after_the_subcommand_or_into_the_environment(
    ran_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = ["sql", "SELECT COUNT(*) AS n FROM nba_league.schedule", "--format", "csv"]
    before = run("--home", ran_home.home, *question).stdout
    after = run(*question, "--home", ran_home.home).stdout
    monkeypatch.setenv("NBA_ASSETS_HOME", str(ran_home.home))
    assert before == after == run(*question).stdout
    assert int(before.split()[1]) > 500


def test_evaluate_prints_json_and_only_json(ran_home: Settings) -> None:
    result = run("--home", ran_home.home, "evaluate", "points", "--from", "2023-01-01", "--to", "2023-01-31", "--json")
    found = json.loads(result.stdout)
    assert {(row["model_id"], row["decision"], row["population"]) for row in found} == {
        (model, decision, population)
        for model in MODELS
        for decision in ("noon", "tip")
        for population in ("all_played", "on_roster", "expected_minutes_15plus", "line_listed", "line_unambiguous")
    }
    keys = "model_id decision population n mae rmse bias within_3 mae_season_average mae_last_10 mae_ewma mae_known_minutes"
    for row in found:
        assert {*keys.split(), "n_line", "mae_on_line_rows", "mae_line"} <= row.keys()
        assert row["n"] > 0
        assert row["mae_low"] < row["mae"] < row["mae_high"]
        assert 0 < row["mae_known_minutes"] < row["mae_season_average"] + 1
    within = run("evaluate", "--home", ran_home.home, "points", "--from", "2023-01-01", "--to", "2023-01-31", "--json")
    assert json.loads(within.stdout) == found


def test_evaluate_prints_a_table(ran_home: Settings) -> None:
    words = [
        "evaluate",
        "points",
        "--from",
        "2023-01-01",
        "--to",
        "2023-01-31",
        "--season-type",
        "regular",
        "--home",
        ran_home.home,
    ]
    assert run(*words).stdout.splitlines()[0].split()[:3] == ["model", "decision", "population"]


@pytest.mark.parametrize("figures", ["points", "intervals"])
def test_a_range_that_ends_before_it_begins_is_refused(ran_home: Settings, figures: str) -> None:
    result = run("evaluate", figures, "--from", "2023-01-02", "--to", "2023-01-01", "--home", ran_home.home, code=1)
    assert "the first date, 2023-01-02, is after the last, 2023-01-01" in result.stderr


def test_a_range_without_grades_says_what_to_do(ran_home: Settings) -> None:
    result = run("evaluate", "points", "--from", "2021-01-01", "--to", "2021-01-31", "--json", "--home", ran_home.home, code=1)
    assert "no graded predictions in 2021-01-01 … 2021-01-31: no games, or" in result.stderr
    assert result.stdout == ""


def test_verify_no_leak_fails_where_rows_were_tampered_with(ran_home: Settings, tmp_path: Path) -> None:
    days = ["--from", "2023-01-02", "--to", "2023-01-08", "--json"]
    shutil.copytree(ran_home.home, tmp_path / "home")
    home = ["--home", tmp_path / "home"]
    run("sql", "UPDATE nba_features.ml_feature_store SET points_avg_last_5 = 30 WHERE game_date = '2023-01-05'", *home)
    run("sql", "UPDATE nba_predictions.model_bundles SET last_game_date = '2023-06-01' WHERE true", *home)
    raised = "UPDATE nba_predictions.ml_model_predictions SET predicted_points = 1 WHERE game_date = '2023-01-06'"
    run("sql", raised, *home)
    perfect = (
        "UPDATE nba_predictions.graded_predictions SET prediction_error = 0, predicted_points = actual_points, error = 0"
        " WHERE decision = 'tip' AND outcome = 'played'"
    )
    run("sql", perfect, *home)
    result = run("verify-no-leak", *days, *home, code=1)
    failed = json.loads(result.stdout)
    checks = " ".join(verdict["check"] for verdict in failed)
    for words in (
        "fresh build",
        "changed at random",
        "cut away",
        "built alone",
        "starters at noon",
        "possible accuracy",
        "trained again",
    ):
        assert words in checks
    wrong = {verdict["check"]: verdict["fault"] for verdict in failed if not verdict["passed"]}
    assert set(wrong) >= {
        "stored features are a fresh build",
        "bundles are what their files say",
        "predictions are what models predict from fresh rows",
        "grades are of the results",
        *(f"possible accuracy: {model} tip" for model in MODELS),
    }
    assert "points_avg_last_5" in wrong["stored features are a fresh build"]
    assert f"{len(wrong)} of " in result.stderr
    nothing = run("verify-no-leak", "--from", "2023-01-05", "--to", "2023-01-01", "--home", ran_home.home, code=1)
    assert "no games in 2023-01-05 … 2023-01-01: nothing to verify" in nothing.stderr


def test_predict_and_grade_print_their_rows(ran_home: Settings) -> None:
    predicted = run("predict", "2023-01-10", "--format", "json", "--home", ran_home.home)
    rows = json.loads(predicted.stdout)
    own = [row for row in rows if row["serves"]]
    assert own == sorted(own, key=lambda row: (-row["predicted_points"], row["player_id"])) == rows[: len(own)]
    assert {row["model_id"] for row in own} == {"lightgbm_v2"}
    assert {row["model_id"] for row in rows} == set(MODELS)
    assert rows[0]["player_name"]
    graded = json.loads(run("grade", "2023-01-10", "--format", "json", "--home", ran_home.home).stdout)
    assert graded[0]["n"] <= len(rows)
    assert "ml_model_predictions:" in predicted.stderr


def test_predict_of_a_day_without_games_says_so(ran_home: Settings) -> None:
    assert "no predictions for 2022-08-01" in run("predict", "2022-08-01", "--home", ran_home.home, code=1).stderr
    assert "2017-08-01 cannot be predicted" in run("predict", "2017-08-01", "--home", ran_home.home, code=1).stderr


def test_sql_changes_and_reads(ran_home: Settings) -> None:
    home = ["--home", ran_home.home]
    run("sql", "CREATE TABLE nba_league.notes (number INT64); INSERT INTO nba_league.notes VALUES (1), (2)", *home)
    run("sql", "DELETE FROM nba_league.notes WHERE number = 1", *home)
    assert json.loads(run("sql", "SELECT number FROM notes", "--format", "json", *home).stdout) == [{"number": 2}]
    run("sql", "DROP TABLE nba_league.notes", *home)
    wrong = run("sql", "SELECT nope FROM nba_league.schedule", *home, code=1)
    assert "nope" in wrong.stderr
    assert wrong.stdout == ""


def test_fingerprint_and_status_name_every_table(ran_home: Settings) -> None:
    printed = json.loads(run("fingerprint", "--json", "--home", ran_home.home).stdout)
    assert list(printed) == list(TABLES)
    assert {len(value) for value in printed.values()} == {64}
    status = json.loads(run("status", "--json", "--home", ran_home.home).stdout)
    assert [row["table"] for row in status] == [table.qualified for table in TABLES.values()]
    assert {row["table"] for row in status if not row["rows"]} == {
        "nba_facts.quarantine",
        "nba_facts.quarantined_rows",
        # The games are tracked one by one.
        "nba_facts.source_requests",
        "nba_facts.tracking_seasons",
        "nba_predictions.ml_model_skips",
        "nba_predictions.lineup_bundles",
        "nba_predictions.lineup_coefficients",
        "nba_predictions.lineup_ratings",
        "nba_predictions.champion_decision",
    }


def test_an_exported_archive_is_an_archive(ran_home: Settings, tmp_path: Path) -> None:
    run("export-archive", tmp_path / "archive", "--home", ran_home.home)
    assert [span.season for span in ArchiveSource(tmp_path / "archive").seasons()] == ["2022-23"]
    assert pl.read_parquet(tmp_path / "archive" / "players.parquet").height == 540
    refused = run("simulate", "--compare", tmp_path / "archive", code=1)
    assert "no season of 1,200 games to compare with" in refused.stderr


def test_simulate_wants_something_to_do(tmp_path: Path, ran_home: Settings) -> None:
    assert "name a folder with --truth DIR, --archive DIR or --compare DIR" in run("simulate", code=1).stderr
    words = ["evaluate", "truth", tmp_path, "--from", "2023-01-01", "--to", "2023-01-02", "--home", ran_home.home]
    assert "league.json" in run(*words, code=1).stderr
    (tmp_path / "league.json").write_text('{"seed": 8}')
    assert "league.json cannot be read" in run(*words, code=1).stderr
    (tmp_path / "league.json").write_text('{"seed": 8, "first_season": 2022, "seasons": 1, "replays": 1}')
    assert "is of seed 8, first season 2022; the home holds source simulated, seed 7" in run(*words, code=1).stderr
    assert "name them with --compare DIR" in run("simulate", "--truth", tmp_path, "--picture", "x.png", code=1).stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["backfill", "--source", "archive", "--from", "2023-01-01", "--to", "2023-01-02"],
            "no folder is named; give --path DIR",
        ),
        (["backfill", "--from", "2019-01-01", "--to", "2019-01-02"], "has no games in 2019-01-01 … 2019-01-02"),
        (["backfill", "--from", "2023-01-02", "--to", "2023-01-01"], "--from 2023-01-02 is after --to 2023-01-01"),
    ],
)
def test_requests_that_cannot_be_met_are_explained(tmp_path: Path, words: list[str], message: str) -> None:
    result = run("--home", tmp_path / "home", *words, code=1)
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "home").exists()


def test_a_home_keeps_to_its_source(ran_home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["backfill", "--source", "archive", "--path", tmp_path, "--from", "2023-01-01", "--to", "2023-01-31"]
    result = run("--home", ran_home.home, *words, code=1)
    assert "holds data of source simulated; name another folder with --home DIR" in result.stderr
    monkeypatch.setenv("NBA_ASSETS_SEED", "8")
    for command in ("predict", "grade"):
        assert "holds data of seed 7" in run(command, "2023-01-10", "--home", ran_home.home, code=1).stderr


def test_a_home_that_is_none_is_said_and_not_made(tmp_path: Path) -> None:
    result = run("--home", tmp_path / "typo", "status", code=1)
    assert "typo holds no data yet" in result.stderr
    assert not (tmp_path / "typo").exists()


def test_text_is_printed_as_it_is(ran_home: Settings) -> None:
    result = run("sql", "SELECT '[red]x' AS a, [1, 2] AS b", "--home", ran_home.home)
    assert "[red]x" in result.stdout
    assert "[1, 2]" in run("sql", "SELECT [1, 2] AS b", "--format", "csv", "--home", ran_home.home).stdout


def test_a_broken_settings_file_is_named(tmp_path: Path) -> None:
    for text in ('{"source": "hearsay"}', '{"source": "arch'):
        (tmp_path / "settings.json").write_text(text)
        assert f"settings of {tmp_path}" in run("--home", tmp_path, "status", code=1).stderr
