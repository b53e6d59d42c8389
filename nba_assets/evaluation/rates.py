"""How good rates per minute are, beside each player's own shrunk rate on the same rows."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.calendar import DECISIONS, Dates
from nba_assets.modelling.bundles import bundle_paths
from nba_assets.modelling.clusters import half_width_of_sum
from nba_assets.modelling.matrix import matrix
from nba_assets.modelling.time_splits import serving_cutoff
from nba_assets.rates.bundle import RatesMeta, load_run
from nba_assets.rates.model import Boosted
from nba_assets.rates.spec import MODEL_ID
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.feature import STATISTICS
from nba_assets.tables.rates import RATES_BUNDLES, RATES_TRAINING_BASE

LEAST_RATE = 1e-6
FIRST_GAMES = 15
POPULATIONS = {
    "all": pl.lit(value=True),
    "first_15_games": pl.col("games_played") < FIRST_GAMES,
    "new_team": pl.col("is_new_team"),
    "teammate_out": pl.col("num_rotation_players_out") > 0,
}
KEPT = ("season", "game_date", "game_id", "player_id", "season_type", "decision", "minutes_actual")
BESIDE = ("games_played", "num_rotation_players_out", "is_new_team")


def judged(warehouse: Warehouse, artifacts: Artifacts, dates: Dates, windows: list[date]) -> pl.DataFrame:
    """Return the rows of `rates_training_base` with what the run that serves each date predicts, and the shrunk rates.

    Returns:
        KEPT, BESIDE (is_new_team: the first 15 games for another team than before), and for each statistic its rate,
        `{name}_mean` and `{name}_shrunk`.
    """
    paths = bundle_paths(warehouse.read(RATES_BUNDLES), MODEL_ID)
    base = warehouse.read(RATES_TRAINING_BASE, dates).join(_new_teams(warehouse, dates), on=["game_id", "player_id"])
    serving = {day: serving_cutoff(day, windows, sorted(paths)) for day in base["game_date"].unique().sort()}
    parts: list[pl.DataFrame] = []
    for cutoff in sorted({found.cutoff for found in serving.values() if found}):
        days = [day for day, found in serving.items() if found and found.cutoff == cutoff]
        part, bundle = base.filter(pl.col("game_date").is_in(days)), load_run(artifacts, paths[cutoff])
        assert isinstance(bundle.meta, RatesMeta)
        values, means = matrix(part, tuple(bundle.feature_cols)), bundle.means(part)
        found: dict[str, Floats] = {}
        for name in STATISTICS:
            model = bundle.models[f"{name}_per_min"]
            assert isinstance(model, Boosted)
            found |= {f"{name}_mean": means[f"{name}_per_min_mean"].to_numpy(), f"{name}_shrunk": model.shrunk.predict(values)}
        rates = [f"{name}_per_min" for name in STATISTICS]
        parts.append(part.select(*KEPT, *BESIDE, *rates).with_columns(**{name: pl.Series(of) for name, of in found.items()}))
    return pl.concat(parts) if parts else pl.DataFrame()


def evaluate(rows: pl.DataFrame) -> list[dict[str, object]]:
    """Return one record per decision, population and statistic.

    `mse_weighted` is the squared error of the rate weighted by minutes, `deviance` the mean Poisson deviance of the count given
    the actual minutes; `gain` is by how many per cent the error lies below the shrunk rate's, with a 95% interval of the ratio
    of sums, dates and players as clusters.

    Args:
        rows: of `judged`.
    """
    return list(_records(rows)) if rows.height else []


def _records(rows: pl.DataFrame) -> Iterator[dict[str, object]]:
    for decision in DECISIONS:
        for population, members in POPULATIONS.items():
            part = rows.filter((pl.col("decision") == decision) & members)
            for name in STATISTICS if part.height else ():
                yield {"decision": decision, "population": population, "target": f"{name}_per_min", **_figures(part, name)}


def _figures(rows: pl.DataFrame, name: str) -> dict[str, object]:
    minutes, rate = rows["minutes_actual"].to_numpy(), rows[f"{name}_per_min"].to_numpy()
    own, shrunk = (rows[f"{name}_{of}"].to_numpy() for of in ("mean", "shrunk"))
    error, baseline = (minutes * (rate - predicted) ** 2 for predicted in (own, shrunk))
    ratio = float(error.sum() / baseline.sum())
    deviations = rows.select("game_date", "player_id").with_columns(off=pl.Series(error - ratio * baseline))
    half = half_width_of_sum(deviations, pl.col("off"))
    half = None if half is None else 100 * half / float(baseline.sum())
    gain = 100 * (1 - ratio)
    return {
        "n": rows.height,
        "mse_weighted": float(error.sum() / minutes.sum()),
        "mse_baseline": float(baseline.sum() / minutes.sum()),
        "gain": gain,
        "gain_low": None if half is None else gain - half,
        "gain_high": None if half is None else gain + half,
        "deviance": float(deviance(rate * minutes, own * minutes).mean()),
        "deviance_baseline": float(deviance(rate * minutes, shrunk * minutes).mean()),
        "bias": float((minutes * (own - rate)).sum() / minutes.sum()),
    }


def deviance(count: Floats, expected: Floats) -> Floats:
    """Return (rows,) the Poisson deviance 2 (y log(y / m) - y + m); an expectation of zero counts as one in a million."""
    expected = np.maximum(expected, LEAST_RATE)
    log = np.log(np.where(count > 0, count, expected) / expected)
    return 2 * (count * log - count + expected)


def calibration(rows: pl.DataFrame) -> pl.DataFrame:
    """Return expected and actual counts per 36 minutes by tenths of the expectation, at tip, one row per target and tenth."""
    late = rows.filter(pl.col("decision") == "tip") if rows.height else rows
    records: list[dict[str, object]] = []
    for name in STATISTICS if late.height else ():
        tenth = (pl.col(f"{name}_mean").rank("ordinal") - 1) * 10 // pl.len() + 1
        for (number,), part in (
            late.with_columns(tenth=tenth.cast(pl.Int64)).sort("tenth").group_by("tenth", maintain_order=True)
        ):
            weight = part["minutes_actual"].to_numpy()
            said, happened = (
                float((weight * part[column].to_numpy()).sum() / weight.sum()) for column in (f"{name}_mean", f"{name}_per_min")
            )
            records.append(
                {
                    "target": f"{name}_per_min",
                    "tenth": number,
                    "n": part.height,
                    "said_per_36": 36 * said,
                    "happened_per_36": 36 * happened,
                }
            )
    return pl.DataFrame(records)


def _new_teams(warehouse: Warehouse, dates: Dates) -> pl.DataFrame:
    """Whether a player's game is among the first 15 for a team after games for another one."""
    games = warehouse.read(
        RATES_TRAINING_BASE,
        Dates(date(dates.first.year - 2, 1, 1), dates.last),
        ["game_date", "game_id", "player_id", "decision", "team_id"],
    )
    own = games.filter(pl.col("decision") == "tip").sort("player_id", "game_date", "game_id")
    moved = (pl.col("team_id") != pl.col("team_id").shift(1).over("player_id")).fill_null(value=False)
    spell = moved.cast(pl.Int64).cum_sum().over("player_id")
    spelled = own.with_columns(spell=spell)
    number = pl.int_range(pl.len()).over("player_id", "spell")
    return spelled.select("game_id", "player_id", is_new_team=(pl.col("spell") > 0) & (number < FIRST_GAMES))
