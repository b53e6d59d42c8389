"""The rules of the registry: which models may predict, which one serves a market, what was changed. Frames in, frames out."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import polars as pl

from nba_assets.calendar import FIRST_GAME_DATE
from nba_assets.modelling.learners import LIBRARIES
from nba_assets.registry.catalog import DEFAULT_MARKET, DERIVED_HERE, FIRST_CHAMPIONS, TARGETS, TRAINED_HERE
from nba_assets.tables.features import FEATURE_VERSIONS
from nba_assets.tables.registry import BUNDLES, DERIVED, ML_MODEL_AUDIT, ML_MODEL_REGISTRY, MODEL_TYPES, TABLE

Row = Mapping[str, Any]
# Who changed the registry where a change was found rather than made by a command.
FOUND = "sql"
FORMATS = {name: library.formats for name, library in LIBRARIES.items()}


class Refusal(NamedTuple):
    """A row of the registry that cannot be used, and why."""

    model_id: str
    market: str
    reason: str


class Actor(NamedTuple):
    """Who changes the registry, why and when."""

    changed_by: str
    reason: str | None
    now: datetime


class Promotion(NamedTuple):
    """Who served a market before, who serves it now, and since when."""

    before: str | None
    now: str | None
    at: datetime | None


def market_of(row: Row) -> str:
    """Return what a row predicts: player_points where it does not say."""
    return row["market"] or DEFAULT_MARKET


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
            "market": spec.target.name,
            "enabled": spec.enabled,
            "is_production": FIRST_CHAMPIONS.get(spec.target.name) == model_id,
            "is_baseline": False,
            "created_at": now,
            "notes": "trained at every cutoff on what was known before it",
        }
        for model_id, spec in TRAINED_HERE.items()
        if model_id not in known
    ]
    derived = [_derived_seed(model_id, table, now) for model_id, table in DERIVED_HERE.items() if model_id not in known]
    return pl.DataFrame([*rows, *derived], schema=ML_MODEL_REGISTRY.schema)


def _derived_seed(model_id: str, table: str, now: datetime) -> dict[str, object]:
    return {
        "model_id": model_id,
        "model_name": model_id,
        "model_type": DERIVED,
        "model_version": model_id.rpartition("_")[2],
        "model_path": table,
        "model_format": TABLE,
        "market": DEFAULT_MARKET,
        # Each of its dates has a bundle of its own, so none was seen.
        "training_end_date": FIRST_GAME_DATE - timedelta(days=1),
        "enabled": True,
        "is_production": False,
        "is_baseline": False,
        "created_at": now,
        "notes": "every row by bundles that were trained before its date",
    }


def usable(registry: pl.DataFrame) -> tuple[list[Row], list[Refusal]]:
    """Return the enabled models whose rows are valid, and what is wrong with the others. Files are not looked at.

    Of several rows with the same model and market the oldest counts.
    """
    good: list[Row] = []
    bad: dict[tuple[str, str], list[str]] = {}
    taken: set[tuple[str, str]] = set()
    for row in registry.sort("created_at", "model_id", maintain_order=True).iter_rows(named=True):
        place = (row["model_id"], market_of(row))
        again = f"model_id {row['model_id']!r} is registered already; delete one of its rows"
        fault = again if place in taken else next(_faults(row), None)
        taken.add(place)
        if row["enabled"] and fault:
            bad.setdefault(place, []).append(fault)
        elif row["enabled"]:
            good.append(row)
    return good, [Refusal(*place, "; ".join(dict.fromkeys(reasons))) for place, reasons in bad.items()]


def _faults(row: Row) -> Iterator[str]:
    """Yield what is wrong with a row; only the first is reliable."""
    kind, version, count = (row[name] for name in ("model_type", "feature_version", "feature_count"))
    if kind not in MODEL_TYPES:
        yield f"model_type is {kind!r}, must be one of {', '.join(MODEL_TYPES)}"
    if market_of(row) not in TARGETS:
        yield f"market {row['market']!r} is not known; there are {', '.join(TARGETS)}"
    if kind == DERIVED:
        yield from _derived_faults(row)
        return
    if version not in FEATURE_VERSIONS:
        yield f"feature_version {version!r} is not known; there are {', '.join(FEATURE_VERSIONS)}"
    if count is not None and count != len(FEATURE_VERSIONS[version]):
        yield f"feature_count is {count}, but {version} has {len(FEATURE_VERSIONS[version])}"
    yield from _path_faults(row)


def _derived_faults(row: Row) -> Iterator[str]:
    if row["model_format"] != TABLE:
        yield f"model_format is {row['model_format']!r}, but a derived model's is '{TABLE}'"
    if not re.fullmatch(r"\w+\.\w+", row["model_path"]):
        yield f"model_path is {row['model_path']!r}, must be a table, as 'nba_predictions.projections'"


def _path_faults(row: Row) -> Iterator[str]:
    """Yield where path, format and type disagree."""
    kind, form, version = (row[name] for name in ("model_type", "model_format", "feature_version"))
    if row["model_path"] == form == BUNDLES:
        if row["model_id"] not in TRAINED_HERE:
            yield f"model_path is 'bundles', but only {', '.join(TRAINED_HERE)} are trained here; name a file"
        ours = TRAINED_HERE[row["model_id"]]
        if (kind, version, market_of(row)) != (ours.library, ours.feature_version, ours.target.name):
            trained = f"{ours.library} on {ours.feature_version} for {ours.target.name}"
            yield f"is trained here as {trained}, not as {kind} on {version}"
    elif BUNDLES in {row["model_path"], form}:
        yield f"model_path {row['model_path']!r} and model_format {form!r}: both must be 'bundles', or neither"
    elif kind not in FORMATS:
        yield f"an {kind} has no file; only those that are trained here can be registered"
    elif form not in FORMATS[kind]:
        yield f"model_format is {form!r}, but a {kind} model is {' or '.join(FORMATS[kind])}"


def champion(registry: pl.DataFrame, audit: pl.DataFrame, market: str = DEFAULT_MARKET) -> str | None:
    """Return the model that serves a market: the one marked production; while none or several are, the one before.

    So a market that an UPDATE of another market's champion left unmarked keeps its own. Only a valid row may serve.
    """
    able = [row for row in usable(registry)[0] if market_of(row) == market]
    marked = [row["model_id"] for row in able if row["is_production"]]
    if len(marked) == 1:
        return marked[0]
    before = last_promotion(audit, market).now
    return before if before in {row["model_id"] for row in able} else None


def champions(registry: pl.DataFrame, audit: pl.DataFrame) -> dict[str, str]:
    """Return the model that serves each market that has one."""
    found = {market: champion(registry, audit, market) for market in TARGETS}
    return {market: model_id for market, model_id in found.items() if model_id}


def marked(registry: pl.DataFrame) -> dict[str, list[str]]:
    """Return the enabled models that are marked production, by market; a market with a first champion is always there."""
    found: dict[str, list[str]] = {market: [] for market in sorted(FIRST_CHAMPIONS)}
    for row in registry.filter("is_production", "enabled").iter_rows(named=True):
        models = found.setdefault(market_of(row), [])
        models += [row["model_id"]] if row["model_id"] not in models else []
    return found


def baselines(registry: pl.DataFrame) -> dict[str, str]:
    """Return by market the model that is marked as the baseline; of several the oldest."""
    marked = [row for row in usable(registry)[0] if row["is_baseline"]]
    return {market_of(row): row["model_id"] for row in reversed(marked)}


def changes(registry: pl.DataFrame, audit: pl.DataFrame, by: Actor) -> pl.DataFrame:
    """Return the rows to append to the audit: what differs from the state that it recorded last.

    Args:
        registry: as it is now.
        audit: all of it.
        by: who made the changes; `FOUND` for those that plain SQL made.
    """
    seen = _seen(audit)
    events: list[tuple[str, str, str, str | None, str | None]] = []
    present = registry.with_columns(pl.col("market").fill_null(DEFAULT_MARKET)).sort("created_at", "model_id", "market")
    present = present.unique(["model_id", "market"], keep="first", maintain_order=True)
    for row in present.iter_rows(named=True):
        place, path = (row["model_id"], row["market"]), row["model_path"]
        if place not in seen:
            events.append((*place, "added", None, path))
        before_path, was_enabled = seen.get(place, (path, True))
        if before_path != path:
            events.append((*place, "path", before_path, path))
        if was_enabled != row["enabled"]:
            events.append((*place, "enabled" if row["enabled"] else "disabled", None, None))
    gone = sorted(seen.keys() - set(present.select("model_id", "market").iter_rows()))
    events += [(*place, "removed", seen[place][0], None) for place in gone]
    for market, serves in champions(registry, audit).items():
        served = last_promotion(audit, market).now
        if serves != served:
            events.append((serves, market, "promoted", served, serves))
    number = audit["number"].max()
    first = int(number) + 1 if isinstance(number, int) else 1
    rows = [(first + place, *event, by.changed_by, by.reason, by.now) for place, event in enumerate(events)]
    return pl.DataFrame(rows, schema=ML_MODEL_AUDIT.schema, orient="row")


def last_promotion(audit: pl.DataFrame, market: str = DEFAULT_MARKET) -> Promotion:
    """Return the newest promotion of a market."""
    promoted = audit.filter((pl.col("event") == "promoted") & (pl.col("market") == market)).sort("number")
    if promoted.is_empty():
        return Promotion(None, None, None)
    return Promotion(*promoted.select("old_value", "new_value", "changed_at").row(-1))


def _seen(audit: pl.DataFrame) -> dict[tuple[str, str], tuple[str, bool]]:
    """Path of each model and market and whether it is enabled, as the audit has recorded them."""
    state: dict[tuple[str, str], tuple[str, bool]] = {}
    for event in audit.sort("number").iter_rows(named=True):
        place, kind, new = (event["model_id"], event["market"]), event["event"], event["new_value"]
        if kind == "added":
            state[place] = (new, True)
        elif kind == "removed":
            state.pop(place, None)
        elif kind == "path":
            state[place] = (new, state[place][1])
        elif kind in {"enabled", "disabled"}:
            state[place] = (state[place][0], kind == "enabled")
    return state
