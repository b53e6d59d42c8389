"""Intervals with dates and players as clusters: as statsmodels has them, and against their promise."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from scipy.stats import t
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

from nba_assets.modelling.clusters import Interval, mean_interval

FIRST = date(2024, 1, 1)


def games(rng: np.random.Generator, dates: int = 30, players: int = 40) -> pl.DataFrame:
    """Values that have something of their date and of their player; most players miss some dates."""
    of_date, of_player = rng.normal(0, 1, dates), rng.normal(0, 1, players)
    rows = [(day, player) for day in range(dates) for player in range(players) if rng.random() < 0.6]
    values = [of_date[day] + of_player[player] + rng.normal(0, 1) for day, player in rows]
    days, who = [FIRST + timedelta(days=day) for day, _ in rows], [player for _, player in rows]
    return pl.DataFrame({"game_date": days, "player_id": who, "value": values})


def test_the_interval_is_that_of_the_two_way_sandwich() -> None:
    rows = games(np.random.default_rng(1))
    found = mean_interval(rows, pl.col("value"))
    fitted = sm.OLS(rows["value"].to_numpy(), np.ones(rows.height)).fit()
    dates, players = (rows[name].rank("dense").cast(pl.Int64).to_numpy() for name in ("game_date", "player_id"))
    both, *_ = cov_cluster_2groups(fitted, dates, group2=players, use_correction=False)
    error = float(np.sqrt(both[0, 0]))
    assert found.value == pytest.approx(rows["value"].mean())
    assert found.high is not None
    # The corrections for 30 and 40 clusters are below 2%.
    assert found.high - found.value == pytest.approx(t.ppf(0.975, 29) * error, rel=0.03)


def test_it_holds_the_mean_where_single_rows_would_not() -> None:
    rng, held = np.random.default_rng(2), 0
    for _ in range(200):
        found = mean_interval(games(rng), pl.col("value"))
        held += bool(found.low is not None and found.low <= 0 <= (found.high or 0))
    assert 0.9 <= held / 200 <= 0.99


def test_a_weight_counts_a_row_so_often() -> None:
    rows = games(np.random.default_rng(3)).with_columns(weight=pl.int_range(pl.len()) % 3)
    twice = pl.concat([rows.filter(pl.col("weight") >= 1), rows.filter(pl.col("weight") == 2)])
    one, two = mean_interval(rows, pl.col("value"), pl.col("weight")), mean_interval(twice, pl.col("value"))
    assert one.value == pytest.approx(two.value)


def test_of_one_date_or_of_nothing_there_is_no_interval() -> None:
    rows = games(np.random.default_rng(4), dates=1)
    assert mean_interval(rows, pl.col("value"))[1:] == (None, None)
    assert mean_interval(rows.clear(), pl.col("value")) == Interval(None, None, None)
