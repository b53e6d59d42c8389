"""The models that the service holds: those of the registry, each loaded or with the reason why not."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePosixPath
from time import monotonic
from typing import Any

from nba_assets.errors import NbaAssetsError
from nba_assets.modelling.bundles import Bundle, load
from nba_assets.modelling.learners import ModelFileError
from nba_assets.registry.catalog import DEFAULT_MARKET
from nba_assets.registry.loader import ModelFile, open_file
from nba_assets.registry.service import LIBRARY_OF
from nba_assets.serving.reading import document
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.database import Database
from nba_assets.tables.registry import BUNDLES, DERIVED

AGAIN_SECONDS = 60.0
Row = dict[str, Any]


@dataclass(frozen=True)
class System:
    """A model as the service holds it.

    Attributes:
        kind: what it is: a library, an ensemble, or derived (the table of another asset).
        path: of its file or bundle; of a derived model its table.
        is_champion: whether it serves its market.
        training_cutoff: of its newest bundle; None: it has none.
        content_hash: of what was loaded; None: nothing was.
        reason: why it is not loaded; None: it is, or there is nothing to load.
        model: what was loaded.
    """

    model_id: str
    market: str
    kind: str
    path: str
    is_champion: bool
    training_cutoff: str | None = None
    content_hash: str | None = None
    reason: str | None = None
    model: Bundle | ModelFile | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """What the model takes, in its order; an ensemble what its members and baselines take; nothing: it takes none."""
        if self.model is None:
            return ()
        return self.model.features if isinstance(self.model, ModelFile) else _taken(self.model)

    def shown(self) -> Row:
        """Return what a client is told."""
        about = {"status": "not loaded" if self.reason else "loaded", "reason": self.reason, "kind": self.kind}
        about |= {"market": self.market, "champion": self.is_champion, "path": self.path}
        return about | {"hash": self.content_hash, "cutoff": self.training_cutoff}


class Models:
    """The models that are served now; another set is loaded beside them and takes their place at once.

    Args:
        database: with the document `models`.
        artifacts: with bundles and files.
        paths: as of `systems`.
    """

    def __init__(self, database: Database, artifacts: Artifacts, paths: Mapping[str, str]) -> None:
        """Load nothing yet."""
        self._database, self._artifacts, self._paths = database, artifacts, paths
        self.version: str | None = None
        self.loads = 0
        self._tried = monotonic()
        self.systems: dict[str, System] = {}

    def refresh(self) -> None:
        """Load what the registry names if that is not what is held; what could not be loaded is tried again each minute.

        Raises:
            DatabaseError: it cannot be read; what is held stays.
        """
        found = document(self._database, "models")
        again = any(system.reason for system in self.systems.values()) and monotonic() > self._tried + AGAIN_SECONDS
        if found and (found[0] != self.version or again):
            self._tried = monotonic()
            self.version, self.systems = found[0], systems(found[1], self._artifacts, self._paths)
            self.loads += 1

    @property
    def state(self) -> str:
        """What is held, in one word: another one after every load."""
        return f"{self.version}.{self.loads}"


def systems(text: str, artifacts: Artifacts, paths: Mapping[str, str]) -> dict[str, System]:
    """Load the enabled models, and return them by id; of another market than points the market follows a dot.

    Args:
        text: the document `models`.
        artifacts: with bundles and files.
        paths: by model id, a file in the place of what the registry names: a path, or a gs:// URL.
    """
    rows: Sequence[Row] = json.loads(text)
    found = [_system(row, artifacts, paths.get(row["model_id"])) for row in rows if row["enabled"]]
    return {each.model_id if each.market == DEFAULT_MARKET else f"{each.model_id}.{each.market}": each for each in found}


def paths_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the files that variables put in the place of the registry's: NBA_ASSETS_MODEL_PATH_<ID>, and <ID>_MODEL_PATH."""
    first, last = "NBA_ASSETS_MODEL_PATH_", "_MODEL_PATH"
    found = {name.removesuffix(last): path for name, path in environment.items() if name.endswith(last)}
    found |= {name.removeprefix(first): path for name, path in environment.items() if name.startswith(first)}
    return {name.lower(): path for name, path in found.items()}


def _taken(bundle: Bundle) -> tuple[str, ...]:
    members = {member.meta.model_id: member for member in bundle.members}
    baselines = [name for name in bundle.meta.weights if members and name not in members]
    return tuple(
        dict.fromkeys([*bundle.meta.features, *(name for each in members.values() for name in _taken(each)), *baselines])
    )


def _system(row: Row, artifacts: Artifacts, instead: str | None) -> System:
    market, kind = row["market"] or DEFAULT_MARKET, row["model_type"]
    path = instead or (row["path"] if row["model_path"] == BUNDLES else row["model_path"])
    system = System(row["model_id"], market, kind, path or BUNDLES, bool(row["is_production"]))
    if kind == DERIVED:
        return system
    try:
        if row["model_path"] == BUNDLES and not instead:
            return _bundled(system, row, artifacts)
        model = open_file(_as_registered(row, system.path), artifacts)
    except NbaAssetsError as error:
        return replace(system, reason=error.message)
    except Exception as error:  # Libraries raise what they like at a broken file, and the other models are to go on.
        logging.getLogger(__name__).exception("%s is not loaded", system.model_id)
        return replace(system, reason=f"{type(error).__name__} while it was loaded; the log of the service has more")
    return replace(system, content_hash=model.content_hash, model=model)


def _bundled(system: System, row: Row, artifacts: Artifacts) -> System:
    if row["path"] is None:
        return replace(system, reason="no bundle is trained yet; `nba-assets backfill` trains some")
    cutoff, content = row["training_cutoff"], row["content_hash"]
    return replace(system, training_cutoff=cutoff, content_hash=content, model=load(artifacts, row["path"]))


def _as_registered(row: Row, path: str) -> Row:
    """The row as the registry has it; of a file in its place the form is that of its name."""
    end, form = row["training_end_date"], PurePosixPath(path).suffix.removeprefix(".")
    if path != row["model_path"] and form not in LIBRARY_OF:
        raise ModelFileError(f"{path} has none of the endings {', '.join(sorted(LIBRARY_OF))}")
    own = {"training_end_date": date.fromisoformat(end) if end else None, "model_path": path}
    return {**row, **own} if path == row["model_path"] else {**row, **own, "model_format": form, "model_type": LIBRARY_OF[form]}
