"""Games of the simulated league, possession by possession, many at a time: numpy steps through all of them together.

A step is one play of every game that is still on.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nba_assets.arrays import Bools, Floats, Ints
from nba_assets.sources.simulated import possessions
from nba_assets.sources.simulated.court import (
    FOULED_OUT,
    FOULS_TO_BONUS,
    OVERTIME,
    PERIOD,
    Slate,
    State,
    substitute,
)
from nba_assets.sources.simulated.players import IS_BIG
from nba_assets.sources.simulated.possessions import BREAK, NORMAL, PUSH, RESET, SECOND, Chances, Matchups

# Seconds from the last event to the play's end: mean, spread, least, most, by what it follows.
PACE = np.array([[14.9, 4.9, 3, 24], [11.6, 5.0, 3, 24], [4.1, 1.4, 1, 8], [4.6, 4.0, 0, 14], [7.6, 4.2, 0, 16]])
REBOUND_SECONDS = 2
RUNS_AFTER_REBOUND, RUNS_AFTER_STEAL = 0.165, 0.52
BUZZER = 0.6
HOME_EDGE, EFFORT, CLUTCH = 0.0165, 0.0030, 0.012
AGAIN = 0.6
TIMEOUT = 0.125
ENDING, STOPPED_AFTER = 28, 4
NO_PLAY, SHOT, TRIP, TURNOVER, FLOOR_FOUL = range(5)
TEAM_OWN, TEAM_OTHER = 10, 11  # a rebound of nobody: 0-4 are the attackers, 5-9 the defenders


@dataclass
class Plays:
    """What happened: one row per play, games one after the other, plays in order; see `_step` for the columns.

    Attributes:
        columns: by name: arrays of (plays,); `on` is (plays, 2, 5), indices into the squads.
        seconds: (n, 2, roster): on court.
        expected: (n, 2, roster, len(EXPECTED)): sums of expectations over the plays; None if not asked for.
    """

    columns: dict[str, Ints]
    seconds: Ints
    expected: Floats | None


def play(rng: np.random.Generator, slate: Slate, matchups: Matchups, *, expect: bool = False, record: bool = True) -> Plays:
    """Play all games of a slate to a decision.

    Args:
        rng: decides everything.
        slate: who plays.
        matchups: of the league.
        expect: sum up what the plays were expected to give, too.
        record: keep the plays.
    """
    n: int = slate.target.shape[0]
    roster: int = slate.target.shape[2]
    zeros = np.zeros((n, 2), dtype=np.int64)
    opened = rng.integers(0, 2, n)
    s = State(
        clock=np.full(n, PERIOD),
        on=slate.starters.copy(),
        score=zeros.copy(),
        team_fouls=zeros.copy(),
        fouls=np.zeros((n, 2, roster), dtype=np.int64),
        seconds=np.zeros((n, 2, roster), dtype=np.int64),
        opened=opened,
        attack=opened.copy(),
        period=np.ones(n, dtype=np.int64),
        after=np.full(n, NORMAL),
        rebounder=np.full(n, -1),
        last_user=np.full((n, 2), -1),
        dead=np.zeros(n, dtype=bool),
        live=np.ones(n, dtype=bool),
    )
    total = np.zeros((n, 2, roster, len(possessions.EXPECTED))) if expect else None
    big = IS_BIG[slate.archetypes]
    while s.live.any():
        substitute(rng, s, slate, big)
        chances = _chances(s, slate, matchups)
        if total is not None:
            _add_expected(total, s, chances, slate.tempo)
        row = _step(rng, s, slate, chances)
        if record:
            s.rows.append({name: np.array(value, dtype=np.int16) for name, value in row.items()})
        _move_on(rng, s, row)
    return Plays(_stacked(s.rows) if record else {}, s.seconds, total)


def _chances(s: State, slate: Slate, matchups: Matchups) -> Chances:
    rows, a = np.arange(len(s.attack))[:, None], s.attack[:, None]
    attackers, defenders = s.on[rows[:, 0], s.attack], s.on[rows[:, 0], 1 - s.attack]
    lead: Ints = s.score[rows[:, 0], s.attack] - s.score[rows[:, 0], 1 - s.attack]
    close = (s.period >= 4) & (s.clock <= 240) & (abs(lead) <= 9)
    effort = np.where(close, CLUTCH, EFFORT) * np.clip(lead.astype(np.float64), -25, 25)
    return Chances(
        slate.skills[rows, a, attackers],
        slate.skills[rows, 1 - a, defenders],
        slate.archetypes[rows, a, attackers],
        slate.archetypes[rows, 1 - a, defenders],
        slate.hot[rows, a, attackers] * np.where(attackers == s.last_user[rows, a], AGAIN, 1.0),
        s.after,
        s.rebounder,
        np.where(s.attack == 0, HOME_EDGE, -HOME_EDGE) - effort,
        np.where((s.period >= 4) & (s.clock <= ENDING), lead, possessions.EARLY),
        matchups,
    )


def _add_expected(total: Floats, s: State, chances: Chances, tempo: Floats) -> None:
    from scipy.special import ndtr

    rows, a = np.arange(len(s.attack))[:, None], s.attack[:, None]
    bonus = s.team_fouls[rows, 1 - a][:, 0] >= FOULS_TO_BONUS
    mean, spread, least, most = (PACE[s.after, column] for column in range(4))
    early = np.asarray(ndtr((tempo * mean - s.clock - 0.5) / (tempo * spread)), dtype=np.float64)
    late = np.where(s.clock < least, 1.0, early)
    in_time = (s.clock >= most) | (chances.lead == 0) | (_stops(chances) & (s.clock >= STOPPED_AFTER))
    nothing = (1 - BUZZER) * np.where(in_time, 0.0, late)
    gives = possessions.expected(chances, bonus.astype(float)) * (s.live * (1 - nothing))[:, None, None]
    cut = possessions.ON_DEFENCE
    total[rows, a, s.on[rows[:, 0], s.attack], :cut] += gives[..., :cut]
    total[rows, 1 - a, s.on[rows[:, 0], 1 - s.attack], cut:] += gives[..., cut:]


def _pick(rng: np.random.Generator, weight: Floats) -> Ints:
    """An index of the last axis, by weight."""
    below = np.cumsum(weight, -1)
    return np.minimum((below < rng.random(below.shape[:-1])[..., None] * below[..., -1:]).sum(-1), weight.shape[-1] - 1)


# Longer than 40 lines: a play from its beginning to its end, in the order in which it happens.
def _step(rng: np.random.Generator, s: State, slate: Slate, c: Chances) -> dict[str, Ints]:
    """Draw one play of every game, count it and return it."""
    n = len(s.clock)
    game, attack, defend = np.arange(n), s.attack, 1 - s.attack
    mean, spread, least, most = (PACE[s.after, column] for column in range(4))
    drawn = np.asarray(slate.tempo * rng.normal(mean, spread), dtype=np.float64)
    wanted = np.clip(np.round(drawn), least, most).astype(np.int64)
    # Who is ahead is fouled at once, who could win waits for the last shot.
    wanted = np.where(_stops(c), np.minimum(wanted, STOPPED_AFTER), np.where(c.lead == 0, s.clock, wanted))
    late = wanted > s.clock
    nothing = late & (rng.random(n) > BUZZER)
    used = np.minimum(wanted, s.clock)
    chance = rng.random((8, n))

    user = _pick(rng, c.users)
    zone = _pick(rng, c.zones[game, user])
    at = (game, user, zone)
    floor = chance[0] < c.floor
    lost = ~floor & (chance[1] < c.lost[game, user])
    trip = ~floor & ~lost & (chance[2] < c.fouled[at])
    kind = np.select([nothing, floor, lost, trip], [NO_PLAY, FLOOR_FOUL, TURNOVER, TRIP], SHOT)
    shot = kind == SHOT
    made = shot & (chance[3] < c.made[at])
    and_one = made & (chance[4] < c.and_one[at])
    blocked = shot & ~made & (chance[4] < c.blocked[at])
    others = np.where(np.arange(5) == user[:, None], 0.0, c.of("passing"))
    passer = np.where(shot & (chance[5] < c.passed[at]), _pick(rng, others), -1)
    charge = (kind == TURNOVER) & (chance[5] < possessions.OFFENSIVE_FOUL)
    steal = (kind == TURNOVER) & ~charge & (chance[6] < possessions.STOLEN)
    fouling = (kind == TRIP) | (kind == FLOOR_FOUL) | and_one
    fouler = np.where(fouling, _pick(rng, c.other("fouls") * _may_foul(s, game, defend)), -1)
    blocker = np.where(blocked, _pick(rng, c.other("blocks")), -1)
    stealer = np.where(steal, _pick(rng, c.other("steals")), -1)

    in_bonus = (kind == FLOOR_FOUL) & (s.team_fouls[game, defend] >= FOULS_TO_BONUS)
    thrown = np.select([and_one, kind == TRIP, in_bonus], [1, np.where(zone >= 3, 3, 2), 2], 0)
    hits = (rng.random((n, 3)) < c.of("free")[game, user][:, None]) & (np.arange(3) < thrown[:, None])
    last_missed = (thrown > 0) & ~hits[game, np.maximum(thrown - 1, 0)]
    missed = (shot & ~made) | last_missed
    rebounder = np.where(missed, _rebounder(rng, c, chance[7], last_missed), -1)
    held = missed & (rebounder < TEAM_OWN)
    used_after = used + np.where(held & shot, np.minimum(REBOUND_SECONDS, s.clock - used), 0)

    points = np.where(made, possessions.VALUE[zone], 0) + hits.sum(-1)
    row: dict[str, Any] = {
        "period": s.period, "start": s.clock, "clock": s.clock - used, "end": s.clock - used_after, "attack": attack,
        "after": s.after, "kind": kind, "user": user, "zone": zone, "made": made, "passer": passer, "blocker": blocker,
        "stealer": stealer, "fouler": fouler, "charge": charge, "thrown": thrown, "hits": hits @ np.array([1, 2, 4]),
        "rebounder": rebounder, "points": points,
        "timeout": s.dead & (s.clock < PERIOD) & (rng.random(n) < TIMEOUT), "live": s.live.copy(),
        "on": s.on,
    }  # fmt: skip
    s.score[game, attack] += points * s.live
    s.last_user[game, attack] = s.on[game, attack, user]
    five = game[:, None]
    for team in (0, 1):
        s.seconds[five, team, s.on[:, team]] += (used_after * s.live)[:, None]
    _count_fouls(s, game, attack, defend, np.where(charge, user, -1), fouler)
    return row


def _stops(c: Chances) -> Bools:
    return (c.lead > 0) & (c.lead <= possessions.REACHABLE)


def _may_foul(s: State, game: Ints, defend: Ints) -> Floats:
    fouls = s.fouls[game[:, None], defend[:, None], s.on[game, defend]]
    return np.where(fouls < FOULED_OUT, 1.0, 1e-9)


def _rebounder(rng: np.random.Generator, c: Chances, chance: Floats, free_throw: Bools) -> Ints:
    own = c.own_rebound * np.where(free_throw, possessions.AFTER_FREE_THROW, 1.0)
    player = 1 - possessions.OWN_TEAM_REBOUND - possessions.OTHER_TEAM_REBOUND
    bounds = [player * own, player, player + possessions.OWN_TEAM_REBOUND]
    attacker, defender = _pick(rng, c.of("offensive")), 5 + _pick(rng, c.other("defensive"))
    return np.select([chance < bound for bound in bounds], [attacker, defender, np.full(len(own), TEAM_OWN)], TEAM_OTHER)


def _count_fouls(s: State, game: Ints, attack: Ints, defend: Ints, charger: Ints, fouler: Ints) -> None:
    for team, who in ((attack, charger), (defend, fouler)):
        at = np.flatnonzero((who >= 0) & s.live)
        s.fouls[at, team[at], s.on[at, team[at], who[at]]] += 1
    s.team_fouls[game, defend] += (fouler >= 0) & s.live


def _move_on(rng: np.random.Generator, s: State, row: dict[str, Ints]) -> None:
    """Who has the ball next, how, and when periods and games end."""
    n = len(s.clock)
    rebounder, kind, steal = row["rebounder"], row["kind"], row["stealer"] >= 0
    keeps = ((rebounder >= 0) & (rebounder < 5)) | (rebounder == TEAM_OWN) | ((kind == FLOOR_FOUL) & (row["thrown"] == 0))
    caught = (rebounder >= 5) & (rebounder < 10)
    runs = rng.random(n) < np.where(steal, RUNS_AFTER_STEAL, RUNS_AFTER_REBOUND)
    own = (rebounder >= 0) & (rebounder < 5)
    s.after = np.select([own, keeps, (caught | steal) & runs, caught | steal], [SECOND, RESET, BREAK, PUSH], NORMAL)
    s.rebounder = np.where(own, rebounder, -1)
    s.dead = (kind != SHOT) & ~steal & ~own & ~caught | (rebounder >= TEAM_OWN) | (row["fouler"] >= 0) & ~own & ~caught
    s.attack = np.where(keeps, s.attack, 1 - s.attack)
    s.clock = row["end"].copy()
    over = s.clock == 0
    done = over & (s.period >= 4) & (s.score[:, 0] != s.score[:, 1])
    s.live &= ~done
    new = over & ~done
    s.period = s.period + new
    s.clock = np.where(new, np.where(s.period > 4, OVERTIME, PERIOD), s.clock)
    s.team_fouls[new] = 0
    fouled_out = np.take_along_axis(s.fouls, s.on, axis=-1).max((1, 2)) >= FOULED_OUT
    s.dead |= new | fouled_out
    s.after, s.rebounder = np.where(new, NORMAL, s.after), np.where(new, -1, s.rebounder)
    opens = np.where((s.period == 2) | (s.period == 3), 1 - s.opened, s.opened)
    jumps = s.period > 4
    s.attack = np.where(new, np.where(jumps, rng.integers(0, 2, n), opens), s.attack)


def _stacked(rows: list[dict[str, NDArray[np.int16]]]) -> dict[str, Ints]:
    """Plays of one game after the other, without those of games that were over."""
    live = np.stack([row["live"] for row in rows]).T.astype(bool)
    columns = {name: np.swapaxes(np.stack([row[name] for row in rows]), 0, 1)[live] for name in rows[0] if name != "live"}
    return columns | {"game": np.nonzero(live)[0]}
