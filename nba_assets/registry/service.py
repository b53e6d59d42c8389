"""Changes the registry: what commands, the promotion sensor and the first step of every run do to it."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path, PurePosixPath

import polars as pl

from nba_assets.league.lines import POINTS
from nba_assets.modelling.learners import LIBRARIES, read
from nba_assets.registry import rules
from nba_assets.registry.loader import FileModel, open_file
from nba_assets.registry.rules import By, Row
from nba_assets.stores.files import read_bytes, write_bytes
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.features import FEATURE_VERSIONS
from nba_assets.tables.registry import BUNDLES, ML_MODEL_AUDIT, ML_MODEL_REGISTRY

LIBRARY_OF = {form: name for name, library in LIBRARIES.items() for form in library.formats}


class RegistryError(ValueError):
    """A change of the registry that cannot be made: says why, and what to do."""


@dataclass(frozen=True)
class Registration:
    """What is said of a model file; None: nothing, which is then found out, or left open."""

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


def sync(warehouse: Warehouse, by: By) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add the models that are trained here, write down what was changed since last time, return registry and audit."""
    held, audit = warehouse.read(ML_MODEL_REGISTRY), warehouse.read(ML_MODEL_AUDIT)
    new = rules.seeds(held, audit, by.now)
    warehouse.replace(ML_MODEL_REGISTRY, new, {"model_id": new["model_id"].to_list()})
    registry = pl.concat([held, new])
    ours = pl.when(pl.col("model_id").is_in(new["model_id"].to_list())).then(pl.lit("nba_assets"))
    found = rules.changes(registry, audit, by).with_columns(changed_by=ours.otherwise("changed_by"))
    warehouse.append(ML_MODEL_AUDIT, found)
    return registry, pl.concat([audit, found])


def champion(warehouse: Warehouse) -> str | None:
    """Return the model that serves; None: nobody does."""
    return rules.champion(warehouse.read(ML_MODEL_REGISTRY), warehouse.read(ML_MODEL_AUDIT))


def register(warehouse: Warehouse, store: Path, said: Registration, by: By) -> FileModel:
    """Add a model file to the registry, enabled. A local file is copied into the store.

    Raises:
        RegistryError: its kind or features cannot be told, or the model is registered already.
        ModelFileError: the file cannot be used.
    """
    registry, _ = sync(warehouse, by._replace(changed_by=rules.FOUND, reason=None))
    name = PurePosixPath(said.path)
    form = name.suffix.lstrip(".")
    if form not in LIBRARY_OF:
        raise RegistryError(f"{said.path}: a model file ends in {', '.join(f'.{form}' for form in LIBRARY_OF)}")
    # A path that somebody types is one from where he is, even if the store has a file of that name too.
    where = said.path if "://" in said.path or not Path(said.path).exists() else str(Path(said.path).resolve())
    content = read_bytes(where, store)
    model_id = said.model_id or name.stem
    if model_id in set(registry["model_id"]):
        raise RegistryError(f"{model_id} is registered already; name another with --model-id, or delete its row")
    version = said.feature_version or _version(content, form, said.path)
    path = said.path if "://" in said.path else f"models/{name.name}"
    given = {
        "model_id": model_id,
        "model_name": model_id,
        "model_type": LIBRARY_OF[form],
        "model_version": model_id.rpartition("_")[2],
        "model_path": path,
        "model_format": form,
        "feature_version": version,
        "feature_count": len(FEATURE_VERSIONS.get(version, ())) or None,
        "market": said.market,
        "training_start_date": said.training_start,
        "training_end_date": said.training_end,
        "training_rows": said.training_rows,
        "library_version": said.library_version,
        "test_mae": said.test_mae,
        "enabled": True,
        "is_production": False,
        "is_baseline": False,
        "created_at": by.now,
        "notes": said.notes,
    }
    row = pl.DataFrame([given], schema=ML_MODEL_REGISTRY.schema)
    if faults := rules.usable(row)[1]:
        raise RegistryError(f"{said.path}: {faults[0].reason}")
    model = open_file({**row.row(0, named=True), "model_path": where}, store)
    if "://" not in said.path:
        _keep(content, store / path)
    warehouse.replace(ML_MODEL_REGISTRY, row, {"model_id": model_id})
    sync(warehouse, by)
    return model


def _version(content: bytes, form: str, path: str) -> str:
    """The feature version that has exactly the features that a file names."""
    names = set(read(LIBRARY_OF[form], content, form).features)
    found = [version for version, features in FEATURE_VERSIONS.items() if set(features) == names]
    if not found:
        raise RegistryError(
            f"{path}: its features are those of no version; name one with --features: {', '.join(FEATURE_VERSIONS)}"
        )
    return found[0]


def _keep(content: bytes, target: Path) -> None:
    if target.exists() and target.read_bytes() != content:
        raise RegistryError(f"{target} is there already and differs; give the file another name")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}")
    temporary.write_bytes(content)
    temporary.replace(target)


def enable(warehouse: Warehouse, model_id: str, by: By, *, enabled: bool) -> None:
    """Let a model predict, or not any more. Raises RegistryError: there is none, or it is the champion."""
    registry, audit = sync(warehouse, by._replace(changed_by=rules.FOUND, reason=None))
    _row(registry, model_id)
    if not enabled and rules.champion(registry, audit) == model_id:
        raise RegistryError(f"{model_id} is the champion; promote another model first")
    statement = "UPDATE nba_predictions.ml_model_registry SET enabled = ?, updated_at = ? WHERE model_id = ?"
    warehouse.query(statement, [enabled, by.now, model_id])
    sync(warehouse, by)


def promote(warehouse: Warehouse, store: Path, model_id: str, by: By) -> str | None:
    """Make a model the champion, in one statement, and return who was it before.

    Raises:
        RegistryError: there is no such model, it is not enabled, or its row makes no sense.
        ModelFileError: its file cannot be used.
    """
    registry, audit = sync(warehouse, by._replace(changed_by=rules.FOUND, reason=None))
    row = _row(registry, model_id)
    good, bad = rules.usable(registry.filter(pl.col("model_id") == model_id))
    if not good:
        raise RegistryError(bad[0].reason if bad else f"{model_id} is not enabled; `nba-assets models enable {model_id}`")
    if (row["market"] or POINTS) != POINTS:
        raise RegistryError(f"{model_id} predicts {row['market']}; the champion predicts {POINTS}")
    if row["model_path"] != BUNDLES:
        open_file(row, store)
    before = rules.champion(registry, audit)
    statement = (
        "UPDATE nba_predictions.ml_model_registry SET is_production = (model_id = ?), updated_at = ?"
        " WHERE COALESCE(is_production, FALSE) != (model_id = ?)"
    )
    warehouse.query(statement, [model_id, by.now, model_id])
    sync(warehouse, by)
    return before


def rollback(warehouse: Warehouse, store: Path, by: By) -> tuple[str | None, str]:
    """Make the champion of before the last promotion the champion again; return who served and who serves."""
    _, audit = sync(warehouse, by._replace(changed_by=rules.FOUND, reason=None))
    before = rules.last_promotion(audit).before
    if before is None:
        raise RegistryError("no champion was replaced yet: nothing to go back to")
    return promote(warehouse, store, before, by), before


def upload(warehouse: Warehouse, store: Path, model_id: str, to: str, by: By) -> str:
    """Copy a model's file to a URL, read it back, and let the registry point there; return the URL.

    Raises:
        RegistryError: the model has no file, or what was read back is not what was written; the registry stays.
    """
    registry, _ = sync(warehouse, by._replace(changed_by=rules.FOUND, reason=None))
    row = _row(registry, model_id)
    if row["model_path"] == BUNDLES:
        raise RegistryError(f"{model_id} has a bundle a cutoff, not a file")
    to = to if "://" in to else f"{Path(to).resolve()}{'/' if to.endswith('/') else ''}"
    url = f"{to}{PurePosixPath(row['model_path']).name}" if to.endswith("/") else to
    content = read_bytes(row["model_path"], store)
    write_bytes(url, content)
    if sha256(read_bytes(url, store)).digest() != sha256(content).digest():
        raise RegistryError(f"{url}: what was read back is not what was written; model_path stays {row['model_path']}")
    statement = "UPDATE nba_predictions.ml_model_registry SET model_path = ?, updated_at = ? WHERE model_id = ?"
    warehouse.query(statement, [url, by.now, model_id])
    sync(warehouse, by)
    return url


def _row(registry: pl.DataFrame, model_id: str) -> Row:
    found = registry.filter(pl.col("model_id") == model_id)
    if found.is_empty():
        raise RegistryError(f"no model {model_id!r}; there are {', '.join(registry['model_id'].unique().sort()) or 'none yet'}")
    return found.row(0, named=True)
