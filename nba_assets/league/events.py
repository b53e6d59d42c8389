"""Play-by-play as events in order: time left, worth, whose ball it is, who is on court. What possessions are made of."""

from dataclasses import dataclass

import polars as pl

from nba_assets.tables import facts
from nba_assets.tables.versions import as_of

SHOTS = ("2pt", "3pt")
TYPES = (*SHOTS, "freethrow", "turnover", "rebound", "foul")
# After these free throws the team that threw them keeps the ball.
KEEPS_BALL = "flagrant|clear-path|away-from-play|transition take"
FIVE = tuple(range(1, 6))
SIDES = ("home", "away")


def neighbour(name: str, by: int) -> pl.Expr:
    """Return the value of a column that many rows before (after, if negative) in the same period of a game; else null."""
    return pl.when(pl.col("part") == pl.col("part").shift(by)).then(pl.col(name).shift(by))


@dataclass(frozen=True)
class OnCourt:
    """Who is on court, by game and text of ten ids.

    Attributes:
        tens: game_id, players_on_court, and ids in order as home_player_1 … away_player_5: only where five are of each team.
    """

    tens: pl.DataFrame

    @classmethod
    def of(cls, events: pl.DataFrame, games: pl.DataFrame) -> "OnCourt":
        """Return the tens of some events.

        Args:
            events: `play_by_play`.
            games: `player_games` of the same dates: who plays for whom.
        """
        texts = events.select("game_id", "players_on_court").drop_nulls().unique(maintain_order=True).with_row_index("ten")
        player = pl.col("players_on_court").str.split("|").alias("player_id")
        players = texts.select("ten", "game_id", player).explode("player_id", empty_as_null=True)
        players = players.with_columns(pl.col("player_id").cast(pl.Int64, strict=False))
        known = players.join(games.select("game_id", "player_id", "is_home"), on=["game_id", "player_id"], how="left")
        at_home = {"home": pl.col("is_home"), "away": ~pl.col("is_home")}
        teams = {side: pl.col("player_id").filter(here) for side, here in at_home.items()}
        found = known.sort("ten", "player_id").group_by("ten", maintain_order=True).agg(pl.len(), **teams)
        five = pl.all_horizontal(*(pl.col(side).list.n_unique() == len(FIVE) for side in SIDES), pl.col("len") == 2 * len(FIVE))
        places = {f"{side}_player_{place}": pl.col(side).list.get(place - 1) for side in SIDES for place in FIVE}
        tens = texts.join(found.filter(five), on="ten", maintain_order="left")
        return cls(tens.select("game_id", "players_on_court", **places))


def control_events(versions: pl.DataFrame, tens: OnCourt) -> pl.DataFrame:
    """Return shots, free throws, turnovers, live rebounds and fouls in order, each with the number of its run.

    A run is what one team does with the ball until the other one has it. Within a period events are ordered by the clock, then
    by number: an event that was entered late has a late number, and where it stands the running score would fall.
    Where the ten are not known, those of the event before serve, else of the one after in the same period.

    Args:
        versions: `play_by_play`.
        tens: of these events.

    Returns:
        The events with part (the period of a game), left (seconds of it), points (without technical fouls),
        technical_points, outcome (made or missed shot or free throw, steal, turnover; null for others), is_rebound (a live
        one), decides, run, offense_team_id, follows_own (the team had the ball before: the possession of the others left
        no event), ten (a row of `tens`).
    """
    kind, clock = pl.col("action_type"), pl.col("clock")
    number = tens.tens.select("game_id", "players_on_court").with_row_index("ten")
    events = (
        as_of(versions.filter(kind.is_in(TYPES)), facts.PLAY_BY_PLAY)
        .with_columns(left=60 * clock.str.slice(2, 2).cast(pl.Float64) + clock.str.slice(5, 5).cast(pl.Float64))
        .sort("game_id", "period", -pl.col("left"), "action_number")
        .with_columns(part=pl.struct("game_id", "period").rle_id())
        .join(number, on=["game_id", "players_on_court"], how="left", maintain_order="left")
    )
    known = pl.col("ten").forward_fill().backward_fill().over("part")
    return _numbered(_valued(events.with_columns(known)))


def _valued(events: pl.DataFrame) -> pl.DataFrame:
    """What events are worth and how they end a possession."""
    kind, is_made = pl.col("action_type"), pl.col("shot_result") == "Made"
    technical = pl.col("description").str.contains("technical")
    is_shot, is_throw, is_lost = kind.is_in(SHOTS), (kind == "freethrow") & ~technical, kind == "turnover"
    worth = kind.replace_strict({"2pt": 2, "3pt": 3, "freethrow": 1}, default=0, return_dtype=pl.Int64)
    points = pl.when(is_made).then(worth).otherwise(0)
    result = pl.when(is_made).then(pl.lit("made ")).otherwise(pl.lit("missed "))
    stolen = pl.when(pl.col("steal_person_id").is_null()).then(pl.lit("turnover")).otherwise(pl.lit("steal"))
    shot = pl.when(is_shot).then(result + "shot")
    return events.with_columns(
        points=pl.when(is_shot | is_throw).then(points).otherwise(0),
        technical_points=pl.when(technical & (kind == "freethrow")).then(points).otherwise(0),
        outcome=shot.when(is_throw).then(result + "free throw").when(is_lost).then(stolen),
        is_rebound=(kind == "rebound") & ~pl.col("qualifiers").str.contains("deadball"),
        decides=is_shot | is_lost | ((kind == "foul") & ~technical),
    )


def _numbered(events: pl.DataFrame) -> pl.DataFrame:
    """Number the runs of control; what comes between two runs belongs to the second."""
    control = events.with_row_index("at").filter(pl.col("outcome").is_not_null() | pl.col("is_rebound"))
    before = {name: neighbour(name, 1) for name in ("team_id", "outcome", "left", "description")}
    same_time, text = pl.col("left") == before["left"], before["description"]
    number, of = (text.str.extract(r"(\d) of (\d)", group) for group in (1, 2))
    last_made = (before["outcome"] == "made free throw") & (number == of) & ~text.str.contains(KEEPS_BALL)
    free_throw = pl.col("action_type") == "freethrow"
    over = (
        ((before["outcome"] == "made shot") & ~(free_throw & same_time))
        | before["outcome"].is_in(["turnover", "steal"])
        | (last_made & ~same_time)
    ).fill_null(value=False)
    other = (pl.col("team_id") != before["team_id"]).fill_null(value=True)
    runs = control.select("at", run=(other | over).cum_sum(), follows_own=over & ~other, offense_team_id="team_id")
    filled = ("run", "offense_team_id")
    return (
        events.with_row_index("at")
        .join(runs, on="at", how="left", maintain_order="left")
        .with_columns(pl.col(filled).backward_fill().forward_fill().over("part"))
        .drop_nulls("run")
    )
