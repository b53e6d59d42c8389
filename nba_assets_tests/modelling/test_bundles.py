"""Training, bundles and which of them serves."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.features.store import build
from nba_assets.modelling.bundles import BASELINE, DISTRIBUTION, META, Bundle, load, oracle_file
from nba_assets.modelling.cards import card
from nba_assets.modelling.fitting import Trained, blend, combine, train
from nba_assets.modelling.matrix import FeatureMatrix
from nba_assets.modelling.time_splits import ServingCutoff, TooFewRowsError, TrainingSet, serving_cutoff, training_set
from nba_assets.points.spec import ENSEMBLE_V2, LIGHTGBM_V2, PLAYER_POINTS, PLAYER_PRA, XGBOOST_V1
from nba_assets.registry.catalog import FALLBACKS, FEATURE_NAMES
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.artifacts import ArtifactError, FileArtifacts
from nba_assets.tables import facts
from nba_assets_tests.features.test_store import all_facts

CUTOFF = date(2022, 12, 20)
TRAINED = Dates(date(2022, 11, 10), CUTOFF)
SLATE = Dates(date(2022, 12, 20), date(2022, 12, 21))


def slate(rows: pl.DataFrame) -> FeatureMatrix:
    return FeatureMatrix(rows, FEATURE_NAMES, FALLBACKS)


@pytest.fixture(scope="module")
def features(league: SimulatedSource) -> pl.DataFrame:
    return build(all_facts(league, SLATE.last), Dates(TRAINED.first, SLATE.last))


@pytest.fixture(scope="module")
def data(league: SimulatedSource, features: pl.DataFrame) -> TrainingSet:
    outcomes = league.read(facts.BOX_SCORES, TRAINED).sort("known_at").unique(["game_id", "player_id"], keep="last")
    return training_set(features, outcomes, CUTOFF, PLAYER_POINTS)


@pytest.fixture(scope="module")
def trained(data: TrainingSet) -> Trained:
    return train(LIGHTGBM_V2, data)


@pytest.fixture
def artifacts(tmp_path: Path, trained: Trained) -> FileArtifacts:
    store = FileArtifacts(str(tmp_path))
    (tmp_path / store.put("trained", trained.files)).rename(tmp_path / "bundle")
    return store


def test_a_bundle_predicts_what_it_did_before_it_was_stored(artifacts: FileArtifacts, features: pl.DataFrame) -> None:
    bundle = load(artifacts, "bundle")
    rows = features.filter(pl.col("game_date").is_between(*SLATE) & ~pl.col("is_out"))
    points = bundle.predict(slate(rows))
    assert points.shape == (rows.height,)
    assert (points >= 0).all()
    # The order of the frame's columns does not matter, that of its rows is kept.
    assert np.array_equal(bundle.predict(slate(rows.select(sorted(rows.columns)).reverse()))[::-1], points)
    assert bundle.predict(slate(rows.clear())).shape == (0,)


def test_the_oracle_is_better_than_the_model(artifacts: FileArtifacts, data: TrainingSet) -> None:
    bundle = load(artifacts, "bundle")
    rows = data.rows.filter(pl.col("decision") == "tip")
    actual = rows["target"].to_numpy()
    error, oracle = (
        np.abs(points - actual).mean() for points in (bundle.predict(slate(rows)), bundle.predict_known_minutes(rows))
    )
    assert oracle < error < np.abs(actual - actual.mean()).mean()


def test_each_decision_has_a_model_of_its_own(artifacts: FileArtifacts, features: pl.DataFrame) -> None:
    """A row is predicted by the model of its decision, whatever other rows are in the frame."""
    bundle = load(artifacts, "bundle")
    rows = features.filter(pl.col("game_date").is_between(*SLATE))
    both = bundle.predict(slate(rows))
    for decision in ("noon", "tip"):
        own = (rows["decision"] == decision).to_numpy()
        assert np.array_equal(bundle.predict(slate(rows.filter(own))), both[own])
    told = rows.filter(decision="noon").with_columns(at_tip=pl.lit(1.0))
    assert (bundle.predict(slate(told)) != both[(rows["decision"] == "noon").to_numpy()]).any()


def test_the_same_rows_give_the_same_files(league: SimulatedSource, features: pl.DataFrame, trained: Trained) -> None:
    outcomes = league.read(facts.BOX_SCORES, TRAINED).sort("known_at").unique(["game_id", "player_id"], keep="last")
    shuffled = features.sample(fraction=1.0, shuffle=True, seed=3)
    again = train(LIGHTGBM_V2, training_set(shuffled, outcomes, CUTOFF, PLAYER_POINTS))
    assert again.files == trained.files


def test_a_bundle_says_what_it_was_trained_on(trained: Trained, data: TrainingSet) -> None:
    window, held = trained.meta.window, trained.meta.held_out
    assert trained.meta.training_cutoff == CUTOFF
    assert TRAINED.first <= window.first_game_date < window.last_game_date < CUTOFF + timedelta(days=1)
    oracles = {oracle_file("noon"), oracle_file("tip")}
    assert set(trained.files) == {"noon.txt", "tip.txt", *oracles, BASELINE, DISTRIBUTION, META}
    assert {"lightgbm", "numpy", "polars"} == set(trained.meta.libraries)
    # The last fifth of the dates is held out.
    days = data.rows["game_date"].unique().sort()
    assert (held.first_game_date, held.last_game_date) == (days[int(len(days) * 0.8)], days[-1])
    rows = data.rows.filter(pl.col("game_date") >= held.first_game_date)
    assert held.row_count == rows.height == len(trained.validated)
    assert held.mae == pytest.approx(np.abs(trained.validated - rows["target"].to_numpy()).mean())
    assert held.training_mae is not None
    assert held.training_mae < held.mae
    card_text = card(Bundle(trained.meta, None, None, None))  # type: ignore[arg-type]
    assert f"validation rows, fitted without them: {held.row_count:,}" in card_text


def test_too_few_rows_are_refused(features: pl.DataFrame, league: SimulatedSource) -> None:
    few = training_set(features.head(500), league.read(facts.BOX_SCORES, TRAINED), CUTOFF, PLAYER_POINTS)
    with pytest.raises(TooFewRowsError, match=r"lightgbm_v2 at 2022-12-20: \d+ rows are known before it, 5000 are needed"):
        train(LIGHTGBM_V2, few)


def test_an_ensemble_is_the_weighted_mean_of_what_its_members_say(
    artifacts: FileArtifacts, data: TrainingSet, trained: Trained, features: pl.DataFrame
) -> None:
    quick = train(XGBOOST_V1, data)
    paths = {each.meta.model_id: artifacts.put("members", each.files) for each in (trained, quick)}
    made = combine(ENSEMBLE_V2, {"lightgbm_v2": trained, "xgboost_v1": quick}, paths, data)
    ensemble = load(artifacts, artifacts.put("ensemble", made.files))
    weights = ensemble.meta.weights
    assert set(weights) == {"lightgbm_v2", "xgboost_v1", "points_ewma"}
    assert sum(weights.values()) == pytest.approx(1)
    rows = slate(features.filter(pl.col("game_date").is_between(*SLATE)))
    form = rows.rows["points_ewma"].fill_null(PLAYER_POINTS.debut).to_numpy()
    parts = [load(artifacts, paths[name]).predict(rows) * weights[name] for name in paths]
    assert ensemble.predict(rows) == pytest.approx(sum(parts) + weights["points_ewma"] * form)
    # XGBoost is fitted to means, and says medians.
    assert load(artifacts, paths["xgboost_v1"]).meta.median.keys() == {"noon", "tip"}
    assert quick.validated.mean() < data.split()[1]["target"].mean()
    # No worse on the rows held out than the best of them: hundredths may cost a little.
    assert made.meta.held_out.mae < min(trained.meta.held_out.mae, quick.meta.held_out.mae) + 0.002


def test_another_market_is_learnt_from_what_it_counts(league: SimulatedSource, features: pl.DataFrame) -> None:
    outcomes = league.read(facts.BOX_SCORES, TRAINED).sort("known_at").unique(["game_id", "player_id"], keep="last")
    rows = training_set(features, outcomes, CUTOFF, PLAYER_PRA).rows
    both = rows.join(outcomes, on=["game_id", "player_id"])
    assert (both["target"] == both["pts"] + both["oreb"] + both["dreb"] + both["ast"]).all()


def test_weights_find_who_is_right_and_may_be_zero() -> None:
    random = np.random.default_rng(4)
    truth = random.gamma(4, 3, 20_000)
    actual = truth + random.normal(0, 4, 20_000)
    systems = {"right": truth, "noisy": truth + random.normal(0, 3, 20_000), "high": truth + 5}
    weights = blend(systems, actual)
    assert weights["right"] > 0.9
    assert min(weights.values()) >= 0
    assert blend({"noisy": systems["noisy"], "other": truth + random.normal(0, 3, 20_000)}, actual)["noisy"] == pytest.approx(
        0.5, abs=0.06
    )


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "noon.txt").unlink(), "noon.txt missing; train it again"),
        (lambda folder: (folder / oracle_file("tip")).write_text("tree"), "model files differ from meta.json"),
    ],
)
def test_a_damaged_bundle_is_refused(artifacts: FileArtifacts, damage: object, message: str) -> None:
    damage(Path(artifacts.url) / "bundle")  # type: ignore[operator]
    with pytest.raises(ArtifactError, match=message):
        load(artifacts, "bundle")


WINDOWS = [date(2022, 10, 1), date(2023, 1, 1), date(2023, 10, 1)]


@pytest.mark.parametrize(
    ("day", "trained_at", "served"),
    [
        (date(2023, 1, 1), WINDOWS, ServingCutoff(WINDOWS[1], current=True)),
        (date(2022, 12, 31), WINDOWS, ServingCutoff(WINDOWS[0], current=True)),
        (date(2023, 2, 1), [WINDOWS[0], WINDOWS[2]], ServingCutoff(WINDOWS[0], current=False)),
        (date(2022, 12, 31), WINDOWS[1:], None),
        (date(2023, 2, 1), [], None),
    ],
)
def test_an_older_bundle_may_serve_and_a_newer_one_never(
    day: date, trained_at: list[date], served: ServingCutoff | None
) -> None:
    assert serving_cutoff(day, WINDOWS, trained_at) == served
