"""Changes to the registry: what commands, promotions and the first step of every run do to it."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import polars as pl

from nba_assets.errors import NbaAssetsError
from nba_assets.modelling.learners import LIBRARIES, read
from nba_assets.registry import rules
from nba_assets.registry.catalog import DEFAULT_MARKET
from nba_assets.registry.loader import ModelFile, open_file
from nba_assets.registry.rules import Actor, Row
from nba_assets.stores.artifacts import ArtifactError, Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.features import FEATURE_VERSIONS
from nba_assets.tables.registry import BUNDLES, DERIVED, ML_MODEL_AUDIT, ML_MODEL_REGISTRY

LIBRARY_OF = {form: name for name, library in LIBRARIES.items() for form in library.formats}


class RegistryError(NbaAssetsError):
    """A change to the registry that cannot be made."""


@dataclass(frozen=True)
class Registration:
    """What is known of a model file that is to be registered; None is found out, or left open."""

    path: str
    model_id: str | None = None
    feature_version: str | None = None
    market: str | None = None
    training_start: date | None = None
    training_end: date | None = None
    training_rows: int | None = None
    library_version: str | None = None
    test_mae: float | None = None
    notes: str | None = None


class State(NamedTuple):
    """Registry and audit with what is not stored yet: models that are trained here, and changes that plain SQL made."""

    registry: pl.DataFrame
    audit: pl.DataFrame
    new: pl.DataFrame
    changes: pl.DataFrame


def sync(warehouse: Warehouse, by: Actor) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add the models that are trained here, record what changed since last time, and return registry and audit."""
    state = look(warehouse, by)
    if state.new.height:
        scope = {"model_id": state.new["model_id"].to_list(), "market": state.new["market"].unique().to_list()}
        warehouse.replace(ML_MODEL_REGISTRY, state.new, scope)
    if state.changes.height:
        warehouse.append(ML_MODEL_AUDIT, state.changes)
    return state.registry, state.audit


def look(warehouse: Warehouse, by: Actor) -> State:
    """Return registry and audit as `sync` would leave them; nothing is written."""
    held, audit = warehouse.read(ML_MODEL_REGISTRY), warehouse.read(ML_MODEL_AUDIT)
    new = rules.seeds(held, audit, by.now)
    registry = pl.concat([held, new])
    ours = pl.when(pl.col("model_id").is_in(new["model_id"].to_list())).then(pl.lit("nba_assets"))
    changes = rules.changes(registry, audit, by).with_columns(changed_by=ours.otherwise("changed_by"))
    return State(registry, pl.concat([audit, changes]), new, changes)


def _synced(warehouse: Warehouse, by: Actor) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Registry and audit, after what plain SQL changed was recorded under its own name."""
    return sync(warehouse, by._replace(changed_by=rules.FOUND, reason=None))


def champion(warehouse: Warehouse, market: str = DEFAULT_MARKET) -> str | None:
    """Return the model that serves a market, or None."""
    return champions(warehouse).get(market)


def champions(warehouse: Warehouse) -> dict[str, str]:
    """Return the model that serves each market that has one."""
    return rules.champions(warehouse.read(ML_MODEL_REGISTRY), warehouse.read(ML_MODEL_AUDIT))


def register(warehouse: Warehouse, artifacts: Artifacts, given: Registration, by: Actor) -> ModelFile:
    """Add a model file to the registry, enabled. A local file is copied into the artifact store.

    Raises:
        RegistryError: its kind or features are not known, or the model is registered already.
        ArtifactError: the file cannot be read or copied.
        ModelFileError: the file cannot be used.
    """
    registry, _ = _synced(warehouse, by)
    # A path that somebody types starts where they are, even if the store has a file of that name too.
    where = given.path if "://" in given.path or not Path(given.path).exists() else str(Path(given.path).resolve())
    row, content = _row_of(artifacts, given, where, by)
    taken = registry.filter(pl.col("model_id") == row["model_id"])
    if row["market"] in {rules.market_of(each) for each in taken.iter_rows(named=True)}:
        raise RegistryError(
            f"{row['model_id']} is registered already", remedy="name another with --model-id, or delete its row"
        )
    frame = pl.DataFrame([row], schema=ML_MODEL_REGISTRY.schema)
    if faults := rules.usable(frame)[1]:
        raise RegistryError(faults[0].reason, source=given.path)
    model = open_file({**frame.row(0, named=True), "model_path": where}, artifacts)
    if "://" not in given.path:
        _keep(artifacts, str(row["model_path"]), content)
    warehouse.replace(ML_MODEL_REGISTRY, frame, {"model_id": row["model_id"], "market": row["market"]})
    sync(warehouse, by)
    return model


def _row_of(artifacts: Artifacts, given: Registration, where: str, by: Actor) -> tuple[dict[str, object], bytes]:
    """The row to register and the file's content; what was not given is read off the file."""
    name = PurePosixPath(given.path)
    form = name.suffix.lstrip(".")
    if form not in LIBRARY_OF:
        raise RegistryError(f"a model file ends in {', '.join(f'.{form}' for form in LIBRARY_OF)}", source=given.path)
    content = artifacts.read(where)
    model_id = given.model_id or name.stem
    version = given.feature_version or _feature_version(content, form, given.path)
    return {
        "model_id": model_id,
        "model_name": model_id,
        "model_type": LIBRARY_OF[form],
        "model_version": model_id.rpartition("_")[2],
        "model_path": given.path if "://" in given.path else f"models/{name.name}",
        "model_format": form,
        "feature_version": version,
        "feature_count": len(FEATURE_VERSIONS.get(version, ())) or None,
        "market": given.market or DEFAULT_MARKET,
        "training_start_date": given.training_start,
        "training_end_date": given.training_end,
        "training_rows": given.training_rows,
        "library_version": given.library_version,
        "test_mae": given.test_mae,
        "enabled": True,
        "is_production": False,
        "is_baseline": False,
        "created_at": by.now,
        "notes": given.notes,
    }, content


def _feature_version(content: bytes, form: str, path: str) -> str:
    """The feature version that has exactly the features that a file names."""
    names = set(read(LIBRARY_OF[form], content, form).features)
    found = [version for version, features in FEATURE_VERSIONS.items() if set(features) == names]
    if not found:
        raise RegistryError(
            f"its features are those of no version; name one with --features: {', '.join(FEATURE_VERSIONS)}", source=path
        )
    return found[0]


def _keep(artifacts: Artifacts, path: str, content: bytes) -> None:
    """Copy a file into the store, unless another one of the same name is there."""
    try:
        stored = artifacts.read(path)
    except ArtifactError:
        artifacts.write(path, content)
        return
    if stored != content:
        raise RegistryError("a different file of that name is there already", source=path, remedy="give the file another name")


def enable(warehouse: Warehouse, model_id: str, by: Actor, *, enabled: bool) -> None:
    """Let a model predict, or no longer. Raises RegistryError: there is none, or it is a champion."""
    registry, audit = _synced(warehouse, by)
    _rows(registry, model_id)
    if not enabled and model_id in rules.champions(registry, audit).values():
        raise RegistryError(f"{model_id} is the champion", remedy="promote another model first")
    statement = "UPDATE nba_predictions.ml_model_registry SET enabled = ?, updated_at = ? WHERE model_id = ?"
    warehouse.query(statement, [enabled, by.now, model_id])
    sync(warehouse, by)


def promote(warehouse: Warehouse, artifacts: Artifacts, model_id: str, by: Actor, market: str | None = None) -> str | None:
    """Make a model the champion of its market, in one statement, and return who was champion before.

    Args:
        warehouse: with the registry.
        artifacts: with the model's file.
        model_id: who is to serve.
        by: who promotes it.
        market: which one, where the model predicts several; None: its only one, else player_points.

    Raises:
        RegistryError: there is no such model, it is not enabled, or its row is invalid.
        ModelFileError: its file cannot be used.
    """
    registry, audit = _synced(warehouse, by)
    rows = {rules.market_of(row): row for row in _rows(registry, model_id)}
    market = market or (next(iter(rows)) if len(rows) == 1 else DEFAULT_MARKET)
    if market not in rows:
        raise RegistryError(f"{model_id} does not predict {market}; it predicts {', '.join(rows)}")
    of_market = pl.col("market").fill_null(DEFAULT_MARKET) == market
    good, bad = rules.usable(registry.filter((pl.col("model_id") == model_id) & of_market))
    if not good:
        reason = bad[0].reason if bad else f"{model_id} is not enabled; `nba-assets models enable {model_id}`"
        raise RegistryError(reason)
    row = rows[market]
    if row["model_path"] != BUNDLES and row["model_type"] != DERIVED:
        open_file(row, artifacts)
    before = rules.champion(registry, audit, market)
    statement = (
        "UPDATE nba_predictions.ml_model_registry SET is_production = (model_id = ?), updated_at = ?"
        " WHERE COALESCE(market, ?) = ? AND COALESCE(is_production, FALSE) != (model_id = ?)"
    )
    warehouse.query(statement, [model_id, by.now, DEFAULT_MARKET, market, model_id])
    sync(warehouse, by)
    return before


def rollback(warehouse: Warehouse, artifacts: Artifacts, by: Actor, market: str | None = None) -> tuple[str | None, str]:
    """Make the champion before the last promotion the champion again; return who served and who serves now."""
    market = market or DEFAULT_MARKET
    _, audit = _synced(warehouse, by)
    before = rules.last_promotion(audit, market).before
    if before is None:
        raise RegistryError(f"no champion of {market} was replaced yet: there is nothing to go back to")
    return promote(warehouse, artifacts, before, by, market), before


def upload(warehouse: Warehouse, artifacts: Artifacts, model_id: str, to: str, by: Actor) -> str:
    """Copy a model's file to a URL, read it back, and point the registry there; return the URL.

    Raises:
        RegistryError: the model has no file, or what was read back differs from what was written; the registry stays.
    """
    registry, _ = _synced(warehouse, by)
    row = _rows(registry, model_id)[0]
    if row["model_path"] == BUNDLES or row["model_type"] == DERIVED:
        raise RegistryError(
            f"{model_id} has no file: it is {'trained at every cutoff' if row['model_path'] == BUNDLES else 'a table'}"
        )
    to = to if "://" in to else f"{Path(to).resolve()}{'/' if to.endswith('/') else ''}"
    url = f"{to}{PurePosixPath(row['model_path']).name}" if to.endswith("/") else to
    content = artifacts.read(row["model_path"])
    artifacts.write(url, content)
    if sha256(artifacts.read(url)).digest() != sha256(content).digest():
        kept = f"model_path stays {row['model_path']}"
        raise RegistryError(f"what was read back differs from what was written; {kept}", source=url)
    statement = "UPDATE nba_predictions.ml_model_registry SET model_path = ?, updated_at = ? WHERE model_id = ?"
    warehouse.query(statement, [url, by.now, model_id])
    sync(warehouse, by)
    return url


def _rows(registry: pl.DataFrame, model_id: str) -> list[Row]:
    """The rows of a model, one per market."""
    found = registry.filter(pl.col("model_id") == model_id)
    if found.is_empty():
        known = ", ".join(registry["model_id"].unique().sort()) or "none yet"
        raise RegistryError(f"no model {model_id!r}; there are {known}")
    return list(found.iter_rows(named=True))
