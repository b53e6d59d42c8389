"""How likely a player is to play who is questionable, doubtful or probable: what became of such players in the year before.

A player is questionable if the newest report known at noon of the game's date says so. Cases are told apart by the games that
the player has missed, by whether a reason was given, and by whether the last game was in an earlier season. Doubtful and
probable players are rarer, and most reports do not know these words: of each there is one group.
"""

import numpy as np
import polars as pl

from nba_assets.arrays import Floats, Ints
from nba_assets.calendar import NOON, eastern_expr
from nba_assets.features.history import History
from nba_assets.features.slate import team_numbers
from nba_assets.tables.facts import AVAILABILITY
from nba_assets.tables.versions import as_of

YEAR = 365
# Lower edges of the numbers of games missed that are told apart.
MISSED = np.array([0, 1, 2, 3, 4, 6, 10])
# A group of cases counts as much as so many cases that went like the larger group it belongs to.
PRIOR_CASES = 10
# What counts as the larger group: the league tells teams to say doubtful for 25% and probable for 75%, and fewer and more play.
MEANT = {"doubtful": 0.1, "probable": 0.9}


def chances_to_play(
    rows: pl.DataFrame, last_season: pl.Series, boxes: pl.DataFrame, reports: pl.DataFrame
) -> dict[str, Floats]:
    """Return the chance to play that each row's player has if questionable, without and with a reason.

    A share of past cases, drawn towards the share of all with as many games missed, and that towards the share of all: the
    mean of a beta distribution. All counts are exact integers.

    Args:
        rows: game_date, season and team_games_missed.
        last_season: of each row, the season of the player's latest game.
        boxes: box scores, one version each.
        reports: facts `availability` of the year before, all versions.

    Returns:
        chance_unexplained and chance_explained; chance_doubtful and chance_probable.
    """
    cases = _cases(boxes, reports, "questionable")
    missed = np.searchsorted(MISSED, rows["team_games_missed"].fill_null(0).to_numpy(), "right") - 1
    new = (last_season != rows["season"]).fill_null(value=True).to_numpy()
    days = rows["game_date"].cast(pl.Int64).to_numpy()
    played, counted = (_year_before(cases, name, days) for name in ("played", "one"))
    every = _share(played.sum((1, 2)), counted.sum((1, 2)), np.full(len(days), 0.5))
    each = np.arange(len(days))
    of_missed = _share(played[each, missed].sum(1), counted[each, missed].sum(1), every)
    groups = {"chance_unexplained": 2 * new, "chance_explained": 2 * new + 1}
    asked = {
        name: _share(played[each, missed, group], counted[each, missed, group], of_missed) for name, group in groups.items()
    }
    return asked | {f"chance_{word}": _of_word(boxes, reports, word, days) for word in MEANT}


def _of_word(boxes: pl.DataFrame, reports: pl.DataFrame, word: str, days: Ints) -> Floats:
    meant = np.full(len(days), MEANT[word])
    if reports.filter(pl.col("status") == word).is_empty():
        return meant
    cases = _cases(boxes, reports, word)
    played, counted = (_year_before(cases, name, days).sum((1, 2)) for name in ("played", "one"))
    return _share(played, counted, meant)


def _share(played: Floats, counted: Floats, wider: Floats) -> Floats:
    return (played + PRIOR_CASES * wider) / (counted + PRIOR_CASES)


def _year_before(cases: pl.DataFrame, name: str, days: Ints) -> Floats:
    """Sums of a column over the cases of the year before each day: (days, numbers of games missed, groups)."""
    at = cases["game_date"].cast(pl.Int64).to_numpy()
    first = int(at.min()) if len(at) else 0
    last = int(at.max()) if len(at) else 0
    sums = np.zeros((last - first + 2, len(MISSED), 4))
    np.add.at(sums, (at - first + 1, cases["missed"].to_numpy(), cases["group"].to_numpy()), cases[name].to_numpy())
    running = np.cumsum(sums, axis=0)
    # `running[n]` holds all days before `first + n`.
    until, since = (np.clip(days - first - back, 0, len(running) - 1) for back in (0, YEAR))
    return running[until] - running[since]


def _cases(boxes: pl.DataFrame, reports: pl.DataFrame, status: str) -> pl.DataFrame:
    """Return who had a status at noon of a game that has a box score: game_date, missed, group, one, played."""
    morning = reports.filter(pl.col("known_at") <= eastern_expr(pl.col("game_date"), NOON))
    asked = as_of(morning, AVAILABILITY).filter(pl.col("status") == status)
    numbered = team_numbers(boxes.select("game_id", "game_date", "season", "team_id", "player_id"))
    games = numbered.select("game_id", "team_id", "season", "game_number").unique()
    cases = asked.select("game_id", "game_date", "team_id", "player_id", "reason").join(games, on=["game_id", "team_id"])
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
    group = 2 * (pl.col("last_season") != pl.col("season")).cast(pl.Int64) + pl.col("reason").is_not_null().cast(pl.Int64)
    edge = pl.Series(np.searchsorted(MISSED, cases["missed"].to_numpy(), "right") - 1)
    return cases.with_columns(edge.alias("missed"), group=group)
