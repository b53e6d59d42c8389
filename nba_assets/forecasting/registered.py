"""Loads the enabled models of the registry, and reports why any of them could not be loaded."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

import polars as pl

from nba_assets.calendar import MIDNIGHT, Dates, eastern
from nba_assets.forecasting.models import BundledModel, CalibrationSample, DerivedModel, FileModel, RegisteredModel, Samples
from nba_assets.modelling.bundles import bundle_paths
from nba_assets.modelling.learners import LIBRARIES, ModelFileError
from nba_assets.modelling.time_splits import training_set
from nba_assets.registry.catalog import REFERENCE_MODELS, TARGETS, TRAINED_HERE
from nba_assets.registry.loader import UNKNOWN_WINDOW, open_file
from nba_assets.registry.rules import Row, market_of, usable
from nba_assets.stores.artifacts import ArtifactError, Artifacts
from nba_assets.stores.googlesql import SqlError
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import MODEL_BUNDLES
from nba_assets.tables.registry import BUNDLES, DERIVED, ML_MODEL_REGISTRY
from nba_assets.tables.versions import as_of

YEAR = timedelta(days=365)
# A calibration sample reaches a year before the month of a date.
LOOK_BACK = timedelta(days=400)


class Refused(NamedTuple):
    """A model that could not be loaded."""

    model_id: str
    market: str
    stage: str
    reason: str


class RegisteredModels(NamedTuple):
    """All enabled models.

    Attributes:
        ready: those that were loaded.
        refused: the others.
        remarks: what a reader of the log should know.
    """

    ready: list[RegisteredModel]
    refused: list[Refused]
    remarks: list[str]


def load_models(
    warehouse: Warehouse, artifacts: Artifacts, windows: Sequence[date], dates: Dates, only: str | None = None
) -> RegisteredModels:
    """Load the enabled models of the registry; each file is read once.

    Args:
        warehouse: with the registry, the bundles and derived tables.
        artifacts: with the files.
        windows: all training cutoffs, in order.
        dates: that are to be predicted.
        only: one model; None: all.
    """
    bundles, registry = warehouse.read(MODEL_BUNDLES), warehouse.read(ML_MODEL_REGISTRY)
    rows, refusals = usable(registry.filter(pl.col("model_id") == only) if only else registry)
    found = RegisteredModels([], [Refused(one.model_id, one.market, "registration", one.reason) for one in refusals], [])

    def bundled(model_id: str, market: str) -> BundledModel:
        return BundledModel(model_id, windows, bundle_paths(bundles, model_id), artifacts, market)

    samples = calibration_samples(warehouse)
    for row in rows:
        model_id, market = row["model_id"], market_of(row)
        try:
            if row["model_path"] == BUNDLES:
                found.ready.append(bundled(model_id, market))
                found.remarks.extend(_remarks(bundles, model_id))
                continue
            stand_in = bundled(REFERENCE_MODELS[market], market)
            if row["model_type"] == DERIVED:
                table = _derived(warehouse, row, dates)
                until = row["training_end_date"]
                found.remarks.extend([] if until else [f"{model_id}: {UNKNOWN_WINDOW}"])
                found.ready.append(DerivedModel(model_id, market, table, until, artifacts, samples, stand_in))
                continue
            file = open_file(row, artifacts)
        except (ModelFileError, ArtifactError, SqlError) as error:
            found.refused.append(Refused(model_id, market, "file", str(error)))
            continue
        found.remarks.extend([f"{model_id}: {file.remark}"] if file.remark else [])
        found.ready.append(FileModel(file, artifacts, samples, stand_in))
    return found


def _derived(warehouse: Warehouse, row: Row, dates: Dates) -> pl.DataFrame:
    """A derived model's table, of the dates and of the year that its distribution is fitted on. Raises SqlError."""
    columns = "game_date, game_id, player_id, decision, predicted_points"
    statement = f"SELECT {columns} FROM {row['model_path']} WHERE market = ? AND game_date BETWEEN ? AND ?"  # noqa: S608 (the rules admit only a table's name)
    return warehouse.query(statement, [market_of(row), dates.first - LOOK_BACK, dates.last])


def _remarks(bundles: pl.DataFrame, model_id: str) -> list[str]:
    """Which bundles were trained with another version of the library than the one that is installed."""
    kind, versions = TRAINED_HERE[model_id].library, bundles.filter(pl.col("model_id") == model_id)["library_version"]
    others = [version for version in versions.unique().drop_nulls().sort() if version != LIBRARIES[kind].version]
    return [f"{model_id}: was trained with {kind} {other}; {LIBRARIES[kind].version} is installed" for other in others]


def calibration_samples(warehouse: Warehouse) -> Samples:
    """Return a function that gives the year before a month, as known when it began; each one is read once."""

    @cache
    def sample(month: date, market: str) -> CalibrationSample:
        dates = Dates(month - YEAR, month - timedelta(days=1))
        known = as_of(warehouse.read(facts.BOX_SCORES, dates), facts.BOX_SCORES, eastern(month, MIDNIGHT))
        return CalibrationSample.of(training_set(warehouse.read(ML_FEATURE_STORE, dates), known, month, TARGETS[market]).rows)

    return sample
