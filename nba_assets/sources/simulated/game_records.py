"""What is written down of simulated games, all from the same plays: box scores, play-by-play, tracking."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nba_assets.arrays import Floats, Ints
from nba_assets.sources.simulated.games import FLOOR_FOUL, NO_PLAY, SHOT, TEAM_OWN, TRIP, TURNOVER, Plays
from nba_assets.sources.simulated.possessions import BREAK, SECOND
from nba_assets.tables.archive import BOX_SCORE_COUNTS

COUNTS = tuple(column.name for column in BOX_SCORE_COUNTS)
TRACKED = ("touches", "time_of_possession", "passes_made", "passes_received", "potential_ast", "drives", "catch_shoot_fga")
DRIVES = np.array([0.42, 0.34, 0.06, 0.0, 0.02])
PASSES = 2.2
NEAREST, FEET = [1, 5, 14, 22, 23], [4, 9, 8, 2, 7]
KINDS = ["Layup", "floating Shot", "Jump Shot", "3PT", "3PT"]
PERSON, TEAM = ("assist_person_id", "foul_drawn_person_id", "steal_person_id", "block_person_id"), pl.lit(0, pl.Int64)


@dataclass(frozen=True)
class Sheet:
    """Plays with who played them.

    Attributes:
        plays: of the games.
        players: (n, 2, roster): ids.
        names: of the players, by id.
        teams: (n, 2): ids.
    """

    plays: Plays
    players: Ints
    names: dict[int, str]
    teams: Ints

    def slots(self, name: str, *, defends: bool = False) -> tuple[Ints, Ints, Ints, Ints]:
        """Where a role is filled: rows of the plays, and game, side and squad index of who fills it."""
        c = self.plays.columns
        rows = np.flatnonzero(c[name] >= 0)
        side = c["attack"][rows] ^ defends
        return rows, c["game"][rows], side.astype(np.int64), c["on"][rows, side, c[name][rows]].astype(np.int64)


def box_counts(sheet: Sheet) -> dict[str, Ints]:
    """Return the columns of box scores, each (n, 2, roster); and `present`, who was on court."""
    c, shape = sheet.plays.columns, sheet.plays.seconds.shape
    counts = {name: np.zeros(shape, dtype=np.int64) for name in (*COUNTS, "present")}

    def add(name: str, role: str, amount: NDArray[np.integer] | NDArray[np.bool_], *, defends: bool = False) -> None:
        rows, game, side, slot = sheet.slots(role, defends=defends)
        np.add.at(counts[name], (game, side, slot), amount[rows].astype(np.int64))

    shot, made, three = c["kind"] == SHOT, c["made"] > 0, c["zone"] >= 3
    hits = (c["hits"] & 1) + (c["hits"] >> 1 & 1) + (c["hits"] >> 2 & 1)
    one = np.ones(len(shot), dtype=bool)
    for name, amount in (
        ("pts", c["points"]),
        ("fga", shot),
        ("fgm", made),
        ("fg3a", shot & three),
        ("fg3m", made & three),
        ("fta", c["thrown"]),
        ("ftm", hits),
        ("tov", c["kind"] == TURNOVER),
        ("pf", c["charge"]),
    ):
        add(name, "user", amount)
    add("ast", "passer", made)
    for name, role in (("stl", "stealer"), ("blk", "blocker"), ("pf", "fouler")):
        add(name, role, one, defends=True)
    caught = np.where(c["rebounder"] < TEAM_OWN, c["rebounder"], -1)
    for name, defends in (("oreb", False), ("dreb", True)):
        rows = np.flatnonzero((caught >= 0) & ((caught >= 5) == defends))
        side = c["attack"][rows] ^ defends
        np.add.at(counts[name], (c["game"][rows], side, c["on"][rows, side, caught[rows] % 5]), 1)
    for side in (0, 1):
        gain = np.where(c["attack"] == side, c["points"], -c["points"]).astype(np.int64)
        for place in range(5):
            at = (c["game"], np.full(len(gain), side), c["on"][:, side, place])
            np.add.at(counts["plus_minus"], at, gain)
            counts["present"][at] = 1
    return counts


def tracking(rng: np.random.Generator, sheet: Sheet, passing: Floats) -> dict[str, Ints]:
    """Return the columns TRACKED, each (n, 2, roster).

    Every play starts with a touch, every pass gives one more; all of a team's time with the ball is somebody's.

    Args:
        rng: of tracking alone, so that asking for it changes no game.
        sheet: the plays.
        passing: (n, 2, roster): weights.
    """
    c = sheet.plays.columns
    rows = np.flatnonzero(c["kind"] != NO_PLAY)
    game, side, n = c["game"][rows], c["attack"][rows].astype(np.int64), len(rows)
    user, passer, zone = c["user"][rows], c["passer"][rows], c["zone"][rows]
    five = c["on"][rows, side].astype(np.int64)
    weight = passing[game[:, None], side[:, None], five]
    weight /= weight.sum(-1, keepdims=True)
    spot = np.arange(5)
    used, passed = spot == user[:, None], spot == passer[:, None]
    calm = ~np.isin(c["after"][rows], (BREAK, SECOND))
    more = rng.poisson(np.where(calm, PASSES, 0.4))
    chain = more + (passer >= 0)
    made = rng.multinomial(more, weight) + passed
    # The last pass goes to the player who ends the play.
    received = rng.multinomial(np.maximum(chain - 1, 0), weight) + (used & (chain > 0)[:, None])
    starts = np.where((chain > 0)[:, None], np.eye(5, dtype=np.int64)[rng.integers(0, 5, n)], used)
    touched = 0.15 + weight + 1.5 * used
    seconds = rng.multinomial(c["start"][rows] - c["end"][rows], touched / touched.sum(-1, keepdims=True))
    shot = c["kind"][rows] == SHOT
    drove = np.isin(c["kind"][rows], (SHOT, TRIP)) & (rng.random(n) < DRIVES[zone])
    drove |= (c["kind"][rows] == TURNOVER) & (rng.random(n) < 0.15)
    aside = rng.random((n, 5)) < 0.035 * weight * 5
    columns = {
        "touches": starts + received,
        "time_of_possession": seconds,
        "passes_made": made,
        "passes_received": received,
        "potential_ast": passed & shot[:, None],
        "drives": (used & drove[:, None]) | (~used & aside),
        "catch_shoot_fga": used & (shot & (passer >= 0) & (zone >= 2))[:, None],
    }
    found = {name: np.zeros(sheet.plays.seconds.shape, dtype=np.int64) for name in TRACKED}
    for name, values in columns.items():
        np.add.at(found[name], (game[:, None], side[:, None], five), values.astype(np.int64))
    return found


def play_by_play(sheet: Sheet) -> pl.DataFrame:
    """Return a row an event, in order, with the archive's columns; `game` is the game's index.

    Technical fouls are not simulated. At a substitution `players_on_court` are the ten who play on.
    """
    plays = _plays_frame(sheet)
    events = pl.concat([*_dead_balls(sheet, plays), *_events(plays)], how="diagonal").sort("play", "order", maintain_order=True)
    about = plays.select("play", "game", "period", "score_home", "score_away", "attack", players_on_court="court")
    home = pl.col("attack") == 0
    scored = pl.col("scored").fill_null(0).cum_sum().over("play")
    return events.join(about, on="play", how="left", maintain_order="left").with_columns(
        score_home=pl.col("score_home") + pl.when(home).then(scored).otherwise(0),
        score_away=pl.col("score_away") + pl.when(home).then(0).otherwise(scored),
        clock=pl.format("PT{}M{}.00S", _two(pl.col("clock") // 60), _two(pl.col("clock") % 60)),
        action_number=pl.int_range(1, pl.len() + 1).over("game"),
        qualifiers=pl.format("[{}]", pl.col("qualifiers").fill_null("")),
        **{name: pl.when(pl.col(name) > 0).then(name) for name in PERSON},
    )


def _two(number: pl.Expr) -> pl.Expr:
    return number.cast(pl.String).str.zfill(2)


def _plays_frame(sheet: Sheet) -> pl.DataFrame:
    """One row per play: ids in the place of squad indices, 0 for nobody, and the score before it."""
    c, n = sheet.plays.columns, len(sheet.plays.columns["game"])
    rows, game, side = np.arange(n), c["game"], c["attack"].astype(np.int64)
    on = sheet.players[game[:, None, None], np.arange(2)[None, :, None], c["on"]]
    frame = {name: c[name].astype(np.int64) for name in c if name != "on"} | {"play": rows}
    for role in ("user", "passer", "blocker", "stealer", "fouler"):
        frame[role] = np.where(c[role] >= 0, on[rows, side ^ (role in ("blocker", "stealer", "fouler")), c[role]], 0)
    caught = c["rebounder"]
    frame["catcher"] = np.where((caught >= 0) & (caught < TEAM_OWN), on[rows, side ^ (caught >= 5), caught % 5], 0)
    frame["team"], frame["other"] = sheet.teams[game, side], sheet.teams[game, 1 - side]
    for name, number in (("score_home", 0), ("score_away", 1)):
        points = np.where(side == number, c["points"], 0).astype(np.int64)
        before = np.cumsum(points) - points
        frame[name] = before - before[np.searchsorted(game, game)]
    court = pl.DataFrame(on.reshape(n, 10), schema=[f"player_{place}" for place in range(10)])
    names = pl.Series(list(sheet.names)), pl.Series(list(sheet.names.values()))
    return pl.DataFrame(frame).with_columns(
        court.select(court=pl.concat_str(pl.all(), separator="|"))["court"],
        **{f"{role}_name": pl.col(role).replace_strict(*names, default="") for role in _NAMED},
        zone_text=pl.col("zone").replace_strict(range(5), KINDS),
        feet=_by_zone(NEAREST) + (pl.col("play") * 7919) % _by_zone(FEET),
    )


_NAMED = ("user", "passer", "blocker", "stealer", "fouler", "catcher")


def _by_zone(values: list[int]) -> pl.Expr:
    return pl.col("zone").replace_strict(range(5), values, return_dtype=pl.Int64)


def _dead_balls(sheet: Sheet, plays: pl.DataFrame) -> list[pl.DataFrame]:
    """Timeouts and substitutions before a play: those who leave, then those who come."""
    c = sheet.plays.columns
    team = pl.lit("'team'")
    timeout = plays.filter(pl.col("timeout") == 1).select(
        "play", _order(3), _type("timeout"), clock="start", team_id="team", person_id=TEAM, description=pl.lit("Timeout"),
        qualifiers=team,
    )  # fmt: skip
    rows = np.flatnonzero(np.r_[False, (c["game"][1:] == c["game"][:-1]) & (c["on"][1:] != c["on"][:-1]).any((1, 2))])
    old, new = c["on"][rows - 1], c["on"][rows]
    swaps: list[pl.DataFrame] = []
    for number, word, here, there in ((1, "out", old, new), (2, "in", new, old)):
        at, side, place = np.nonzero(~(here[..., :, None] == there[..., None, :]).any(-1))
        game = c["game"][rows[at]]
        person = sheet.players[game, side, here[at, side, place]]
        frame = pl.DataFrame({"play": rows[at], "team_id": sheet.teams[game, side], "person_id": person})
        text = pl.format(f"SUB {word}: {{}}", pl.col("person_id").replace_strict(sheet.names, return_dtype=pl.String))
        clock = pl.Series("clock", c["start"][rows[at]].astype(np.int64))
        swaps.append(frame.with_columns(_order(number), _type("substitution"), clock, description=text))
    return [timeout, *swaps]


def _order(number: int) -> pl.Expr:
    return pl.lit(number, pl.Int64).alias("order")


def _type(name: str) -> pl.Expr:
    return pl.lit(name).alias("action_type")


# Longer than 40 lines: each kind of event is one frame, and they are read best side by side.
def _events(plays: pl.DataFrame) -> list[pl.DataFrame]:
    """The events of plays, one frame per kind."""
    kind, made, thrown = pl.col("kind"), pl.col("made") == 1, pl.col("thrown")
    shooting = (kind == SHOT) | (kind == TRIP)
    three = pl.col("zone") >= 3
    after_turnover = (kind.shift(1) == TURNOVER).over("game")
    notes = [(pl.col("zone") < 2, "'pointsinthepaint'"), (pl.col("after") == SECOND, "'2ndchance'")]
    notes += [(after_turnover, "'fromturnover'"), (pl.col("after") == BREAK, "'fastbreak'")]
    plays = plays.with_columns(
        notes=pl.concat_str([pl.when(is_so).then(pl.lit(text)) for is_so, text in notes], separator=", ", ignore_nulls=True),
        free=pl.format("'{}freethrow'", thrown),
    )
    result = pl.when(made).then(pl.lit("Made")).otherwise(pl.lit("Missed"))
    missing = pl.when(made).then(pl.lit("")).otherwise(pl.lit("MISS "))
    helped = pl.when(made & (pl.col("passer") > 0)).then(pl.format(" ({} AST)", "passer_name")).otherwise(pl.lit(""))
    fouled = pl.when(shooting).then(pl.lit("shooting personal")).otherwise(pl.lit("personal"))
    penalty = pl.when((kind == FLOOR_FOUL) & (thrown > 0)).then(pl.lit("'inpenalty', ")).otherwise(pl.lit(""))
    own = pl.col("rebounder").is_in([0, 1, 2, 3, 4, TEAM_OWN])
    nobody = pl.col("catcher") == 0
    events = [
        _event(plays, kind == SHOT, 10, pl.when(three).then(pl.lit("3pt")).otherwise(pl.lit("2pt")), "team", "user",
               pl.format("{}{} {}' {}{}", missing, "user_name", "feet", "zone_text", helped), qualifiers="notes",
               assist_person_id=pl.when(made).then("passer"), block_person_id="blocker", shot_result=result,
               scored=pl.when(made).then(2 + three.cast(pl.Int64)).otherwise(0)),
        _event(plays, pl.col("blocker") > 0, 11, "block", "other", "blocker", pl.format("{} BLOCK", "blocker_name")),
        _event(plays, pl.col("fouler") > 0, 12, "foul", "other", "fouler", pl.format("{} {} FOUL", "fouler_name", fouled),
               foul_drawn_person_id="user",
               qualifiers=pl.when(thrown > 0).then(pl.concat_str(penalty, "free"))),
        _event(plays, pl.col("charge") == 1, 6, "foul", "team", "user", pl.format("{} offensive FOUL", "user_name")),
        _event(plays, kind == TURNOVER, 7, "turnover", "team", "user", pl.format("{} TURNOVER", "user_name"),
               steal_person_id="stealer"),
        _event(plays, pl.col("stealer") > 0, 8, "steal", "other", "stealer", pl.format("{} STEAL", "stealer_name")),
        _event(plays, pl.col("rebounder") >= 0, 40, "rebound", pl.when(own).then("team").otherwise("other"), "catcher",
               pl.when(nobody).then(pl.lit("TEAM REBOUND")).otherwise(pl.format("{} REBOUND", "catcher_name")),
               clock="end", qualifiers=pl.when(nobody).then(pl.lit("'team'"))),
    ]  # fmt: skip
    for throw in range(3):
        hit = (pl.col("hits") // 2**throw) % 2 == 1
        missed = pl.when(hit).then(pl.lit("")).otherwise(pl.lit("MISS "))
        text = pl.format(f"{{}}{{}} Free Throw {throw + 1} of {{}}", missed, "user_name", "thrown")
        again = (thrown > throw + 1) & ~hit
        result = pl.when(hit).then(pl.lit("Made")).otherwise(pl.lit("Missed"))
        events += [
            _event(plays, thrown > throw, 20 + 2 * throw, "freethrow", "team", "user", text, shot_result=result,
                   scored=hit.cast(pl.Int64)),
            _event(plays, again, 21 + 2 * throw, "rebound", "team", TEAM, pl.lit("TEAM offensive REBOUND"),
                   qualifiers=pl.lit("'deadball', 'team'")),
        ]  # fmt: skip
    return events


def _event(
    plays: pl.DataFrame, where: pl.Expr, order: int, action: str | pl.Expr, team: str | pl.Expr, person: str | pl.Expr,
    description: pl.Expr, **more: str | pl.Expr,
) -> pl.DataFrame:  # fmt: skip
    action_type = _type(action) if isinstance(action, str) else action.alias("action_type")
    columns = {"clock": "clock", "team_id": team, "person_id": person, "description": description} | more
    named = {name: pl.col(column) if isinstance(column, str) else column for name, column in columns.items()}
    return plays.filter(where).select("play", _order(order), action_type, **named)
