"""What may come of a play, given the ten on court: chances of every outcome. Games draw from them, the truth averages them.

A play ends with a shot, a trip to the line, a turnover or a foul on the floor; a possession is one play or more.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nba_assets.arrays import Floats, Ints
from nba_assets.sources.simulated.players import ARCHETYPES, IS_BIG, IS_CREATOR, SKILLS

# What the play follows: a basket or dead ball, a rebound, a fast break, an own rebound, a foul on the floor.
NORMAL, PUSH, BREAK, SECOND, RESET = range(5)
VALUE = np.array([2, 2, 2, 3, 3])
# By zone: at the rim, in the paint, mid-range, corner three, above the break.
MADE = np.array([0.622, 0.466, 0.426, 0.386, 0.351])
FOULED = np.array([0.170, 0.058, 0.022, 0.005, 0.008])
AND_ONE = np.array([0.125, 0.032, 0.012, 0.006, 0.008])
BLOCKED = np.array([0.124, 0.055, 0.022, 0.009, 0.009])
ASSISTED = np.array([0.60, 0.46, 0.45, 0.97, 0.85])
ZONES_AFTER = np.array(
    [[1, 1, 1, 1, 1], [1.05, 1, 1, 1, 1], [2.2, 0.5, 0.3, 1.2, 0.85], [2.0, 0.95, 0.6, 0.8, 0.62], [1, 1, 1, 1, 1]]
)
BREAK_BONUS = np.array([0.07, 0.05, 0.0, 0.03, 0.03])
FLOOR_FOUL, OFFENSIVE_FOUL, STOLEN = 0.060, 0.146, 0.68
OWN_TEAM_REBOUND, OTHER_TEAM_REBOUND, OWN_REBOUND = 0.067, 0.045, 0.345
AFTER_FREE_THROW = 0.5
PUTBACK = 3.0
REACHABLE, STOPS_CLOCK, NEEDS_THREE, EARLY = 6, 0.7, np.array([0.03, 0.03, 0.05, 1, 1]), 99
LINEUP_STYLES = tuple(f"{size}, {creators}" for size in ("small", "big") for creators in ("few", "two", "many creators"))
# Creators take plays from creators and bigs from bigs; a lead creator feeds the rim runner.
CROWDING = np.zeros((len(ARCHETYPES), len(ARCHETYPES)))
CROWDING[np.ix_(IS_CREATOR, IS_CREATOR)] = 0.09
CROWDING[np.ix_(IS_BIG, IS_BIG)] = 0.07
CROWDING[6, 0] = -0.08
_COLUMN = {name: number for number, name in enumerate(SKILLS)}
_SHOTS = slice(_COLUMN["rim"], _COLUMN["above"] + 1)


@dataclass(frozen=True)
class Matchups:
    """The weight of each archetype's impact, by style of the offence and of the defence: points per 100 shots.

    Attributes:
        offence, defence: (6, 6, 8): style of the offence, style of the defence, archetype.
    """

    offence: Floats
    defence: Floats

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Matchups":
        """Return the weights of a league: each archetype's own, more or less in each matchup."""
        shape = (len(LINEUP_STYLES), len(LINEUP_STYLES), len(ARCHETYPES))
        of_type = rng.lognormal(0, 0.3, (2, len(ARCHETYPES)))
        return cls(of_type[0] * rng.lognormal(0, 0.25, shape), of_type[1] * rng.lognormal(0, 0.25, shape))


def style(archetypes: Ints) -> Ints:
    """Return the style of lineups, an index into LINEUP_STYLES; players on the last axis."""
    bigs, creators = IS_BIG[archetypes].sum(-1), IS_CREATOR[archetypes].sum(-1)
    return 3 * (bigs >= 2) + np.clip(creators - 1, 0, 2)


@dataclass(frozen=True)
class Chances:
    """The chances of a play in n games; of its five attackers on axis 1 and its five zones on axis 2.

    Attributes:
        skills, against: (n, 5, skills): of the attackers, of the defenders.
        types, types_against: (n, 5): their archetypes.
        hot: (n, 5): what an attacker takes tonight, relative to other nights.
        after: (n,): what the play follows.
        rebounder: (n,): who of the five has just caught the ball; -1 for nobody.
        edge: (n,): points per shot for the home team, and against who leads.
        lead: (n,): points by which the attackers lead where a game is about to end, else EARLY.
        matchups: of the league.
    """

    skills: Floats
    against: Floats
    types: Ints
    types_against: Ints
    hot: Floats
    after: Ints
    rebounder: Ints
    edge: Floats
    lead: Ints
    matchups: Matchups

    def of(self, skill: str) -> Floats:
        """A skill of the attackers."""
        return self.skills[..., _COLUMN[skill]]

    def other(self, skill: str) -> Floats:
        """A skill of the defenders."""
        return self.against[..., _COLUMN[skill]]

    @cached_property
    def users(self) -> Floats:
        """(n, 5): who uses the play; the five sum to 1."""
        crowded = CROWDING[self.types[:, :, None], self.types[:, None, :]].sum(-1) - CROWDING[self.types, self.types]
        weight = np.exp(self.of("volume") - crowded) * self.hot
        weight *= np.where(np.arange(5) == self.rebounder[:, None], PUTBACK, 1.0)
        return weight / weight.sum(-1, keepdims=True)

    @cached_property
    def lost(self) -> Floats:
        """(n, 5): a turnover, given that the player uses the play."""
        hands = 0.6 + 0.4 * self.other("steals").mean(-1, keepdims=True)
        return self.of("careless") * hands * np.where(self.after == SECOND, 0.7, 1.0)[:, None]

    @cached_property
    def zones(self) -> Floats:
        """(n, 5, 5): where the player shoots from, given a shot."""
        share = self.skills[..., _SHOTS] * ZONES_AFTER[self.after][:, None]
        share *= np.where((self.lead == -3)[:, None], NEEDS_THREE, 1.0)[:, None]
        return share / share.sum(-1, keepdims=True)

    @cached_property
    def fouled(self) -> Floats:
        """(n, 5, 5): a foul that stops the shot."""
        return FOULED * (self.of("draw") * self.roughness[:, None])[..., None]

    @cached_property
    def and_one(self) -> Floats:
        """(n, 5, 5): a foul on a basket."""
        return AND_ONE * (self.of("draw") * self.roughness[:, None])[..., None]

    @cached_property
    def floor(self) -> Floats:
        """(n,): a foul on the floor; who is a little behind at the end stops the clock."""
        return np.where((self.lead > 0) & (self.lead <= REACHABLE), STOPS_CLOCK, FLOOR_FOUL * self.roughness)

    @cached_property
    def roughness(self) -> Floats:
        """(n,): fouls of the defenders, relative to the league's."""
        return 0.5 + 0.5 * self.other("fouls").mean(-1)

    @cached_property
    def shift(self) -> Floats:
        """(n,): points per shot by which this matchup is better than the skills of its shooters."""
        styles = style(self.types), style(self.types_against)
        attack = np.take_along_axis(self.matchups.offence[styles], self.types, -1) * self.of("offence")
        defence = np.take_along_axis(self.matchups.defence[styles], self.types_against, -1) * self.other("defence")
        return (attack.sum(-1) - defence.sum(-1)) / 100 + self.edge

    @cached_property
    def made(self) -> Floats:
        """(n, 5, 5): a basket, if no foul stops the shot."""
        skill = np.stack([self.of("two")] * 3 + [self.of("three")] * 2, -1)
        guarded = 0.05 * (self.rim_protection - 1)[:, None] * np.array([1, 0.4, 0, 0, 0])
        bonus = np.where((self.after == BREAK)[:, None], BREAK_BONUS, 0.0) - guarded
        return np.clip(MADE + skill + bonus[:, None] + self.shift[:, None, None] / VALUE, 0.02, 0.98)

    @cached_property
    def rim_protection(self) -> Floats:
        """(n,): blocks of the defenders, relative to the league's."""
        return np.clip(self.other("blocks").mean(-1), 0.4, 2.0)

    @cached_property
    def blocked(self) -> Floats:
        """(n, 5, 5): a block, if the shot misses."""
        return np.clip(BLOCKED * self.rim_protection[:, None, None] / (1 - self.made), 0, 0.9)

    @cached_property
    def passed(self) -> Floats:
        """(n, 5, 5): the shot comes from a pass; then a basket has an assist."""
        second = np.where(self.after == SECOND, 0.58, 1.0)[:, None, None]
        return np.clip((ASSISTED - 0.25 * self.of("alone")[..., None]) * second, 0.02, 0.98)

    @cached_property
    def own_rebound(self) -> Floats:
        """(n,): an attacker catches a missed shot, if a player catches it."""
        odds = OWN_REBOUND * self.of("offensive").mean(-1) / self.other("defensive").mean(-1)
        return odds / (1 + odds)


EXPECTED = ("pts", "pts_variance", "plays", "fg2a", "fg3a", "fta", "tov", "ast", "oreb", "dreb", "stl", "blk")
ON_DEFENCE = EXPECTED.index("dreb")


def expected(chances: Chances, bonus: Floats) -> Floats:
    """Return (n, 5, len(EXPECTED)): what a play is expected to give each attacker, and from 'dreb' on each defender.

    `pts_variance` is that of the player's points from this play, and adds up over plays; `plays` counts FGA + 0.44 FTA + TOV.

    Args:
        chances: of the play.
        bonus: (n,): 1 where a foul on the floor gives two free throws.
    """
    c, free = chances, chances.of("free")
    use = (1 - c.floor)[:, None] * c.users
    line = (c.floor * bonus)[:, None] * c.users
    attempt = (use * (1 - c.lost))[..., None] * c.zones
    stopped, shot = attempt * c.fouled, attempt * (1 - c.fouled)
    basket = shot * c.made
    extra = basket * c.and_one
    trips = np.where(VALUE == 2, 2, 3)
    pts = (basket * VALUE).sum(-1) + free * (extra.sum(-1) + (stopped * trips).sum(-1) + 2 * line)
    squared = (basket * VALUE**2).sum(-1) + (extra * (2 * VALUE + 1)).sum(-1) * free
    for thrown, chance in ((2, stopped[..., :3].sum(-1) + line), (3, stopped[..., 3:].sum(-1))):
        squared += chance * (thrown * free * (1 - free) + (thrown * free) ** 2)
    fta = extra.sum(-1) + (stopped * trips).sum(-1) + 2 * line
    fg2a, fg3a, tov = shot[..., :3].sum(-1), shot[..., 3:].sum(-1), use * c.lost
    player = 1 - OWN_TEAM_REBOUND - OTHER_TEAM_REBOUND
    missed = player * (shot * (1 - c.made)).sum((1, 2))
    last_missed = player * ((extra.sum(-1) + stopped.sum(-1) + line) * (1 - free)).sum(-1)
    own = c.own_rebound * (missed + AFTER_FREE_THROW * last_missed)
    others = missed + last_missed - own
    from_pass = (basket * c.passed).sum(-1)
    passing = c.of("passing")
    per_passer = from_pass / (passing.sum(-1, keepdims=True) - passing)
    ast = passing * (per_passer.sum(-1, keepdims=True) - per_passer)
    blocks = (shot * (1 - c.made) * c.blocked).sum((1, 2))
    steals = tov.sum(-1) * (1 - OFFENSIVE_FOUL) * STOLEN
    dealt = [
        _dealt(own, c.of("offensive")),
        _dealt(others, c.other("defensive")),
        _dealt(steals, c.other("steals")),
        _dealt(blocks, c.other("blocks")),
    ]
    return np.stack([pts, squared - pts**2, fg2a + fg3a + 0.44 * fta + tov, fg2a, fg3a, fta, tov, ast, *dealt], -1)


def _dealt(whole: Floats, weight: Floats) -> Floats:
    return whole[:, None] * weight / weight.sum(-1, keepdims=True)
