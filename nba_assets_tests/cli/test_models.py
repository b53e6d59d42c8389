"""The registry as users see it: one INSERT and the next run predicts; commands, gs://, and what is refused."""

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from nba_assets.home import Home
from nba_assets.modelling.bundles import load
from nba_assets.settings import Settings, load_settings
from nba_assets.stores.fingerprint import fingerprint
from nba_assets.tables import TABLES
from nba_assets_tests.cli.test_cli import run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ran_home")]

# As users write it.
INSERT = """
INSERT INTO nba_predictions.ml_model_registry (model_id, model_name, model_type, model_version, model_path, model_format,
  feature_version, feature_count, test_mae, enabled, is_production, is_baseline, created_at, notes)
VALUES ('catboost_v9', 'CatBoost V9 with Injury Features', 'catboost', 'v9', 'models/catboost_v9_36features.cbm', 'cbm',
  'v9_36features', 36, 3.35, TRUE, FALSE, FALSE, CURRENT_TIMESTAMP(), 'V9 adds injury features')
"""
YESTERDAY = """
SELECT * FROM nba_predictions.v_ml_model_daily_performance
WHERE game_date = DATE_SUB(CURRENT_DATE(), INTERVAL 1 DAY) ORDER BY mae ASC
"""
LEADERBOARD = (
    "SELECT model_id, mae, bet_accuracy, graded_predictions FROM nba_predictions.v_ml_model_leaderboard ORDER BY mae ASC"
)
HEAD_TO_HEAD = """
SELECT * FROM nba_predictions.v_ml_model_head_to_head
WHERE 'catboost_v8' IN (model_a, model_b) AND 'catboost_v9' IN (model_a, model_b)
"""
DAY = "2023-01-31"
# Another asset's table, here one point above a model, so that its grades can be computed by hand.
PROJECTIONS = f"""
CREATE TABLE nba_predictions.their_projections AS
SELECT game_date, game_id, player_id, decision, market, predicted_points + 1 AS predicted_points
FROM nba_predictions.ml_model_predictions WHERE model_id = 'ensemble_v2' AND game_date = '{DAY}'
"""
DERIVED = """
INSERT INTO nba_predictions.ml_model_registry (model_id, model_name, model_type, model_version, model_path, model_format,
  feature_version, training_end_date, enabled, is_production, is_baseline, created_at)
VALUES ('projections_v1', 'Projections', 'derived', 'v1', 'nba_predictions.their_projections', 'table', 'v2_wide', '2022-12-31',
  TRUE, FALSE, FALSE, CURRENT_TIMESTAMP())
"""
ERRORS = f"""
SELECT e.predicted_points + 1 - p.predicted_points AS apart,
  ABS(p.predicted_points - p.actual_points) - p.prediction_error AS off
FROM nba_predictions.graded_predictions AS e JOIN nba_predictions.graded_predictions AS p USING (game_id, player_id, decision)
WHERE e.model_id = 'ensemble_v2' AND p.model_id = 'projections_v1' AND e.game_date = '{DAY}' AND p.outcome = 'played'
"""


@pytest.fixture(scope="module")
def home(ran_home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the home that was run, with the file of a model that was trained on its first weeks."""
    folder = tmp_path_factory.mktemp("models") / "home"
    shutil.copytree(ran_home.home, folder)
    words = ["catboost_v9", "--features", "v9_36features", "--start-date", "2022-10-18", "--end-date", "2022-12-15"]
    trained = run("points", "train", *words, "--out", folder.parent, "--upload-gcs", "--format", "json", "--home", folder)
    (file,) = folder.parent.glob("catboost_v9_36features_*.cbm")
    shutil.copy(file, folder / "artifacts" / "models" / "catboost_v9_36features.cbm")
    assert re.search(r"\[   10\] Validation MAE: \d\.\d\d\n", trained.stderr)
    verdicts = json.loads(trained.stdout)
    assert {row["population"] for row in verdicts} >= {"all who played", "expected to play 15 minutes"}
    assert all(row["known_minutes"] < row["found"] for row in verdicts if row["criterion"].startswith("error at most"))
    return folder


def sql(home: Path, statement: str) -> list[dict[str, object]]:
    return json.loads(run("sql", statement, "--format", "json", "--home", home).stdout)


def test_one_insert_and_the_next_run_predicts_with_it(home: Path) -> None:
    run("sql", INSERT, "--home", home)
    said = run("predict", DAY, "--format", "json", "--home", home)
    rows = [row for row in json.loads(said.stdout) if row["model_id"] == "catboost_v9"]
    assert len(rows) > 100
    assert all(row["p10"] <= row["p90"] for row in rows)
    assert "catboost_v9: training_end_date is not given" in said.stderr
    until = "UPDATE nba_predictions.ml_model_registry SET training_end_date = '2022-12-15' WHERE model_id = 'catboost_v9'"
    for statement in (until, PROJECTIONS, DERIVED):
        run("sql", statement, "--home", home)
    assert "training_end_date is not given" not in run("predict", DAY, "--home", home).stderr
    run("grade", DAY, "--home", home)
    assert {row["model_id"] for row in sql(home, LEADERBOARD)} >= {"catboost_v8", "catboost_v9"}
    projected = sql(home, ERRORS)
    assert len(projected) > 100
    assert all(abs(row["apart"]) < 1e-9 and abs(row["off"]) < 1e-9 for row in projected)
    assert "projections_v1" in {row["model_id"] for row in sql(home, LEADERBOARD)}
    run("models", "disable", "projections_v1", "--home", home)
    versus = sql(home, HEAD_TO_HEAD)
    assert [row["dates"] for row in versus] == [1, 1]
    assert {row["decision"] for row in versus} == {"noon", "tip"}
    assert sql(home, YESTERDAY) == []
    added = sql(home, "SELECT event, new_value, changed_by FROM nba_predictions.ml_model_audit WHERE model_id = 'catboost_v9'")
    assert added == [{"event": "added", "new_value": "models/catboost_v9_36features.cbm", "changed_by": "sql"}]


def test_two_trainings_are_laid_beside_each_other_and_beside_a_leak(home: Path) -> None:
    early = run("points", "compare", "xgboost_v1", "--end-date", "2021-12-01", "--to", "2023-01-15", "--home", home, code=1)
    assert "--end-date 2021-12-01 is not after 2021-12-31" in early.stderr
    # This home begins in October 2022: there is nothing to learn from in 2021.
    none = run("points", "compare", "xgboost_v1", "--end-date", "2022-12-31", "--to", "2023-01-15", "--home", home, code=1)
    assert "xgboost_v1 at 2022-01-01: 0 rows are known before it, 5000 are needed" in none.stderr


def test_experiments_do_not_touch_production_and_only_the_champion_writes_it(home: Path) -> None:
    def produced() -> set[object]:
        return {
            row["model_id"]
            for row in sql(home, "SELECT DISTINCT model_id FROM player_prop_predictions WHERE game_date = '2023-01-31'")
        }

    assert produced() == {"lightgbm_v2"}
    # The two statements that users know; between them the old champion serves.
    run("sql", "UPDATE nba_predictions.ml_model_registry SET is_production = FALSE WHERE TRUE", "--home", home)
    run("predict", DAY, "--home", home)
    assert produced() == {"lightgbm_v2"}
    run(
        "sql", "UPDATE nba_predictions.ml_model_registry SET is_production = TRUE WHERE model_id = 'xgboost_v1'", "--home", home
    )
    run("predict", DAY, "--home", home)
    assert produced() == {"xgboost_v1"}
    assert "lightgbm_v2 serves again instead of xgboost_v1" in run("models", "rollback", "--home", home).stderr
    assert (
        "ensemble_v2 serves now; before, lightgbm_v2 did"
        in run("models", "promote", "ensemble_v2", "--reason", "it is better", "--home", home).stderr
    )
    told = sql(
        home, "SELECT old_value, new_value, reason FROM nba_predictions.ml_model_audit WHERE event = 'promoted' ORDER BY number"
    )
    assert [(row["old_value"], row["new_value"]) for row in told] == [
        (None, "lightgbm_v2"),
        ("lightgbm_v2", "xgboost_v1"),
        ("xgboost_v1", "lightgbm_v2"),
        ("lightgbm_v2", "ensemble_v2"),
    ]
    assert told[-1]["reason"] == "it is better"
    assert (
        "ensemble_v2 is the champion; promote another model first"
        in run("models", "disable", "ensemble_v2", "--home", home, code=1).stderr
    )


def test_what_is_wrong_with_a_row_is_recorded_and_the_others_go_on(home: Path) -> None:
    rows = {
        "no_file": ("'models/none.cbm'", "'cbm'", 36),
        "other_type": ("'models/catboost_v9_36features.cbm'", "'txt'", 36),
        "miscounted": ("'models/catboost_v9_36features.cbm'", "'cbm'", 40),
    }
    for model_id, (path, form, count) in rows.items():
        changed = INSERT.replace("'catboost_v9'", f"'{model_id}'").replace(
            "'models/catboost_v9_36features.cbm', 'cbm'", f"{path}, {form}"
        )
        run("sql", changed.replace("36, 3.35", f"{count}, 3.35"), "--home", home)
        # Mended by one more INSERT of the same id, as people do.
        run("sql", changed, "--home", home)
    said = run("predict", DAY, "--format", "json", "--home", home)
    assert not {row["model_id"] for row in json.loads(said.stdout)} & set(rows)
    skipped = sql(
        home,
        "SELECT model_id, stage FROM ml_model_skips WHERE game_date = '2023-01-31' AND decision = 'tip' ORDER BY 1, 2",
    )
    assert [(row["model_id"], row["stage"]) for row in skipped] == [
        ("miscounted", "registration"),
        ("no_file", "file"),
        ("no_file", "registration"),
        ("other_type", "registration"),
    ]
    assert "no_file skipped on 1 dates (file)" in said.stderr
    assert "warning: ml_model_registry no_refused_row: 3 rows" in said.stderr
    for model_id in rows:
        run("models", "disable", model_id, "--reason", "a test", "--home", home)
    run("predict", DAY, "--home", home)
    assert sql(home, "SELECT * FROM ml_model_skips WHERE game_date = '2023-01-31'") == []


def test_a_damaged_bundle_leaves_what_was_predicted_and_graded_by_it(home: Path) -> None:
    def held() -> list[dict[str, object]]:
        counted = "SELECT COUNT(*) AS n, MIN(p.predicted_points) AS least FROM ml_model_predictions AS p WHERE"
        return sql(home, f"{counted} p.model_id = 'xgboost_v1' AND p.game_date = '{DAY}'")

    before = held()
    metas = list((home / "artifacts" / "bundles" / "xgboost_v1").glob("*/*/meta.json"))
    texts = [meta.read_bytes() for meta in metas]
    for meta in metas:
        meta.write_bytes(b"{")
    # Another process has read none of them.
    load.cache_clear()
    said = run("grade", DAY, "--home", home, code=None)
    assert "xgboost_v1 skipped on 1 dates (file)" in said.stderr
    assert "meta.json is damaged" in said.stderr
    assert held() == before
    for meta, text in zip(metas, texts, strict=True):
        meta.write_bytes(text)
    load.cache_clear()


def test_a_model_may_lie_in_cloud_storage(home: Path, bucket: str) -> None:
    (file,) = home.parent.glob("catboost_v9_36features_*.cbm")
    run("models", "register", file, "--model-id", "catboost_far", "--training-end", "2022-12-15", "--home", home)
    again = run("models", "register", file, "--model-id", "catboost_far", "--home", home, code=1)
    assert "catboost_far is registered already" in again.stderr
    said = run("models", "upload", "catboost_far", "--to", f"{bucket}/points/", "--home", home)
    assert f"catboost_far is read from {bucket}/points/{file.name} now" in said.stderr
    listed = json.loads(run("models", "list", "--format", "json", "--home", home).stdout)
    (row,) = [row for row in listed if row["model_id"] == "catboost_far"]
    assert row["model_path"] == f"{bucket}/points/{file.name}"
    assert row["feature_version"] == "v9_36features"
    predicted = json.loads(run("predict", DAY, "--format", "json", "--home", home).stdout)
    points = {
        name: [r["predicted_points"] for r in predicted if r["model_id"] == name] for name in ("catboost_v9", "catboost_far")
    }
    assert points["catboost_far"] == points["catboost_v9"] != []
    run("models", "disable", "catboost_far", "--home", home)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["register", "model.pkl"], "model.pkl: a model file ends in .txt, .json, .ubj, .cbm"),
        (["register", "nowhere.cbm"], "no such file"),
        (["promote", "nobody"], "no model 'nobody'; there are"),
        (["upload", "lightgbm_v2", "--to", "x"], "lightgbm_v2 has no file: it is trained at every cutoff"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(home: Path, words: list[str], message: str) -> None:
    assert message in run("models", *words, "--home", home, code=1).stderr


def test_what_if_he_sits_changes_the_teammates_and_stores_nothing(home: Path) -> None:
    def contents() -> dict[str, str]:
        warehouse = Home(load_settings(home)).warehouse
        return {name: fingerprint(warehouse.read(table), table) for name, table in TABLES.items()}

    before = contents()
    slate = pl.DataFrame(json.loads(run("predict", DAY, "--format", "json", "--home", home).stdout))
    star = slate.sort("predicted_points", descending=True).row(0, named=True)
    found = pl.DataFrame(
        json.loads(run("predict", DAY, "--out", star["player_name"], "--format", "json", "--home", home).stdout)
    )
    words = ("predict", DAY, "--out", star["player_name"], "--format", "json", "--home", home)
    minutes, boxes = (pl.DataFrame(json.loads(run(*words, "--of", of).stdout)) for of in ("minutes", "projections"))
    mates = found.filter(pl.col("team") == star["team"])
    for other in (minutes, boxes):
        assert star["player_name"] not in other["player_name"].to_list()
        assert set(other["player_name"]) == set(found["player_name"])
        own = other.filter(pl.col("team") == star["team"])
        # His minutes and shots go to the others, and the lineup stays announced: nobody loses a starter's minutes.
        assert own["change"].mean() > 2 * abs(other.filter(pl.col("team") != star["team"])["change"].mean())
        assert own["change"].min() > -1.5
    more = minutes.filter(pl.col("team") == star["team"])
    assert (more["minutes_mean_if"] * more["play_prob_if"]).sum() == pytest.approx(240, abs=25)
    assert star["player_name"] not in found["player_name"].to_list()
    assert mates["change"].mean() > 0.3
    assert mates["change"].mean() > 2 * abs(found.filter(pl.col("team") != star["team"])["change"].mean())
    assert contents() == before
    alone = run("predict", DAY, "--of", "minutes", "--home", home, code=1)
    assert "name a player with --out" in alone.stderr
    nobody = run("predict", DAY, "--out", "Wilt Chamberlain", "--home", home, code=1)
    assert "'Wilt Chamberlain' is not one player of the slate" in nobody.stderr
