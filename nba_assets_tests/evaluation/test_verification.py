"""Homes that were doctored: each way of making figures better than they are is caught, and by the check that names it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from nba_assets.calendar import Dates
from nba_assets.evaluation.verification.verdicts import Examined, NothingToVerifyError
from nba_assets.evaluation.verification.verify import LAYERS, verify
from nba_assets.features.store import READ, build, read_facts
from nba_assets.home import Home
from nba_assets.orchestration.factory import cutoff_dates
from nba_assets.settings import Settings, load_settings
from nba_assets.sources.archive import ArchiveSource
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ran_home")]
DATES = Dates(date(2023, 1, 10), date(2023, 1, 13))
PREDICTIONS, GRADES = "nba_predictions.ml_model_predictions", "nba_predictions.graded_predictions"
BUNDLES, AVAILABILITY = "nba_predictions.model_bundles", "nba_facts.availability"


def examined(home: Home, dates: Dates = DATES) -> Examined:
    return Examined(home.warehouse, home.artifacts, dates, cutoff_dates(home.settings.cutoff_cron), home.settings.exposure)


def failed(given: Examined, *layers: str) -> list[str]:
    return [verdict.check for verdict in verify(given, layers or LAYERS) if not verdict.passed]


@pytest.fixture
def home(ran_home: Settings, tmp_path: Path) -> Home:
    """A copy of the home, to be doctored."""
    for name in ("warehouse.duckdb", "settings.json"):
        shutil.copy(ran_home.home / name, tmp_path / name)
    shutil.copytree(ran_home.home / "artifacts", tmp_path / "artifacts")
    return Home(load_settings(tmp_path))


def test_an_honest_home_passes_every_check(ran_home: Settings) -> None:
    verdicts = list(verify(examined(Home(ran_home))))
    assert [(verdict.check, verdict.fault) for verdict in verdicts if not verdict.passed] == []
    assert len(verdicts) > 35


def test_without_games_there_is_nothing_to_verify(ran_home: Settings) -> None:
    with pytest.raises(NothingToVerifyError, match="nothing to verify"):
        list(verify(examined(Home(ran_home), Dates(date(2019, 7, 1), date(2019, 7, 31)))))


DOCTORED: dict[str, tuple[str, str, str]] = {
    "features that know tonight": (
        "UPDATE nba_features.ml_feature_store SET points_ewma = points_ewma + 1 WHERE game_date = '2023-01-11'",
        "features",
        "stored features are a fresh build",
    ),
    "minutes that know who sat": (
        "UPDATE nba_predictions.minutes_predictions SET play_prob = 0 WHERE game_date = '2023-01-11' AND player_id = "
        "(SELECT MIN(player_id) FROM nba_predictions.minutes_predictions WHERE game_date = '2023-01-11' AND play_prob > 0.5)",
        "rooms",
        "minutes are what bundles predict from fresh rows",
    ),
    "rates of other games": (
        "UPDATE nba_features.rates_training_base SET ast_per_min = 0 WHERE game_date = '2023-01-11' AND ast_per_min > 0.2",
        "rooms",
        "rates are learned from fresh rows and results",
    ),
    "projections moved towards results": (
        "UPDATE nba_predictions.projections SET ast = ast + 0.01 WHERE game_date = '2023-01-11'",
        "rooms",
        "projections are what runs predict from fresh rows",
    ),
    "a run of rates from later": (
        "UPDATE nba_predictions.rates_bundles SET training_cutoff = '2022-10-01'",
        "rooms",
        "bundles of minutes and rates learn from games before their cutoff",
    ),
    "predictions moved towards results": (
        f"UPDATE {PREDICTIONS} SET predicted_points = predicted_points + 0.01 WHERE game_date = '2023-01-11'",
        "predictions",
        "predictions are what models predict from fresh rows",
    ),
    "intervals that hold everything": (
        f"UPDATE {PREDICTIONS} SET p10 = 0, p90 = 99 WHERE model_id = 'lightgbm_v2'",
        "predictions",
        "distributions are those of their bundles",
    ),
    "chances that are certain": (
        f"UPDATE {PREDICTIONS} SET prob_over = 0.99 WHERE prob_over > 0.5",
        "predictions",
        "chances follow from earlier lines",
    ),
    "lines that are easy to beat": (
        f"UPDATE {PREDICTIONS} SET betting_line = betting_line - 3 WHERE recommendation = 'OVER'",
        "predictions",
        "lines are those of the facts",
    ),
    "bets that were not recommended": (
        f"UPDATE {PREDICTIONS} SET recommendation = 'OVER', kelly_stake = 0.05 WHERE recommendation = 'PASS'",
        "predictions",
        "bets and stakes follow from chances and prices",
    ),
    "bad nights that are forgotten": (
        f"DELETE FROM {PREDICTIONS} WHERE game_date = '2023-01-11' AND model_id = 'lightgbm_v2' AND MOD(player_id, 7) = 0",
        "predictions",
        "nothing is left out of a slate",
    ),
    "a later cutoff": (
        f"UPDATE {PREDICTIONS} SET training_cutoff = '2023-10-01' WHERE model_id = 'lightgbm_v2'",
        "bundles",
        "predictions come from the bundle of their window",
    ),
    "results that fit": (
        f"UPDATE {GRADES} SET prediction_error = 0, error = 0, actual_points = predicted_points WHERE outcome = 'played'",
        "grades",
        "grades are of the results",
    ),
    "scores that shine": (
        f"UPDATE {GRADES} SET crps = 1 WHERE outcome = 'played'",
        "grades",
        "scores are of the distributions",
    ),
    "baselines that are weak": (
        f"UPDATE {GRADES} SET ewma = 0, season_average = 0",
        "grades",
        "baselines are of earlier games",
    ),
    "bets that won": (
        f"UPDATE {GRADES} SET bet_outcome = 'WIN', bet_return = 0.9 WHERE bet_outcome = 'LOSS'",
        "grades",
        "bets are settled by results and lines",
    ),
    "losses that are not graded": (
        f"DELETE FROM {GRADES} WHERE bet_outcome = 'LOSS' AND game_date = '2023-01-11'",
        "grades",
        "every prediction with a result is graded",
    ),
    "an evaluation by hand": (
        "UPDATE nba_predictions.points_evaluation SET mae = mae - 0.3",
        "evaluations",
        "evaluations are those of the grades",
    ),
    "an evaluation that is left out": (
        "DELETE FROM nba_predictions.points_evaluation WHERE model_id = 'xgboost_v1' AND decision = 'tip'",
        "evaluations",
        "evaluations are those of the grades",
    ),
    "usage that knows the month after": (
        "UPDATE nba_predictions.usage_coefficients SET usage_delta = usage_delta + 0.2 WHERE training_cutoff = '2023-01-01'",
        "evaluations",
        "usage coefficients are fitted again the same",
    ),
    "absentees who are all known by noon": (
        f"UPDATE {AVAILABILITY} SET known_at = TIMESTAMP('2022-12-31 12:00:00+00') WHERE status = 'out'"
        " AND game_date BETWEEN '2023-01-01' AND '2023-01-31'",
        "facts",
        "some absences are announced late",
    ),
    "lines from after the game": (
        "UPDATE nba_facts.prop_lines SET known_at = TIMESTAMP_ADD(known_at, INTERVAL 20 HOUR) WHERE game_date = '2023-01-11'",
        "facts",
        "lines on players are from before tip-off",
    ),
    "box scores from before the game": (
        "UPDATE nba_facts.box_scores SET known_at = TIMESTAMP_SUB(known_at, INTERVAL 12 HOUR) WHERE game_date = '2023-01-11'",
        "facts",
        "box scores are known after the game",
    ),
    "a model of another window": (
        f"UPDATE {BUNDLES} SET last_game_date = '2022-11-30' WHERE model_id = 'xgboost_v1'",
        "bundles",
        "bundles are what their files say",
    ),
}


@pytest.mark.parametrize("way", DOCTORED)
def test_a_doctored_home_is_caught_by_name(home: Home, way: str) -> None:
    statement, layer, check = DOCTORED[way]
    home.sql(statement)
    dates = Dates(date(2023, 1, 1), date(2023, 1, 13)) if layer in ("evaluations", "facts") else DATES
    assert check in failed(examined(home, dates), layer)


def _of(home: Home, model_id: str) -> Path:
    path = home.sql(f"SELECT path FROM {BUNDLES} WHERE model_id = '{model_id}'").item()
    return Path(home.settings.home) / "artifacts" / path


def swapped(home: Home) -> None:
    """The row of one model points at the bundle of another: a stronger one, or one that was trained later."""
    other = f"(SELECT path FROM {BUNDLES} WHERE model_id = 'catboost_v8')"
    home.sql(f"UPDATE {BUNDLES} SET path = {other} WHERE model_id = 'lightgbm_v2'")


def backdated(home: Home) -> None:
    """The bundle is of a later cutoff, and its record and the table's row say that it is not."""
    file = _of(home, "xgboost_v1") / "meta.json"
    meta = json.loads(file.read_text())
    meta["window"]["row_count"] -= 1000
    file.write_text(json.dumps(meta))
    home.sql(f"UPDATE {BUNDLES} SET row_count = row_count - 1000 WHERE model_id = 'xgboost_v1'")


def retouched(home: Home) -> None:
    """A file of the bundle is another one."""
    file = _of(home, "lightgbm_v2") / "tip.txt"
    file.write_bytes(file.read_bytes().replace(b"leaf_value=", b"leaf_value=0", 1))


@pytest.mark.parametrize(
    ("doctor", "layer", "check"),
    [
        (swapped, "bundles", "bundles are what their files say"),
        (backdated, "refit", "a bundle trained again is the same"),
        (retouched, "bundles", "bundles are what their files say"),
    ],
)
def test_a_doctored_bundle_is_caught_by_name(home: Home, doctor: Callable[[Home], None], layer: str, check: str) -> None:
    doctor(home)
    assert failed(examined(home), layer) == [check]


@pytest.fixture(scope="module")
def told(archive_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Examined]:
    """Real games of nine days, with mornings that know who will be out, or not."""
    dates = Dates(date(2023, 11, 6), date(2023, 11, 14))

    @cache
    def landed(knows: bool) -> Examined:
        source = ArchiveSource(archive_folder, told=knows)
        warehouse = DuckDBWarehouse(tmp_path_factory.mktemp("told") / "warehouse.duckdb")
        known, always = read_facts(source, dates), Dates(date(2018, 1, 1), dates.last)
        for table in READ:
            rows = source.read(table, always) if table == facts.INJURY_REPORTS else getattr(known, table.name)
            warehouse.replace(table, rows, {table.date_column: always} if table.date_column else {})
        warehouse.replace(ML_FEATURE_STORE, build(known, dates), {"game_date": dates})
        return Examined(warehouse, None, dates, [], 0.1, derives_absences=True, told=knows)  # type: ignore[arg-type]

    return landed


def failed_until(given: Examined, last: str) -> list[str]:
    """The features' checks that fail, of those up to one: the harness after it does not ask how absences were derived."""
    found: list[str] = []
    for verdict in verify(given, ("features",)):
        found += [] if verdict.passed else [verdict.check]
        if verdict.check == last:
            return found
    raise AssertionError(f"{last!r} was not checked")


@pytest.mark.xdist_group("real games with absences")
def test_absences_that_tell_mornings_of_tonight_are_caught_on_real_games(told: Callable[[bool], Examined]) -> None:
    changed, kept = "absences derived from changed box scores", "absences are those that box scores give"
    assert failed(told(False), "features") == []
    assert failed_until(told(True), changed) == [changed]
    # Said to be without look-ahead, they are not what box scores give.
    assert failed_until(replace(told(True), told=False), kept) == [kept]


def test_a_fault_names_rows_and_columns(home: Home) -> None:
    home.sql(f"UPDATE {GRADES} SET ewma = 0 WHERE game_date = '2023-01-11'")
    (fault,) = [verdict.fault for verdict in verify(examined(home), ("grades",)) if not verdict.passed]
    assert fault.startswith("ewma: ")
    assert "game_date=2023-01-11" in fault
    assert "0.0 stored" in fault
