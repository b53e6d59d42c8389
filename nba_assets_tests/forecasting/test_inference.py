"""Every model on the same slates: files of anybody's, who is left out and why, and what freezes."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid5

import numpy as np
import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.features.store import build
from nba_assets.forecasting.inference import PREDICTION_IDS, predict
from nba_assets.forecasting.models import BundledModel, CalibrationSample, DerivedModel, FileModel, RegisteredModel
from nba_assets.league.lines import betting_lines
from nba_assets.modelling import learners
from nba_assets.modelling.bundles import bundle_paths, load
from nba_assets.modelling.fitting import labelled, train
from nba_assets.modelling.learners import Labelled, ModelFileError
from nba_assets.modelling.matrix import matrix
from nba_assets.modelling.time_splits import keep_frozen, training_set
from nba_assets.points.spec import LIGHTGBM_V2, PARAMETERS, PLAYER_POINTS
from nba_assets.registry.loader import open_file
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.artifacts import ArtifactError, FileArtifacts
from nba_assets.tables import facts
from nba_assets.tables.contracts import conform
from nba_assets.tables.features import FEATURE_VERSIONS
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, ML_MODEL_SKIPS, MODEL_BUNDLES, PREDICTED_KEY
from nba_assets.tables.registry import ML_MODEL_REGISTRY
from nba_assets_tests.features.test_store import all_facts
from nba_assets_tests.rows import of

CUTOFF = date(2022, 12, 20)
PAST, SLATE = Dates(date(2022, 11, 10), CUTOFF - timedelta(days=1)), Dates(CUTOFF, date(2022, 12, 21))
LONG_AFTER = datetime(2023, 6, 1, tzinfo=UTC)
V9 = FEATURE_VERSIONS["v9_36features"]


@pytest.fixture(scope="module")
def features(league: SimulatedSource) -> pl.DataFrame:
    return build(all_facts(league, SLATE.last), Dates(PAST.first, SLATE.last))


@pytest.fixture(scope="module")
def slate(features: pl.DataFrame) -> pl.DataFrame:
    return features.filter(pl.col("game_date").is_between(*SLATE))


@pytest.fixture(scope="module")
def lines(league: SimulatedSource) -> pl.DataFrame:
    return league.read(facts.PROP_LINES, SLATE)


@pytest.fixture(scope="module")
def learned(league: SimulatedSource, features: pl.DataFrame) -> pl.DataFrame:
    outcomes = league.read(facts.BOX_SCORES, PAST).sort("known_at").unique(["game_id", "player_id"], keep="last")
    return training_set(features, outcomes, CUTOFF, PLAYER_POINTS).rows


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory, league: SimulatedSource, features: pl.DataFrame) -> FileArtifacts:
    """A store with one bundle and the files of a stranger."""
    store = FileArtifacts(str(tmp_path_factory.mktemp("artifacts")))
    outcomes = league.read(facts.BOX_SCORES, PAST).sort("known_at").unique(["game_id", "player_id"], keep="last")
    data = training_set(features, outcomes, CUTOFF, PLAYER_POINTS)
    store.put("bundles/lightgbm_v2", train(LIGHTGBM_V2, data).files)
    rows = labelled(data.rows, V9)
    for library, form in (("catboost", "cbm"), ("xgboost", "json"), ("lightgbm", "txt")):
        store.write(f"models/v9.{form}", learners.fit(library, PARAMETERS[library], rows, V9, rounds=40).file)
    return store


@pytest.fixture(scope="module")
def bundles(artifacts: FileArtifacts) -> BundledModel:
    path = artifacts.find("bundles/lightgbm_v2")
    rows = of(MODEL_BUNDLES, {"model_id": "lightgbm_v2", "training_cutoff": CUTOFF, "path": path})
    return BundledModel("lightgbm_v2", [CUTOFF], bundle_paths(rows, "lightgbm_v2"), artifacts)


def row(**more: object) -> dict[str, object]:
    named = {"model_id": "catboost_v9", "model_type": "catboost", "model_path": "models/v9.cbm", "model_format": "cbm"}
    named |= {"feature_version": "v9_36features", "feature_count": 36, "enabled": True}
    return of(ML_MODEL_REGISTRY, named | more).row(0, named=True)


def nobody(*_: object) -> pl.DataFrame:
    raise AssertionError("the past is not asked for")


def run(
    slate: pl.DataFrame, lines: pl.DataFrame, *models: RegisteredModel, now: datetime = LONG_AFTER
) -> tuple[pl.DataFrame, pl.DataFrame]:
    made, skipped = predict(slate, lines, models, [CUTOFF], now)
    conform(made, ML_MODEL_PREDICTIONS)
    conform(skipped, ML_MODEL_SKIPS)
    return made, skipped


@pytest.mark.parametrize(("library", "form"), [("catboost", "cbm"), ("xgboost", "json"), ("lightgbm", "txt")])
def test_a_file_predicts_what_its_library_says(
    artifacts: FileArtifacts,
    bundles: BundledModel,
    slate: pl.DataFrame,
    lines: pl.DataFrame,
    learned: pl.DataFrame,
    library: str,
    form: str,
) -> None:
    # The slates' month begins with November known, half of which it has not been trained on.
    said_of = row(model_type=library, model_path=f"models/v9.{form}", model_format=form, training_end_date=date(2022, 11, 14))
    stranger = open_file(said_of, artifacts)
    made, skipped = run(slate, lines, FileModel(stranger, artifacts, lambda *_: CalibrationSample.of(learned), bundles))
    assert skipped.is_empty()
    rows = slate.filter(~pl.col("is_out")).join(made, on=["game_id", "player_id", "decision"], maintain_order="right")
    model = learners.read(library, artifacts.read(f"models/v9.{form}"), form)
    said = model.predict(matrix(rows, V9))
    assert rows["predicted_points"].to_numpy() == pytest.approx(np.maximum(said, 0))
    assert made["distribution_path"].str.starts_with("distributions/").all()
    # More is known of the past: another distribution, at another path; the same past has the same.
    again, _ = run(slate, lines, FileModel(stranger, artifacts, lambda *_: CalibrationSample.of(learned), bundles))
    less, _ = run(
        slate,
        lines,
        FileModel(stranger, artifacts, lambda *_: CalibrationSample.of(learned.head(learned.height - 500)), bundles),
    )
    paths = [frame["distribution_path"].unique().to_list() for frame in (made, again, less)]
    assert paths[0] == paths[1] != paths[2]
    assert (made["p10"] <= made["p50"]).all()
    assert (made["p50"] <= made["p90"]).all()


def test_every_prediction_has_an_id_a_name_and_a_bet(bundles: BundledModel, slate: pl.DataFrame, lines: pl.DataFrame) -> None:
    made, _ = run(slate, lines, bundles)
    assert made["prediction_id"].n_unique() == made.height
    row = made.row(0, named=True)
    named = "|".join(str(row[name]) for name in ("model_id", "player_id", "game_id", "decision", "origin"))
    assert row["prediction_id"] == str(uuid5(PREDICTION_IDS, named))
    assert made["player_lookup"].str.contains("^[a-z]+$").all()
    listed = made.filter(pl.col("betting_line").is_not_null())
    known = betting_lines(slate, lines, "player_points")
    assert listed.height == made.join(known, on=["game_id", "player_id", "decision"], how="semi").height > 50
    assert listed["recommendation"].null_count() == listed["prob_over"].null_count() == 0
    assert made.filter(pl.col("betting_line").is_null())["recommendation"].null_count() == made.height - listed.height
    # The further the line lies above the prediction, the less likely is more.
    above = listed.select(gap=pl.col("betting_line") - pl.col("predicted_points"), chance="model_prob_over")
    assert above.select(pl.corr("gap", "chance", method="spearman")).item() < -0.7


def test_dates_before_the_first_bundle_have_no_predictions(
    bundles: BundledModel, features: pl.DataFrame, lines: pl.DataFrame
) -> None:
    made, skipped = run(features, lines, bundles)
    assert made["game_date"].min() == CUTOFF
    assert skipped["stage"].unique().to_list() == ["window"]
    assert skipped["game_date"].max() == PAST.last
    assert "no bundle of lightgbm_v2 was trained before 2022-11" in skipped["reason"][0]


def test_what_a_file_was_trained_on_it_does_not_predict(
    artifacts: FileArtifacts, bundles: BundledModel, slate: pl.DataFrame, lines: pl.DataFrame
) -> None:
    model = open_file(row(training_end_date=CUTOFF), artifacts)
    nothing = CalibrationSample.of(slate.clear().with_columns(target=0))
    made, skipped = run(slate, lines, FileModel(model, artifacts, lambda *_: nothing, bundles), bundles)
    assert made.filter(pl.col("model_id") == "catboost_v9")["game_date"].unique().to_list() == [SLATE.last]
    assert made["is_out_of_sample"].all()
    assert skipped.select("game_date", "stage", "reason").unique().rows() == [
        (CUTOFF, "window", "catboost_v9 was trained on games up to 2022-12-20")
    ]
    # Too few games since then: the distribution of lightgbm_v2 stands in.
    assert made["distribution_path"].n_unique() == 1


def test_where_nobody_says_what_it_was_trained_on_only_live_rows_count(
    artifacts: FileArtifacts, bundles: BundledModel, slate: pl.DataFrame, lines: pl.DataFrame
) -> None:
    model = open_file(row(), artifacts)
    assert "training_end_date is not given" in model.remark
    # Nor is its distribution made from games that it may have been trained on: that of lightgbm_v2 stands in.
    made, _ = run(slate, lines, FileModel(model, artifacts, nobody, bundles))
    assert made["distribution_path"].unique().to_list() == [bundles.paths[CUTOFF]]
    assert not made["is_out_of_sample"].any()
    live, _ = run(
        slate, lines, FileModel(model, artifacts, nobody, bundles), now=slate["decision_at"].min() - timedelta(hours=1)
    )
    assert set(live["origin"]) == {"live"}
    assert live["is_out_of_sample"].all()
    assert live["distribution_path"][0] == made["distribution_path"][0]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"model_path": "models/none.cbm"}, "no such file; correct model_path"),
        ({"model_path": "models/v9.json"}, "models/v9.json: not a catboost model in format cbm"),
        ({"model_path": "cut.cbm"}, "cut.cbm: not a catboost model in format cbm"),
        ({"feature_version": "v1_33features"}, "models/v9.cbm takes 36 features, but v1_33features has 33"),
        ({"model_path": "s4://bucket/v9.cbm"}, "s4://bucket/v9.cbm: cannot be read: ValueError: Protocol not known: s4"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(artifacts: FileArtifacts, wrong: dict[str, object], reason: str) -> None:
    whole = artifacts.read("models/v9.cbm")
    artifacts.write("cut.cbm", whole[: len(whole) // 2])
    with pytest.raises((ModelFileError, ArtifactError), match=reason):
        open_file(row(**wrong), artifacts)


def test_an_unknown_feature_is_named(artifacts: FileArtifacts, learned: pl.DataFrame) -> None:
    names = (*V9[:-1], "phase_of_the_moon")
    rows = labelled(learned, V9)
    artifacts.write("moon.txt", learners.fit("lightgbm", PARAMETERS["lightgbm"], Labelled(*rows), names, rounds=2).file)
    with pytest.raises(ModelFileError, match="features that v9_36features does not have: phase_of_the_moon"):
        open_file(row(model_type="lightgbm", model_path="moon.txt", model_format="txt"), artifacts)


def test_the_order_of_features_is_the_files(
    artifacts: FileArtifacts, bundles: BundledModel, slate: pl.DataFrame, lines: pl.DataFrame, learned: pl.DataFrame
) -> None:
    turned = tuple(reversed(V9))
    file = learners.fit("lightgbm", PARAMETERS["lightgbm"], labelled(learned, turned), turned, rounds=40).file
    artifacts.write("turned.txt", file)
    model = open_file(row(model_type="lightgbm", model_path="turned.txt", model_format="txt"), artifacts)
    assert model.features == turned
    made, _ = run(slate, lines, FileModel(model, artifacts, lambda *_: CalibrationSample.of(learned), bundles))
    actual = made.join(slate, on=["game_id", "player_id", "decision"])
    assert actual.select(pl.corr("predicted_points", "points_ewma")).item() > 0.8


def test_a_model_that_fails_to_predict_is_left_out_and_the_others_go_on(
    artifacts: FileArtifacts, bundles: BundledModel, slate: pl.DataFrame, lines: pl.DataFrame, learned: pl.DataFrame
) -> None:
    text = artifacts.read("models/v9.txt").decode()
    endless = re.sub(r"(?m)^leaf_value=.*$", lambda line: "leaf_value=" + " ".join(["inf"] * len(line[0].split())), text)
    artifacts.write("endless.txt", endless.encode())
    model = open_file(row(model_type="lightgbm", model_path="endless.txt", model_format="txt"), artifacts)
    made, skipped = run(slate, lines, FileModel(model, artifacts, lambda *_: CalibrationSample.of(learned), bundles), bundles)
    assert made["model_id"].unique().to_list() == ["lightgbm_v2"]
    assert skipped["stage"].unique().to_list() == ["prediction"]
    assert "all finite: False" in skipped["reason"][0]


def test_origin_and_time_say_when_it_was_predicted(bundles: BundledModel, slate: pl.DataFrame, lines: pl.DataFrame) -> None:
    past, _ = run(slate, lines, bundles)
    assert past["origin"].unique().to_list() == ["backfill"]
    both = past.join(slate, on=["game_id", "player_id", "decision"])
    assert (both["predicted_at"] == both["decision_at"]).all()
    morning = datetime(2022, 12, 20, 15, tzinfo=UTC)
    live, _ = run(slate.filter(pl.col("game_date") == CUTOFF), lines, bundles, now=morning)
    assert live.select("origin", "decision", "predicted_at").unique().rows() == [("live", "noon", morning)]
    assert past.join(slate.filter("is_out"), on=["game_id", "player_id", "decision"], how="semi").is_empty()


def test_a_live_row_freezes_at_tip_off(bundles: BundledModel, slate: pl.DataFrame, lines: pl.DataFrame) -> None:
    slate = slate.filter(pl.col("game_date") == SLATE.last)
    tips = slate["tip_off"].unique().sort()
    stored = run(slate, lines, bundles, now=tips[0] - timedelta(hours=6))[0].with_columns(predicted_points=pl.lit(99.0))
    now = tips[len(tips) // 2]
    again = run(slate, lines, bundles, now=now)[0].filter(pl.col("origin") == "live")
    starts = slate.select("game_id", "game_date", "tip_off").unique()
    kept = pl.concat(keep_frozen(again, stored, starts, now, PREDICTED_KEY))
    assert (kept.filter(pl.col("tip_off") <= now)["predicted_points"] == 99.0).all()
    assert (kept.filter(pl.col("tip_off") > now)["predicted_points"] != 99.0).all()
    assert set(kept["game_id"]) == set(stored["game_id"])
    assert kept.select("game_id", "player_id", "decision").is_duplicated().sum() == 0
    # A game that was moved to an earlier hour freezes then.
    early = starts.with_columns(tip_off=pl.lit(now - timedelta(minutes=5)))
    assert keep_frozen(again.clear(), stored, early, now, PREDICTED_KEY)[0].equals(stored)


def test_a_bundle_that_is_gone_or_damaged_is_a_skip(
    bundles: BundledModel, slate: pl.DataFrame, lines: pl.DataFrame, tmp_path: Path
) -> None:
    store = FileArtifacts(str(tmp_path))
    whole = bundles.artifacts.get(bundles.paths[CUTOFF])
    paths = {
        "gone": "nowhere",
        "meta": store.put("meta", whole | {"meta.json": whole["meta.json"][:-100]}),
        "distribution": store.put("distribution", whole | {"distribution.json": b"{}"}),
    }
    others = [BundledModel(name, [CUTOFF], {CUTOFF: path}, store) for name, path in paths.items()]
    made, skipped = run(slate, lines, *others, bundles)
    assert made["model_id"].unique().to_list() == ["lightgbm_v2"]
    assert sorted(skipped.select("model_id", "stage").unique().rows()) == [(name, "file") for name in sorted(paths)]
    assert "meta.json is damaged" in skipped.filter(pl.col("model_id") == "meta")["reason"][0]
    assert load.cache_info().hits > 0


def test_a_derived_model_predicts_what_its_table_holds(
    artifacts: FileArtifacts, bundles: BundledModel, slate: pl.DataFrame, lines: pl.DataFrame, learned: pl.DataFrame
) -> None:
    key = ("game_date", "game_id", "player_id", "decision")
    rows = pl.concat([learned.select(*key, "points_ewma"), slate.select(*key, "points_ewma")])
    table = rows.drop_nulls().rename({"points_ewma": "predicted_points"})
    model = DerivedModel(
        "projections_v1", "player_points", table, date.min, artifacts, lambda *_: CalibrationSample.of(learned), bundles
    )
    made, skipped = run(slate, lines, model)
    assert skipped.is_empty()
    both = made.join(table, on=key, suffix="_held")
    assert both.height == made.height == slate.filter(~pl.col("is_out") & pl.col("points_ewma").is_not_null()).height
    assert (both["predicted_points"] == both["predicted_points_held"]).all()
    assert made["is_out_of_sample"].all()
    # Its distribution is made from its own errors, not the reference model's.
    assert made["distribution_path"].str.starts_with("distributions/projections_v1/player_points/").all()
    nothing, skipped = run(slate, lines, DerivedModel(
        "empty_v1", "player_points", table.clear(), date.min, artifacts, lambda *_: CalibrationSample.of(learned), bundles
    ))  # fmt: skip
    # A table of unknown origin may hold the results themselves: of games that are over it counts nowhere.
    made, _ = run(slate, lines, replace(model, trained_until=None))
    assert not made["is_out_of_sample"].any()
    assert made["distribution_path"].unique().to_list() == run(slate, lines, bundles)[0]["distribution_path"].unique().to_list()
    assert nothing.is_empty()
    assert "empty_v1 has no prediction of any player" in skipped["reason"][0]


def test_ids_of_another_market_are_its_own(bundles: BundledModel, slate: pl.DataFrame, lines: pl.DataFrame) -> None:
    other = BundledModel(bundles.model_id, bundles.windows, bundles.paths, bundles.artifacts, "player_points_rebounds_assists")
    made, _ = run(slate, lines, bundles, other)
    assert made["market"].n_unique() == 2
    assert made["prediction_id"].n_unique() == made.height
