"""`verify-no-leak`: everything that a stranger can check of a home's honesty, a verdict each."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.experiments.evaluation import evaluate
from nba_assets.features.leakage import Harness, Leak, difference, impossible
from nba_assets.features.store import read_facts
from nba_assets.features.twins import TWINS
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import GRADED_PREDICTIONS, ML_MODEL_PREDICTIONS, MODEL_BUNDLES

MOMENTS, SEEDS = 4, 3


@dataclass(frozen=True)
class Verdict:
    """One check: what was looked at, and what is wrong, if anything is."""

    check: str
    looked_at: str
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.fault


def verify(warehouse: Warehouse, dates: Dates) -> Iterator[Verdict]:
    """Yield a verdict for each check of a range of dates.

    Stored features are what a fresh build makes; they do not move when anything that is known later is changed, deleted
    or cut away, nor when a date is built alone; five well-known leaks, put in on purpose, are caught; bundles and the
    predictions they made are from before; no error is lower than a model's that is told the real minutes.

    Args:
        warehouse: of the home.
        dates: as many as wanted; a season is enough.
    """
    harness = Harness.of(read_facts(warehouse, dates), dates)
    rows = f"{harness.rows.height:,} feature rows"
    stored = warehouse.read(ML_FEATURE_STORE, dates)
    yield _verdict("stored features are a fresh build", rows, difference("stored", stored, harness.rows))
    yield from _blindness(harness, rows)
    yield from _caught(harness)
    yield from _walk_forward(warehouse, dates)
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
    """A twin that is not caught is a fault of the harness."""
    noons = harness.rows.filter(pl.col("decision") == "noon")["decision_at"].unique().sort()
    if noons.is_empty():
        return
    moment = noons[noons.len() // 2]
    for twin in TWINS:
        leak = Harness.of(harness.known, harness.dates, twin).future(moment, seed=0)
        name = twin.__name__.replace("_", " ")
        yield Verdict(f"leaky twin is caught: {name}", str(leak or "nothing moved"), "" if leak else "it was not caught")


def _walk_forward(warehouse: Warehouse, dates: Dates) -> Iterator[Verdict]:
    bundles = warehouse.read(MODEL_BUNDLES)
    late = bundles.filter(pl.col("last_game_date") >= pl.col("training_cutoff"))
    looked = f"{bundles.height} bundles"
    yield Verdict("bundles learn from games before their cutoff", looked, f"not {late.row(0)}" if late.height else "")
    predictions = warehouse.read(ML_MODEL_PREDICTIONS, dates, ["model_id", "game_date", "training_cutoff"])
    early = predictions.filter(pl.col("training_cutoff") > pl.col("game_date"))
    looked = f"{predictions.height:,} predictions"
    yield Verdict("predictions come from older bundles", looked, f"not {early.row(0)}" if early.height else "")


def _possible(warehouse: Warehouse, dates: Dates) -> Iterator[Verdict]:
    for record in evaluate(warehouse.read(GRADED_PREDICTIONS, dates)):
        if record["population"] != "all_played" or not record["n"]:
            continue
        mae, floor = float(str(record["mae"])), float(str(record["mae_known_minutes"]))
        name = f"possible accuracy: {record['model_id']} {record['decision']}"
        fault = "lower than a model that is told the real minutes: something is leaking" if impossible(mae, floor) else ""
        yield Verdict(name, f"{record['n']:,} games, error {mae:.3f}, known minutes {floor:.3f}", fault)


def _verdict(check: str, looked_at: str, leak: Leak | None) -> Verdict:
    return Verdict(check, looked_at, str(leak) if leak else "")


def last_season(warehouse: Warehouse) -> Dates | None:
    """Return the dates of the newest season that has features, or None."""
    seasons = warehouse.seasons(ML_FEATURE_STORE)
    return seasons[-1].dates if seasons else None
