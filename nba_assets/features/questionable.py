"""How likely a player is to play who is questionable, doubtful or probable: what became of such players in the year before.

A player is that if the newest report known at noon of the game's date says so. Cases are told apart by the games that the
player has missed, by whether a reason was given, by whether the last game was in an earlier season, and by the age of the
word: one of the day before, which nobody has changed by noon, is not worth what a new one is.
"""

import numpy as np
import polars as pl

from nba_assets.arrays import Floats, Ints
from nba_assets.calendar import EASTERN, NOON, eastern_expr
from nba_assets.features.history import History
from nba_assets.features.slate import team_numbers
from nba_assets.tables.facts import AVAILABILITY
from nba_assets.tables.versions import as_of

YEAR = 365
# Lower edges of the numbers of games missed that are told apart.
MISSED = np.array([0, 1, 2, 3, 4, 6, 10])
GROUPS, AGES = 4, 2
# A group of cases counts as much as so many cases that went like the larger group it belongs to.
PRIOR_CASES = 10
# The largest group: the league tells teams to say doubtful for 25% and probable for 75%; fewer and more than that play.
MEANT = {"questionable": 0.5, "doubtful": 0.1, "probable": 0.9}


def chances_to_play(rows: pl.DataFrame, boxes: pl.DataFrame, reports: pl.DataFrame) -> Floats:
    """Return the chance to play of players of whom a report says one of the words MEANT.

    A share of past cases, drawn towards the share of a larger group, and that towards the share of a larger one: means of beta
    distributions. From all to those with as many games missed, with or without a reason and a game in this season, and as old a
    word; where no word of the year was of an earlier day, its age tells nothing. All counts are exact integers.

    Args:
        rows: game_date, season, player_id, team_games_missed, status, reason and reported_at.
        boxes: box scores, one version each.
        reports: facts `availability` of the year before, all versions.
    """
    numbered = team_numbers(boxes.select("game_id", "game_date", "season", "team_id", "player_id"))
    found = np.empty(rows.height)
    for word, meant in MEANT.items():
        own = rows["status"] == word
        if own.any():
            found[own.to_numpy()] = _of_word(rows.filter(own), numbered, _cases(numbered, reports, word), meant)
    return found


def _of_word(rows: pl.DataFrame, numbered: pl.DataFrame, cases: pl.DataFrame, meant: float) -> Floats:
    last_season = History(numbered, rows, "player_id").last("season")
    grouped = rows.with_columns(last_season.alias("last_season"), missed=pl.col("team_games_missed").fill_null(0)).select(
        "missed", group=_group(), age=_age("reported_at")
    )
    edge = np.searchsorted(MISSED, grouped["missed"].to_numpy(), "right") - 1
    group, age = (grouped[name].to_numpy() for name in ("group", "age"))
    days, each = rows["game_date"].cast(pl.Int64).to_numpy(), np.arange(rows.height)
    played, counted = (_year_before(cases, name, days) for name in ("played", "one"))
    every = _share(played.sum((1, 2, 3)), counted.sum((1, 2, 3)), np.full(len(days), meant))
    of_missed = _share(played[each, edge].sum((1, 2)), counted[each, edge].sum((1, 2)), every)
    of_group = _share(played[each, edge, group].sum(1), counted[each, edge, group].sum(1), of_missed)
    of_age = _share(played[each, edge, group, age], counted[each, edge, group, age], of_group)
    return np.where(counted[..., 1].sum((1, 2)) > 0, of_age, of_group)


def _group() -> pl.Expr:
    """Which of the four groups: a last game in an earlier season or none, and whether a reason was given."""
    is_new = (pl.col("last_season") != pl.col("season")).fill_null(value=True)
    return 2 * is_new.cast(pl.Int64) + pl.col("reason").is_not_null().cast(pl.Int64)


def _age(reported_at: str) -> pl.Expr:
    """1 if the word is of an earlier day than the game."""
    return (pl.col(reported_at).dt.convert_time_zone(EASTERN.key).dt.date() < pl.col("game_date")).cast(pl.Int64)


def _share(played: Floats, counted: Floats, wider: Floats) -> Floats:
    return (played + PRIOR_CASES * wider) / (counted + PRIOR_CASES)


def _year_before(cases: pl.DataFrame, name: str, days: Ints) -> Floats:
    """Sums of a column over the cases of the year before each day: (days, numbers of games missed, groups, ages)."""
    at = cases["game_date"].cast(pl.Int64).to_numpy()
    first = int(at.min()) if len(at) else 0
    last = int(at.max()) if len(at) else 0
    sums = np.zeros((last - first + 2, len(MISSED), GROUPS, AGES))
    cells = (cases[column].to_numpy() for column in ("missed", "group", "age"))
    np.add.at(sums, (at - first + 1, *cells), cases[name].to_numpy())
    running = np.cumsum(sums, axis=0)
    # `running[n]` holds all days before `first + n`.
    until, since = (np.clip(days - first - back, 0, len(running) - 1) for back in (0, YEAR))
    return running[until] - running[since]


def _cases(numbered: pl.DataFrame, reports: pl.DataFrame, status: str) -> pl.DataFrame:
    """Return who had a status at noon of a game that has a box score: game_date, missed, group, age, one, played."""
    morning = reports.filter(pl.col("known_at") <= eastern_expr(pl.col("game_date"), NOON))
    asked = as_of(morning, AVAILABILITY).filter(pl.col("status") == status)
    games = numbered.select("game_id", "team_id", "season", "game_number").unique()
    cases = asked.select("game_id", "game_date", "team_id", "player_id", "reason", "known_at").join(
        games, on=["game_id", "team_id"]
    )
    there = numbered.select("game_id", "player_id", played=pl.lit(1.0))
    cases = cases.join(there, on=["game_id", "player_id"], how="left").sort("game_date", "game_id", "player_id")
    history = History(numbered, cases, "player_id")
    cases = cases.with_columns(
        history.last("team_id").alias("last_team"),
        history.last("season").alias("last_season"),
        missed=pl.col("game_number") - 1 - history.last("game_number"),
        one=pl.lit(1.0),
        played=pl.col("played").fill_null(0.0),
    ).filter(pl.col("last_team") == pl.col("team_id"))
    edge = pl.Series(np.searchsorted(MISSED, cases["missed"].to_numpy(), "right") - 1)
    return cases.with_columns(edge.alias("missed"), group=_group(), age=_age("known_at"))
