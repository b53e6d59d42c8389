"""Training, bundles and which of them serves."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.features.store import build
from nba_assets.modelling.bundles import DEBUT_POINTS, DISTRIBUTION, FLOOR, META, Bundle, Slate, card, load
from nba_assets.modelling.serving import Serving, serving_cutoff
from nba_assets.points import fit as training
from nba_assets.points.fit import BY_ID, LIGHTGBM_PRA_V1, LIGHTGBM_V1
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.artifacts import ArtifactError, LocalArtifacts
from nba_assets.tables import facts
from nba_assets_tests.features.test_store import all_facts

CUTOFF = date(2022, 12, 20)
TRAINED = Dates(date(2022, 11, 10), CUTOFF)
SLATE = Dates(date(2022, 12, 20), date(2022, 12, 21))


@pytest.fixture(scope="module")
def features(league: SimulatedSource) -> pl.DataFrame:
    return build(all_facts(league, SLATE.last), Dates(TRAINED.first, SLATE.last))


@pytest.fixture(scope="module")
def data(league: SimulatedSource, features: pl.DataFrame) -> training.TrainingSet:
    outcomes = league.read(facts.BOX_SCORES, TRAINED).sort("known_at").unique(["game_id", "player_id"], keep="last")
    return training.training_set(features, outcomes, CUTOFF)


@pytest.fixture(scope="module")
def trained(data: training.TrainingSet) -> training.Trained:
    return training.train(LIGHTGBM_V1, data)


@pytest.fixture
def artifacts(tmp_path: Path, trained: training.Trained) -> LocalArtifacts:
    store = LocalArtifacts(tmp_path)
    (store.root / store.put("trained", trained.files)).rename(store.root / "bundle")
    return store


def test_a_bundle_predicts_what_it_did_before_it_was_stored(artifacts: LocalArtifacts, features: pl.DataFrame) -> None:
    bundle = load(artifacts, "bundle")
    rows = features.filter(pl.col("game_date").is_between(*SLATE) & ~pl.col("is_out"))
    points = bundle.predict(Slate(rows))
    assert points.shape == (rows.height,)
    assert (points >= 0).all()
    # The order of the frame's columns does not matter, that of its rows is kept.
    assert np.array_equal(bundle.predict(Slate(rows.select(sorted(rows.columns)).reverse()))[::-1], points)
    assert bundle.predict(Slate(rows.clear())).shape == (0,)


def test_the_floor_is_below_the_model(artifacts: LocalArtifacts, data: training.TrainingSet) -> None:
    bundle = load(artifacts, "bundle")
    rows = data.rows.filter(pl.col("decision") == "tip")
    actual = rows["target"].to_numpy()
    error, floor = (
        np.abs(points - actual).mean() for points in (bundle.predict(Slate(rows)), bundle.predict_known_minutes(rows))
    )
    assert floor < error < np.abs(actual - actual.mean()).mean()


def test_the_same_rows_give_the_same_files(league: SimulatedSource, features: pl.DataFrame, trained: training.Trained) -> None:
    outcomes = league.read(facts.BOX_SCORES, TRAINED).sort("known_at").unique(["game_id", "player_id"], keep="last")
    shuffled = features.sample(fraction=1.0, shuffle=True, seed=3)
    again = training.train(LIGHTGBM_V1, training.training_set(shuffled, outcomes, CUTOFF))
    assert again.files == trained.files


def test_a_bundle_says_what_it_was_trained_on(trained: training.Trained, data: training.TrainingSet) -> None:
    window, held = trained.meta.window, trained.meta.held_out
    assert trained.meta.training_cutoff == CUTOFF
    assert TRAINED.first <= window.first_game_date < window.last_game_date < CUTOFF + timedelta(days=1)
    assert set(trained.files) == {"model.txt", FLOOR, DISTRIBUTION, META}
    assert {"lightgbm", "numpy", "polars"} == set(trained.meta.libraries)
    # The last fifth of the dates is held out.
    days = data.rows["game_date"].unique().sort()
    assert (held.first_game_date, held.last_game_date) == (days[int(len(days) * 0.8)], days[-1])
    rows = data.rows.filter(pl.col("game_date") >= held.first_game_date)
    assert held.row_count == rows.height == len(trained.held_out)
    assert held.mae == pytest.approx(np.abs(trained.held_out - rows["target"].to_numpy()).mean())
    assert held.training_mae is not None
    assert held.training_mae < held.mae
    card_text = card(Bundle(trained.meta, None, None, None))  # type: ignore[arg-type]
    assert f"held out, and fitted without: {held.row_count:,} rows" in card_text


def test_too_few_rows_are_refused(features: pl.DataFrame, league: SimulatedSource) -> None:
    few = training.training_set(features.head(500), league.read(facts.BOX_SCORES, TRAINED), CUTOFF)
    with pytest.raises(ValueError, match=r"lightgbm_v1 at 2022-12-20: \d+ rows known before it, needs 5000"):
        training.train(LIGHTGBM_V1, few)


def test_an_ensemble_is_the_weighted_mean_of_what_its_members_say(
    artifacts: LocalArtifacts, data: training.TrainingSet, trained: training.Trained, features: pl.DataFrame
) -> None:
    quick = training.train(BY_ID["xgboost_v1"], data)
    paths = {each.meta.model_id: artifacts.put("members", each.files) for each in (trained, quick)}
    made = training.combine({"lightgbm_v1": trained, "xgboost_v1": quick}, paths, data)
    ensemble = load(artifacts, artifacts.put("ensemble", made.files))
    weights = ensemble.meta.weights
    assert set(weights) == {"lightgbm_v1", "xgboost_v1", "points_ewma"}
    assert sum(weights.values()) == pytest.approx(1)
    slate = Slate(features.filter(pl.col("game_date").is_between(*SLATE)))
    form = slate.rows["points_ewma"].fill_null(DEBUT_POINTS).to_numpy()
    parts = [load(artifacts, paths[name]).predict(slate) * weights[name] for name in paths]
    assert ensemble.predict(slate) == pytest.approx(sum(parts) + weights["points_ewma"] * form)
    # No worse on the rows held out than the best of them: hundredths may cost a little.
    assert made.meta.held_out.mae < min(trained.meta.held_out.mae, quick.meta.held_out.mae) + 0.002


def test_another_market_is_learnt_from_what_it_counts(league: SimulatedSource, features: pl.DataFrame) -> None:
    outcomes = league.read(facts.BOX_SCORES, TRAINED).sort("known_at").unique(["game_id", "player_id"], keep="last")
    rows = training.training_set(features, outcomes, CUTOFF, LIGHTGBM_PRA_V1.market).rows
    both = rows.join(outcomes, on=["game_id", "player_id"])
    assert (both["target"] == both["pts"] + both["oreb"] + both["dreb"] + both["ast"]).all()


def test_weights_find_who_is_right_and_may_be_zero() -> None:
    random = np.random.default_rng(4)
    truth = random.gamma(4, 3, 20_000)
    actual = truth + random.normal(0, 4, 20_000)
    systems = {"right": truth, "noisy": truth + random.normal(0, 3, 20_000), "high": truth + 5}
    weights = training.blend(systems, actual)
    assert weights["right"] > 0.9
    assert min(weights.values()) >= 0
    assert training.blend({"noisy": systems["noisy"], "other": truth + random.normal(0, 3, 20_000)}, actual)[
        "noisy"
    ] == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "model.txt").unlink(), "model.txt missing; train it again"),
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
