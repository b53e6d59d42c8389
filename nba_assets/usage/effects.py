"""What an absence does to usage, as values: made by fits, stored and served by `coefficients`."""

from dataclasses import dataclass, field
from datetime import date

from nba_assets.errors import NbaAssetsError
from nba_assets.reference.names import lookup

ADDITIVE, SHRUNK = "additive_v1", "shrunk_v1"
JOINT = " + "
# Of DECIMAL(5, 3). Of a pooled fit it has no lower bound: a player's few games may vary less than the predictions of them.
LEAST_R_SQUARED = -99.999


class CoefficientError(NbaAssetsError):
    """Coefficients that cannot be saved or served; it names whose, and who could be meant."""


@dataclass(frozen=True)
class Effect:
    """What a teammate's absence, or that of a group who were always out together, does to a player's usage.

    Attributes:
        teammates: names.
        ids: NBA.com's ids of them; empty where they are not known.
        delta: percentage points.
        p_value: of additive_v1 that of no effect; of shrunk_v1 that of the games alone against the usual effect of an absence.
        sign_probability: of shrunk_v1: posterior probability that the effect has the sign of `delta`.
        joint_with: of a pooled effect: the others who were out in exactly the same games. Then how the joint effect is split
            follows what is usual, not the games; `joint_delta` is what the games say, with its standard error.
    """

    teammates: tuple[str, ...]
    delta: float
    p_value: float | None = None
    ids: tuple[int, ...] = ()
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None
    together: int | None = None
    apart: int | None = None
    joint_with: str | None = None
    joint_delta: float | None = None
    joint_error: float | None = None
    sign_probability: float | None = None


@dataclass(frozen=True)
class PlayerCoefficients:
    """A player's coefficients of one model version.

    Attributes:
        baseline_usage: usage percentage with every teammate of the rotation in; of shrunk_v1 by the form of the newest games.
        games_used: games played that were counted.
        cutoff: only games before it were used; None where it is unknown.
        fitted_baseline: of a version whose baseline is the form of the cutoff: the one that was fitted on all games.
    """

    player_name: str
    team_name: str
    baseline_usage: float
    effects: tuple[Effect, ...]
    games_used: int
    r_squared: float | None
    player_id: int | None = None
    cutoff: date | None = None
    start: date | None = None
    end: date | None = None
    fitted_baseline: float | None = None
    key: str = field(init=False)

    def __post_init__(self) -> None:
        """Identify the player by id, else by plain name."""
        object.__setattr__(self, "key", str(self.player_id or lookup(self.player_name)))
