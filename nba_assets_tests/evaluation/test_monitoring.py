from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from nba_assets.evaluation.champion import decide_champions
from nba_assets.evaluation.monitoring import drift, drift_study, missing_dates
from nba_assets.registry import service
from nba_assets.registry.rules import Actor
from nba_assets.stores.artifacts import FileArtifacts
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, PREDICTED_KEY
from nba_assets_tests.rows import of

DAYS = [date(2024, 1, day) for day in range(1, 5)]


def games(*days: int, **more: object) -> pl.DataFrame:
    frame = pl.DataFrame({"game_id": [f"g{day}" for day in days], "game_date": [DAYS[day] for day in days]})
    return frame.cast({"game_id": pl.String, "game_date": pl.Date}).with_columns(**{k: pl.lit(v) for k, v in more.items()})


def played(*days: int) -> pl.DataFrame:
    return pl.concat([games(*days, team_id=1), games(*days, team_id=2)])


def test_what_is_missing_is_named_by_date() -> None:
    schedule = pl.concat([games(0, 1, 2, status="scheduled"), games(3, status="postponed")])
    one_team = pl.concat([played(0, 1), games(2, team_id=1)])
    found = missing_dates(schedule, one_team, games(0, 1), games(1, 2), games())
    assert found.rows() == [
        (DAYS[1], "grades", 1),
        (DAYS[2], "box scores", 1),
        (DAYS[2], "features", 1),
    ]


def test_before_anything_is_predicted_no_prediction_is_missing() -> None:
    assert missing_dates(games(0, status="scheduled"), played(0), games(0), games(), games()).is_empty()


NOW = datetime(2024, 6, 1, tzinfo=UTC)


def graded(model: str, errors: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> pl.DataFrame:
    """Live grades: a row a date and player, as (dates, players)."""
    rows = [
        {
            "model_id": model,
            "game_date": date(2024, 1, 1) + timedelta(days=int(day)),
            "player_id": int(player),
            "decision": "tip",
            "origin": "live",
            "version": 1,
            "outcome": "played",
            "is_out_of_sample": True,
            "error": float(error),
            "prediction_error": abs(float(error)),
        }
        for (day, player), error in np.ndenumerate(errors)
    ]
    return of(GRADED_PREDICTIONS, *rows)


def land(warehouse: DuckDBWarehouse, grades: pl.DataFrame) -> None:
    """Grades with the predictions that they are of."""
    warehouse.append(ML_MODEL_PREDICTIONS, of(ML_MODEL_PREDICTIONS, *grades.select(PREDICTED_KEY).to_dicts()))
    warehouse.append(GRADED_PREDICTIONS, grades)


def noise(seed: int, days: int = 80, players: int = 90) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    return np.random.default_rng(seed).normal(0, 5, (days, players))


def seasons(errors: "list[np.ndarray[tuple[int, int], np.dtype[np.float64]]]") -> pl.DataFrame:
    """Grades of seasons of 80 dates from December on, beside an exponential mean that errs by five points."""
    parts = [
        graded("m", each).with_columns(
            game_date=pl.col("game_date").dt.offset_by(f"{year}y"),
            season=pl.lit(f"{2020 + year}-{21 + year}"),
            season_type=pl.lit("Regular Season"),
            ewma=pl.lit(5.0),
            actual_points=pl.lit(0.0),
        )
        for year, each in enumerate(errors)
    ]
    return pl.concat(parts)


def test_a_champion_that_is_what_it_was_raises_no_alarm() -> None:
    same = seasons([noise(1), noise(2), noise(3)])
    assert drift(same, "m").is_empty()
    assert drift(same, "other").is_empty()
    # An error that grows with the season, as it did in the seasons before, is none either.
    grows = [noise(seed) * np.linspace(0.8, 1.2, 80)[:, None] for seed in (1, 2, 3)]
    assert drift(seasons(grows), "m").is_empty()


def test_an_error_that_grows_is_told_with_its_date() -> None:
    errors = noise(3)
    errors[50:] *= 1.15
    (found,) = drift(seasons([noise(1), noise(2), errors]), "m").to_dicts()
    assert found["decision"] == "tip"
    assert found["cumulative_sum"] > 6
    first = seasons([noise(1), noise(2), errors])["game_date"].unique().sort()[-30]
    assert abs((found["since"] - first).days) <= 12
    # Better is no alarm.
    errors[50:] /= 1.15**3
    assert drift(seasons([noise(1), noise(2), errors]), "m").is_empty()


def test_a_replay_counts_alarms_and_finds_what_was_planted() -> None:
    (found,) = drift_study(seasons([noise(1), noise(2), noise(3)]), "m", 0.1)
    assert found["episodes"] == {"2020-21": 0, "2021-22": 0, "2022-23": 0}
    assert found["planted"] == 15
    assert found["found"] >= 14
    assert found["dates_to_find"]["median"] <= 40
    assert drift_study(seasons([noise(1)]), "m", 0.1)[0]["planted"] == 0


PRA = "player_points_rebounds_assists"


def test_a_better_challenger_is_proposed_or_promoted(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    artifacts, night = FileArtifacts(str(tmp_path)), date(2024, 3, 20)

    def decided(*, promotes: bool) -> dict[str, dict[str, object]]:
        rows = decide_champions(warehouse, artifacts, night, promotes=promotes, now=NOW)
        assert rows["market"].unique().to_list() == ["player_points"]
        return {row["challenger"]: row for row in rows.to_dicts()}

    assert decided(promotes=True)["nobody"]["reason"] == "no live grades of champion lightgbm_v2"
    champion = noise(4)
    land(warehouse, graded("lightgbm_v2", champion))
    land(warehouse, graded("ensemble_v2", champion * 0.9))
    # Withdrawn after it was graded: it does not count.
    warehouse.append(GRADED_PREDICTIONS, graded("catboost_v8", champion * 0.5))
    # A model of another market is no challenger, and neither is one that is disabled.
    land(warehouse, graded("lightgbm_pra_v1", champion * 0.5).with_columns(market=pl.lit(PRA)))
    land(warehouse, graded("xgboost_v1", champion * 0.5))
    service.enable(warehouse, "xgboost_v1", Actor("ann", None, NOW), enabled=False)
    proposed = decided(promotes=False)
    assert proposed.keys() == {"ensemble_v2"}
    one = proposed["ensemble_v2"]
    assert (one["champion"], one["decision"], one["dates"]) == ("lightgbm_v2", "proposed", 80)
    assert one["difference_low"] < one["difference"] < one["difference_high"]  # type: ignore[operator]
    assert str(one["news"]).endswith("`nba-assets models promote ensemble_v2`")
    promoted = decided(promotes=True)["ensemble_v2"]
    assert promoted["decision"] == "promoted"
    assert str(promoted["news"]).startswith("ensemble_v2 now serves player_points instead of lightgbm_v2: ensemble_v2 against")
    audit = warehouse.query("SELECT new_value, changed_by, reason FROM nba_predictions.ml_model_audit WHERE event = 'promoted'")
    assert audit.row(-1) == ("ensemble_v2", "promotion", promoted["reason"])
    # It serves now; of the nights since, none is graded yet.
    assert decided(promotes=True)["nobody"]["news"] is None
    assert service.rollback(warehouse, artifacts, Actor("ann", "a test", NOW)) == ("ensemble_v2", "lightgbm_v2")


def test_each_market_has_its_champion_and_keeps_it(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    artifacts = FileArtifacts(str(tmp_path))
    service.sync(warehouse, Actor("sql", None, NOW))
    service.enable(warehouse, "lightgbm_pra_v1", Actor("ann", None, NOW), enabled=True)
    assert service.promote(warehouse, artifacts, "lightgbm_pra_v1", Actor("ann", None, NOW)) is None
    both = {"player_points": "lightgbm_v2", PRA: "lightgbm_pra_v1"}
    assert service.champions(warehouse) == both
    # As users write it: of all rows one is marked, whatever its market.
    warehouse.query("UPDATE nba_predictions.ml_model_registry SET is_production = FALSE WHERE is_production = TRUE")
    warehouse.query("UPDATE nba_predictions.ml_model_registry SET is_production = TRUE WHERE model_id = 'ensemble_v2'")
    assert service.champions(warehouse) == both | {"player_points": "ensemble_v2"}
