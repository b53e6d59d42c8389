"""Form: what a player or team did in its past games. Every function looks back LOOK_BACK games or to the season's start."""

import numpy as np
import polars as pl

from nba_assets.features.history import LOOK_BACK, Floats, History, Ints, decayed, total
from nba_assets.league.box import plays_used, team_games

DECAY = 0.9
FAST_DECAY = 0.8
TEAM_GAMES = 20


def player_history(box_scores: pl.DataFrame) -> pl.DataFrame:
    """Return box scores with what usage needs: plays used, and what an average teammate used in as many minutes."""
    team = ("game_id", "team_id")
    minutes, used = pl.col("minutes"), plays_used()
    return box_scores.with_columns(used=used, fair=5 * minutes * used.sum().over(team) / minutes.sum().over(team))


def team_history(box_scores: pl.DataFrame) -> pl.DataFrame:
    """Return team games with their length in minutes."""
    return team_games(box_scores).with_columns(game_minutes=48 + 5 * pl.col("overtimes"))


def player_form(history: History) -> dict[str, pl.Series]:
    """Return the form features of the players of a history, by name.

    Averages over n games are sums of integers over the number of games held. Exponential means weigh the game k games
    ago by 0.9 ** k over the last 40. Usage is a quotient of sums, and so weighted by minutes.
    """
    names = ("pts", "minutes", "fga", "fg3a", "fta", "ast", "used", "fair", "starter")
    lags = {name: history.lags(name) for name in names}
    weighted = {name: decayed(lags[name], DECAY) for name in names}
    held = decayed(history.held, DECAY)
    season_games = history.season_games
    features = {
        f"{stem}_avg_last_{n}": quotient(total(lags[name], n), total(history.held, n))
        for stem, name in (("points", "pts"), ("minutes", "minutes"), ("fga", "fga"))
        for n in (5, 10, 20)
    }
    features |= {f"usage_avg_last_{n}": quotient(100 * total(lags["used"], n), total(lags["fair"], n)) for n in (5, 10, 20)}
    features |= {
        f"{stem}_ewma": quotient(weighted[name], held)
        for stem, name in (("points", "pts"), *((name, name) for name in ("minutes", "fga", "fg3a", "fta", "ast")))
    }
    return features | {
        "usage_ewma": quotient(100 * weighted["used"], weighted["fair"]),
        "points_per_minute_ewma": quotient(weighted["pts"], weighted["minutes"]),
        "minutes_fast_ewma": quotient(decayed(lags["minutes"], FAST_DECAY), decayed(history.held, FAST_DECAY)),
        "minutes_last": history.last("minutes"),
        "points_std_last_10": spread(lags["pts"], history.held, 10),
        "expected_starter": quotient(total(lags["starter"], 10), total(history.held, 10)),
        "points_avg_season": quotient(history.season_to_date("pts"), season_games),
        "minutes_avg_season": quotient(history.season_to_date("minutes"), season_games),
        "games_played_season": pl.Series(season_games),
        "games_played": pl.Series(total(history.held, LOOK_BACK)),
    }


def team_form(history: History, side: str) -> dict[str, pl.Series]:
    """Return pace and ratings of the teams of a history over their last 20 games: quotients of sums."""
    names = ("possessions", "game_minutes", "pts", "opponent_pts")
    possessions, minutes, scored, given_up = (total(history.lags(name), TEAM_GAMES) for name in names)
    return {
        f"{side}_pace": quotient(48 * possessions, minutes),
        f"{side}_offensive_rating": quotient(100 * scored, possessions),
        f"{side}_defensive_rating": quotient(100 * given_up, possessions),
    }


def spread(lags: Floats, held: Floats, games: int) -> pl.Series:
    """Return the standard deviation over the last games, from exact sums of integers and of their squares."""
    n, sums, squares = total(held, games), total(lags, games), total(lags * lags, games)
    variance = quotient(n * squares - sums * sums, n * (n - 1))
    return variance.sqrt()


def quotient(part: Floats | Ints, whole: Floats | Ints) -> pl.Series:
    """Return a quotient; null where there is nothing to divide by."""
    values = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return pl.Series(values).fill_nan(None)
