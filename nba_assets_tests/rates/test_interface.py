"""The interface of rates: one contract for every implementation, and slates that are built as the base was."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from typer.testing import CliRunner

from nba_assets.arrays import Floats
from nba_assets.calendar import Dates
from nba_assets.cli.app import app
from nba_assets.home import Home
from nba_assets.minutes.bundle import MinutesBundle, load_minutes
from nba_assets.modelling.matrix import PredictionError
from nba_assets.modelling.time_splits import Split
from nba_assets.rates import by_hand
from nba_assets.rates.base import NAMES, as_modellers_name_it
from nba_assets.rates.bundle import RUNS, RatesBundle, load_run
from nba_assets.rates.interface import SlateError, build_rates_features_for_slate, load_rates_bundle, predict_rates
from nba_assets.rates.roles import ROLE_FEATURES
from nba_assets.settings import Settings
from nba_assets.stores.artifacts import ArtifactError, FileArtifacts
from nba_assets.tables.rates import TARGETS
from nba_assets_tests.conftest import PREDICTED

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ran_home")]
DAY = date(2023, 1, 20)
KEY = ["season", "game_id", "team_id", "player_id", "decision"]


@pytest.fixture(scope="module")
def home(ran_home: Settings) -> Home:
    return Home(ran_home)


@pytest.fixture(scope="module")
def run_id(home: Home) -> str:
    return home.read("rates_bundles")["path"].item().removeprefix(f"{RUNS}/")


@pytest.fixture(scope="module")
def bundle(home: Home, run_id: str) -> RatesBundle:
    return load_rates_bundle(run_id, home.artifacts)


@pytest.fixture(scope="module")
def minutes(home: Home) -> MinutesBundle:
    return load_minutes(home.artifacts, home.read("minutes_bundles")["path"].item())


@pytest.fixture(scope="module")
def base(home: Home) -> pd.DataFrame:
    rows = as_modellers_name_it(home.read("rates_training_base", PREDICTED))
    return pd.DataFrame(
        {name: rows[name].to_numpy() if name in {*NAMES, *TARGETS} else rows[name].to_list() for name in rows.columns}
    )


class Residual:
    """A small network that learns what a teacher leaves: a stand-in for a deep successor of rates_v1."""

    def __init__(self, teacher: Any, network: Any, target: int) -> None:
        self.teacher, self.network, self.target = teacher, network, target

    def predict(self, values: Floats) -> Floats:
        left = self.network.predict(np.nan_to_num(values))[:, self.target]
        return np.maximum(self.teacher.predict(values) + left, 0.0)


@pytest.fixture(scope="module")
def successor(bundle: RatesBundle, base: pd.DataFrame) -> RatesBundle:
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = base.iloc[:4000]
    values = rows[list(bundle.feature_cols)].to_numpy(dtype="float64")
    left = rows[list(TARGETS)].to_numpy() - predict_rates(rows, bundle).to_numpy()
    network = make_pipeline(
        StandardScaler(),
        MLPRegressor(hidden_layer_sizes=(8,), max_iter=300, random_state=1, early_stopping=True, n_iter_no_change=2),
    )
    network.fit(np.nan_to_num(values), left)
    models = {target: Residual(bundle.models[target], network, place) for place, target in enumerate(TARGETS)}
    return RatesBundle(models, bundle.feature_cols, {"learner": "a network on the residuals of rates_v1"})


@pytest.fixture(params=["rates_v1", "successor"])
def implementation(request: pytest.FixtureRequest) -> RatesBundle:
    return request.getfixturevalue("bundle" if request.param == "rates_v1" else "successor")


def test_means_have_the_index_of_the_rows_and_their_names(implementation: RatesBundle, base: pd.DataFrame) -> None:
    some = base.iloc[5:105].set_index(pd.Index(range(1000, 1100), name="row"))
    found = predict_rates(some, implementation)
    assert list(found.columns) == [f"{target}_mean" for target in TARGETS]
    assert found.index.equals(some.index)
    assert np.isfinite(found.to_numpy()).all()
    assert (found.to_numpy() >= 0).all()


def test_rows_are_predicted_one_by_one_as_together_and_the_order_of_columns_does_not_matter(
    implementation: RatesBundle, base: pd.DataFrame
) -> None:
    some = base.iloc[:50]
    together = predict_rates(some, implementation)
    # A network's sums may run in another order for one row.
    pd.testing.assert_frame_equal(predict_rates(some.iloc[[7]], implementation), together.iloc[[7]], rtol=1e-9)
    assert predict_rates(some[some.columns[::-1]], implementation).equals(together)
    assert predict_rates(some.iloc[:0], implementation).shape == (0, len(TARGETS))


def test_who_has_no_history_position_odds_or_tracking_has_a_rate(implementation: RatesBundle, base: pd.DataFrame) -> None:
    blank = base.iloc[[0]].copy()
    blank[list(implementation.feature_cols)] = np.nan
    assert np.isfinite(predict_rates(blank, implementation).to_numpy()).all()


def test_a_frame_without_a_feature_is_refused(implementation: RatesBundle, base: pd.DataFrame) -> None:
    with pytest.raises(PredictionError, match="1 features of the bundle are missing: days_rest"):
        predict_rates(base.drop(columns="days_rest"), implementation)


def test_no_type_of_the_learner_leaks(bundle: RatesBundle) -> None:
    assert not any("lightgbm" in type(model).__module__ for model in bundle.models.values())
    assert isinstance(predict_rates(pd.DataFrame(columns=list(bundle.feature_cols)), bundle), pd.DataFrame)


def test_a_run_that_is_not_there_or_was_changed_is_refused(home: Home, run_id: str, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no such bundle"):
        load_rates_bundle("stage0-2020-01-01/0", home.artifacts)
    files, store = home.artifacts.get(f"{RUNS}/{run_id}"), FileArtifacts(str(tmp_path))
    changed = store.put("changed", files | {"priors.json": files["priors.json"].replace(b"1", b"2")})
    with pytest.raises(ArtifactError, match="content_hash"):
        load_run(store, changed)
    other = files["meta.json"].replace(b'"home_flag"', b'"away_flag"')
    with pytest.raises(ArtifactError, match="features are not the"):
        load_run(store, store.put("other", files | {"meta.json": other}))


def slate(home: Home, day: date = DAY) -> pd.DataFrame:
    games = home.read("schedule", (day, day)).filter(pl.col("status") == "scheduled").sort("tip_off")
    return pd.DataFrame({"game_id": games["game_id"].to_list(), "game_date": games["game_date"].to_list()})


def decided(home: Home, decision: str) -> dict[datetime, list[str]]:
    """Instants of a decision on the day, with the games that it is of."""
    rows = home.read("ml_feature_store", (DAY, DAY)).filter(pl.col("decision") == decision)
    games = rows.group_by("decision_at").agg(pl.col("game_id").unique())
    return dict(games.sort("decision_at").iter_rows())


@pytest.mark.parametrize("decision", ["noon", "tip"])
def test_a_past_slate_equals_the_base_to_the_last_bit(
    decision: str, home: Home, minutes: MinutesBundle, base: pd.DataFrame
) -> None:
    """Its further rows are those who then did not play; whom nobody expected has a row in the base only."""
    games, seen = slate(home), 0
    for instant, of_instant in decided(home, decision).items():
        some = games[games["game_id"].isin(of_instant)]
        found = build_rates_features_for_slate(some, instant, minutes, home.settings.home)
        known = base[base["game_id"].isin(of_instant) & (base["decision"] == decision)]
        both = found.merge(known[KEY], on=KEY)
        columns = [*KEY, "opponent_id", "position_primary", *NAMES]
        ours, theirs = (frame.set_index(KEY).loc[both.set_index(KEY).index, columns[len(KEY) :]] for frame in (found, known))
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
        rosters = home.read("ml_feature_store", (DAY, DAY)).filter("on_roster")
        assert len(found) == rosters.filter(pl.col("game_id").is_in(of_instant) & (pl.col("decision") == decision)).height
        seen += len(both)
    assert seen > 100


def test_between_the_decisions_a_slate_knows_what_was_known_then(home: Home, minutes: MinutesBundle) -> None:
    instant, games = next(iter(decided(home, "tip").items()))
    some = slate(home)[lambda frame: frame["game_id"].isin(games)]
    hours = build_rates_features_for_slate(some, instant - timedelta(hours=2), minutes, home.warehouse)
    assert set(hours["decision"]) == {"noon"}
    assert hours["is_starter"].isna().all()
    # Fives are announced half an hour before tip-off, a quarter of an hour before the decision.
    minute = build_rates_features_for_slate(some, instant - timedelta(minutes=5), minutes, home.warehouse)
    assert set(minute["decision"]) == {"noon"}
    assert minute["is_starter"].notna().any()


def test_days_before_a_slate_knows_no_game_of_the_days_between(home: Home, minutes: MinutesBundle) -> None:
    """Box scores of the days between are in the warehouse, and were not known: games played say which ones were seen."""
    at = datetime(2023, 1, 17, 22, tzinfo=UTC)
    found = build_rates_features_for_slate(slate(home), at, minutes, home.warehouse)
    versions = home.read("box_scores").filter(pl.col("known_at") <= at)
    played = versions.group_by("player_id").agg(pl.col("game_id").n_unique().alias("games"))
    known = dict(played.with_columns(pl.col("player_id").cast(pl.String)).iter_rows())
    assert len(found) > 100
    # Who has never played has none.
    assert found["games_played"].tolist() == [known.get(player, 0) for player in found["player_id"]]
    between = home.read("player_games", (date(2023, 1, 17), date(2023, 1, 19)))
    assert between.height > 300


def test_a_bundle_from_after_the_instant_is_refused(home: Home, minutes: MinutesBundle) -> None:
    with pytest.raises(SlateError, match="the minutes bundle of 2023-01-01 may have learned from games after"):
        build_rates_features_for_slate(
            slate(home, date(2022, 12, 20)), datetime(2022, 12, 20, 17, tzinfo=UTC), minutes, home.warehouse
        )


NOON = datetime(2023, 1, 20, 17, tzinfo=UTC)
BAD: list[tuple[Callable[[pd.DataFrame], pd.DataFrame], datetime, str]] = [
    (lambda games: games, datetime(2023, 1, 20, 17), "has no time zone"),  # noqa: DTZ001
    (lambda games: games, datetime(2023, 1, 22, tzinfo=UTC), "began at 2023-01-2"),
    (
        lambda games: games.assign(game_id="0022299999"),
        datetime(2023, 1, 20, 17, tzinfo=UTC),
        "not on the schedule.*0022299999",
    ),
    (lambda games: games.drop(columns="game_date"), datetime(2023, 1, 20, 17, tzinfo=UTC), "no column game_date"),
    (lambda games: games.iloc[:0], datetime(2023, 1, 20, 17, tzinfo=UTC), "has no games"),
]


@pytest.mark.parametrize(("change", "instant", "reason"), BAD, ids=[reason for *_, reason in BAD])
def test_a_slate_that_cannot_be_built_is_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], instant: datetime, reason: str, home: Home, minutes: MinutesBundle
) -> None:
    with pytest.raises(SlateError, match=reason):
        build_rates_features_for_slate(change(slate(home)), instant, minutes, home.warehouse)


def test_training_by_hand_names_stage_cutoff_and_content(home: Home, tmp_path: Path) -> None:
    store = FileArtifacts(str(tmp_path))
    ends = (date(2022, 12, 20), date(2023, 1, 5), date(2023, 1, 20))
    run_id, gains = by_hand.train(home.warehouse, store, 3, Split(*ends))
    assert run_id.startswith("stage3-2023-01-22/")
    assert gains["target"].to_list() == list(TARGETS)
    bundle = load_rates_bundle(run_id, store)
    meta: Any = bundle.meta
    assert (meta.train_end, meta.cal_end, meta.val_end) == ends
    assert "season_touches_per_min" in meta.feature_cols
    # The same once more is the same run; a run is never overwritten.
    assert by_hand.train(home.warehouse, store, 3, Split(*ends))[0] == run_id
    # Roles are found from the features, so that whoever predicts need not know of them.
    assert not set(ROLE_FEATURES) & set(bundle.feature_cols)
    means = bundle.means(home.read("rates_training_base", Dates(DAY, DAY)))
    assert means.null_count().sum_horizontal().item() == 0
    damaged = store.get(f"{RUNS}/{run_id}")
    del damaged["roles.json"]
    with pytest.raises(ArtifactError, match=r"roles.json is missing|differ"):
        load_run(store, store.put(f"{RUNS}/stage3-none", damaged))


def test_stages_are_compared_on_the_same_later_games(home: Home, tmp_path: Path) -> None:
    picture = tmp_path / "stages.png"
    words = [
        "rates",
        "stages",
        "--train-end",
        "2022-12-20",
        "--cal-end",
        "2023-01-05",
        "--val-end",
        "2023-01-20",
        "--format",
        "json",
    ]
    shown = CliRunner().invoke(app, [*words, "--picture", str(picture), "--home", str(home.settings.home)])
    assert shown.exit_code == 0, shown.output
    found = pl.DataFrame(json.loads(shown.stdout))
    assert found["target"].to_list() == list(TARGETS)
    assert found.columns[1:] == ["stage_0", "stage_2", "stage_3"]
    assert (found["stage_0"] != found["stage_3"]).any()
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_outcomes_that_were_corrected_later_are_not_learned_from(home: Home) -> None:
    versions = home.read("box_scores", PREDICTED).sort("known_at")
    changed = versions.group_by("game_date", "game_id", "player_id").agg(first=pl.col("fga").first(), last=pl.col("fga").last())
    game = changed.filter(pl.col("first") != pl.col("last")).sort("game_date", "player_id").row(0, named=True)
    # Corrections come two days later, in the afternoon.
    for days, shots in ((2, game["first"]), (3, game["last"])):
        rows = by_hand.rows_before(home.warehouse, game["game_date"] + timedelta(days=days))
        own = rows.filter((pl.col("game_id") == game["game_id"]) & (pl.col("player_id") == game["player_id"]))
        found = ((own["fga2_per_min"] + own["fga3_per_min"]) * own["minutes_actual"]).round()
        assert found.to_list() == [shots] * 2


def test_the_base_is_who_played_for_a_second_and_its_view_is_named_as_modellers_do(home: Home, base: pd.DataFrame) -> None:
    games = home.read("player_games", PREDICTED)
    played = games.filter(pl.coalesce("seconds_played", 60 * pl.col("minutes")) > 0)
    assert len(base) == 2 * played.height
    view = home.sql("SELECT * FROM gold.rates_training_base WHERE game_date = '2023-01-20' LIMIT 1")
    assert (view.schema["season"], view.schema["team_id"], view.schema["player_id"]) == (pl.Int64(), pl.String(), pl.String())
    late = base[base["decision"] == "noon"]
    assert late[["is_starter"]].isna().all().all()


def test_projections_add_up(home: Home) -> None:
    rows = home.read("projections", PREDICTED).drop_nulls("pts")
    assert rows.height > 10_000
    points = 2 * rows["fgm2"] + 3 * rows["fgm3"] + rows["ftm"]
    assert np.allclose(points, rows["pts"])
    assert np.allclose(
        rows["pts"] * 1 + rows["reb"] * 1.2 + rows["ast"] * 1.5 + rows["stl"] * 3 + rows["blk"] * 3 - rows["tov"],
        rows["fanduel"],
    )
    on = rows.drop_nulls("play_prob")
    assert np.allclose(on["ast"] * on["play_prob"], on["ast_unconditional"])
    assert (rows["fgm2"] <= rows["fga2"]).all()
    assert Dates(rows["game_date"].min(), rows["game_date"].max()) == PREDICTED
