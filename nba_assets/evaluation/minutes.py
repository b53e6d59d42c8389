"""How good minutes and chances to play are, beside what anybody could say without a model, on the same rows."""

from collections.abc import Iterator
from datetime import date

import polars as pl

from nba_assets.calendar import FIRST_GAME_DATE, Dates
from nba_assets.league.box import seconds_on_court
from nba_assets.minutes.bundle import load_minutes
from nba_assets.minutes.spec import MINUTES_V1
from nba_assets.modelling import distributions
from nba_assets.modelling.bundles import bundle_paths
from nba_assets.modelling.clusters import mean_interval
from nba_assets.modelling.distributions import HIGH, LOW, MINUTES
from nba_assets.modelling.fitting import at_tip, expected_minutes
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.minutes import MINUTES_BUNDLES, MINUTES_PREDICTIONS

KEY = ["game_date", "game_id", "player_id", "decision"]
BESIDE = ("expected_minutes", "minutes_avg_last_10", "team_games_missed", "is_out")
BUCKETS = dict(enumerate(("0-10", "10-18", "18-24", "24-30", "30+")))
# A stand-in for absences is made of who of the rotation played: of others nothing was told.
UNTOLD = "below 12"
UNTOLD_MINUTES = 12
MOST_MISSED = 6
PRIOR = 10.0


def judged(warehouse: Warehouse, artifacts: Artifacts, dates: Dates) -> pl.DataFrame:
    """Return the minutes predictions of a range with what happened: one row per game, player of the slate and decision.

    Returns:
        The columns of `minutes_predictions` that were predicted by a bundle, BESIDE, season_type, `minutes` (exact; null: did
        not play), crps, pinball_10 and pinball_90 of who played, and table_prob, the rate table's chance to play.
    """
    rows = _with_outcomes(warehouse, dates).filter(pl.col("training_cutoff").is_not_null())
    return _with_scores(_with_rate_table(warehouse, rows), warehouse, artifacts)


def evaluate(rows: pl.DataFrame) -> list[dict[str, object]]:
    """Return one record per decision and bucket of expected minutes (the feature store's; a first game counts as none).

    Minutes are judged on who played, the chance to play on who was on a roster and not reported out. `mae_less_last_10` and
    `brier_less_table` have 95% intervals with dates and players as clusters.

    Args:
        rows: of `judged`.
    """
    return list(_records(rows))


def _records(rows: pl.DataFrame) -> Iterator[dict[str, object]]:
    minutes = pl.col("expected_minutes").fill_null(0.0)
    number = pl.sum_horizontal(minutes >= edge for edge in MINUTES)
    parts = {"all": pl.lit(value=True), **{name: number == place for place, name in BUCKETS.items()}}
    parts[UNTOLD] = minutes < UNTOLD_MINUTES
    for decision in rows["decision"].unique().sort():
        for bucket, members in parts.items():
            part = rows.filter((pl.col("decision") == decision) & members)
            if part.height:
                yield {"decision": decision, "bucket": bucket, **_of_minutes(part), **_of_playing(part)}


def _of_minutes(rows: pl.DataFrame) -> dict[str, object]:
    played = rows.filter(pl.col("minutes").is_not_null())
    actual = pl.col("minutes")
    error = (pl.col("minutes_p50") - actual).abs()
    known = played.filter(pl.col("minutes_avg_last_10").is_not_null())
    last_10 = (pl.col("minutes_avg_last_10") - actual).abs()
    means = played.select(
        inside_80=(actual >= pl.col("minutes_p10")).and_(actual <= pl.col("minutes_p90")).mean(),
        bias=(pl.col("minutes_mean") - actual).mean(),
        **{name: pl.col(name).mean() for name in ("crps", "pinball_10", "pinball_90")},
    ).row(0, named=True)
    return {
        "n": played.height,
        **mean_interval(played, error).named("mae_p50"),
        "mae_last_10": known.select(last_10.mean()).item(),
        **mean_interval(known, error - last_10).named("mae_less_last_10"),
        **means,
    }


def _of_playing(rows: pl.DataFrame) -> dict[str, object]:
    asked = rows.filter(pl.col("on_roster") & ~pl.col("is_out"))
    played = pl.col("minutes").is_not_null().cast(pl.Float64)
    brier, table, last = (
        (chance - played) ** 2
        for chance in (pl.col("play_prob"), pl.col("table_prob"), (pl.col("team_games_missed") == 0).cast(pl.Float64))
    )
    means = asked.select(brier_last_game=last.mean(), brier_table=table.mean()).row(0, named=True)
    less = mean_interval(asked, brier - table).named("brier_less_table")
    return {"n_asked": asked.height, "brier": asked.select(brier.mean()).item(), **means, **less}


def _with_outcomes(warehouse: Warehouse, dates: Dates) -> pl.DataFrame:
    """Predictions of games that have a box score, with what was known and what happened."""
    rows = warehouse.read(MINUTES_PREDICTIONS, dates)
    known = warehouse.read(ML_FEATURE_STORE, dates, [*KEY, *BESIDE])
    # A postponed game has predictions under its old date, too.
    game = ["game_date", "game_id"]
    played = warehouse.read(league.PLAYER_GAMES, dates, [*game, "player_id", "minutes", "seconds_played"])
    minutes = played.select(*game, "player_id", minutes=seconds_on_court() / 60)
    return (
        rows.join(known, on=KEY)
        .join(played, on=game, how="semi")
        .join(minutes, on=[*game, "player_id"], how="left", maintain_order="left")
    )


def _with_rate_table(warehouse: Warehouse, rows: pl.DataFrame) -> pl.DataFrame:
    """How often players with as many games missed and as many expected minutes have played, before the bundle's cutoff."""
    cells = ["decision", "missed", "bucket"]
    parts: list[pl.DataFrame] = []
    newest = rows["training_cutoff"].max()
    earlier = _with_outcomes(warehouse, Dates(FIRST_GAME_DATE, newest)) if isinstance(newest, date) else rows
    for (cutoff,), part in rows.with_columns(_cells()).group_by("training_cutoff", maintain_order=True):
        before = earlier.filter(pl.col("game_date") < cutoff)
        asked = before.filter(pl.col("on_roster") & ~pl.col("is_out")).with_columns(_cells())
        played = pl.col("minutes").is_not_null()
        overall = asked.select(played.mean()).item()
        rates = asked.group_by(cells).agg(table_prob=(played.sum() + PRIOR * overall) / (pl.len() + PRIOR))
        parts.append(
            part.join(rates, on=cells, how="left", maintain_order="left").with_columns(pl.col("table_prob").fill_null(overall))
        )
    return pl.concat(parts) if parts else rows.with_columns(table_prob=pl.lit(None, pl.Float64))


def _cells() -> list[pl.Expr]:
    minutes = pl.col("expected_minutes").fill_null(0.0)
    return [
        pl.col("team_games_missed").fill_null(0).clip(0, MOST_MISSED).cast(pl.Int64).alias("missed"),
        pl.sum_horizontal(minutes >= edge for edge in MINUTES).alias("bucket"),
    ]


def _with_scores(rows: pl.DataFrame, warehouse: Warehouse, artifacts: Artifacts) -> pl.DataFrame:
    paths = bundle_paths(warehouse.read(MINUTES_BUNDLES), MINUTES_V1.model_id)
    parts = [rows.clear().with_columns(crps=pl.lit(0.0), pinball_10=pl.lit(0.0), pinball_90=pl.lit(0.0))]
    for (cutoff,), part in rows.group_by("training_cutoff", maintain_order=True):
        spread = load_minutes(artifacts, paths[cutoff]).minutes.distribution
        actual = part["minutes"].fill_null(float("nan")).to_numpy()
        quantiles = spread.quantiles(part["minutes_around"].to_numpy(), expected_minutes(part), at_tip(part))
        pinball = distributions.pinball(quantiles, actual)
        scores = {
            "crps": distributions.crps(quantiles, actual),
            "pinball_10": pinball[:, LOW],
            "pinball_90": pinball[:, HIGH],
        }
        parts.append(part.with_columns(**{name: pl.Series(values).fill_nan(None) for name, values in scores.items()}))
    return pl.concat(parts)
