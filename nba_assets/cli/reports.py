"""What commands show of a home, as frames, and the summary that a backfill ends with."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from nba_assets.calendar import Dates, decision_order
from nba_assets.cli.evaluate import SeasonType
from nba_assets.cli.printing import Format, say, show
from nba_assets.evaluation import minutes, projections, rates, roles, rooms
from nba_assets.evaluation.chances import reliability
from nba_assets.evaluation.grading import standing_grades
from nba_assets.evaluation.metrics import accuracy_picture, differences, evaluate, gap_closed, intervals, played
from nba_assets.evaluation.report import report
from nba_assets.evaluation.truth import TRUTH_COLUMNS, minutes_gap, rates_gap
from nba_assets.features.store import Facts, read_facts
from nba_assets.forecasting import scenarios
from nba_assets.forecasting.registered import load_models
from nba_assets.forecasting.scenarios import ScenarioError
from nba_assets.home import Home
from nba_assets.minutes.slates import minutes_predictions
from nba_assets.minutes.spec import MINUTES_V1
from nba_assets.modelling.bundles import bundle_paths
from nba_assets.rates.slates import slate_projections
from nba_assets.rates.spec import MODEL_ID as RATES_MODEL
from nba_assets.reference.teams import abbreviation
from nba_assets.registry.catalog import DEFAULT_MARKET, TARGETS
from nba_assets.registry.service import champion, champions
from nba_assets.tables.facts import PLAYERS
from nba_assets.tables.minutes import MINUTES_BUNDLES
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS
from nba_assets.tables.rates import RATES_BUNDLES, RATES_TRAINING_BASE
from nba_assets.tables.truth import PLAYER_GAMES

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
    "mae_known_minutes": "oracle",
    "inside_80": "p10-p90",
    "crps": "CRPS",
    "crps_ewma_conformal": "of ewma",
    "n_line": "n line",
    "mae_on_line_rows": "MAE there",
    "mae_line": "line",
    "mae_blend": "blend",
    "over_line_high": "over line <",
    "slope": "slope",
    "log_loss": "log loss",
    "log_loss_no_vig": "of prices",
}


def newest_predictions(home: Home, day: date) -> pl.DataFrame:
    """Return the predictions of a date that count: the newest decision of each game, the highest first."""
    rows = home.warehouse.read(ML_MODEL_PREDICTIONS, Dates(day, day))
    order = decision_order()
    newest = rows.filter(order == order.max().over("game_id"))
    serving = list(champions(home.warehouse).items())
    serves = pl.DataFrame(serving, schema={"market": pl.String, "model_id": pl.String}, orient="row")
    shown = ("model_id", "market", "serves", "game_date", "game_id", "team", "player_id", "player_name", "decision")
    bet = ("betting_line", "bookmaker", "prob_over", "edge", "recommendation", "kelly_stake")
    return (
        newest.sort(pl.col("origin") != "live")
        .unique(["model_id", "market", "game_id", "player_id"], keep="first", maintain_order=True)
        .join(serves.with_columns(serves=pl.lit(value=True)), on=["market", "model_id"], how="left")
        .with_columns(pl.col("serves").fill_null(value=False), team=abbreviation("team_id"))
        .select(*shown, "predicted_points", "p10", "p90", *bet)
        .sort("serves", "predicted_points", "model_id", "player_id", descending=[True, True, False, False])
    )


def side_by_side(predictions: pl.DataFrame) -> pl.DataFrame:
    """Return the points of `newest_predictions`, one row per player: the champion's with its bet, beside the other models'."""
    points = predictions.filter(pl.col("market") == DEFAULT_MARKET)
    own, others = points.filter("serves"), points.filter(~pl.col("serves"))
    if own.is_empty():
        return predictions
    key = ["game_id", "player_id"]
    wide = others.sort("model_id").pivot("model_id", index=key, values="predicted_points")
    champion_id = own["model_id"][0]
    columns = (
        *("team", "player_name", "decision", "predicted_points", "p10", "p90"),
        *("betting_line", "prob_over", "edge", "recommendation", "kelly_stake"),
    )
    return (
        own.join(wide, on=key, how="left", maintain_order="left")
        .select(*columns, *wide.columns[2:])
        .rename({"predicted_points": champion_id, "player_name": "player", "betting_line": "line", "recommendation": "bet"})
    )


def scenario(home: Home, day: date, names: list[str], of: str) -> pl.DataFrame:
    """Return what changes in the newest points, minutes or box scores of a date if some players are out.

    Points are the champion's.

    Raises:
        ScenarioError: a name is not one player of the slate, or there is no slate.
    """
    known = read_facts(home.warehouse, Dates(day, day))
    if known.schedule_notices.is_empty():
        raise ScenarioError(f"no games on {day} are known", date=day, remedy=f"`nba-assets predict {day}` first")
    compared = {"points": scenarios.POINTS, "minutes": scenarios.MINUTES, "projections": scenarios.BOX_SCORES}[of]
    predicted = _of_champion(home, day, known) if of == "points" else _of_room(home, of)
    found = scenarios.sitting_out(scenarios.Night(known, day), names, predicted, compared)
    order = decision_order()
    newest = found.filter(order == order.max())
    return newest.select(abbreviation("team_id").alias("team"), pl.all().exclude("team_id"))


def _of_champion(home: Home, day: date, known: Facts) -> scenarios.Predict:
    from nba_assets.orchestration.factory import cutoff_dates

    serves, windows = champion(home.warehouse), cutoff_dates(home.settings.cutoff_cron)
    if serves is None:
        raise ScenarioError("nobody serves; `nba-assets models promote ID`", date=day)
    models = load_models(home.warehouse, home.artifacts, windows, Dates(day, day), only=serves)
    if models.refused:
        raise ScenarioError(f"{serves} cannot be loaded: {models.refused[0].reason}", date=day)
    points = [model for model in models.ready if model.market == DEFAULT_MARKET]
    return scenarios.of_points(known, points, windows, datetime.now(UTC))


def _of_room(home: Home, of: str) -> scenarios.Predict:
    """What predicts minutes, and from them box scores, with the bundles that serve the date."""
    from nba_assets.orchestration.factory import cutoff_dates

    warehouse, artifacts, windows = home.warehouse, home.artifacts, cutoff_dates(home.settings.cutoff_cron)
    own = bundle_paths(warehouse.read(MINUTES_BUNDLES), MINUTES_V1.model_id)
    runs = bundle_paths(warehouse.read(RATES_BUNDLES), RATES_MODEL)
    players = warehouse.read(PLAYERS)

    def predicted(features: pl.DataFrame) -> pl.DataFrame:
        minutes = minutes_predictions(features, windows, own, artifacts)
        return minutes if of == "minutes" else slate_projections(features, minutes, players, windows, runs, artifacts)

    return predicted


def evaluation(home: Home, dates: Dates, season_type: SeasonType) -> pl.DataFrame:
    """Return errors of graded predictions that still stand, one row per model, market, decision and population."""
    return pl.DataFrame(evaluate(grades(home, dates, season_type)), infer_schema_length=None)


def markdown(home: Home, dates: Dates, season_type: SeasonType, markets: list[str]) -> str:
    """Return the results as the pages show them; of no markets in particular: of all."""
    return report(grades(home, dates, season_type), markets or list(TARGETS))


def gap(home: Home, dates: Dates, season_type: SeasonType, truth: Path, of: str) -> pl.DataFrame:
    """Return how much of the gap between baseline and truth is closed, one row per decision and model or target.

    Args:
        home: of the same simulated league.
        dates: of the games.
        season_type: part of the season.
        truth: folder that `simulate --truth` wrote.
        of: points, rates or minutes.
    """
    known = pl.read_parquet(truth / f"{PLAYER_GAMES.name}.parquet", columns=["tip_points", *TRUTH_COLUMNS])
    if of == "rates":
        return pl.DataFrame(rates_gap(_judged_rates(home, dates, season_type), known))
    if of == "minutes":
        return pl.DataFrame(minutes_gap(_judged_minutes(home, dates, season_type), known))
    known = known.select("game_id", "player_id", "tip_points")
    return pl.DataFrame(gap_closed(grades(home, dates, season_type), known), infer_schema_length=None)


def grades(home: Home, dates: Dates, season_type: SeasonType) -> pl.DataFrame:
    """Return the grades of predictions that still stand, of a part of the season."""
    return of_part(standing_grades(home.warehouse, dates), season_type)


def of_part(rows: pl.DataFrame, season_type: SeasonType) -> pl.DataFrame:
    """Return the rows of a part of the season."""
    wanted = {SeasonType.regular: ["Regular Season"], SeasonType.playoffs: ["Playoffs"]}.get(season_type)
    return rows.filter(pl.col("season_type").is_in(wanted)) if wanted and rows.height else rows


def _judged_minutes(home: Home, dates: Dates, season_type: SeasonType) -> pl.DataFrame:
    return of_part(minutes.judged(home.warehouse, home.artifacts, dates), season_type)


def _judged_rates(home: Home, dates: Dates, season_type: SeasonType) -> pl.DataFrame:
    from nba_assets.orchestration.factory import cutoff_dates

    windows = cutoff_dates(home.settings.cutoff_cron)
    return of_part(rates.judged(home.warehouse, home.artifacts, dates, windows), season_type)


def _minutes(home: Home, dates: Dates, season_type: SeasonType) -> pl.DataFrame:
    return pl.DataFrame(minutes.evaluate(_judged_minutes(home, dates, season_type)), infer_schema_length=None)


def _rates(home: Home, dates: Dates, season_type: SeasonType) -> pl.DataFrame:
    return pl.DataFrame(rates.evaluate(_judged_rates(home, dates, season_type)), infer_schema_length=None)


def _roles(home: Home, dates: Dates, season_type: SeasonType) -> pl.DataFrame:
    rows = of_part(home.warehouse.read(RATES_TRAINING_BASE, dates, roles.COLUMNS), season_type)
    return pl.DataFrame(roles.evaluate(rows), infer_schema_length=None)


def _projections(home: Home, dates: Dates, season_type: SeasonType) -> pl.DataFrame:
    rows = of_part(projections.judged(home.warehouse, dates), season_type)
    return pl.DataFrame(projections.evaluate(rows), infer_schema_length=None)


# By command of `evaluate`: the rows that it prints.
OF_ROWS: dict[str, Callable[[Home, Dates, SeasonType], pl.DataFrame]] = {
    "intervals": lambda *asked: intervals(grades(*asked)),
    "differences": lambda *asked: differences(grades(*asked)),
    "chances": lambda *asked: reliability(played(grades(*asked))),
    "minutes": _minutes,
    "rates": _rates,
    "rates-calibration": lambda *asked: rates.calibration(_judged_rates(*asked)),
    "roles": _roles,
    "projections": _projections,
}


DRAWN = {"minutes": rooms.minutes_picture, "rates-calibration": rooms.rates_picture}


def shortened(figures: pl.DataFrame) -> pl.DataFrame:
    """Return what fits on a screen of an evaluation, with headings."""
    figures = figures.with_columns(half_width=pl.col("mae_high") - pl.col("mae"))
    return figures.select(pl.col(name).alias(heading) for name, heading in SHOWN.items())


BRIEF = {
    "model_id": "model",
    "decision": "decision",
    "mae": "MAE",
    "mae_season_average": "season average",
    "mae_on_line_rows": "MAE on line rows",
    "mae_line": "line",
    "inside_80": "p10-p90 holds",
}


def summarise(home: Home, dates: Dates) -> None:
    """Print what a backfill has come to: a small table, a picture's path, and the next three commands."""
    grades = standing_grades(home.warehouse, dates)
    records = [record for record in evaluate(grades) if record["population"] == "all_played"]
    figures = pl.DataFrame([record for record in records if record["market"] == DEFAULT_MARKET], infer_schema_length=None)
    if figures.is_empty():
        return
    order = decision_order()
    show(figures.sort(order, "mae").select(pl.col(name).alias(heading) for name, heading in BRIEF.items()), Format.table)
    serves = champion(home.warehouse)
    if serves:
        path = home.settings.home / "calibration.png"
        path.write_bytes(accuracy_picture(grades, serves).png)
        say(f"calibration and errors of {serves}: {path}")
    newest = grades["game_date"].max()
    say("next:")
    for command in (
        f"nba-assets predict {newest}",
        "nba-assets sql 'SELECT * FROM nba_predictions.v_ml_model_leaderboard ORDER BY mae'",
        "nba-assets dev",
        "nba-assets serve     and the page is at http://127.0.0.1:8000/app",
    ):
        say(f"  {command}")
