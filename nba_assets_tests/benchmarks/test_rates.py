"""Measured: the features of a slate for users' own code, and nine rates against the libraries' own calls."""

from datetime import date

import pandas as pd
import polars as pl
import pytest

from nba_assets.home import Home
from nba_assets.minutes.bundle import load_minutes
from nba_assets.rates.bundle import load_run
from nba_assets.rates.interface import build_rates_features_for_slate, predict_rates
from nba_assets.rates.model import Boosted
from nba_assets.settings import Settings
from nba_assets_tests.benchmarks.test_benchmarks import report, seconds

DAY = date(2023, 1, 20)
ROWS = 500


@pytest.fixture(scope="module")
def home(ran_home: Settings) -> Home:
    return Home(ran_home)


@pytest.fixture(scope="module")
def slate(home: Home) -> pd.DataFrame:
    """The features of a slate, built once more than is measured: warm."""
    return built(home)


def built(home: Home) -> pd.DataFrame:
    minutes = load_minutes(home.artifacts, home.read("minutes_bundles")["path"].item())
    games = home.read("schedule", (DAY, DAY))
    asked = pd.DataFrame({"game_id": games["game_id"].to_list(), "game_date": games["game_date"].to_list()})
    at = home.read("ml_feature_store", (DAY, DAY)).filter(pl.col("decision") == "tip")["decision_at"].min()
    return build_rates_features_for_slate(asked, at, minutes, home.warehouse)


def test_the_features_of_a_slate(home: Home, slate: pd.DataFrame) -> None:
    games = slate["game_id"].nunique()
    report(f"features of a slate of {games} games, {len(slate)} players, warm: {seconds(lambda: built(home)):.2f} s")


def test_nine_rates_of_500_rows(home: Home, slate: pd.DataFrame) -> None:
    bundle = load_run(home.artifacts, home.read("rates_bundles")["path"].item())
    rows = pd.concat([slate] * (ROWS // len(slate) + 1)).iloc[:ROWS]
    values = rows[list(bundle.feature_cols)].to_numpy(dtype="float64")
    models = [model for each in bundle.models.values() if isinstance(each, Boosted) for model in each.parts.values()]
    ours = seconds(lambda: predict_rates(rows, bundle))
    theirs = seconds(lambda: [model.predict(values) for model in models])
    beside = f"the library's {len(models)} calls {1000 * theirs:.0f} ms ({ours / theirs:.2f}x)"
    report(f"9 rates of {ROWS} rows: {1000 * ours:.0f} ms; {beside}")
