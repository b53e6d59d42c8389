"""Training, bundles and which of them serves."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.features.store import build
from nba_assets.points import training
from nba_assets.points.bundles import FLOOR, META, MODEL, load
from nba_assets.points.predictions import Serving, by_serving, keep_frozen, predict, serving_cutoff
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.artifacts import ArtifactError, LocalArtifacts
from nba_assets.tables import facts
from nba_assets.tables.contracts import conform
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS
from nba_assets_tests.features.test_store import all_facts

CUTOFF = date(2022, 12, 20)
TRAINED = Dates(date(2022, 11, 10), CUTOFF)
SLATE = Dates(date(2022, 12, 20), date(2022, 12, 21))
LONG_AFTER = datetime(2023, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def features(league: SimulatedSource) -> pl.DataFrame:
    return build(all_facts(league, SLATE.last), Dates(TRAINED.first, SLATE.last))


@pytest.fixture(scope="module")
def trained(league: SimulatedSource, features: pl.DataFrame) -> training.Trained:
    outcomes = league.read(facts.BOX_SCORES, TRAINED).sort("known_at").unique(["game_id", "player_id"], keep="last")
    return training.train(training.training_set(features, outcomes, CUTOFF))


@pytest.fixture
def artifacts(tmp_path: Path, trained: training.Trained) -> LocalArtifacts:
    store = LocalArtifacts(tmp_path)
    (store.root / store.put("trained", trained.files)).rename(store.root / "bundle")
    return store


def test_a_bundle_predicts_what_it_did_before_it_was_stored(artifacts: LocalArtifacts, features: pl.DataFrame) -> None:
    bundle = load(artifacts, "bundle")
    rows = features.filter(pl.col("game_date").is_between(*SLATE) & ~pl.col("is_out"))
    points = bundle.predict(rows)
    assert points.shape == (rows.height,)
    assert (points >= 0).all()
    # The order of the frame's columns does not matter, that of its rows is kept.
    assert np.array_equal(bundle.predict(rows.select(sorted(rows.columns)).reverse())[::-1], points)
    assert bundle.predict(rows.clear()).shape == (0,)


def test_the_floor_is_below_the_model(artifacts: LocalArtifacts, league: SimulatedSource, features: pl.DataFrame) -> None:
    bundle = load(artifacts, "bundle")
    played = league.read(facts.BOX_SCORES, TRAINED).sort("known_at").unique(["game_id", "player_id"], keep="last")
    played = played.select("game_id", "player_id", "pts", real_minutes="minutes")
    rows = features.join(played, on=["game_id", "player_id"]).filter(pl.col("decision") == "tip")
    actual = rows["pts"].to_numpy()
    error, floor = (
        np.abs(points - actual).mean() for points in (bundle.predict(rows), bundle.predict_known_minutes(rows, "real_minutes"))
    )
    assert floor < error < np.abs(actual - actual.mean()).mean()


def test_the_same_rows_give_the_same_files(league: SimulatedSource, features: pl.DataFrame, trained: training.Trained) -> None:
    outcomes = league.read(facts.BOX_SCORES, TRAINED).sort("known_at").unique(["game_id", "player_id"], keep="last")
    again = training.train(training.training_set(features.sample(fraction=1.0, shuffle=True, seed=3), outcomes, CUTOFF))
    assert again.files == trained.files


def test_a_bundle_says_what_it_was_trained_on(trained: training.Trained) -> None:
    meta = trained.meta
    assert meta.training_cutoff == CUTOFF
    assert TRAINED.first <= meta.first_game_date < meta.last_game_date < CUTOFF + timedelta(days=1)
    assert set(trained.files) == {MODEL, FLOOR, META}
    assert {"lightgbm", "numpy", "polars"} == set(meta.libraries)


def test_too_few_rows_are_refused(features: pl.DataFrame, league: SimulatedSource) -> None:
    few = training.training_set(features.head(500), league.read(facts.BOX_SCORES, TRAINED), CUTOFF)
    with pytest.raises(ValueError, match=r"lightgbm_v1 at 2022-12-20: \d+ rows known before it, needs 5000"):
        training.train(few)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / MODEL).unlink(), "model.txt missing; train it again"),
        (lambda folder: (folder / FLOOR).write_text("tree"), "model files differ from meta.json"),
    ],
)
def test_a_damaged_bundle_is_refused(artifacts: LocalArtifacts, damage: object, message: str) -> None:
    damage(artifacts.root / "bundle")  # type: ignore[operator]
    with pytest.raises(ArtifactError, match=message):
        load(artifacts, "bundle")


def test_an_artifact_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    store = LocalArtifacts(tmp_path)
    with pytest.raises(FileNotFoundError):
        store.put("bundles", {"a": b"1", "b/c": b"2"})
    assert list((tmp_path / "bundles").iterdir()) == []
    first, second = store.put("bundles", {"a": b"1"}), store.put("bundles", {"a": b"2"})
    assert first != second
    assert store.put("bundles", {"a": b"1"}) == first
    assert (store.get(first), store.get(second)) == ({"a": b"1"}, {"a": b"2"})
    with pytest.raises(ArtifactError, match="other: no such bundle"):
        store.get("other")


def test_an_artifact_that_was_damaged_on_the_disk_is_written_anew(tmp_path: Path) -> None:
    store, files = LocalArtifacts(tmp_path), {"a": b"first", "b": b"second"}
    path = store.put("bundles", files)
    (tmp_path / path / "a").write_bytes(b"fir")
    assert store.put("bundles", files) == path
    assert store.get(path) == files


WINDOWS = [date(2022, 10, 1), date(2023, 1, 1), date(2023, 10, 1)]


@pytest.mark.parametrize(
    ("day", "trained_at", "served"),
    [
        (date(2023, 1, 1), WINDOWS, Serving(WINDOWS[1], current=True)),
        (date(2022, 12, 31), WINDOWS, Serving(WINDOWS[0], current=True)),
        (date(2023, 2, 1), [WINDOWS[0], WINDOWS[2]], Serving(WINDOWS[0], current=False)),
        (date(2022, 12, 31), WINDOWS[1:], None),
        (date(2023, 2, 1), [], None),
    ],
)
def test_an_older_bundle_may_serve_and_a_newer_one_never(day: date, trained_at: list[date], served: Serving | None) -> None:
    assert serving_cutoff(day, WINDOWS, trained_at) == served


def test_dates_before_the_first_bundle_have_no_predictions(artifacts: LocalArtifacts, features: pl.DataFrame) -> None:
    def bundle(cutoff: date) -> object:
        return load(artifacts, "bundle")

    rows = by_serving(features, [CUTOFF], [CUTOFF], bundle, LONG_AFTER)  # type: ignore[arg-type]
    assert rows["game_date"].min() == CUTOFF
    conform(rows, ML_MODEL_PREDICTIONS)
    assert rows["bundle_is_current"].all()


def test_origin_and_time_say_when_it_was_predicted(artifacts: LocalArtifacts, features: pl.DataFrame) -> None:
    slate = features.filter(pl.col("game_date") == SLATE.last)
    bundle = load(artifacts, "bundle")
    past = predict(slate, bundle, current=True, now=LONG_AFTER)
    assert past["origin"].unique().to_list() == ["backfill"]
    assert (
        past.join(slate, on=["game_id", "player_id", "decision"])
        .filter(pl.col("predicted_at") != pl.col("decision_at"))
        .is_empty()
    )
    morning = datetime(2022, 12, 21, 15, tzinfo=UTC)
    live = predict(slate, bundle, current=True, now=morning)
    assert live.select("origin", "decision", "predicted_at").unique().rows() == [("live", "noon", morning)]
    assert past.join(slate.filter("is_out"), on=["game_id", "player_id", "decision"]).is_empty()


def test_a_live_row_freezes_at_tip_off(artifacts: LocalArtifacts, features: pl.DataFrame) -> None:
    slate = features.filter(pl.col("game_date") == SLATE.last)
    bundle = load(artifacts, "bundle")
    tips = slate["tip_off"].unique().sort()
    stored = predict(slate, bundle, current=True, now=tips[0] - timedelta(hours=6)).with_columns(predicted_points=pl.lit(99.0))
    now = tips[len(tips) // 2]
    again = predict(slate, bundle, current=True, now=now).filter(pl.col("origin") == "live")
    starts = slate.select("game_id", "game_date", "tip_off").unique()
    kept = keep_frozen(again, stored, starts, now)
    assert (kept.filter(pl.col("tip_off") <= now)["predicted_points"] == 99.0).all()
    assert (kept.filter(pl.col("tip_off") > now)["predicted_points"] != 99.0).all()
    assert set(kept["game_id"]) == set(stored["game_id"])
    assert kept.select("game_id", "player_id", "decision").is_duplicated().sum() == 0
    # A game that was moved to an earlier hour freezes then.
    early = starts.with_columns(tip_off=pl.lit(now - timedelta(minutes=5)))
    assert keep_frozen(again.clear(), stored, early, now).equals(stored)
