"""Who is on court: five of a squad at any time; coaches change them when the ball is dead."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nba_assets.arrays import Bools, Floats, Ints

PERIOD, OVERTIME, REGULATION, FOULS_TO_BONUS, FOULED_OUT = 720, 300, 2880, 4, 6
# A coach changes players when one is this many seconds further behind the planned share than one on court.
PATIENCE, WHIM = 215, 55
# Nobody comes on for so few seconds; in garbage time who is out of the rotation comes on before those with this share.
LAST_SECONDS, GARBAGE, BENCH_ORDER = 35, 560, 14


@dataclass(frozen=True)
class Slate:
    """Games to be played, on axis 0; the home team is 0 on axis 1, players of a squad on axis 2.

    Attributes:
        skills: (n, 2, roster, skills).
        archetypes: (n, 2, roster).
        target: (n, 2, roster): seconds that the coach means to give; 0: only if need be; negative: cannot play.
        leaves: (n, 2, roster): seconds on court after which the player is hurt and leaves; inf for most.
        hot: (n, 2, roster): plays used tonight, relative to other nights.
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
class State:
    """How all games stand, game by game on axis 0; `on` is (n, 2, 5), indices into the squads; `rows` are the plays so far."""

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
    rows: list[dict[str, NDArray[np.int16]]] = field(default_factory=list[dict[str, NDArray[np.int16]]])


def select_five(score: Floats, big: Bools) -> Ints:
    """Return the five with the highest scores, (…, 5) in order of the squad; one big at least, two at most."""
    ranked = np.where(big, score, -np.inf)
    best = np.sort(ranked, axis=-1)
    score = score + np.where(big & (ranked >= best[..., -1:]), 1e5, 0.0) - np.where(big & (ranked < best[..., -2:-1]), 1e4, 0.0)
    return np.sort(np.argsort(-score, axis=-1, kind="stable")[..., :5], axis=-1)


def substitute(rng: np.random.Generator, s: State, slate: Slate, big: Bools) -> None:
    """Change who is on court where the ball is dead: by shares of minutes, fouls, score, and who finishes games."""
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
    bench = GARBAGE + BENCH_ORDER * np.arange(int(target.shape[-1]))
    score = np.where(over[:, None, None], -0.3 * np.where(target > 0, target, bench), score)
    second_half = ((period == 3) & (clock == PERIOD))[:, None, None]
    starts = np.zeros(target.shape, dtype=bool)
    np.put_along_axis(starts, slate.starters[games], values=True, axis=-1)
    score += np.where(on, np.where(clock < LAST_SECONDS, 1e4, PATIENCE)[:, None, None], 0) + np.where(
        second_half & starts, 700, 0
    )
    unable = (target < 0) | (s.fouls[games] >= FOULED_OUT) | (seconds >= slate.leaves[games])
    s.on[games] = select_five(np.where(unable, -np.inf, score), big[games])
