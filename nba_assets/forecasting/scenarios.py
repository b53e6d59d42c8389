"""Scenarios: a slate as it would be predicted if some players were out. Nothing is stored."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

import polars as pl

from nba_assets.calendar import MIDNIGHT, TIMESTAMP, Dates, eastern
from nba_assets.errors import NbaAssetsError
from nba_assets.features.slate import slate
from nba_assets.features.store import Facts, past, present
from nba_assets.forecasting.inference import predict
from nba_assets.forecasting.models import RegisteredModel
from nba_assets.reference.names import Names, Person
from nba_assets.tables.facts import AVAILABILITY

# What is compared of points, minutes and box scores; the first of each is what `change` is about.
POINTS = ("predicted_points", "p10", "p90")
MINUTES = ("minutes_mean", "minutes_p10", "minutes_p90", "play_prob")
BOX_SCORES = ("pts", "minutes", "reb", "ast", "stl", "blk", "tov", "fgm3", "pra", "draftkings", "fanduel")
# Predicts feature rows: game_id, player_id, decision, team_id, player_name and what is compared.
Predict = Callable[[pl.DataFrame], pl.DataFrame]
KEY = ("game_id", "player_id", "decision")


class ScenarioError(NbaAssetsError):
    """A scenario that cannot be predicted: a name that is not one player of the slate, or a slate without predictions."""


class Night:
    """A slate of which what-ifs are asked: what the past tells of its players is worked out once.

    Args:
        known: facts that the date's features read.
        day: the date.
    """

    def __init__(self, known: Facts, day: date) -> None:
        """Build the slate's features with everybody as known."""
        self.day, self._known = day, known
        self._games = slate(known.schedule_notices, Dates(day, day))
        self._epochs = list(past(known, self._games))
        self.rows = present(self._epochs, self._games, known)

    def player(self, name: str) -> int:
        """Return the id of the player who is meant. Raises ScenarioError: nobody of the slate is, or several are."""
        people = self.rows.select("player_id", "player_name").unique().iter_rows()
        found = Names(Person(*row) for row in people).resolve(name)
        if found.player_id is None:
            could = ": " + ", ".join(found.candidates) + " could be meant" if found.candidates else ""
            raise ScenarioError(f"{name!r} is not one player of the slate{could or '; the slate has nobody of that name'}")
        return found.player_id

    def without(self, players: Sequence[int]) -> pl.DataFrame:
        """Return the feature rows of the players' games as if they had been reported out at midnight.

        Where lineups are announced, others start in their place.
        """
        concerned = self.rows.filter(pl.col("player_id").is_in(players))["game_id"].unique().to_list()
        own = pl.col("game_id").is_in(concerned)
        reports = _reported_out(self.rows, self._known.availability, players, self.day)
        epochs = [each._replace(rows=each.rows.filter(own)) for each in self._epochs]
        return present(epochs, self._games.filter(own), replace(self._known, availability=reports))


def sitting_out(night: Night, out: Sequence[str], predicted: Predict, compared: Sequence[str]) -> pl.DataFrame:
    """Return what changes if some players are out.

    Args:
        night: the slate, as `Night(read_facts(warehouse, Dates(day, day)), day)`.
        out: names of players.
        predicted: predicts feature rows.
        compared: columns of what it predicts.

    Returns:
        team_id, player_name, decision, the compared columns with everybody as known, the same with `_if` for the scenario,
        and `change` of the first one; one row per player of the games concerned who would play, the largest change first.

    Raises:
        ScenarioError: a name is not on the slate or fits several players, or nobody is predicted yet.
    """
    changed, first, day = night.without([night.player(name) for name in out]), compared[0], night.day
    rows = night.rows.join(changed.select("game_id").unique(), on="game_id", how="semi", maintain_order="left")
    before, after = (predicted(some).drop_nulls(first) for some in (rows, changed))
    if before.is_empty():
        raise ScenarioError(f"nobody is predicted on {day} yet", date=day, remedy=f"`nba-assets predict {day}` first")
    absent = changed.filter("is_out").select(KEY)
    later = after.join(absent, on=KEY, how="anti").select(
        *KEY, "team_id", "player_name", *(pl.col(name).alias(f"{name}_if") for name in compared)
    )
    both = later.join(before.select(*KEY, *compared), on=KEY, how="left").with_columns(
        change=pl.col(f"{first}_if") - pl.col(first)
    )
    order = ["decision", pl.col("change").abs(), "player_id"]
    shown = ("team_id", "player_name", "decision", *compared, *(f"{name}_if" for name in compared), "change")
    return both.sort(*order, descending=[False, True, False], nulls_last=True).select(shown)


def of_points(known: Facts, models: Sequence[RegisteredModel], windows: Sequence[date], now: datetime) -> Predict:
    """Return what predicts points with a model. It raises ScenarioError if that one cannot predict a slate."""

    def predicted(features: pl.DataFrame) -> pl.DataFrame:
        predictions, skips = predict(features, known.prop_lines, models, windows, now)
        if predictions.is_empty() and skips.height:
            raise ScenarioError(skips["reason"][0])
        return predictions

    return predicted


def _reported_out(rows: pl.DataFrame, availability: pl.DataFrame, players: Sequence[int], day: date) -> pl.DataFrame:
    """The date's availability, as if some players had been reported out at midnight, and others started in their place."""
    asked = rows.filter(pl.col("player_id").is_in(players)).unique(["game_id", "player_id"])
    reported = asked.with_columns(
        status=pl.lit("out"), reason=pl.lit("what if"), known_at=pl.lit(eastern(day, MIDNIGHT)).cast(TIMESTAMP)
    )
    others = availability.join(asked, on=["game_id", "player_id"], how="anti")
    promoted = _starting_instead(rows, availability.join(asked, on=["game_id", "player_id"], how="semi"), players)
    others = others.join(promoted, on=["game_id", "player_id"], how="anti")
    return pl.concat([found.select(AVAILABILITY.names) for found in (others, reported, promoted)])


def _starting_instead(rows: pl.DataFrame, theirs: pl.DataFrame, players: Sequence[int]) -> pl.DataFrame:
    """Whom the lineups name instead of announced starters who are out: those off the bench who have started most of late.

    Without a fifth starter a team's lineup would count as not announced, and the other four would lose minutes.
    """
    place = pl.int_range(pl.len()).over("game_id", "team_id")
    named = theirs.filter(pl.col("status") == "starter").sort("game_id", "team_id", "player_id").with_columns(place=place)
    bench = rows.filter(
        (pl.col("decision") == "tip") & (pl.col("starter") == 0) & ~pl.col("is_out") & ~pl.col("player_id").is_in(players)
    )
    order = ("expected_starter", "minutes_ewma")
    ranked = bench.sort(*order, "player_id", descending=[True, True, False], nulls_last=True).with_columns(place=place)
    instead = ranked.select("game_id", "team_id", "place", "player_id")
    return named.drop("player_id").join(instead, on=["game_id", "team_id", "place"])
