"""Who predicts: the enabled models of the registry, ready to be asked, and the refusals of the others."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

import polars as pl

from nba_assets.calendar import MIDNIGHT, Dates, eastern
from nba_assets.forecasting.inference import Bundles, Contender, File, Past
from nba_assets.modelling.bundles import bundle_paths
from nba_assets.modelling.learners import LIBRARIES, ModelFileError
from nba_assets.points.fit import SPECS, training_set
from nba_assets.registry.loader import open_file
from nba_assets.registry.rules import TRAINED_HERE, usable
from nba_assets.stores.artifacts import ArtifactError, LocalArtifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import MODEL_BUNDLES
from nba_assets.tables.registry import BUNDLES, ML_MODEL_REGISTRY
from nba_assets.tables.versions import as_of

YEAR = timedelta(days=365)
# Of each market the model whose distribution serves where a file cannot have one of its own.
STAND_INS = {spec.market: spec.model_id for spec in SPECS if spec.with_floor}


class Refused(NamedTuple):
    """A model that cannot be asked."""

    model_id: str
    stage: str
    reason: str


class Contenders(NamedTuple):
    """All enabled models.

    Attributes:
        ready: those that can be asked.
        refused: the others.
        remarks: what a reader of the log should know.
    """

    ready: list[Contender]
    refused: list[Refused]
    remarks: list[str]


def contenders(warehouse: Warehouse, artifacts: LocalArtifacts, windows: Sequence[date], only: str | None = None) -> Contenders:
    """Return the enabled models of the registry; a file is read once.

    Args:
        warehouse: with the registry and the bundles.
        artifacts: with the files.
        windows: all training cutoffs, in order.
        only: one model; None: all.
    """
    bundles, registry = warehouse.read(MODEL_BUNDLES), warehouse.read(ML_MODEL_REGISTRY)
    rows, refusals = usable(registry.filter(pl.col("model_id") == only) if only else registry)
    found = Contenders([], [Refused(model_id, "registration", reason) for model_id, reason in refusals], [])

    def of_bundles(model_id: str) -> Bundles:
        return Bundles(model_id, windows, bundle_paths(bundles, model_id), artifacts, TRAINED_HERE[model_id].market)

    past = _past(warehouse)
    for row in rows:
        if row["model_path"] == BUNDLES:
            found.ready.append(of_bundles(row["model_id"]))
            found.remarks.extend(_remarks(bundles, row["model_id"]))
            continue
        try:
            model = open_file(row, artifacts.root)
        except (ModelFileError, ArtifactError) as error:
            found.refused.append(Refused(row["model_id"], "file", str(error)))
            continue
        if model.remark:
            found.remarks.append(f"{model.model_id}: {model.remark}")
        found.ready.append(File(model, artifacts, past, of_bundles(STAND_INS[model.market])))
    return found


def _remarks(bundles: pl.DataFrame, model_id: str) -> list[str]:
    """Whether bundles were trained with another version of the library than the one that is installed."""
    kind, versions = TRAINED_HERE[model_id].library, bundles.filter(pl.col("model_id") == model_id)["library_version"]
    others = [version for version in versions.unique().drop_nulls().sort() if version != LIBRARIES[kind].version]
    return [f"{model_id}: was trained with {kind} {other}; {LIBRARIES[kind].version} is installed" for other in others]


def _past(warehouse: Warehouse) -> Callable[[date, str], Past]:
    """What was known when a month began of the year before it."""

    @cache
    def past(month: date, market: str) -> Past:
        dates = Dates(month - YEAR, month - timedelta(days=1))
        known = as_of(warehouse.read(facts.BOX_SCORES, dates), facts.BOX_SCORES, eastern(month, MIDNIGHT))
        return Past.of(training_set(warehouse.read(ML_FEATURE_STORE, dates), known, month, market).rows)

    return past
