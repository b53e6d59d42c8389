"""A bundle: what is known of players and lineups before a season, and the fitted models, as files. No pickle."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from nba_assets.arrays import Bools, Floats, Ints
from nba_assets.errors import NbaAssetsError
from nba_assets.lineups.archetypes import Archetypes
from nba_assets.lineups.evaluation import Decision
from nba_assets.lineups.matchups import Superclusters
from nba_assets.lineups.models import Posterior, Sampling
from nba_assets.lineups.skill import Skills
from nba_assets.lineups.spec import ARCHETYPES, FALLBACK, SUPERCLUSTERS
from nba_assets.lineups.study import ROOKIE, Study
from nba_assets.stores.artifacts import LAST

FOLDER = "lineups/runs"
ARRAYS = "arrays.npz"


class LineupError(NbaAssetsError):
    """A lineup, a player or a bundle that cannot be used."""


@dataclass(frozen=True)
class Opponents:
    """Lineups that a team had on court, by supercluster.

    Attributes:
        share: (6,) of its possessions.
        attack, defend: (6, 8) mean sums of archetypes' skills.
    """

    share: Floats
    attack: Floats
    defend: Floats


@dataclass(frozen=True)
class LineupBundle:
    """Everything that answers need.

    Attributes:
        season: that it serves; nothing of it was looked at.
        train: seasons learned from.
        ids: (players,) sorted; the first one, 0, stands for somebody of whom nothing is known.
        offence, defence: (players,) skills, points per possession.
        covariance: (2 players, 2 players) of what is not known about them.
        minutes, seen: (players,) of earlier seasons.
        archetype, soft: (players,) numbers, and (players, 8) chances.
        styles: (players, STYLE) in standard deviations.
        archetypes, superclusters: the clusters.
        home, variance: of the points of a possession.
        opponents: by team, in the last season learned from; 0: the league.
        posteriors: by model.
        model, action, reason: which one answers, and why.
    """

    season: str
    train: Sequence[str]
    ids: Ints
    offence: Floats
    defence: Floats
    covariance: Floats
    minutes: Floats
    seen: Floats
    archetype: Ints
    soft: Floats
    styles: Floats
    archetypes: Archetypes
    superclusters: Superclusters
    home: float
    variance: float
    opponents: Mapping[int, Opponents]
    posteriors: Mapping[str, Posterior]
    model: str
    action: str
    reason: str

    def place(self, player: int) -> int:
        """Return where a player stands in the arrays; one that is not known, where nobody is."""
        at = int(np.searchsorted(self.ids, player))
        return at if at < len(self.ids) and self.ids[at] == player else 0

    def answering(self, wanted: str, matchup: int) -> tuple[str, Floats]:
        """Return the model that answers for a matchup and its draws (draws, 17): the wanted one, else the next that may.

        A cell with fewer than 50 possessions a parameter is masked, and so is every cell of a model that has not converged.
        """
        if wanted not in self.posteriors:
            raise LineupError(f"there is no model {wanted!r}; there are {', '.join(self.posteriors)}")
        order = FALLBACK[FALLBACK.index(wanted) :] if wanted in FALLBACK else (wanted, "simplified")
        for model in order:
            posterior = self.posteriors.get(model)
            group = int(posterior.cells[matchup]) if posterior else -1
            converged = posterior is not None and posterior.sampling is not None and not posterior.sampling.faults
            if posterior and group >= 0 and converged and (posterior.enough[group] or model in ("hierarchical", "simplified")):
                return model, posterior.draws[:, group]
        raise LineupError(f"no model of this bundle has converged: {', '.join(self.posteriors)}", remedy="fit it again")


def bundle_of(study: Study, known: Skills, posteriors: Mapping[str, Posterior], decision: Decision) -> LineupBundle:
    """Return the bundle of a study for the season before which skills are known.

    Args:
        study: of the seasons learned from.
        known: skills before the season that is served.
        posteriors: by model.
        decision: which one answers.
    """
    last = study.seasons[-1].plays
    active = np.unique(np.concatenate([[ROOKIE], last.offence.ravel(), last.defence.ravel()]))
    both = np.concatenate([active, len(study.ids) + active])
    archetype = study.archetypes.hard(known.before)
    return LineupBundle(
        season=known.season,
        train=[each.plays.season for each in study.seasons],
        ids=study.ids[active],
        offence=known.offence[active],
        defence=known.defence[active],
        covariance=known.covariance[np.ix_(both, both)],
        minutes=known.before.minutes[active],
        seen=known.seen[active],
        archetype=archetype[active],
        soft=study.archetypes.soft(known.before)[active],
        styles=study.archetypes.standard(known.before)[active],
        archetypes=study.archetypes,
        superclusters=study.superclusters,
        home=study.home,
        variance=study.variance,
        opponents=_opponents(study),
        posteriors=posteriors,
        model=decision.model,
        action=decision.action,
        reason=decision.reason,
    )


def _opponents(study: Study) -> dict[int, Opponents]:
    """Lineups of the last season, of every team and of the league."""
    last = study.seasons[-1]
    attacking, defending = np.divmod(last.matchup, SUPERCLUSTERS)
    size = len(ARCHETYPES)

    def seen(attacks: Bools, defends: Bools) -> Opponents:
        count = np.bincount(attacking[attacks], minlength=SUPERCLUSTERS)
        other = np.bincount(defending[defends], minlength=SUPERCLUSTERS)
        attack, defend = np.zeros((SUPERCLUSTERS, size)), np.zeros((SUPERCLUSTERS, size))
        np.add.at(attack, attacking[attacks], last.x[attacks, :size])
        np.add.at(defend, defending[defends], last.x[defends, size:])
        each = (count + other) / max(float((count + other).sum()), 1.0)
        return Opponents(each, attack / np.maximum(count, 1)[:, None], defend / np.maximum(other, 1)[:, None])

    every = np.ones(len(last.matchup), dtype=bool)
    teams = {int(team): seen(last.plays.team == team, last.plays.other == team) for team in np.unique(last.plays.team)}
    return {0: seen(every, every), **teams}


def to_files(bundle: LineupBundle) -> dict[str, bytes]:
    """Return a bundle as files: arrays as npz, the rest as JSON."""
    arrays: dict[str, NDArray[Any]] = {name: getattr(bundle, name) for name in PLAYERS}
    arrays["covariance"] = bundle.covariance.astype(np.float32)
    arrays |= {f"archetypes/{name}": value for name, value in vars(bundle.archetypes).items()}
    arrays |= {f"superclusters/{name}": getattr(bundle.superclusters, name) for name in CENTRES}
    for team, seen in bundle.opponents.items():
        arrays |= {f"opponents/{team}/{name}": value for name, value in vars(seen).items()}
    meta: dict[str, Any] = {name: getattr(bundle, name) for name in TOLD}
    sampling: dict[str, Sampling | None] = {}
    for model, posterior in bundle.posteriors.items():
        arrays |= {f"posterior/{model}/{name}": getattr(posterior, name) for name in DRAWN}
        sampling[model] = posterior.sampling
    meta["sampling"] = SAMPLINGS.dump_python(sampling)
    buffer = BytesIO()
    np.savez(buffer, **arrays)  # pyright: ignore[reportArgumentType] (its types know an option, our names are no option's)
    return {ARRAYS: buffer.getvalue(), LAST: json.dumps(meta, indent=2, default=list).encode()}


PLAYERS = ("ids", "offence", "defence", "minutes", "seen", "archetype", "soft", "styles")
CENTRES = ("mean", "deviation", "centres")
DRAWN = ("cells", "draws", "sigma", "n")
TOLD = ("season", "train", "home", "variance", "model", "action", "reason")
SAMPLINGS = TypeAdapter(dict[str, Sampling | None])


def from_files(files: Mapping[str, bytes], path: str) -> LineupBundle:
    """Return the bundle of files.

    Raises:
        LineupError: a file is missing or damaged.
    """
    try:
        meta = json.loads(files[LAST])
        with np.load(BytesIO(files[ARRAYS]), allow_pickle=False) as stored:
            arrays: dict[str, NDArray[Any]] = {name: stored[name] for name in stored.files}
        archetypes = Archetypes(**_under(arrays, "archetypes/"))
        sampling = SAMPLINGS.validate_python(meta.pop("sampling"))
        teams = {name.split("/")[1] for name in arrays if name.startswith("opponents/")}
        return LineupBundle(
            **{name: arrays[name] for name in PLAYERS},
            **{name: meta[name] for name in TOLD},
            covariance=arrays["covariance"].astype(float),
            archetypes=archetypes,
            superclusters=Superclusters(archetypes, **_under(arrays, "superclusters/")),
            opponents={int(team): Opponents(**_under(arrays, f"opponents/{team}/")) for team in teams},
            posteriors={
                model: Posterior(model, **_under(arrays, f"posterior/{model}/"), sampling=told)
                for model, told in sampling.items()
            },
        )
    except (KeyError, ValueError, TypeError, BadZipFile, ValidationError) as error:
        raise LineupError(f"the bundle is damaged: {error}", source=path, remedy="fit it again") from error


def _under(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
