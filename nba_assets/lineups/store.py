"""Lineup models in a home: what they learn from, where bundles are, and tables of what they say."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from nba_assets.calendar import Dates
from nba_assets.league.events import FIVE, SIDES
from nba_assets.lineups.answers import expected_points
from nba_assets.lineups.bundle import FOLDER, LineupBundle, LineupError, from_files, to_files
from nba_assets.lineups.evaluation import Predicted, net_ratings
from nba_assets.lineups.fit import Say, bundle
from nba_assets.lineups.reports import People
from nba_assets.lineups.skill import DEFENCE, OFFENCE, Plays, plays_of
from nba_assets.lineups.spec import DRAWS, WARMUP
from nba_assets.lineups.study import POSSESSIONS_READ, History
from nba_assets.reference.names import Names, Person
from nba_assets.reference.teams import abbreviation
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, league
from nba_assets.tables.lineups import LINEUP_BUNDLES, LINEUP_COEFFICIENTS, LINEUP_GRADES, LINEUP_RATINGS

# Seasons that a bundle learns from at most.
SEASONS = 3
DAYS = 366 * SEASONS


def history(warehouse: Warehouse, until: str | None = None, outcome: str = "points") -> History:
    """Return what there is to learn from, of seasons up to one.

    Raises:
        LineupError: there is no play-by-play.
    """
    games = warehouse.read(league.PLAYER_GAMES)
    possessions = warehouse.read(league.POSSESSIONS, columns=POSSESSIONS_READ)
    if until:
        games, possessions = (frame.filter(pl.col("season") <= until) for frame in (games, possessions))
    if possessions.is_empty():
        raise LineupError(
            "there are no possessions", table=league.POSSESSIONS.name, remedy="a source with play-by-play has some"
        )
    return History.of(games, warehouse.read(facts.PLAYERS), possessions, outcome)


class Stored(NamedTuple):
    """A bundle with the rows that are stored beside it."""

    bundle: LineupBundle
    row: pl.DataFrame
    coefficients: pl.DataFrame


def learned(
    known: History, train: Sequence[str], artifacts: Artifacts, say: Say, draws: int = DRAWS, warmup: int = WARMUP
) -> Stored:
    """Learn from some seasons and store the bundle; the rows are not written yet."""
    made, table = bundle(known, train, say, draws=draws, warmup=warmup)
    path = artifacts.put(f"{FOLDER}/{made.season}", to_files(made))
    cells = made.posteriors["matchup"]
    row = {"season": made.season, "train": ",".join(made.train), "possessions": int(cells.n.sum()), "action": made.action}
    row |= {"model": made.model, "reason": made.reason, "masked_cells": int((~cells.enough).sum()), "path": path}
    counted = pl.DataFrame({"matchup": np.arange(len(cells.n)), "possessions": cells.n.astype(int), "is_masked": ~cells.enough})
    rows = table.with_columns(matchup=pl.col("matchup").fill_null(-1)).join(
        counted, on="matchup", how="left", maintain_order="left"
    )
    rows = rows.with_columns(
        season=pl.lit(made.season),
        possessions=pl.col("possessions").fill_null(int(cells.n.sum())),
        is_masked=pl.col("is_masked").fill_null(value=False) & pl.col("model").is_in(["matchup", "top25"]),
    )
    return Stored(made, pl.DataFrame([row], schema=LINEUP_BUNDLES.schema), rows.select(LINEUP_COEFFICIENTS.names))


def keep(warehouse: Warehouse, stored: Stored) -> None:
    """Write the rows of a bundle; those of the same season are replaced."""
    warehouse.replace(LINEUP_COEFFICIENTS, stored.coefficients, {"season": [stored.bundle.season]})
    warehouse.replace(LINEUP_BUNDLES, stored.row, {"season": [stored.bundle.season]})


def load(warehouse: Warehouse, artifacts: Artifacts, season: str | None = None) -> LineupBundle:
    """Return the bundle that serves a season: its own, else that of the newest season before; None: the newest there is.

    Raises:
        LineupError: there is none.
    """
    rows = warehouse.read(LINEUP_BUNDLES).sort("season")
    found = rows.filter(pl.col("season") <= season) if season else rows
    if found.is_empty():
        raise LineupError("no lineup models have been fitted", remedy="`nba-assets lineups fit --train SEASONS` fits some")
    path = found["path"][-1]
    return from_files(artifacts.get(path), path)


def grades(warehouse: Warehouse, artifacts: Artifacts, dates: Dates) -> pl.DataFrame:
    """Return `lineup_grades` of some dates; without a bundle that serves a season, what was expected is null."""
    rows = warehouse.read(league.POSSESSIONS, dates).drop_nulls("offense_player_1")
    parts = [LINEUP_GRADES.empty()]
    bundles = dict(warehouse.read(LINEUP_BUNDLES).select("season", "path").iter_rows())
    for (season,), some in rows.group_by("season", maintain_order=True):
        path = bundles.get(str(season))
        serving = from_files(artifacts.get(path), path) if path else None
        parts.append(_graded(some, serving, path))
    return pl.concat(parts).sort(LINEUP_GRADES.key)


def _graded(rows: pl.DataFrame, serving: LineupBundle | None, path: str | None) -> pl.DataFrame:
    side = pl.when("is_home").then(1).otherwise(-1)
    home = np.where(rows["is_home"].to_numpy(), 0.5, -0.5)
    told: dict[str, pl.Series | pl.Expr] = {name: pl.lit(None, pl.Float64) for name in ("expected", "by_home")}
    if serving:
        offence, defence = (rows.select(names).to_numpy() for names in (OFFENCE, DEFENCE))
        told = {
            "expected": pl.Series(expected_points(serving, offence, defence, home)),
            "by_home": pl.Series(serving.home * home),
        }
    rows = rows.with_columns(**told)
    here = pl.col("is_home")
    found = rows.group_by("game_id", maintain_order=True).agg(
        pl.col("game_date", "season").first(),
        home_team_id=pl.when(here).then("offense_team_id").otherwise("defense_team_id").first(),
        possessions=pl.len().cast(pl.Int64),
        margin=(side * pl.col("points")).sum(),
        expected_margin=(side * pl.col("expected")).sum(),
        home_margin=(side * pl.col("by_home")).sum(),
    )
    null = pl.lit(value=None)
    known = {"model": pl.lit(serving.model), "path": pl.lit(path)} if serving else {"model": null, "path": null}
    margins = [pl.when(serving is not None).then(name).alias(name) for name in ("expected_margin", "home_margin")]
    found = found.with_columns(*margins, **known)
    return found.select(pl.col(name).cast(kind) for name, kind in LINEUP_GRADES.schema.items())


def ratings(warehouse: Warehouse, serving: LineupBundle) -> pl.DataFrame:
    """Return `lineup_ratings` of the season that a bundle serves, lineups as played."""
    possessions = warehouse.read(league.POSSESSIONS, columns=POSSESSIONS_READ).filter(pl.col("season") == serving.season)
    ids = np.unique(possessions.select(*OFFENCE, *DEFENCE).unpivot()["value"].drop_nulls().to_numpy())
    plays: Plays = plays_of(possessions, serving.season, ids)
    told = expected_points(serving, ids[plays.offence], ids[plays.defence], plays.home)
    actual, expected, count, fives, team = net_ratings(plays, Predicted(told, np.ones(len(told))))
    names = ["-".join(map(str, ids[five].tolist())) for five in fives]
    return pl.DataFrame(
        {
            "season": [serving.season] * len(names),
            "team_id": team,
            "lineup": names,
            "possessions": count[:, 0],
            "possessions_against": count[:, 1],
            "net_rating": actual,
            "net_expected": expected,
        },
        schema=LINEUP_RATINGS.schema,
    ).sort(LINEUP_RATINGS.key)


def people(warehouse: Warehouse, bundle: LineupBundle) -> People:
    """Return the players of a bundle by name, and who was on court together in seasons before that of the bundle."""
    rows = warehouse.read(league.PLAYER_GAMES, columns=["game_date", "player_id", "player_name", "team_id"])
    known = rows.filter(pl.col("player_id").is_in(bundle.ids.tolist())).sort("game_date")
    newest = known.unique("player_id", keep="last", maintain_order=True).select("player_id", "player_name", "team_id")
    stints = warehouse.read(league.STINTS).filter(pl.col("season") < bundle.season)
    sides: list[pl.DataFrame] = []
    for side in SIDES:
        five = pl.concat_list(f"{side}_player_{place}" for place in FIVE).list.sort().cast(pl.List(pl.String)).list.join("-")
        sides.append(stints.select(five.alias("lineup"), "seconds"))
    minutes = pl.concat(sides).drop_nulls().group_by("lineup").agg(pl.col("seconds").sum() / 60)
    names = dict(newest.select("player_id", "player_name").iter_rows())
    teams = dict(newest.select("player_id", abbreviation("team_id")).iter_rows())
    return People(names, teams, Names(Person(*row) for row in newest.iter_rows()), dict(minutes.iter_rows()))
