"""One simulated game: minutes and box scores that add up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nba_assets.sources.simulated.rosters import Player

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
COUNTS = ("fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb", "ast", "stl", "blk", "tov", "pf")
ROTATION = 10
PLAYS = 113.0
HOME_EDGE = 0.012


@dataclass
class Side:
    """A team in a game: those who are fit, best first, with what they do.

    Attributes:
        minutes: whole minutes, 240 and 25 an overtime together.
        counts: box-score columns, an integer a player.
    """

    team_id: int
    players: list[Player]
    minutes: Ints
    counts: dict[str, Ints]
    plus_minus: Ints

    @property
    def pts(self) -> Ints:
        """Points of each player."""
        return 2 * self.counts["fgm"] + self.counts["fg3m"] + self.counts["ftm"]


def strength(players: list[Player]) -> float:
    """Return expected points per 100 plays of a team, minutes-weighted: what the market knows."""
    rotation = players[:ROTATION]
    weight = np.array([player.minutes * player.plays for player in rotation])
    return float(100 * np.average([points_per_play(player) for player in rotation], weights=weight))


def points_per_play(player: Player) -> float:
    """Return the points a player makes of a play he uses."""
    shots = 1 - player.careless - player.fouled
    shot = player.threes * 3 * player.three + (1 - player.threes) * 2 * player.two
    return shots * shot + player.fouled / 0.44 * player.free


def expected_points(players: list[Player]) -> Floats:
    """Return the points that each of the fit players is expected to make."""
    minutes = _expected_minutes(players)
    weight = minutes * np.array([player.plays for player in players])
    return PLAYS * weight / weight.sum() * np.array([points_per_play(player) for player in players])


def play(rng: np.random.Generator, home_id: int, home: list[Player], away_id: int, away: list[Player]) -> tuple[Side, Side]:
    """Return both sides of a game that was played to a decision.

    Args:
        rng: the season's.
        home_id: id of the home team.
        home: its fit players, best first, at least eight.
        away_id: id of the visiting team.
        away: its fit players.
    """
    sides = (_side(rng, home_id, home), _side(rng, away_id, away))
    plays = PLAYS * rng.lognormal(0, 0.045)
    _period(rng, sides, plays)
    while sides[0].pts.sum() == sides[1].pts.sum():
        for side in sides:
            side.minutes[:5] += 5
        _period(rng, sides, plays * 5 / 48)
    margin = int(sides[0].pts.sum() - sides[1].pts.sum())
    for side, won_by in zip(sides, (margin, -margin), strict=True):
        side.plus_minus = _plus_minus(rng, side.minutes, won_by)
        side.counts["pf"] = np.minimum(rng.poisson(side.minutes * 0.085), 6)
    return sides


def _side(rng: np.random.Generator, team_id: int, players: list[Player]) -> Side:
    weight = _expected_minutes(players) * rng.lognormal(0, 0.13, len(players))
    # The end of the bench comes on in some games only.
    weight[ROTATION:] *= rng.random(max(len(players) - ROTATION, 0)) < 0.3
    minutes = _whole(np.minimum(weight / weight.sum() * 240, 44), 240)
    zero = np.zeros(len(players), dtype=np.int64)
    return Side(team_id, players, minutes, {name: zero.copy() for name in COUNTS}, zero)


def _expected_minutes(players: list[Player]) -> Floats:
    minutes = np.array([player.minutes for player in players])
    minutes[ROTATION:] = np.minimum(minutes[ROTATION:], 5)
    return minutes / minutes.sum() * 240


def _whole(shares: Floats, whole: int) -> Ints:
    """Integers near the shares that add up: the largest remainders are rounded up."""
    scaled = shares / shares.sum() * whole
    floor = np.floor(scaled).astype(np.int64)
    floor[np.argsort(floor - scaled)[: whole - floor.sum()]] += 1
    return floor


def _period(rng: np.random.Generator, sides: tuple[Side, Side], plays: float) -> None:
    drawn = [_shots(rng, side, plays, edge) for side, edge in zip(sides, (HOME_EDGE, -HOME_EDGE), strict=True)]
    # Of a side's misses: own rebounds, the other's rebounds, out of bounds.
    caught = [rng.multinomial(int((counts["fga"] - counts["fgm"]).sum()), (0.24, 0.70, 0.06)) for counts in drawn]
    for one, other in ((0, 1), (1, 0)):
        mine = drawn[one]
        _shared(rng, sides[one], mine, drawn[other], (int(caught[one][0]), int(caught[other][1])))
        for name, counted in mine.items():
            sides[one].counts[name] += counted


def _shots(rng: np.random.Generator, side: Side, plays: float, edge: float) -> dict[str, Ints]:
    """Shots, free throws and turnovers; teammates share the plays of those who are out."""
    on = side.minutes > 0
    hot = rng.lognormal(0, 0.17, len(on))
    skill = {name: np.array([getattr(player, name) for player in side.players]) for name in _SKILLS}
    weight = side.minutes * skill["plays"] * hot
    mine = plays * weight / weight.sum()
    shots = mine * (1 - skill["careless"] - skill["fouled"])
    fg3a, fg2a = rng.poisson(shots * skill["threes"]), rng.poisson(shots * (1 - skill["threes"]))
    fta = 2 * rng.poisson(mine * skill["fouled"] / 0.88)
    fg3m = rng.binomial(fg3a, np.clip(skill["three"] + edge, 0, 1))
    fg2m = rng.binomial(fg2a, np.clip(skill["two"] + edge, 0, 1))
    return {
        "fga": fg2a + fg3a,
        "fgm": fg2m + fg3m,
        "fg3a": fg3a,
        "fg3m": fg3m,
        "fta": fta,
        "ftm": rng.binomial(fta, skill["free"]),
        "tov": rng.poisson(mine * skill["careless"]),
    }


_SKILLS = ("plays", "threes", "fouled", "careless", "two", "three", "free")


def _shared(
    rng: np.random.Generator, side: Side, mine: dict[str, Ints], theirs: dict[str, Ints], rebounds: tuple[int, int]
) -> None:
    """What a team shares out: rebounds, assists on its baskets, steals and blocks of what the others lost."""
    passing, size, hands = (
        side.minutes * np.array([getattr(player, name) for player in side.players], dtype=np.float64)
        for name in ("assists", "rebounds", "hands")
    )
    missed = int((theirs["fga"] - theirs["fgm"]).sum())
    mine["oreb"], mine["dreb"] = (_dealt(rng, number, size) for number in rebounds)
    mine["ast"] = _dealt(rng, rng.binomial(int(mine["fgm"].sum()), 0.61), passing)
    mine["stl"] = _dealt(rng, rng.binomial(int(theirs["tov"].sum()), 0.55), hands)
    mine["blk"] = _dealt(rng, rng.binomial(missed, 0.10), size)


def _dealt(rng: np.random.Generator, number: int, weight: Floats) -> Ints:
    return rng.multinomial(number, weight / weight.sum()).astype(np.int64)


def _plus_minus(rng: np.random.Generator, minutes: Ints, margin: int) -> Ints:
    """Five times the margin, spread by minutes with noise; who did not play has none."""
    on = minutes > 0
    raw = np.where(on, margin * minutes / minutes.sum() * 5 + rng.normal(0, 5, len(minutes)) * np.sqrt(minutes / 24), 0.0)
    rounded = np.round(raw).astype(np.int64)
    short = 5 * margin - int(rounded.sum())
    played = np.flatnonzero(on)
    rounded[played] += short // len(played)
    rounded[played[: short % len(played)]] += 1
    return rounded
