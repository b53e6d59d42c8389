"""Tonight's slate as an artifact: the facts that its features were built from, by which the service answers what-ifs."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from io import BytesIO
from typing import Any

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.features.store import Facts, read_facts
from nba_assets.minutes.spec import MINUTES_V1
from nba_assets.modelling.bundles import bundle_paths
from nba_assets.stores.artifacts import ArtifactError, Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.minutes import MINUTES_BUNDLES, MINUTES_PREDICTIONS

FOLDER, END = "nights", ".parquet"
VERSION = 16


def keep(warehouse: Warehouse, artifacts: Artifacts, day: date) -> str:
    """Write a slate's facts, one file a table, and return the document that says where they are.

    Args:
        warehouse: with facts, and what minutes were predicted by.
        artifacts: where the files go, as nights/{version}.{table}.parquet.
        day: the slate.

    Returns:
        JSON: game_date, version, and minutes: the path of the minutes bundle that serves the date, or null.

    Raises:
        ArtifactError: they cannot be written.
    """
    known = read_facts(warehouse, Dates(day, day))
    files = {field.name: _file(getattr(known, field.name)) for field in fields(Facts)}
    version = hashlib.sha256(b"".join(files.values())).hexdigest()[:VERSION]
    there = artifacts.names(FOLDER)
    for name, content in files.items():
        if f"{version}.{name}{END}" not in there:
            artifacts.write(f"{FOLDER}/{version}.{name}{END}", content)
    return json.dumps({"game_date": day.isoformat(), "version": version, "minutes": _minutes(warehouse, day)})


def forget_others(artifacts: Artifacts, document: str) -> None:
    """Delete the files of earlier slates, and of earlier versions. Raises ArtifactError."""
    version = json.loads(document)["version"]
    for name in artifacts.names(FOLDER):
        if not name.startswith(f"{version}."):
            artifacts.remove(f"{FOLDER}/{name}")


def read(artifacts: Artifacts, document: Mapping[str, Any]) -> Facts:
    """Return the facts of a slate. Raises ArtifactError: a file is gone, or cannot be read."""
    version = document["version"]
    names = [field.name for field in fields(Facts)]
    files = {name: artifacts.read(f"{FOLDER}/{version}.{name}{END}") for name in names}
    try:
        return Facts(**{name: pl.read_parquet(BytesIO(content)) for name, content in files.items()})
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ArtifactError(f"it is damaged: {error}", source=f"{FOLDER}/{version}") from error


def _file(frame: pl.DataFrame) -> bytes:
    found = BytesIO()
    frame.write_parquet(found)
    return found.getvalue()


def _minutes(warehouse: Warehouse, day: date) -> str | None:
    """The bundle that has predicted the date's minutes."""
    cutoffs = warehouse.read(MINUTES_PREDICTIONS, Dates(day, day), ["training_cutoff"])["training_cutoff"].drop_nulls()
    paths = bundle_paths(warehouse.read(MINUTES_BUNDLES), MINUTES_V1.model_id)
    return paths.get(cutoffs[0]) if len(cutoffs) else None
