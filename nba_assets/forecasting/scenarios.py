"""What if he sits: a slate as it would be predicted if some players were out. Nothing is stored."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import polars as pl

from nba_assets.calendar import MIDNIGHT, Dates, eastern
from nba_assets.features.store import Facts, build
from nba_assets.forecasting import inference as runner
from nba_assets.forecasting.inference import Contender
from nba_assets.reference.names import Names, Person
from nba_assets.tables.facts import AVAILABILITY

COMPARED = ("predicted_points", "p10", "p90")


class NobodyError(ValueError):
    """A name that nobody on the slate has, or several: says who could be meant."""


def what_if(
    known: Facts, day: date, out: Sequence[str], contenders: Sequence[Contender], windows: Sequence[date], now: datetime
) -> pl.DataFrame:
    """Return what changes if some players are out.

    Args:
        known: facts that the date's features read.
        day: the slate.
        out: names of players.
        contenders: the models to ask.
        windows: all training cutoffs, in order.
        now: the true time.

    Returns:
        model_id, game_id, team_id, player_id, player_name, decision, predicted_points, p10 and p90 with everybody as known,
        the same with `_if` as it would be, and change (points); a row for each player of the games concerned who would play.

    Raises:
        NobodyError: a name is not on the slate, or fits several players.
    """
    dates = Dates(day, day)
    rows = build(known, dates)
    players = [_player(rows, name) for name in out]
    changed = build(replace(known, availability=_announced(rows, known.availability, players, day)), dates)
    games = rows.filter(pl.col("player_id").is_in(players))["game_id"].unique().to_list()
    said: list[pl.DataFrame] = []
    for features in (rows, changed):
        there = features.filter(pl.col("game_id").is_in(games))
        predictions, skips = runner.predict(there, known.prop_lines, contenders, windows, now)
        if predictions.is_empty():
            raise NobodyError(skips["reason"][0] if skips.height else f"nobody is predicted on {day} yet")
        said.append(predictions)
    key = ["model_id", "game_id", "player_id", "decision"]
    before = said[0].select(*key, *COMPARED)
    after = said[1].select(*key, "team_id", "player_name", *COMPARED)
    both = after.join(before, on=key, how="left", suffix="_known").rename({name: f"{name}_if" for name in COMPARED})
    both = both.rename({f"{name}_known": name for name in COMPARED})
    change = pl.col("predicted_points_if") - pl.col("predicted_points")
    shown = [*key[:2], "team_id", "player_id", "player_name", "decision", *COMPARED, *(f"{name}_if" for name in COMPARED)]
    return (
        both.with_columns(change=change)
        .select(*shown, "change")
        .sort(
            "model_id", "decision", pl.col("change").abs(), "player_id", descending=[False, False, True, False], nulls_last=True
        )
    )


def _player(rows: pl.DataFrame, name: str) -> int:
    people = rows.select("player_id", "player_name").unique().iter_rows()
    found = Names(Person(*row) for row in people).resolve(name)
    if found.player_id is None:
        could = f": {', '.join(found.candidates)} could be meant" if found.candidates else "; the slate has nobody of that name"
        raise NobodyError(f"{name!r} is not one player of the slate{could}")
    return found.player_id


def _announced(rows: pl.DataFrame, availability: pl.DataFrame, players: Sequence[int], day: date) -> pl.DataFrame:
    """What is said of the date's players, if some had been said to be out since midnight."""
    asked = rows.filter(pl.col("player_id").is_in(players)).unique(["game_id", "player_id"])
    said = asked.with_columns(
        status=pl.lit("out"), reason=pl.lit("what if"), known_at=pl.lit(eastern(day, MIDNIGHT)).cast(pl.Datetime("us", "UTC"))
    )
    others = availability.join(asked, on=["game_id", "player_id"], how="anti")
    return pl.concat([others.select(AVAILABILITY.names), said.select(AVAILABILITY.names)])
