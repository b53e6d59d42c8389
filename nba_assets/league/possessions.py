"""Possessions and stints: who had the ball, the ten on court, how it began and ended, and the points.

A possession goes on until the other team has the ball: an offensive rebound, an and-one and every free throw of a trip belong
to it. Its ten are those of its last shot, turnover or foul, so that who comes in between free throws has no part in them.
Points of technical fouls are kept apart; those of flagrant fouls belong to the possession that goes on after them.
"""

import polars as pl

from nba_assets.league.events import FIVE, SIDES, OnCourt, control_events, neighbour
from nba_assets.tables import league

# What a team gives up within so many seconds of its own turnover is charged to the possession that lost the ball.
TRANSITION_SECONDS = 7
HEAVE_SECONDS = 3
QUARTERS, QUARTER, OVERTIME = 4, 720, 300
# Garbage time as cleaningtheglass.com defines it: lead by seconds left in the fourth quarter, at most two starters on court,
# and no way back.
GARBAGE_LEADS, GARBAGE_STARTERS = {540: 25, 360: 20, 0: 10}, 2
TEN = tuple(f"{side}_player_{place}" for side in SIDES for place in FIVE)


def possessions(events: pl.DataFrame, games: pl.DataFrame) -> pl.DataFrame:
    """Return `possessions`, in order of game and number.

    A team that has the ball but neither shoots nor loses it before the horn has no possession, as in estimates from box scores.

    Args:
        events: facts `play_by_play`, all versions.
        games: `player_games` of the same dates.
    """
    tens = OnCourt.of(events, games)
    teams = games.select("game_id", "opponent_team_id", "is_home", offense_team_id="team_id").unique()
    runs = _runs(control_events(events, tens)).join(teams, on=["game_id", "offense_team_id"], maintain_order="left")
    found = _timed(runs.rename({"opponent_team_id": "defense_team_id"})).filter(pl.col("end_type").is_not_null())
    ten = tens.tens.select(TEN).with_row_index("ten")
    found = found.join(ten, on="ten", how="left", maintain_order="left")
    found = found.with_columns(possession=1 + pl.int_range(pl.len(), dtype=pl.Int64).over("game_id"), start_margin=_margin())
    found = found.with_columns(_garbage(found), **_sides()).select(league.POSSESSIONS.names)
    return found.sort(league.POSSESSIONS.key)


def _runs(events: pl.DataFrame) -> pl.DataFrame:
    """One row per run; `end_type` is null where the team neither shot nor lost the ball."""
    control, own = pl.col("outcome").is_not_null() | pl.col("is_rebound"), pl.col("team_id") == pl.col("offense_team_id")
    left, technical = pl.col("left"), pl.col("technical_points")
    return events.group_by("run", maintain_order=True).agg(
        pl.col("season", "season_type", "game_id", "game_date", "period", "part", "offense_team_id").first(),
        pl.col("points").sum(),
        follows_own=pl.col("follows_own").filter(control).first(),
        first_left=left.filter(control).first(),
        begins_with_rebound=pl.col("is_rebound").filter(control).first(),
        last_left=left.filter(control).last(),
        score_left=left.filter(pl.col("points") > 0).first(),
        technical_points=technical.filter(own).sum(),
        technical_points_against=technical.filter(~own).sum(),
        end_type=pl.col("outcome").drop_nulls().last(),
        ten=pl.coalesce(pl.col("ten").filter("decides").last(), pl.col("ten").last()),
    )


def _timed(runs: pl.DataFrame) -> pl.DataFrame:
    """Where runs begin and end, how they began, and what followed a turnover; a miss ends with the rebound of the others."""
    after = {name: neighbour(name, -1) for name in runs.columns}
    length = pl.when(pl.col("period") <= QUARTERS).then(QUARTER).otherwise(OVERTIME).cast(pl.Float64)
    other = after["offense_team_id"] != pl.col("offense_team_id")
    runs = runs.with_columns(
        end_left=pl.when(after["begins_with_rebound"] & other).then(after["first_left"]).otherwise("last_left")
    )
    in_time = after["score_left"] >= pl.col("end_left") - TRANSITION_SECONDS
    charged = pl.col("end_type").is_in(["turnover", "steal"]) & other & in_time
    started = neighbour("end_type", 1).fill_null("missed shot")
    return runs.with_columns(
        transition_points_against=pl.when(charged).then(after["points"]).otherwise(0),
        start_left=neighbour("end_left", 1).fill_null(length),
        start_type=pl.when(pl.col("part") == pl.col("part").shift(1)).then(started).otherwise(pl.lit("period")),
    ).with_columns(is_heave=pl.col("start_left") <= HEAVE_SECONDS)


def _margin() -> pl.Expr:
    """The lead of the team with the ball before the possession."""
    sign = pl.when("is_home").then(1).otherwise(-1)
    gained = sign * (pl.col("points") + pl.col("technical_points") - pl.col("technical_points_against"))
    return sign * (gained.cum_sum().over("game_id") - gained)


def _garbage(found: pl.DataFrame) -> pl.Series:
    """Whether the rest of the game is garbage time; starters are the ten of the first possession."""
    first = found.group_by("game_id", maintain_order=True).agg(pl.concat_list(TEN).first().alias("starters"))
    starters = found.join(first, on="game_id", how="left", maintain_order="left")
    count = pl.sum_horizontal(pl.col("starters").list.contains(pl.col(name)).cast(pl.Int64) for name in TEN)
    lead = pl.lit(None, pl.Int64)
    for left, points in reversed(GARBAGE_LEADS.items()):
        lead = pl.when(pl.col("start_left") >= left).then(points).otherwise(lead)
    decided = ((pl.col("period") == QUARTERS) & (pl.col("start_margin").abs() >= lead) & (count <= GARBAGE_STARTERS)).fill_null(
        value=False
    )
    stays = decided.cast(pl.Int8).cum_min(reverse=True).over("game_id").cast(pl.Boolean)
    return starters.select(is_garbage_time=stays).to_series()


def _sides() -> dict[str, pl.Expr]:
    """The ten by who has the ball."""
    home = pl.col("is_home")
    return {
        f"{name}_player_{place}": pl.when(home).then(f"{one}_player_{place}").otherwise(f"{other}_player_{place}")
        for name, one, other in (("offense", "home", "away"), ("defense", "away", "home"))
        for place in FIVE
    }


def stints(found: pl.DataFrame) -> pl.DataFrame:
    """Return `stints`: possessions in a row with the same ten, from both teams' sides.

    Args:
        found: `possessions`.
    """
    home = pl.col("is_home")

    def by_side(name: str) -> dict[str, pl.Expr]:
        ball = {"home": home, "away": ~home}
        return {f"{side}_{name}": pl.when(ball[side]).then(f"offense_{name}").otherwise(f"defense_{name}") for side in SIDES}

    places: dict[str, pl.Expr] = {}
    for place in FIVE:
        places |= by_side(f"player_{place}")
    teams = by_side("team_id")
    rows = found.sort(league.POSSESSIONS.key).with_columns(**places, **teams)
    stint = pl.struct("game_id", "period", *TEN).rle_id().alias("run")
    counted = {"possessions": pl.lit(1, pl.Int64), "points": pl.col("points")}
    sums = {
        f"{side}_{name}": pl.when(home == (side == "home")).then(value).otherwise(0).sum()
        for side in SIDES
        for name, value in counted.items()
    }
    grouped = rows.with_columns(stint).group_by("run", maintain_order=True)
    return (
        grouped.agg(
            pl.col("season", "season_type", "game_id", "game_date", "period", *teams, *TEN, "start_left").first(),
            pl.col("end_left").last(),
            **sums,
            is_garbage_time=pl.col("is_garbage_time").first(),
        )
        .with_columns(
            seconds=pl.col("start_left") - pl.col("end_left"),
            stint=1 + pl.int_range(pl.len(), dtype=pl.Int64).over("game_id"),
        )
        .select(league.STINTS.names)
        .sort(league.STINTS.key)
    )
