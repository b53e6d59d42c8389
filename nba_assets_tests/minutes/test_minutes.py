"""Minutes on a home that was run once: who has them, from which bundle, and what a bundle may have learned from."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from nba_assets.calendar import MIDNIGHT, Dates, eastern
from nba_assets.evaluation import minutes as evaluation
from nba_assets.home import Home
from nba_assets.minutes import by_hand
from nba_assets.minutes.bundle import PREDICTED, load_minutes, play_file
from nba_assets.minutes.fit import train, training_rows
from nba_assets.minutes.slates import READ, minutes_predictions
from nba_assets.minutes.spec import MINUTES, MINUTES_V1
from nba_assets.modelling.bundles import bundle_paths
from nba_assets.modelling.targets import OUTCOME
from nba_assets.modelling.time_splits import Split, SplitError
from nba_assets.settings import Settings
from nba_assets.stores.artifacts import ArtifactError, FileArtifacts
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.minutes import MINUTES_BUNDLES, MINUTES_PREDICTIONS
from nba_assets.tables.versions import as_of
from nba_assets_tests.conftest import PREDICTED as JANUARY
from nba_assets_tests.rows import of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ran_home")]
CUTOFF = date(2023, 1, 1)


@pytest.fixture(scope="module")
def home(ran_home: Settings) -> Home:
    return Home(ran_home)


@pytest.fixture(scope="module")
def rows(home: Home) -> pl.DataFrame:
    return home.read("minutes_predictions")


def test_everybody_on_a_slate_has_minutes_and_only_rosters_a_chance_to_play(home: Home, rows: pl.DataFrame) -> None:
    features = home.warehouse.read(ML_FEATURE_STORE, JANUARY, [*MINUTES_PREDICTIONS.key, "is_out"])
    january = rows.filter(pl.col("game_date").is_between(*JANUARY)).join(features, on=MINUTES_PREDICTIONS.key)
    assert january.height == features.height > 10_000
    assert january.select(PREDICTED[1:]).null_count().sum_horizontal().item() == 0
    assert january.filter("is_out")["play_prob"].unique().to_list() == [0.0]
    assert january["play_prob"].is_between(0, 1).all()
    # In this league everybody is on a roster; of a stranger there is no chance, unless the player is out.
    bundle = load_minutes(home.artifacts, home.read("minutes_bundles").sort("training_cutoff")["path"][-1])
    night = home.warehouse.read(ML_FEATURE_STORE, Dates(JANUARY.first, JANUARY.first), READ)
    strangers = night.with_columns(bundle.predict(night.with_columns(on_roster=pl.lit(value=False))).get_columns())
    assert strangers.filter(~pl.col("is_out"))["play_prob"].null_count() == strangers.filter(~pl.col("is_out")).height > 0


def test_quantiles_never_cross_and_minutes_are_possible(rows: pl.DataFrame) -> None:
    known = rows.drop_nulls("minutes_p50")
    assert (known["minutes_p10"] <= known["minutes_p50"]).all()
    assert (known["minutes_p50"] <= known["minutes_p90"]).all()
    assert known["minutes_p10"].min() >= 0
    assert known["minutes_p90"].max() < 60


def test_no_row_comes_from_a_bundle_that_had_seen_its_date(rows: pl.DataFrame) -> None:
    served = rows.drop_nulls("training_cutoff")
    assert (served["training_cutoff"] <= served["game_date"]).all()
    before = rows.filter(pl.col("game_date") < CUTOFF)
    assert before.height > 10_000
    assert before.select(PREDICTED).null_count().row(0) == (before.height,) * len(PREDICTED)


def test_a_bundle_learns_from_what_was_known_before_its_cutoff(home: Home) -> None:
    """Games of the eve are not known yet, and neither is a correction that comes later."""
    span = Dates(date(2022, 10, 1), date(2023, 1, 10))
    features, versions = home.warehouse.read(ML_FEATURE_STORE, span, READ), home.warehouse.read(facts.BOX_SCORES, span)
    known = as_of(versions, facts.BOX_SCORES, eastern(CUTOFF, MIDNIGHT))
    learned = training_rows(features, known, CUTOFF).rows
    assert learned["game_date"].max() == date(2022, 12, 30)
    late = versions.with_columns(seconds_played=pl.lit(1, pl.Int64), known_at=pl.lit(datetime(2023, 1, 1, 6, tzinfo=UTC)))
    both = pl.concat([versions, late.cast(versions.schema)])
    again = training_rows(features, as_of(both, facts.BOX_SCORES, eastern(CUTOFF, MIDNIGHT)), CUTOFF).rows
    assert again.equals(learned)
    # Who did not play has a row without an outcome.
    assert learned.filter("on_roster")[OUTCOME].null_count() > 1000


def test_trained_again_a_bundle_is_equal_to_the_last_bit(home: Home) -> None:
    before = Dates(date(2022, 10, 1), CUTOFF - timedelta(days=1))
    known = as_of(home.warehouse.read(facts.BOX_SCORES, before), facts.BOX_SCORES, eastern(CUTOFF, MIDNIGHT))
    data = training_rows(home.warehouse.read(ML_FEATURE_STORE, before, READ), known, CUTOFF)
    stored = home.read("minutes_bundles")
    assert train(data).meta.content_hash == stored.filter(pl.col("training_cutoff") == CUTOFF)["content_hash"].item()


def test_predicted_for_one_date_rows_are_those_of_the_range(home: Home, rows: pl.DataFrame) -> None:
    day = date(2023, 1, 12)
    paths = bundle_paths(home.warehouse.read(MINUTES_BUNDLES), MINUTES_V1.model_id)
    features = home.warehouse.read(ML_FEATURE_STORE, Dates(day, day), READ)
    alone = minutes_predictions(features, [CUTOFF], paths, home.artifacts)
    assert alone.equals(rows.filter(pl.col("game_date") == day), null_equal=True)
    assert minutes_predictions(features.clear(), [CUTOFF], paths, home.artifacts).is_empty()


def test_a_damaged_bundle_is_refused_by_name(home: Home, tmp_path: object) -> None:
    path = home.read("minutes_bundles")["path"][0]
    files = home.artifacts.get(path)
    store = FileArtifacts(str(tmp_path))
    assert load_minutes(store, store.put("whole", files)).play.count == len(MINUTES_V1.features)
    with pytest.raises(ArtifactError, match="content_hash"):
        load_minutes(store, store.put("lacking", {name: file for name, file in files.items() if name != play_file("tip")}))


def test_training_by_hand_keeps_its_ends(home: Home, tmp_path: object) -> None:
    store = FileArtifacts(str(tmp_path))
    ends = (date(2022, 12, 1), date(2022, 12, 20), date(2023, 1, 5))
    path, figures = by_hand.train(home.warehouse, store, Split(*ends))
    meta = load_minutes(store, path).minutes.meta
    assert path.startswith("minutes_v1/runs/2023-01-07/")
    assert (meta.window.last_game_date, meta.held_out.last_game_date) == ends[:2]
    assert figures["decision"].sort().to_list() == ["noon", "tip"]
    assert (figures["mae_p50"] < figures["mae_last_10"]).all()
    with pytest.raises(SplitError, match="not in order: train_end 2023-01-05, cal_end 2022-12-20"):
        by_hand.train(home.warehouse, store, Split(*reversed(ends)))
    with pytest.raises(SplitError, match="no games for training"):
        by_hand.train(home.warehouse, store, Split(date(2022, 6, 1), *ends[1:]))


def test_the_evaluation_counts_what_it_says(home: Home) -> None:
    judged = evaluation.judged(home.warehouse, home.artifacts, JANUARY)
    records = {(one["decision"], one["bucket"]): one for one in evaluation.evaluate(judged)}
    tip = judged.filter((pl.col("decision") == "tip") & pl.col("minutes").is_not_null())
    found = records["tip", "all"]
    assert found["n"] == tip.height == home.read("player_games", JANUARY).height
    assert found["mae_p50"] == pytest.approx((tip["minutes_p50"] - tip["minutes"]).abs().mean())
    assert sum(records["tip", bucket]["n"] for bucket in evaluation.BUCKETS.values()) == found["n"]
    asked = judged.filter((pl.col("decision") == "tip") & pl.col("on_roster") & ~pl.col("is_out"))
    error = asked["play_prob"].to_numpy() - asked["minutes"].is_not_null().to_numpy()
    assert found["brier"] == pytest.approx(float(np.mean(error**2)))
    assert found["brier"] < found["brier_table"] < found["brier_last_game"]
    assert 0.7 < found["inside_80"] < 0.9


def test_minutes_are_exact_where_there_are_seconds() -> None:
    games = of(facts.BOX_SCORES, {"minutes": 31, "seconds_played": 1830}, {"minutes": 31, "seconds_played": None})
    assert games.select(MINUTES.outcome()).to_series().to_list() == [30.5, 31.0]
