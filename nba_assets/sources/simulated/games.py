"""Games of the simulated league, possession by possession, many at a time: numpy steps through all of them together.

A step is one play of every game that is still on. Five of a squad are on court; coaches change them when the ball is dead.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nba_assets.sources.simulated import possessions
from nba_assets.sources.simulated.players import IS_BIG, Floats, Ints
from nba_assets.sources.simulated.possessions import BREAK, NORMAL, PUSH, RESET, SECOND, Chances, Matchups

Bools = NDArray[np.bool_]
PERIOD, OVERTIME, REGULATION, FOULS_TO_BONUS, FOULED_OUT = 720, 300, 2880, 4, 6
# Seconds from the last event to the play's end: mean, spread, least, most, by what it follows.
PACE = np.array([[14.9, 4.9, 3, 24], [11.6, 5.0, 3, 24], [4.1, 1.4, 1, 8], [4.6, 4.0, 0, 14], [7.6, 4.2, 0, 16]])
REBOUND_SECONDS = 2
RUNS_AFTER_REBOUND, RUNS_AFTER_STEAL = 0.165, 0.52
BUZZER = 0.6
HOME_EDGE, EFFORT, CLUTCH = 0.0165, 0.0030, 0.012
AGAIN = 0.6
TIMEOUT = 0.125
ENDING, STOPPED_AFTER = 28, 4
# A coach changes players when one is this many seconds more behind his share than one on court.
PATIENCE, WHIM = 215, 55
# Nobody comes on for so few seconds; in garbage time who is out of the rotation comes on before those with this share.
LAST_SECONDS, GARBAGE, BENCH_ORDER = 35, 560, 14
NO_PLAY, SHOT, TRIP, TURNOVER, FLOOR_FOUL = range(5)
TEAM_OWN, TEAM_OTHER = 10, 11  # a rebound of nobody: 0-4 are the attackers, 5-9 the defenders


@dataclass(frozen=True)
class Slate:
    """Games to be played, on axis 0; the home team is 0 on axis 1, players of a squad on axis 2.

    Attributes:
        skills: (n, 2, roster, skills).
        archetypes: (n, 2, roster).
        target: (n, 2, roster): seconds that the coach means to give; 0: only if he must; negative: cannot play.
        leaves: (n, 2, roster): seconds on court after which he is hurt and leaves; inf for most.
        hot: (n, 2, roster): plays he takes tonight, relative to other nights.
        tempo: (n,): length of a play, relative to the league's.
        starters: (n, 2, 5): indices into the squad.
    """

    skills: Floats
    archetypes: Ints
    target: Floats
    leaves: Floats
    hot: Floats
    tempo: Floats
    starters: Ints


@dataclass
class Plays:
    """What happened: a row a play, games one after the other, plays in order; see `_step` for the columns.

    Attributes:
        columns: by name: arrays of (plays,); `on` is (plays, 2, 5), indices into the squads.
        seconds: (n, 2, roster): on court.
        expected: (n, 2, roster, len(EXPECTED)): sums of expectations over the plays; None if not asked for.
    """

    columns: dict[str, Ints]
    seconds: Ints
    expected: Floats | None


@dataclass
class _State:
    clock: Ints
    on: Ints
    score: Ints
    team_fouls: Ints
    fouls: Ints
    seconds: Ints
    opened: Ints
    attack: Ints
    period: Ints
    after: Ints
    rebounder: Ints
    last_user: Ints
    dead: Bools
    live: Bools
    rows: list[dict[str, NDArray[np.int16]]] = field(default_factory=list)


def play(rng: np.random.Generator, slate: Slate, matchups: Matchups, *, expect: bool = False, record: bool = True) -> Plays:
    """Play all games of a slate to a decision.

    Args:
        rng: decides everything.
        slate: who plays.
        matchups: of the league.
        expect: sum up what the plays were expected to give, too.
        record: keep the plays.
    """
    n, _, roster = slate.target.shape
    zeros = np.zeros((n, 2), dtype=np.int64)
    opened = rng.integers(0, 2, n)
    s = _State(
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
        _substitute(rng, s, slate, big)
        chances = _chances(s, slate, matchups)
        if total is not None:
            _add_expected(total, s, chances, slate.tempo)
        row = _step(rng, s, slate, chances)
        if record:
            s.rows.append({name: np.array(value, dtype=np.int16) for name, value in row.items()})
        _move_on(rng, s, row)
    return Plays(_stacked(s.rows) if record else {}, s.seconds, total)


def select_five(score: Floats, big: Bools) -> Ints:
    """Return the five with the highest scores, (…, 5) in order of the squad; one big at least, two at most."""
    ranked = np.where(big, score, -np.inf)
    best = np.sort(ranked, axis=-1)
    score = score + np.where(big & (ranked >= best[..., -1:]), 1e5, 0.0) - np.where(big & (ranked < best[..., -2:-1]), 1e4, 0.0)
    return np.sort(np.argsort(-score, axis=-1, kind="stable")[..., :5], axis=-1)


def _substitute(rng: np.random.Generator, s: _State, slate: Slate, big: Bools) -> None:
    """Coaches look at who is behind his share of minutes, at fouls, at the score, and at who finishes games."""
    games = np.flatnonzero(s.dead & s.live)
    if not len(games):
        return
    period, clock = s.period[games], s.clock[games]
    gone = np.where(period <= 4, PERIOD * period, REGULATION + OVERTIME * (period - 4)) - clock
    target, seconds = slate.target[games], s.seconds[games]
    margin, left = abs(s.score[games, 0] - s.score[games, 1]), clock / 60
    over = (period == 4) & (left < 7) & (margin > 14 + 1.8 * left)
    closing = ((period == 4) & (left <= 5.5) & (margin <= 12)) | (period > 4)
    on = np.zeros(target.shape, dtype=bool)
    np.put_along_axis(on, s.on[games], values=True, axis=-1)
    score = target * (gone / REGULATION)[:, None, None] - seconds + rng.normal(0, WHIM, target.shape)
    score += np.where(closing[:, None, None], 0.25 * target, 0.0) - np.where(target <= 0, 1500, 0)
    trouble = s.fouls[games] > np.minimum(period, 4)[:, None, None]
    score -= np.where(trouble & ~closing[:, None, None], 250, 0)
    bench = GARBAGE + BENCH_ORDER * np.arange(target.shape[-1])
    score = np.where(over[:, None, None], -0.3 * np.where(target > 0, target, bench), score)
    second_half = ((period == 3) & (clock == PERIOD))[:, None, None]
    starts = np.zeros(target.shape, dtype=bool)
    np.put_along_axis(starts, slate.starters[games], values=True, axis=-1)
    score += np.where(on, np.where(clock < LAST_SECONDS, 1e4, PATIENCE)[:, None, None], 0) + np.where(
        second_half & starts, 700, 0
    )
    unable = (target < 0) | (s.fouls[games] >= FOULED_OUT) | (seconds >= slate.leaves[games])
    s.on[games] = select_five(np.where(unable, -np.inf, score), big[games])


def _chances(s: _State, slate: Slate, matchups: Matchups) -> Chances:
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


def _add_expected(total: Floats, s: _State, chances: Chances, tempo: Floats) -> None:
    from scipy.special import ndtr

    rows, a = np.arange(len(s.attack))[:, None], s.attack[:, None]
    bonus = s.team_fouls[rows, 1 - a][:, 0] >= FOULS_TO_BONUS
    mean, spread, least, most = PACE[s.after].T
    late = np.where(s.clock < least, 1.0, ndtr((tempo * mean - s.clock - 0.5) / (tempo * spread)))
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


def _step(rng: np.random.Generator, s: _State, slate: Slate, c: Chances) -> dict[str, Ints]:
    """Draw one play of every game, count it and return it."""
    n = len(s.clock)
    game, attack, defend = np.arange(n), s.attack, 1 - s.attack
    mean, spread, least, most = PACE[s.after].T
    wanted = np.clip(np.round(slate.tempo * rng.normal(mean, spread)), least, most).astype(np.int64)
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
    row = {
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


def _may_foul(s: _State, game: Ints, defend: Ints) -> Floats:
    fouls = s.fouls[game[:, None], defend[:, None], s.on[game, defend]]
    return np.where(fouls < FOULED_OUT, 1.0, 1e-9)


def _rebounder(rng: np.random.Generator, c: Chances, chance: Floats, free_throw: Bools) -> Ints:
    own = c.own_rebound * np.where(free_throw, possessions.AFTER_FREE_THROW, 1.0)
    player = 1 - possessions.OWN_TEAM_REBOUND - possessions.OTHER_TEAM_REBOUND
    bounds = [player * own, player, player + possessions.OWN_TEAM_REBOUND]
    attacker, defender = _pick(rng, c.of("offensive")), 5 + _pick(rng, c.other("defensive"))
    return np.select([chance < bound for bound in bounds], [attacker, defender, np.full(len(own), TEAM_OWN)], TEAM_OTHER)


def _count_fouls(s: _State, game: Ints, attack: Ints, defend: Ints, charger: Ints, fouler: Ints) -> None:
    for team, who in ((attack, charger), (defend, fouler)):
        at = np.flatnonzero((who >= 0) & s.live)
        s.fouls[at, team[at], s.on[at, team[at], who[at]]] += 1
    s.team_fouls[game, defend] += (fouler >= 0) & s.live


def _move_on(rng: np.random.Generator, s: _State, row: dict[str, Ints]) -> None:
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
