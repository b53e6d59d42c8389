"""`verify-no-leak`: everything about a home's honesty that a stranger can check, one verdict each."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.errors import NbaAssetsError
from nba_assets.evaluation.grading import standing_grades
from nba_assets.evaluation.metrics import evaluate, impossible
from nba_assets.features.leakage.controls import NEGATIVE_CONTROLS
from nba_assets.features.leakage.harness import Harness, Leak, difference
from nba_assets.features.store import read_facts
from nba_assets.modelling.bundles import bundle_paths, load
from nba_assets.modelling.matrix import FeatureMatrix
from nba_assets.registry.catalog import FALLBACKS, FEATURE_NAMES
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, MODEL_BUNDLES

MOMENTS, SEEDS = 4, 3
# With fewer, a leak may have nothing to show.
FEW_DATES = 14


class NothingToVerifyError(NbaAssetsError):
    """A range without any features to verify."""


@dataclass(frozen=True)
class Verdict:
    """One check: what was examined, and what is wrong, if anything."""

    check: str
    looked_at: str
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Whether the check found nothing wrong."""
        return not self.fault


def verify(warehouse: Warehouse, artifacts: Artifacts, dates: Dates) -> Iterator[Verdict]:
    """Yield a verdict for each check of a range of dates.

    Stored features equal a fresh build; they do not move when anything that becomes known later is changed, deleted or cut
    away, nor when a date is built alone; five well-known leaks, put in on purpose, are caught; bundles and the predictions
    they made are from before; no error is lower than that of a model which is given the actual minutes.

    Args:
        warehouse: of the home.
        artifacts: of the home, with the bundles.
        dates: as many as wanted; a season is enough.

    Raises:
        NothingToVerifyError: there are no features on these dates.
    """
    harness = Harness.of(read_facts(warehouse, dates), dates)
    if harness.rows.is_empty():
        raise NothingToVerifyError(f"no games in {dates}: nothing to verify")
    rows = f"{harness.rows.height:,} feature rows"
    stored = warehouse.read(ML_FEATURE_STORE, dates)
    yield _verdict("stored features are a fresh build", rows, difference("stored", stored, harness.rows))
    yield from _blindness(harness, rows)
    yield from _caught(harness)
    yield from _walk_forward(warehouse, dates)
    yield _reproduced(warehouse, artifacts, harness)
    yield from _possible(warehouse, dates)


def _blindness(harness: Harness, rows: str) -> Iterator[Verdict]:
    moments = harness.moments(MOMENTS, seed=0)
    for seed in range(SEEDS):
        leaks = (leak for moment in moments if harness.future(moment, seed) for leak in harness.blamed(moment, seed))
        yield _verdict(f"later facts changed at random, seed {seed}", f"{rows}, {len(moments)} instants", next(leaks, None))
    cut = (leak for moment in moments if (leak := harness.truncation(moment)))
    yield _verdict("later facts cut away", f"{rows}, {len(moments)} instants", next(cut, None))
    days = sorted({moment.date() for moment in moments} & set(harness.rows["game_date"]))
    alone = (leak for day in days if (leak := harness.one_date(day)))
    yield _verdict("a date built alone", f"{len(days)} dates", next(alone, None))


def _caught(harness: Harness) -> Iterator[Verdict]:
    """A negative control that is not caught is a fault of the harness; some have nothing to leak in a few dates."""
    moments = harness.moments(MOMENTS, seed=0)
    for control in NEGATIVE_CONTROLS:
        leaky = Harness.of(harness.known, harness.dates, control)
        name = f"negative control is caught: {control.__name__.replace('_', ' ')}"
        leaks = (leaky.future(moment, seed) or leaky.truncation(moment) for seed in range(SEEDS) for moment in moments)
        leak = next((leak for leak in leaks if leak), None)
        nothing = difference("control", leaky.rows, harness.rows) is None or harness.rows["game_date"].n_unique() < FEW_DATES
        yield Verdict(name, str(leak or "nothing to leak here"), "" if leak or nothing else "it was not caught")


def _walk_forward(warehouse: Warehouse, dates: Dates) -> Iterator[Verdict]:
    bundles = warehouse.read(MODEL_BUNDLES)
    late = bundles.filter(pl.col("last_game_date") >= pl.col("training_cutoff"))
    looked = f"{bundles.height} bundles"
    yield Verdict("bundles learn from games before their cutoff", looked, f"not {late.row(0)}" if late.height else "")
    predictions = warehouse.read(ML_MODEL_PREDICTIONS, dates, ["model_id", "game_date", "training_cutoff"])
    early = predictions.filter(pl.col("training_cutoff") > pl.col("game_date"))
    looked = f"{predictions.height:,} predictions"
    yield Verdict("predictions come from older bundles", looked, f"not {early.row(0)}" if early.height else "")


def _reproduced(warehouse: Warehouse, artifacts: Artifacts, harness: Harness) -> Verdict:
    """Backfilled predictions equal what their bundles predict from freshly built rows."""
    key = ["game_date", "game_id", "player_id", "decision"]
    stored = warehouse.read(ML_MODEL_PREDICTIONS, harness.dates).filter(pl.col("origin") == "backfill")
    bundles = warehouse.read(MODEL_BUNDLES)
    wrong: list[str] = []
    served = stored.filter(pl.col("training_cutoff").is_not_null())
    for (model, cutoff), made in served.group_by(["model_id", "training_cutoff"], maintain_order=True):
        rows = made.select(*key, "predicted_points").join(harness.rows, on=key, how="left", maintain_order="left")
        path = bundle_paths(bundles, str(model)).get(cutoff)
        if path is None:
            wrong.append(f"{model} {cutoff}: {rows.height} predictions of a bundle that is not there")
            continue
        fresh = load(artifacts, path).predict(FeatureMatrix(rows, FEATURE_NAMES, FALLBACKS))
        off = rows.filter(pl.Series(fresh) != pl.col("predicted_points"))
        wrong += [f"{model} {cutoff}: {off.height} rows, first {off.select(key).row(0)}"] if off.height else []
    return Verdict("predictions are what bundles predict from fresh rows", f"{served.height:,} predictions", "; ".join(wrong))


def _possible(warehouse: Warehouse, dates: Dates) -> Iterator[Verdict]:
    for record in evaluate(standing_grades(warehouse, dates)):
        if record["population"] != "all_played" or record["mae_known_minutes"] is None:
            continue
        name = f"possible accuracy: {record['model_id']} {record['decision']}"
        fault = "lower than a model that is given the actual minutes: something is leaking" if impossible(record) else ""
        figures = f"error {record['mae']:.3f}, oracle minutes {record['mae_known_minutes']:.3f}"
        yield Verdict(name, f"{record['n']:,} games, {figures}", fault)


def _verdict(check: str, looked_at: str, leak: Leak | None) -> Verdict:
    return Verdict(check, looked_at, str(leak) if leak else "")


def last_season(warehouse: Warehouse) -> Dates | None:
    """Return the dates of the newest season that has features, or None."""
    seasons = warehouse.seasons(ML_FEATURE_STORE)
    return seasons[-1].dates if seasons else None
