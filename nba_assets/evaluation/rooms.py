"""Minutes and rates by season, as tables and pictures for the UI."""

from collections.abc import Callable
from datetime import date

import polars as pl

from nba_assets import pictures
from nba_assets.calendar import Dates
from nba_assets.evaluation import minutes
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.contracts import Table
from nba_assets.tables.feature import STATISTICS
from nba_assets.tables.minutes import MINUTES_PREDICTIONS
from nba_assets.tables.rate_features import COUNTED

PARTS = ["season", "season_type"]
# Wider than chance makes a bucket of 500 games or more.
INSIDE, LEAST_GAMES = (0.75, 0.85), 500


def newest_season(warehouse: Warehouse) -> Dates | None:
    """Return the dates of the newest season of which minutes are predicted."""
    days = warehouse.read(MINUTES_PREDICTIONS, columns=["season", "game_date"])
    own = days.filter(pl.col("season") == pl.col("season").max())["game_date"]
    first, last = own.min(), own.max()
    return Dates(first, last) if isinstance(first, date) and isinstance(last, date) else None


def by_part(table: Table, rows: pl.DataFrame, evaluate: Callable[[pl.DataFrame], list[dict[str, object]]]) -> pl.DataFrame:
    """Return an evaluation of judged rows for each part of a season.

    Args:
        table: `minutes_evaluation` or `rates_evaluation`.
        rows: of `judged` of the room.
        evaluate: of the room.
    """
    parts = [table.empty()]
    for (season, season_type), part in rows.group_by(PARTS, maintain_order=True) if rows.height else ():
        found = pl.DataFrame(evaluate(part), infer_schema_length=None)
        parts.append(
            found.with_columns(season=pl.lit(season), season_type=pl.lit(season_type)).select(
                pl.col(name).cast(kind) for name, kind in table.schema.items()
            )
        )
    return pl.concat(parts).sort(table.key)


def wrong_intervals(evaluation: pl.DataFrame) -> pl.DataFrame:
    """Return the buckets of `minutes_evaluation` whose p10 … p90 holds fewer than 75% or more than 85% of the minutes."""
    enough = (pl.col("n") >= LEAST_GAMES) & ~pl.col("inside_80").is_between(*INSIDE)
    return evaluation.filter(enough).select(*PARTS, "decision", "bucket", "n", "inside_80")


def worse_rates(evaluation: pl.DataFrame) -> pl.DataFrame:
    """Return the targets of `rates_evaluation` that are surely worse than the shrunk rate, over all players."""
    worse = (pl.col("population") == "all") & (pl.col("gain_high") < 0)
    return evaluation.filter(worse).select(*PARTS, "decision", "target", "n", "gain", "gain_high")


def minutes_picture(evaluation: pl.DataFrame) -> pictures.Picture:
    """Return how often p10 … p90 holds the minutes, and the error beside that of the last 10 games, by bucket at tip."""
    late = evaluation.filter(pl.col("decision") == "tip")
    order = [*minutes.BUCKETS.values()]
    rows = late.filter(pl.col("bucket").is_in(order)).sort(pl.col("bucket").cast(pl.Enum(order)))
    buckets = rows["bucket"].to_list()
    with pictures.panels(2) as (picture, axes):
        held = {"p10 … p90 holds": (100 * rows["inside_80"]).to_list(), "as it should": [80.0] * rows.height}
        pictures.lines(axes[0], buckets, held, title="minutes within p10 … p90, tip", unit="%")
        axes[0].set_ylim(60, 100)
        errors = {"median": rows["mae_p50"].to_list(), "last 10 games": rows["mae_last_10"].to_list()}
        pictures.lines(axes[1], buckets, errors, title="error by expected minutes, tip", unit="mean absolute error")
    return picture


def rates_picture(calibration: pl.DataFrame) -> pictures.Picture:
    """Return expected and actual counts per 36 minutes by tenths, a panel for each statistic.

    Args:
        calibration: of `rates.calibration`.
    """
    with pictures.panels(len(STATISTICS), width=2.9, height=2.6, rows=3) as (picture, axes):
        for axis, name in zip(axes, STATISTICS, strict=True):
            own = calibration.filter(pl.col("target") == f"{name}_per_min")
            said, happened = own["said_per_36"].to_list(), own["happened_per_36"].to_list()
            pictures.against(axis, said, happened, title=COUNTED[name], names=("expected per 36, tenths", "happened"))
            axis.set_xlim(left=0)
    return picture
