"""What the command line shows of a home, as frames."""

from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.evaluation.grading import standing_grades
from nba_assets.evaluation.metrics import evaluate, gap_closed, intervals
from nba_assets.features.store import read_facts
from nba_assets.forecasting.registered import contenders
from nba_assets.forecasting.scenarios import COMPARED, NobodyError, what_if
from nba_assets.home import Home
from nba_assets.reference.teams import abbreviation
from nba_assets.registry.service import champion
from nba_assets.tables import TABLES
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS
from nba_assets.tables.truth import PLAYER_GAMES


class SeasonType(StrEnum):
    """Parts of a season."""

    regular = "regular"
    playoffs = "playoffs"
    all = "all"


SHOWN = {
    "model_id": "model",
    "decision": "decision",
    "population": "population",
    "n": "n",
    "mae": "MAE",
    "half_width": "±",
    "within_3": "within 3",
    "mae_season_average": "season avg",
    "mae_last_10": "last 10",
    "mae_ewma": "ewma",
    "mae_known_minutes": "floor",
    "inside_80": "p10-p90",
    "crps": "CRPS",
    "crps_last_20": "of last 20",
    "n_line": "n line",
    "mae_on_line_rows": "MAE there",
    "mae_line": "line",
    "mae_blend": "blend",
    "over_line_high": "over line <",
}


def newest_predictions(home: Home, day: date) -> pl.DataFrame:
    """Return the predictions of a date that count: the newest decision of each game, the highest first."""
    rows = home.warehouse.read(ML_MODEL_PREDICTIONS, Dates(day, day))
    newest = rows.filter(pl.col("decision") == pl.col("decision").max().over("game_id"))  # 'noon' < 'tip'
    serves = champion(home.warehouse)
    shown = ("model_id", "serves", "game_date", "game_id", "team", "player_id", "player_name", "decision")
    bet = ("betting_line", "bookmaker", "prob_over", "edge", "recommendation", "kelly_stake")
    return (
        newest.sort(pl.col("origin") == "backfill")
        .unique(["model_id", "game_id", "player_id"], keep="first", maintain_order=True)
        .with_columns(team=abbreviation("team_id"), serves=pl.col("model_id").eq_missing(serves))
        .select(*shown, "predicted_points", "p10", "p90", *bet)
        .sort("serves", "predicted_points", "model_id", "player_id", descending=[True, True, False, False])
    )


def side_by_side(predictions: pl.DataFrame) -> pl.DataFrame:
    """Return `newest_predictions` with a row a player: what the champion says and bets, and what the others say."""
    own, others = predictions.filter("serves"), predictions.filter(~pl.col("serves"))
    if own.is_empty():
        return predictions
    key = ["game_id", "player_id"]
    wide = others.sort("model_id").pivot("model_id", index=key, values="predicted_points")
    champion_id = own["model_id"][0]
    columns = (
        "team",
        "player_name",
        "decision",
        "predicted_points",
        "p10",
        "p90",
        "betting_line",
        "prob_over",
        "recommendation",
    )
    return (
        own.join(wide, on=key, how="left", maintain_order="left")
        .select(*columns, *wide.columns[2:])
        .rename({"predicted_points": champion_id, "player_name": "player", "betting_line": "line", "recommendation": "bet"})
    )


def sitting_out(home: Home, day: date, names: list[str]) -> pl.DataFrame:
    """Return what changes in the champion's newest predictions of a date if some players are out.

    Raises:
        NobodyError: a name is not one player of the slate, or there is no slate.
    """
    from nba_assets.orchestration.factory import training_cutoffs

    dates = Dates(day, day)
    serves = champion(home.warehouse)
    known = read_facts(home.warehouse, dates)
    if serves is None or known.schedule_notices.is_empty():
        lacking = "nobody serves; `nba-assets models promote ID`" if serves is None else f"no games on {day} are known"
        raise NobodyError(f"{lacking}; `nba-assets predict {day}` first")
    windows = [date.fromisoformat(key) for key in training_cutoffs(home.settings.cutoff_cron).get_partition_keys()]
    asked = contenders(home.warehouse, home.artifacts, windows, only=serves)
    if asked.refused:
        raise NobodyError(f"{serves} cannot be asked: {asked.refused[0].reason}")
    found = what_if(known, day, names, asked.ready, windows, datetime.now(UTC))
    columns = ("player_name", "decision", *COMPARED, *(f"{name}_if" for name in COMPARED), "change")
    newest = found.filter(pl.col("decision") == pl.col("decision").max())
    return newest.select(abbreviation("team_id").alias("team"), *columns)


def spread(home: Home, dates: Dates, season_type: SeasonType) -> pl.DataFrame:
    """Return how often p10 … p90 holds the result, a row a model, decision and bucket of expected minutes."""
    return intervals(_grades(home, dates, season_type))


def evaluation(home: Home, dates: Dates, season_type: SeasonType) -> pl.DataFrame:
    """Return errors of graded predictions that still stand, a row a model, decision and population; empty if there are none."""
    return pl.DataFrame(evaluate(_grades(home, dates, season_type)), infer_schema_length=None)


def gap(home: Home, dates: Dates, season_type: SeasonType, truth: Path) -> pl.DataFrame:
    """Return how much of the gap between baseline and truth the models close, a row a model and decision.

    Args:
        home: of the same simulated league.
        dates: of the games.
        season_type: part of the season.
        truth: folder that `simulate --truth` wrote.
    """
    known = pl.read_parquet(truth / f"{PLAYER_GAMES.name}.parquet", columns=["game_id", "player_id", "tip_points"])
    return pl.DataFrame(gap_closed(_grades(home, dates, season_type), known), infer_schema_length=None)


def _grades(home: Home, dates: Dates, season_type: SeasonType) -> pl.DataFrame:
    """Grades of predictions that still stand."""
    grades = standing_grades(home.warehouse, dates)
    wanted = {SeasonType.regular: ["Regular Season"], SeasonType.playoffs: ["Playoffs"]}.get(season_type)
    return grades.filter(pl.col("season_type").is_in(wanted)) if wanted else grades


def shortened(figures: pl.DataFrame) -> pl.DataFrame:
    """Return what fits on a screen of an evaluation, with headings."""
    figures = figures.with_columns(half_width=pl.col("mae_high") - pl.col("mae"))
    return figures.select(pl.col(name).alias(heading) for name, heading in SHOWN.items())


def holdings(home: Home) -> pl.DataFrame:
    """Return rows and dates of each table."""
    rows: list[dict[str, object]] = []
    for table in TABLES.values():
        dates = home.warehouse.read(table, columns=[table.date_column or table.key[0]]).to_series()
        first, last = (dates.min(), dates.max()) if table.date_column and dates.len() else (None, None)
        rows.append({"table": table.qualified, "rows": dates.len(), "first": first, "last": last})
    return pl.DataFrame(rows)
