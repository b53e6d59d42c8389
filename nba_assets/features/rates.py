"""Rates: what a player does per minute on court, over several spans; and what tracking cameras saw. Nothing is shrunk."""

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.calendar import MIDNIGHT, eastern_expr
from nba_assets.features.history import LONG_LOOK_BACK, History, long_decayed, quotient, total
from nba_assets.league.box import by_worth, seconds_on_court
from nba_assets.tables import facts
from nba_assets.tables.feature import STATISTICS

LAST, FEW = 10, 3
SEASON_COUNTS = {
    "fga": "fga",
    "3pa": "fg3a",
    "fta": "fta",
    "ast": "ast",
    "tov": "tov",
    "reb": "reb",
    "stl": "stl",
    "blk": "blk",
}
LAST_3_COUNTS = ("fga", "3pa", "fta", "ast", "tov", "reb")
# Half-lives in games, as a leading public system (DARKO) reports them for each statistic.
HALF_LIVES = {"fga2": 15, "fga3": 15, "fta": 36, "ast": 27, "tov": 94, "oreb": 55, "dreb": 46, "stl": 126, "blk": 41}
# Made and attempted, and the half-life in games: of two-pointers a guess between its attempts and the others.
SHOTS = {"fg2": ("fgm2", "fga2", 60), "fg3": ("fgm3", "fga3", 127), "ft": ("ftm", "fta", 115)}
TRACKED = ("touches", "time_of_possession", "drives")


def rate_history(box_scores: pl.DataFrame, tracking: pl.DataFrame) -> pl.DataFrame:
    """Return box scores with exact seconds, two-pointers, rebounds, and the tracking counts of games that have them.

    Args:
        box_scores: one version each.
        tracking: facts `tracking_games`, one version each.
    """
    seen = tracking.select("game_id", "player_id", *TRACKED, is_tracked=pl.lit(value=True))
    seconds = seconds_on_court()
    return box_scores.join(seen, on=["game_id", "player_id"], how="left", maintain_order="left").with_columns(
        seconds=seconds,
        reb=pl.col("oreb") + pl.col("dreb"),
        tracked_seconds=pl.when("is_tracked").then(seconds),
        **by_worth(),
    )


def player_rates(games: pl.DataFrame, asked: pl.DataFrame) -> dict[str, Floats]:
    """Return rates per minute by feature name, a value per question; NaN without a minute in the span.

    A rate is a sum of counts over the sum of minutes, so that long games weigh more. `{statistic}_slow_per_min` weighs a game
    k games ago by 0.5 ** (k / half-life), over the last 512; `{statistic}_slow_minutes` is the sum of its weighted minutes:
    what a model shrinks it by; likewise `{shot}_slow_pct` and `{shot}_slow_attempts` of shots made.

    Args:
        games: of `rate_history`.
        asked: player_id, game_date and season.
    """
    # Of other players there is nothing to look up.
    own = games.filter(pl.col("player_id").is_in(asked["player_id"].unique().implode()))
    history = History(own, asked, "player_id", LONG_LOOK_BACK)
    at, season = history.at, history.before_season()
    seconds = history.column("seconds")
    counts = {name: history.column(name) for name in {*SEASON_COUNTS.values(), *STATISTICS}}
    of_season = history.since(seconds, season)
    found = {
        f"season_{name}_per_min": _per_minute(history.since(counts[of], season), of_season)
        for name, of in SEASON_COUNTS.items()
    }
    few, last = total(seconds, FEW)[at], total(seconds, LAST)[at]
    found["last3_minutes_per_game"] = quotient(few / 60, total(history.held, FEW)[at])
    for name in LAST_3_COUNTS:
        found[f"last3_{name}_per_min"] = _per_minute(total(counts[SEASON_COUNTS[name]], FEW)[at], few)
    for name in STATISTICS:
        found[f"last10_{name}_per_min"] = _per_minute(total(counts[name], LAST)[at], last)
        decay = 0.5 ** (1 / HALF_LIVES[name])
        weighted = long_decayed(seconds, decay)[at]
        found[f"{name}_slow_per_min"] = _per_minute(long_decayed(counts[name], decay)[at], weighted)
        found[f"{name}_slow_minutes"] = weighted / 60
    for name, (made, attempted, half_life) in SHOTS.items():
        decay = 0.5 ** (1 / half_life)
        found[f"{name}_slow_attempts"] = long_decayed(history.column(attempted), decay)[at]
        found[f"{name}_slow_pct"] = quotient(long_decayed(history.column(made), decay)[at], found[f"{name}_slow_attempts"])
    return found


def tracking_features(games: pl.DataFrame, asked: pl.DataFrame, totals: pl.DataFrame) -> dict[str, Floats]:
    """Return touches and drives per minute and seconds per touch: the season to date, and the last 10 games.

    Before the first tracked game of a season, those of the season before serve, from its games or else from its totals; then
    `tracking_is_lagged` is 1. It is NaN where there are neither.

    Args:
        games: of `rate_history`.
        asked: player_id, game_date and season.
        totals: facts `tracking_seasons`, all versions.
    """
    own = games.filter(pl.col("player_id").is_in(asked["player_id"].unique().implode()))
    history = History(own, asked, "player_id")
    names = ("tracked_seconds", *TRACKED)
    columns = {name: history.column(name) for name in names}
    season, year_before = history.before_season(), history.before_season(1)
    now = {name: history.since(column, season) for name, column in columns.items()}
    before = {name: history.since(column, year_before) - now[name] for name, column in columns.items()}
    whole = _season_totals(asked, totals)
    fresh, lagged = now["tracked_seconds"] > 0, before["tracked_seconds"] > 0
    of_season = {name: np.where(fresh, now[name], np.where(lagged, before[name], whole[name])) for name in names}
    last = {name: total(column, LAST)[history.at] for name, column in columns.items()}
    served = np.where(of_season["tracked_seconds"] > 0, 1.0 - fresh, np.nan)
    return _shape("season", of_season) | _shape("last10", last) | {"tracking_is_lagged": served}


def _season_totals(asked: pl.DataFrame, totals: pl.DataFrame) -> dict[str, Floats]:
    """Totals of the season before, as known at midnight of the day; zero where there are none."""
    start = pl.col("season").str.slice(0, 4).cast(pl.Int64)
    known = totals.sort(facts.TRACKING_SEASONS.key).select(
        "player_id", "known_at", *TRACKED, year=start + 1, tracked_seconds=60 * pl.col("minutes")
    )
    numbered = asked.select("player_id", "game_date", year=start).with_row_index("question")
    newest = (
        numbered.join(known, on=["player_id", "year"], maintain_order="left")
        .filter(pl.col("known_at") <= eastern_expr(pl.col("game_date"), MIDNIGHT))
        .unique("question", keep="last", maintain_order=True)
    )
    names = ("tracked_seconds", *TRACKED)
    every = numbered.join(newest.select("question", *names), on="question", how="left", maintain_order="left")
    return {name: every[name].cast(pl.Float64).fill_null(0.0).to_numpy() for name in names}


def _shape(span: str, sums: dict[str, Floats]) -> dict[str, Floats]:
    return {
        f"{span}_touches_per_min": _per_minute(sums["touches"], sums["tracked_seconds"]),
        f"{span}_sec_per_touch": quotient(sums["time_of_possession"], sums["touches"]),
        f"{span}_drives_per_min": _per_minute(sums["drives"], sums["tracked_seconds"]),
    }


def _per_minute(count: Floats, seconds: Floats) -> Floats:
    return quotient(60 * count, seconds)
