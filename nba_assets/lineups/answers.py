"""Answers: how good a lineup is expected to be and against whom, which fifth player makes it best, and what a swap changes.

Uncertain are the weights of the model and the skills of the players; both are drawn together, so that "best" has a chance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from nba_assets.arrays import Floats, Ints
from nba_assets.lineups.bundle import LineupBundle, LineupError, Opponents
from nba_assets.lineups.design import archetype_sums, shares
from nba_assets.lineups.spec import ARCHETYPES, SUPERCLUSTERS

FIVE = 5
# (draws, archetypes) sums of skill of a lineup.
Sums = Callable[[Ints], Floats]
LOW, HIGH = 0.05, 0.95
Z = 1.96


@dataclass(frozen=True)
class Against:
    """Whom lineups are rated against: lineups of a team or of the league, or one supercluster.

    Attributes:
        opponents: how often which of their lineups, and what they bring.
        label: in words.
    """

    opponents: Opponents
    label: str


def league(bundle: LineupBundle) -> Against:
    """Return the average opponent."""
    return Against(bundle.opponents[0], "the league")


def team(bundle: LineupBundle, team_id: int, name: str) -> Against:
    """Return a team's lineups of last season. Raises LineupError if it had none."""
    if team_id not in bundle.opponents:
        raise LineupError(f"{name} has no possessions in {bundle.train[-1]}")
    return Against(bundle.opponents[team_id], name)


def supercluster(bundle: LineupBundle, number: int) -> Against:
    """Return lineups of one supercluster. Raises LineupError if there is no such number."""
    if not 0 <= number < SUPERCLUSTERS:
        raise LineupError(f"there is no supercluster {number}; there are 0 (the smallest lineups) to {SUPERCLUSTERS - 1}")
    every = bundle.opponents[0]
    only = np.equal(np.arange(SUPERCLUSTERS), number).astype(float)
    return Against(Opponents(only, every.attack, every.defend), f"supercluster {number}")


def check_lineup(players: Sequence[int], names: Sequence[str]) -> None:
    """Raise LineupError if a lineup is not of five different players."""
    twice = sorted({name for player, name in zip(players, names, strict=True) if list(players).count(player) > 1})
    if twice:
        raise LineupError(f"{', '.join(twice)} is in the lineup twice")
    if len(players) != FIVE:
        raise LineupError(f"a lineup has five players, not {len(players)}: {', '.join(names)}")


@dataclass(frozen=True)
class Rated:
    """Lineups with draws of their net points per 100 possessions.

    Attributes:
        net, offence, defence: (draws, lineups) per 100 possessions; defence is what they give up.
        answered_by: (lineups,) the models that answered, in words.
    """

    net: Floats
    offence: Floats
    defence: Floats
    answered_by: list[str]


def rate(bundle: LineupBundle, lineups: Sequence[Sequence[int]], against: Against, model: str | None = None) -> Rated:
    """Rate lineups of players' ids on a neutral floor; all are drawn with the same weights and skills.

    Args:
        bundle: that serves the season.
        lineups: five ids each; an id that is not known is a rookie.
        against: whom.
        model: that answers; None: the deployed one.
    """
    fives = np.array([[bundle.place(player) for player in lineup] for lineup in lineups])
    cluster = bundle.superclusters.of(fives, bundle.styles, bundle.offence, bundle.defence)
    draws = min(len(posterior.draws) for posterior in bundle.posteriors.values())
    offence, defence = _skills(bundle, np.unique(fives), draws)
    points, given = np.zeros((draws, len(fives))), np.zeros((draws, len(fives)))
    used: list[set[str]] = [set() for _ in fives]
    for place, five in enumerate(fives):
        for other in np.flatnonzero(against.opponents.share > 0):
            share, wanted = against.opponents.share[other], model or bundle.model
            name, b = bundle.answering(wanted, SUPERCLUSTERS * int(cluster[place]) + int(other))
            points[:, place] += share * _expected(b, offence(five), against.opponents.defend[other])
            back, b = bundle.answering(wanted, SUPERCLUSTERS * int(other) + int(cluster[place]))
            given[:, place] += share * _expected(b, against.opponents.attack[other], -defence(five))
            used[place] |= {name, back}
    points, given = 100 * points, 100 * given
    return Rated(points - given, points, given, [", ".join(sorted(names)) for names in used])


def _expected(b: Floats, attack: Floats, defend: Floats) -> Floats:
    """(draws,) points of a possession; one of the sides has draws of its own."""
    size = len(ARCHETYPES)
    return b[:, 0] + (b[:, 1 : size + 1] * attack).sum(axis=1) + (b[:, size + 1 :] * defend).sum(axis=1)


def _skills(bundle: LineupBundle, places: Ints, draws: int) -> tuple[Sums, Sums]:
    """Functions that give (draws, 8) sums of archetypes' offence and defence of a lineup, from the same draws of skills."""
    count = len(bundle.ids)
    both = np.concatenate([places, count + places])
    mean = np.concatenate([bundle.offence[places], bundle.defence[places]])
    spread = np.linalg.cholesky(bundle.covariance[np.ix_(both, both)] + 1e-12 * np.eye(len(both)))
    drawn = mean + np.random.default_rng(1).standard_normal((draws, len(both))) @ spread.T
    share = shares(bundle.archetype)

    def side(offset: int) -> Sums:
        def sums(five: Ints) -> Floats:
            at = offset + np.searchsorted(places, five)
            return drawn[:, at] @ share[five]

        return sums

    return side(0), side(len(places))


def summary(rated: Rated, names: Sequence[str]) -> pl.DataFrame:
    """Return a row per lineup, the best first: net rating with its 90% interval, chance to be best, ranks.

    `within_noise` is true where the 90% interval of the distance from the first one includes zero.
    """
    net = rated.net
    order = np.argsort(-net.mean(axis=0), kind="stable")
    rank = 1 + (-net).argsort(axis=1).argsort(axis=1)
    best = (rank == 1).mean(axis=0)
    apart = np.quantile(net[:, order[:1]] - net, LOW, axis=0) > 0
    return pl.DataFrame(
        {
            "name": list(names),
            "net_per_100": net.mean(axis=0),
            "low": np.quantile(net, LOW, axis=0),
            "high": np.quantile(net, HIGH, axis=0),
            "offence": rated.offence.mean(axis=0),
            "defence": rated.defence.mean(axis=0),
            "best": best,
            "rank_low": np.quantile(rank, LOW, axis=0).astype(int),
            "rank_high": np.quantile(rank, HIGH, axis=0).astype(int),
            "within_noise": ~apart,
            "answered_by": rated.answered_by,
        }
    )[order.tolist()]


def possessions_to_know(bundle: LineupBundle, difference: float) -> float:
    """Return how many possessions each way, of both lineups, until a difference per 100 would be known (95%, two-sided).

    The net rating of n possessions each way has the variance 100^2 x 2 variance / n, and two lineups are compared.
    """
    return 4 * bundle.variance * (100 * Z / difference) ** 2 if difference else float("inf")


def expected_points(bundle: LineupBundle, offence: Ints, defence: Ints, home: Floats, model: str | None = None) -> Floats:
    """Return (n,) expected points of possessions with ten known players.

    Args:
        bundle: that serves the season.
        offence: (n, 5) ids of the players with the ball.
        defence: (n, 5) ids of the others.
        home: (n,) 0.5 where the team with the ball is at home, else -0.5.
        model: None: the deployed one.
    """
    ids = np.unique(np.concatenate([offence.ravel(), defence.ravel()]))
    places = np.array([bundle.place(player) for player in ids.tolist()], dtype=np.int64)
    attack, defend = (places[np.searchsorted(ids, side)] for side in (offence, defence))
    known = bundle.styles, bundle.offence, bundle.defence
    matchup = SUPERCLUSTERS * bundle.superclusters.of(attack, *known) + bundle.superclusters.of(defend, *known)
    x = np.hstack(
        [
            archetype_sums(attack, bundle.offence, bundle.archetype),
            -archetype_sums(defend, bundle.defence, bundle.archetype),
        ]
    )
    points = bundle.home * home
    for number in np.unique(matchup):
        rows, b = matchup == number, bundle.answering(model or bundle.model, int(number))[1].mean(axis=0)
        points[rows] += b[0] + x[rows] @ b[1:]
    return points
