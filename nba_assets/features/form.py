"""Form: what a player did in past games. Values by place of a `History`, then taken for each question."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.features.history import LOOK_BACK, History, decayed, quotient, total, totals
from nba_assets.features.slate import team_numbers
from nba_assets.league.box import plays_used

DECAY = 0.9
FAST_DECAY = 0.8
SLOW_DECAY = 0.97
TRADE_DAYS = 7
WINDOWS = (3, 5, 10, 20)
COUNTS = {"points": "pts", "minutes": "minutes", "fga": "fga", "fg3a": "fg3a", "fta": "fta"}


def player_history(box_scores: pl.DataFrame) -> pl.DataFrame:
    """Return box scores with what form needs beside: usage in hundredths of a play, and games missed before each.

    `fair` is what an average teammate used in as many minutes, rounded down, so that sums stay exact; `missed_before` is
    the number of the team's games between this one and the player's previous one; where that was for another team, 1 if it was
    more than a week before in the same season, else 0.
    """
    team = ("game_id", "team_id")
    minutes, used = pl.col("minutes"), plays_used()
    games = team_numbers(box_scores).sort("player_id", "game_date", "game_id")
    before = {name: pl.col(name).shift(1).over("player_id") for name in ("team_id", "season", "game_date")}
    same_team, same_season = pl.col("team_id") == before["team_id"], pl.col("season") == before["season"]
    away = (pl.col("game_date") - before["game_date"]).dt.total_days() > TRADE_DAYS
    return games.with_columns(
        used=used,
        fair=5 * minutes * used.sum().over(team) // minutes.sum().over(team),
        missed_before=pl.when(same_team)
        .then(pl.col("game_number").diff().over("player_id") - 1)
        .otherwise((same_season & away).cast(pl.Int64)),
    )


def player_form(history: History) -> dict[str, Floats]:
    """Return the form of players, by feature name, a value a question; NaN where there is nothing to divide by.

    A mean over n games is a sum of integers over the number of games held. An exponential mean weighs the game k games
    ago by 0.9 ** k over the last 40. Rates (usage percentage, points per minute, true shooting) are quotients of sums,
    and so weighted by what they are per. Usage percentage and true shooting after basketball-reference.com's glossary.
    """
    past = _Past(history)
    features = past.windows() | past.exponential()
    at = history.at
    season, held = history.before_season(), history.since(history.held, history.before_season())
    pts, minutes, starts = past["pts"], past["minutes"], past["starter"]
    started, benched = minutes * starts, minutes * (1 - starts)
    of_role = {
        "as_starter": (started, pts * starts, starts),
        "off_bench": (benched, pts * (1 - starts), history.held - starts),
    }
    for role, (played, scored, games) in of_role.items():
        features[f"minutes_{role}_ewma"] = quotient(decayed(played, SLOW_DECAY), decayed(games, SLOW_DECAY))[at]
        features[f"points_{role}_ewma"] = quotient(decayed(scored, SLOW_DECAY), decayed(games, SLOW_DECAY))[at]
    used, fair = (total(past[name], LOOK_BACK)[at] for name in ("used", "fair"))
    return features | {
        # The long-run baseline of what absent teammates leave; no feature of its own.
        "minutes_long": quotient(total(minutes, LOOK_BACK), total(history.held, LOOK_BACK))[at],
        "usage_long": quotient(100 * used, fair),
        "points_std_last_10": spread(pts, history.held, 10)[at],
        "minutes_std_last_10": spread(minutes, history.held, 10)[at],
        "minutes_fast_ewma": quotient(decayed(minutes, FAST_DECAY), decayed(history.held, FAST_DECAY))[at],
        "points_slow_ewma": quotient(decayed(pts, SLOW_DECAY), decayed(history.held, SLOW_DECAY))[at],
        "minutes_last": quotient(minutes, history.held)[at],
        "expected_starter": quotient(total(starts, 10), total(history.held, 10))[at],
        "points_avg_season": quotient(history.since(pts, season), held),
        "minutes_avg_season": quotient(history.since(minutes, season), held),
        "games_played": held,
        "games_on_record": total(history.held, LOOK_BACK)[at],
    }


class _Past:
    """The integer columns of a player's history, each read once."""

    def __init__(self, history: History) -> None:
        self.history = history
        names = (*COUNTS.values(), "ast", "oreb", "dreb", "plus_minus", "starter", "used", "fair")
        self.columns = {name: history.column(name) for name in names}

    def __getitem__(self, name: str) -> Floats:
        return self.columns[name]

    def windows(self) -> dict[str, Floats]:
        """Means and rates over 3, 5, 10 and 20 games."""
        sums = {name: totals(column, WINDOWS) for name, column in self._averaged()}
        found: dict[str, Floats] = {}
        for games in WINDOWS:
            found |= self._means(f"avg_last_{games}", {name: of_windows[games] for name, of_windows in sums.items()})
        return found

    def exponential(self) -> dict[str, Floats]:
        """Exponential means and rates."""
        sums = {name: decayed(column, DECAY) for name, column in self._averaged()}
        found, held, at = self._means("ewma", sums), sums["held"], self.history.at
        rebounds = self["oreb"] + self["dreb"]
        for name, column in (("ast", self["ast"]), ("reb", rebounds), ("plus_minus", self["plus_minus"])):
            found[f"{name}_ewma"] = quotient(decayed(column, DECAY), held)[at]
        shots = decayed(200 * self["fga"] + 88 * self["fta"], DECAY)
        return found | {"true_shooting_ewma": quotient(10_000 * decayed(self["pts"], DECAY), shots)[at]}

    def _averaged(self) -> Iterator[tuple[str, Floats]]:
        yield "held", self.history.held
        for name in (*COUNTS.values(), "used", "fair"):
            yield name, self[name]

    def _means(self, suffix: str, sums: dict[str, Floats]) -> dict[str, Floats]:
        at = self.history.at
        found = {f"{stem}_{suffix}": quotient(sums[name], sums["held"])[at] for stem, name in COUNTS.items()}
        found[f"usage_{suffix}"] = quotient(100 * sums["used"], sums["fair"])[at]
        found[f"points_per_minute_{suffix}"] = quotient(sums["pts"], sums["minutes"])[at]
        return found


def spread(column: Floats, held: Floats, games: int) -> Floats:
    """Return by place the standard deviation over the last games, from exact sums of integers and of their squares."""
    n, sums, squares = total(held, games), total(column, games), total(column * column, games)
    return np.sqrt(quotient(n * squares - sums * sums, n * (n - 1)))
