"""Scenarios: a slate as it would be predicted if some players were out. Nothing is stored."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import polars as pl

from nba_assets.calendar import MIDNIGHT, TIMESTAMP, Dates, eastern
from nba_assets.errors import NbaAssetsError
from nba_assets.features.store import Facts, build
from nba_assets.forecasting.inference import predict
from nba_assets.forecasting.models import RegisteredModel
from nba_assets.reference.names import Names, Person
from nba_assets.tables.facts import AVAILABILITY

COMPARED = ("predicted_points", "p10", "p90")


class ScenarioError(NbaAssetsError):
    """A scenario that cannot be predicted: a name that is not one player of the slate, or a slate without predictions."""


def sitting_out(
    known: Facts, day: date, out: Sequence[str], models: Sequence[RegisteredModel], windows: Sequence[date], now: datetime
) -> pl.DataFrame:
    """Return what changes if some players are out.

    Args:
        known: facts that the date's features read.
        day: the slate.
        out: names of players.
        models: to predict with.
        windows: all training cutoffs, in order.
        now: the true time.

    Returns:
        model_id, game_id, team_id, player_id, player_name, decision, predicted_points, p10 and p90 with everybody as known,
        the same with `_if` for the scenario, and change (in the market's unit); one row per player of the games concerned
        who would play.

    Raises:
        ScenarioError: a name is not on the slate or fits several players, or nobody is predicted yet.
    """
    dates = Dates(day, day)
    rows = build(known, dates)
    players = [_player(rows, name) for name in out]
    changed = build(replace(known, availability=_reported_out(rows, known.availability, players, day)), dates)
    games = rows.filter(pl.col("player_id").is_in(players))["game_id"].unique().to_list()
    both: list[pl.DataFrame] = []
    for features in (rows, changed):
        there = features.filter(pl.col("game_id").is_in(games))
        predictions, skips = predict(there, known.prop_lines, models, windows, now)
        if predictions.is_empty():
            raise ScenarioError(skips["reason"][0] if skips.height else f"nobody is predicted on {day} yet", date=day)
        both.append(predictions)
    return _side_by_side(*both)


def _side_by_side(known: pl.DataFrame, scenario: pl.DataFrame) -> pl.DataFrame:
    """Predictions with everybody as known beside those of the scenario, the largest change first."""
    key = ["model_id", "game_id", "player_id", "decision"]
    after = scenario.select(*key, "team_id", "player_name", *(pl.col(name).alias(f"{name}_if") for name in COMPARED))
    found = after.join(known.select(*key, *COMPARED), on=key, how="left")
    change = pl.col("predicted_points_if") - pl.col("predicted_points")
    shown = [*key[:2], "team_id", "player_id", "player_name", "decision", *COMPARED, *(f"{name}_if" for name in COMPARED)]
    order = ["model_id", "decision", pl.col("change").abs(), "player_id"]
    return (
        found.with_columns(change=change)
        .select(*shown, "change")
        .sort(*order, descending=[False, False, True, False], nulls_last=True)
    )


def _player(rows: pl.DataFrame, name: str) -> int:
    people = rows.select("player_id", "player_name").unique().iter_rows()
    found = Names(Person(*row) for row in people).resolve(name)
    if found.player_id is None:
        could = f": {', '.join(found.candidates)} could be meant" if found.candidates else "; the slate has nobody of that name"
        raise ScenarioError(f"{name!r} is not one player of the slate{could}")
    return found.player_id


def _reported_out(rows: pl.DataFrame, availability: pl.DataFrame, players: Sequence[int], day: date) -> pl.DataFrame:
    """The date's availability, as if some players had been reported out at midnight."""
    asked = rows.filter(pl.col("player_id").is_in(players)).unique(["game_id", "player_id"])
    reported = asked.with_columns(
        status=pl.lit("out"), reason=pl.lit("what if"), known_at=pl.lit(eastern(day, MIDNIGHT)).cast(TIMESTAMP)
    )
    others = availability.join(asked, on=["game_id", "player_id"], how="anti")
    return pl.concat([others.select(AVAILABILITY.names), reported.select(AVAILABILITY.names)])
