"""All checks of a range of dates, in the order in which data goes."""

from collections.abc import Callable, Iterator, Mapping

from nba_assets.calendar import Dates
from nba_assets.evaluation.verification.bundles import Refit, of_bundles, trainers
from nba_assets.evaluation.verification.looks import of_features
from nba_assets.evaluation.verification.outcomes import of_evaluations, of_grades, of_predictions
from nba_assets.evaluation.verification.rooms import of_rooms
from nba_assets.evaluation.verification.stamps import of_stamps
from nba_assets.evaluation.verification.verdicts import Examined, NothingToVerifyError, Verdict
from nba_assets.features.leakage.harness import Harness
from nba_assets.features.store import read_facts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.features import ML_FEATURE_STORE

LAYERS = ("facts", "features", "bundles", "refit", "rooms", "predictions", "grades", "evaluations")


def verify(examined: Examined, layers: tuple[str, ...] = LAYERS) -> Iterator[Verdict]:
    """Yield a verdict for each check of a range of dates.

    Facts have plausible stamps; features are a fresh build and blind to what became known later; bundles are what their files
    say, and the same when they are trained again; minutes, rates, projections, predictions, distributions, chances, bets,
    grades, baselines and evaluations are made again from the facts and compared; no error is lower than that of a model which
    is given the actual minutes.

    Args:
        examined: the home and the dates; a season is enough.
        layers: which parts, of `LAYERS`.

    Raises:
        NothingToVerifyError: there are no features on these dates.
    """
    harness = Harness.of(read_facts(examined.warehouse, examined.dates), examined.dates)
    if harness.rows.is_empty():
        raise NothingToVerifyError(f"no games in {examined.dates}: nothing to verify")
    parts: Mapping[str, Callable[[], Iterator[Verdict]]] = {
        "facts": lambda: of_stamps(examined),
        "features": lambda: of_features(examined, harness),
        "bundles": lambda: of_bundles(examined),
        "rooms": lambda: of_rooms(examined, harness),
        "predictions": lambda: of_predictions(examined, harness),
        "grades": lambda: of_grades(examined),
        "evaluations": lambda: of_evaluations(examined),
    }
    with trainers() as pool:
        # Training goes on beside the other checks.
        refit = Refit(examined, pool) if "refit" in layers else None
        for layer, check in parts.items():
            if layer in layers:
                yield from check()
        if refit:
            yield refit.verdict()


def last_season(warehouse: Warehouse) -> Dates | None:
    """Return the dates of the newest season that has features, or None."""
    seasons = warehouse.seasons(ML_FEATURE_STORE)
    return seasons[-1].dates if seasons else None
