"""Are predictions, their grades and what was concluded from them what the code makes of the stored facts, to the last bit?"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import polars as pl

from nba_assets.calendar import MIDNIGHT, eastern
from nba_assets.evaluation.grading import grade as graded
from nba_assets.evaluation.grading import grade_inputs, latest, standing_grades
from nba_assets.evaluation.metrics import by_season, evaluate, impossible
from nba_assets.evaluation.verification.verdicts import Examined, Verdict, listed, unlike
from nba_assets.features.leakage.harness import Harness
from nba_assets.forecasting.betting import sized
from nba_assets.forecasting.chances import Earlier, monday
from nba_assets.forecasting.inference import predict, with_bets
from nba_assets.forecasting.registered import load_models
from nba_assets.tables import facts, league
from nba_assets.tables.contracts import Table
from nba_assets.tables.grades import GRADED_PREDICTIONS, POINTS_EVALUATION
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, PREDICTED_KEY
from nba_assets.tables.usage import USAGE_COEFFICIENTS, USAGE_EVALUATION
from nba_assets.usage import serving
from nba_assets.usage.evaluation import by_season as usage_by_season

SLATE = ["model_id", "market", "game_date", "decision"]
# Means and fits are not equal to the last bit on every processor.
ROUNDING, FITTING = 1e-6, 1e-4
PREDICTED = {
    "predictions are what models predict from fresh rows": (
        "predicted_points",
        "form",
        "expected_minutes",
        "on_roster",
        "play_probability",
    ),
    "distributions are those of their bundles": ("distribution_path", "expected_points", "p10", "p50", "p90"),
    "lines are those of the facts": (
        "betting_line",
        "bookmaker",
        "over_price",
        "under_price",
        "line_is_ambiguous",
        "no_vig_over",
    ),
    "chances follow from earlier lines": ("model_prob_over", "prob_over"),
    "bets and stakes follow from chances and prices": ("edge", "recommendation", "kelly_stake"),
    "predictions are labelled as they were made": ("training_cutoff", "bundle_is_current", "is_out_of_sample", "predicted_at"),
}
GRADED = {
    "grades are of the results": (
        "outcome",
        "predicted_points",
        "actual_points",
        "error",
        "prediction_error",
        "expected_error",
        "season_type",
    ),
    "scores are of the distributions": ("crps", "log_score", "pit_low", "pit_high", "inside_80"),
    "baselines are of earlier games": (
        "season_average",
        "last_10",
        "ewma",
        "crps_last_20",
        "crps_ewma",
        "known_minutes_points",
    ),
    "bets are settled by results and lines": (
        *("betting_line", "prob_over", "kelly_stake", "closing_line", "closing_line_value", "bet_outcome", "bet_return"),
        *("beat_baseline", "beat_vegas"),
    ),
}


def of_predictions(examined: Examined, harness: Harness) -> Iterator[Verdict]:
    """Yield the verdicts on predictions that were made after their games: each is made again.

    What was predicted live saw what was known at the time, and is only checked to be from before tip-off.
    """
    warehouse, dates = examined.warehouse, examined.dates
    stored = warehouse.read(ML_MODEL_PREDICTIONS, dates)
    live = stored.filter(pl.col("origin") == "live")
    late = live.filter(pl.col("predicted_at") >= pl.col("tip_off"))
    fault = f"{late.height:,} were made after tip-off" if late.height else ""
    yield Verdict("live predictions are from before tip-off", f"{live.height:,} predictions", fault)
    stored = stored.filter(pl.col("origin") == "backfill")
    starts = warehouse.read(league.SCHEDULE, dates).select("game_id", "game_date", "tip_off")
    rows = harness.rows.drop("tip_off").join(starts, on=["game_id", "game_date"])
    models = load_models(warehouse, examined.artifacts, examined.windows, dates).ready
    lines, over = warehouse.read(facts.PROP_LINES, dates), eastern(dates.last + timedelta(days=7), MIDNIGHT)
    fresh, _ = predict(rows, lines, models, examined.windows, over)
    fresh = fresh.join(pl.concat([stored, live]).select(SLATE).unique(), on=SLATE, how="semi", maintain_order="left")
    fresh = pl.concat([fresh.clear(), *_weeks(fresh, Earlier.read(warehouse, dates, with_own=True))])
    fresh = sized(fresh, fresh.clear(), examined.exposure)
    looked = f"{stored.height:,} predictions"
    yield _complete(stored, fresh, looked)
    for check, columns in PREDICTED.items():
        yield Verdict(check, looked, unlike(stored, fresh, ML_MODEL_PREDICTIONS, columns))


def _weeks(fresh: pl.DataFrame, earlier: Earlier) -> Iterator[pl.DataFrame]:
    """Chances and bets of each week by what is stored of the weeks before it."""
    for (week,), rows in fresh.group_by(monday(), maintain_order=True):
        known = earlier.predictions.filter(pl.col("game_date") < week)
        yield with_bets(rows, Earlier(known, earlier.results))


def _complete(stored: pl.DataFrame, fresh: pl.DataFrame, looked: str) -> Verdict:
    """Whether a model that predicted a slate predicted all of it: nobody was left out afterwards, nobody added."""
    key = list(PREDICTED_KEY)
    lacking, strange = fresh.join(stored, on=key, how="anti"), stored.join(fresh, on=key, how="anti")
    faults = [*_rows("are missing", lacking), *_rows("are of nobody who could be predicted", strange)]
    return listed("nothing is left out of a slate", looked, faults)


def _rows(what: str, rows: pl.DataFrame) -> list[str]:
    return [f"{rows.height:,} {what}, first {rows.select(PREDICTED_KEY).row(0)}"] if rows.height else []


def of_grades(examined: Examined) -> Iterator[Verdict]:
    """Yield the verdicts on grades: each is made again."""
    warehouse, dates = examined.warehouse, examined.dates
    given, models, _ = grade_inputs(warehouse, examined.artifacts, dates)
    stored = latest(standing_grades(warehouse, dates))
    fresh = graded(given, models, eastern(dates.last, MIDNIGHT))
    looked = f"{stored.height:,} grades"
    key = list(PREDICTED_KEY)
    lacking, strange = fresh.join(stored, on=key, how="anti"), stored.join(fresh, on=key, how="anti")
    faults = [*_rows("have a result and no grade", lacking), *_rows("have a grade and no result", strange)]
    yield listed("every prediction with a result is graded", looked, faults)
    for check, columns in GRADED.items():
        yield Verdict(check, looked, unlike(stored, fresh, GRADED_PREDICTIONS, columns, key=PREDICTED_KEY))


def of_evaluations(examined: Examined) -> Iterator[Verdict]:
    """Yield the verdicts on sums over seasons, on usage coefficients, and on errors that nobody can reach."""
    warehouse, dates = examined.warehouse, examined.dates
    stored = warehouse.read(POINTS_EVALUATION)
    seasons = warehouse.read(league.SCHEDULE, dates, ["season"])["season"].unique()
    whole = [span.dates for span in warehouse.seasons(league.SCHEDULE) if span.season in seasons]
    grades = pl.concat([standing_grades(warehouse, span) for span in whole])
    fresh = by_season(grades).filter(pl.col("season").is_in(seasons.implode()))
    numbers = [name for name, kind in POINTS_EVALUATION.schema.items() if kind.is_numeric()]
    # A model that was registered since is evaluated by the next nightly review.
    new = sorted(set(fresh["model_id"]) - set(stored["model_id"]))
    looked = f"{fresh.height} records" + (f"; not evaluated yet: {', '.join(new)}" if new else "")
    fresh = fresh.filter(~pl.col("model_id").is_in(new))
    yield Verdict("evaluations are those of the grades", looked, _summed(stored, fresh, POINTS_EVALUATION, numbers))
    yield from _usage(examined)
    for record in evaluate(standing_grades(warehouse, dates)):
        if record["population"] != "all_played" or record["mae_known_minutes"] is None:
            continue
        name = f"possible accuracy: {record['model_id']} {record['decision']}"
        fault = "lower than a model that is given the actual minutes: something is leaking" if impossible(record) else ""
        figures = f"error {record['mae']:.3f}, oracle minutes {record['mae_known_minutes']:.3f}"
        yield Verdict(name, f"{record['n']:,} games, {figures}", fault)


def _usage(examined: Examined) -> Iterator[Verdict]:
    warehouse, dates = examined.warehouse, examined.dates
    stored = warehouse.read(USAGE_COEFFICIENTS, dates)
    faults: list[str] = []
    columns = [name for name, kind in USAGE_COEFFICIENTS.schema.items() if kind.is_float()]
    for cutoff in stored["training_cutoff"].unique().sort():
        part = stored.filter(pl.col("training_cutoff") == cutoff)
        fresh = serving.trained(warehouse, cutoff)
        fault = unlike(part, fresh, USAGE_COEFFICIENTS, columns, FITTING)
        fault = fault if part.height == fresh.height else f"{part.height} rows, {fresh.height} fitted again"
        late = part.filter(pl.col("training_end") >= cutoff).height
        faults += [f"{cutoff}: {fault}"] if fault else []
        faults += [f"{cutoff}: {late} rows of games after it"] if late else []
    yield listed("usage coefficients are fitted again the same", f"{stored['training_cutoff'].n_unique()} cutoffs", faults)
    kept = warehouse.read(USAGE_EVALUATION)
    whole = [span for span in warehouse.seasons(league.SCHEDULE) if span.dates.overlap(dates)]
    parts = [serving.held_up(warehouse, span.dates) for span in whole]
    rows = [usage_by_season(part, serving.VERSIONS) for part in parts if part.height]
    fresh = pl.concat([USAGE_EVALUATION.empty(), *rows])
    numbers = ["n", "dates", "minutes_weighted_mae", "difference"]
    fault = _summed(kept, fresh, USAGE_EVALUATION, numbers)
    yield Verdict("usage evaluations are made again the same", f"{fresh.height} records", fault)


def _summed(stored: pl.DataFrame, fresh: pl.DataFrame, table: Table, columns: Sequence[str]) -> str:
    """What is wrong with stored sums of some seasons: those that are not there, or that differ."""
    lacking = fresh.join(stored, on=list(table.key), how="anti")
    missing = f"{lacking.height} are missing, first {lacking.select(table.key).row(0)}" if lacking.height else ""
    return missing or unlike(stored, fresh, table, columns, ROUNDING)
