"""What is served of dates, from the warehouse: the slates, and what the champion and the other models predicted."""

from datetime import date, datetime

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.league.box import seconds_on_court
from nba_assets.reference.names import lookup
from nba_assets.reference.teams import abbreviation
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import league
from nba_assets.tables.contracts import Table
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.minutes import MINUTES_PREDICTIONS
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, PLAYER_PROP_PREDICTIONS
from nba_assets.tables.rates import PROJECTIONS
from nba_assets.tables.serving import PROJECTED, ROW_KEY, SERVED_PREDICTIONS, SERVED_SLATES

# Of older dates the champion's predictions are served only.
NEWEST_DATES = 30
OF_STORE = (
    *("player_name", "team_id", "opponent_team_id", "home", "tip_off", "decision_at"),
    *("on_roster", "is_out", "starter", "play_probability", "usage_avg_last_10"),
)
OF_MINUTES = ("play_prob", "minutes_mean", "minutes_p10", "minutes_p50", "minutes_p90")
CUTOFF = "training_cutoff"
RESULT = ["game_date", "game_id", "player_id", "market"]


def slates(warehouse: Warehouse, dates: Dates, now: datetime) -> pl.DataFrame:
    """Return `served_slates` of some dates: of the decisions that have come, as predictions are; noon may be early."""
    rows = warehouse.read(ML_FEATURE_STORE, dates, [*ROW_KEY, *OF_STORE])
    rows = rows.filter((pl.col("decision") == "noon") | (pl.col("decision_at") <= now))
    minutes = warehouse.read(MINUTES_PREDICTIONS, dates, [*ROW_KEY, *OF_MINUTES, CUTOFF]).rename({CUTOFF: "minutes_cutoff"})
    projected = warehouse.read(PROJECTIONS, dates, [*ROW_KEY, *PROJECTED, "pts_unconditional", CUTOFF])
    boxes = warehouse.read(league.PLAYER_GAMES, dates, [*ROW_KEY[:3], "minutes", "seconds_played"])
    played = boxes.select(*ROW_KEY[:3], minutes_played=seconds_on_court() / 60)
    over = boxes.select("game_date", "game_id", over=pl.lit(value=True)).unique()
    names = rows["player_name"].unique()
    plain = pl.Series([lookup(name) for name in names], dtype=pl.String)
    joined = (
        rows.join(minutes, on=ROW_KEY, how="left")
        .join(projected.rename({CUTOFF: "rates_cutoff"}), on=ROW_KEY, how="left")
        .join(played, on=ROW_KEY[:3], how="left")
        .join(over, on=["game_date", "game_id"], how="left")
        .with_columns(
            player_lookup=pl.col("player_name").replace_strict(names, plain, return_dtype=pl.String),
            team=abbreviation("team_id"),
            opponent=abbreviation("opponent_team_id"),
            is_home=pl.col("home") == 1,
            starter=pl.col("starter") == 1,
            # Who has no box score in a game that has some did not play.
            minutes_played=pl.when("over").then(pl.col("minutes_played").fill_null(0.0)),
        )
    )
    return _conformed(joined, SERVED_SLATES)


def predictions(warehouse: Warehouse, dates: Dates, newest: date) -> pl.DataFrame:
    """Return `served_predictions` of some dates.

    Args:
        warehouse: with predictions and grades.
        dates: of the games.
        newest: the first date of which all models' predictions are served.
    """
    chosen = warehouse.read(PLAYER_PROP_PREDICTIONS, dates).with_columns(is_champion=pl.lit(value=True))
    recent = dates.overlap(Dates(max(newest, dates.first), dates.last))
    others = warehouse.read(ML_MODEL_PREDICTIONS, recent) if recent else ML_MODEL_PREDICTIONS.empty()
    key = list(SERVED_PREDICTIONS.key)
    every = pl.concat([chosen, others.with_columns(is_champion=pl.lit(value=False)).select(chosen.columns)])
    # Of a prediction that was made live and again by a backfill, the live one is served.
    best = every.sort("is_champion", "origin", descending=True).unique(key, keep="first", maintain_order=True)
    results = warehouse.read(GRADED_PREDICTIONS, dates, [*RESULT, "version", "outcome", "actual_points"])
    newest_result = results.sort("version").unique(RESULT, keep="last").drop("version")
    joined = best.join(newest_result, on=RESULT, how="left", maintain_order="left")
    of_markets = {"predicted_points": "predicted", "expected_points": "expected", "actual_points": "actual"}
    return _conformed(joined.rename(of_markets), SERVED_PREDICTIONS)


def newest_dates(warehouse: Warehouse) -> date:
    """Return the first date of which all models' predictions are served; the last possible one if nothing is predicted."""
    days = warehouse.read(PLAYER_PROP_PREDICTIONS, columns=["game_date"])["game_date"].unique().sort()
    return next(iter(days[-NEWEST_DATES:]), date.max)


def _conformed(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    return rows.select(pl.col(name).cast(kind) for name, kind in table.schema.items()).sort(table.key)
