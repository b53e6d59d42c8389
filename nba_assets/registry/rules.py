"""The registry of points models: which ones may predict, which one serves, and what was changed. Frames in, frames out."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from nba_assets.league.lines import COUNTED, POINTS
from nba_assets.modelling.learners import LIBRARIES
from nba_assets.points.fit import ENSEMBLE_ID, LIGHTGBM_V1, SPECS, Spec
from nba_assets.tables.features import FEATURE_VERSIONS
from nba_assets.tables.registry import BUNDLES, ML_MODEL_AUDIT, ML_MODEL_REGISTRY, MODEL_TYPES

Row = Mapping[str, Any]
FOUND = "sql"
FORMATS = {name: library.formats for name, library in LIBRARIES.items()}
TRAINED_HERE = {spec.model_id: spec for spec in (*SPECS, Spec(ENSEMBLE_ID, "ensemble", LIGHTGBM_V1.feature_version))}


class Refusal(NamedTuple):
    """A row of the registry that cannot be used, and why."""

    model_id: str
    reason: str


class By(NamedTuple):
    """Who changes the registry, why and when."""

    changed_by: str
    reason: str | None
    now: datetime


class Promotion(NamedTuple):
    """Who served before, and who serves now."""

    before: str | None
    now: str | None


def seeds(registry: pl.DataFrame, audit: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Return the rows of models that are trained here and that the registry has never held."""
    known = {*registry["model_id"], *audit["model_id"]}
    rows = [
        {
            "model_id": model_id,
            "model_name": model_id,
            "model_type": spec.library,
            "model_version": model_id.rpartition("_")[2],
            "model_path": BUNDLES,
            "model_format": BUNDLES,
            "feature_version": spec.feature_version,
            "feature_count": len(spec.features),
            "market": spec.market,
            "enabled": spec.enabled,
            "is_production": model_id == LIGHTGBM_V1.model_id,
            "is_baseline": False,
            "created_at": now,
            "notes": "trained at every cutoff on what was known before it",
        }
        for model_id, spec in TRAINED_HERE.items()
        if model_id not in known
    ]
    return pl.DataFrame(rows, schema=ML_MODEL_REGISTRY.schema)


def usable(registry: pl.DataFrame) -> tuple[list[Row], list[Refusal]]:
    """Return the enabled models whose rows make sense, and what is wrong with the others. Files are not looked at.

    Of several rows with one model_id the oldest counts.
    """
    good: list[Row] = []
    bad: dict[str, list[str]] = {}
    taken: set[str] = set()
    for row in registry.sort("created_at", "model_id", maintain_order=True).iter_rows(named=True):
        model_id = row["model_id"]
        again = f"model_id {model_id!r} is registered already; delete one of its rows"
        fault = again if model_id in taken else next(_faults(row), None)
        taken.add(model_id)
        if row["enabled"] and fault:
            bad.setdefault(model_id, []).append(fault)
        elif row["enabled"]:
            good.append(row)
    return good, [Refusal(model_id, "; ".join(dict.fromkeys(faults))) for model_id, faults in bad.items()]


def _faults(row: Row) -> Iterator[str]:
    """Yield what is wrong with a row; what comes after the first may be nonsense."""
    kind, version, count = (row[name] for name in ("model_type", "feature_version", "feature_count"))
    if kind not in MODEL_TYPES:
        yield f"model_type is {kind!r}, must be one of {', '.join(MODEL_TYPES)}"
    if version not in FEATURE_VERSIONS:
        yield f"feature_version {version!r} is not known; there are {', '.join(FEATURE_VERSIONS)}"
    if (row["market"] or POINTS) not in COUNTED:
        yield f"market {row['market']!r} is not known; there are {', '.join(COUNTED)}"
    if count is not None and count != len(FEATURE_VERSIONS[version]):
        yield f"feature_count is {count}, but {version} has {len(FEATURE_VERSIONS[version])}"
    yield from _path_faults(row)


def _path_faults(row: Row) -> Iterator[str]:
    """Yield what does not agree of path, format and type."""
    kind, form, version = (row[name] for name in ("model_type", "model_format", "feature_version"))
    if row["model_path"] == form == BUNDLES:
        if row["model_id"] not in TRAINED_HERE:
            yield f"model_path is 'bundles', but only {', '.join(TRAINED_HERE)} are trained here; name a file"
        ours = TRAINED_HERE[row["model_id"]]
        if (kind, version, row["market"] or POINTS) != ours[1:4]:
            yield f"is trained here as {' on '.join(ours[1:3])} for {ours.market}, not as {kind} on {version}"
    elif BUNDLES in {row["model_path"], form}:
        yield f"model_path {row['model_path']!r} and model_format {form!r}: both must be 'bundles', or neither"
    elif kind not in FORMATS:
        yield f"an {kind} has no file; only {ENSEMBLE_ID} is made here"
    elif form not in FORMATS[kind]:
        yield f"model_format is {form!r}, but a {kind} model is {' or '.join(FORMATS[kind])}"


def champion(registry: pl.DataFrame, audit: pl.DataFrame) -> str | None:
    """Return the model that serves: the one marked production; while none or several are, the one that served before.

    Only a row that makes sense and predicts points may serve.
    """
    able = [row for row in usable(registry)[0] if (row["market"] or POINTS) == POINTS]
    marked = [row["model_id"] for row in able if row["is_production"]]
    if len(marked) == 1:
        return marked[0]
    before = last_promotion(audit).now
    return before if before in {row["model_id"] for row in able} else None


def changes(registry: pl.DataFrame, audit: pl.DataFrame, by: By) -> pl.DataFrame:
    """Return the rows to append to the audit: what differs from the state that it has seen last.

    Args:
        registry: as it is now.
        audit: all of it.
        by: who made the changes; for those that plain SQL made, `FOUND`.
    """
    seen = _seen(audit)
    events: list[tuple[str, str, str | None, str | None]] = []
    present = registry.sort("created_at", "model_id").unique("model_id", keep="first", maintain_order=True)
    for row in present.iter_rows(named=True):
        model_id, path = row["model_id"], row["model_path"]
        if model_id not in seen:
            events.append((model_id, "added", None, path))
        before_path, was_enabled = seen.get(model_id, (path, True))
        if before_path != path:
            events.append((model_id, "path", before_path, path))
        if was_enabled != row["enabled"]:
            events.append((model_id, "enabled" if row["enabled"] else "disabled", None, None))
    gone = sorted(seen.keys() - set(present["model_id"]))
    events += [(model_id, "removed", seen[model_id][0], None) for model_id in gone]
    served, serves = last_promotion(audit).now, champion(registry, audit)
    if serves is not None and serves != served:
        events.append((serves, "promoted", served, serves))
    number = audit["number"].max()
    first = int(number) + 1 if isinstance(number, int) else 1
    rows = [
        (first + place, *event, by.changed_by, by.reason, by.now)
        for place, event in enumerate(events)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=ML_MODEL_AUDIT.schema, orient="row")


def last_promotion(audit: pl.DataFrame) -> Promotion:
    """Return the newest promotion of an audit."""
    promoted = audit.filter(pl.col("event") == "promoted").sort("number")
    return Promotion(*promoted.select("old_value", "new_value").row(-1)) if promoted.height else Promotion(None, None)


def _seen(audit: pl.DataFrame) -> dict[str, tuple[str, bool]]:
    """Path and whether it is enabled of each model, as the audit has them."""
    state: dict[str, tuple[str, bool]] = {}
    for event in audit.sort("number").iter_rows(named=True):
        model_id, kind, new = event["model_id"], event["event"], event["new_value"]
        if kind == "added":
            state[model_id] = (new, True)
        elif kind == "removed":
            state.pop(model_id, None)
        elif kind == "path":
            state[model_id] = (new, state[model_id][1])
        elif kind in {"enabled", "disabled"}:
            state[model_id] = (state[model_id][0], kind == "enabled")
    return state
