"""Rates and minutes of a simulated league beside its truth: how much of the distance from simple guesses to it is closed."""

import numpy as np
import polars as pl

from nba_assets.arrays import Floats, Ints
from nba_assets.calendar import DECISIONS
from nba_assets.modelling.clusters import half_width_of_sum
from nba_assets.tables.feature import STATISTICS

# The truth counts shots by their worth.
IN_TRUTH = {"fga2": "fg2a", "fga3": "fg3a"}
TRUTH_COLUMNS = (
    *("game_id", "player_id", "tip_minutes", "tip_play_probability"),
    *(f"tip_{IN_TRUTH.get(name, name)}_per_min" for name in STATISTICS),
)


def rates_gap(rows: pl.DataFrame, truth: pl.DataFrame) -> list[dict[str, object]]:
    """Return one record per decision and target: the share of the squared distance to the true rates that is closed.

    The true rate is what was expected of a player before the game began. `gap_closed` is 1 - (model - truth)^2 /
    (shrunk rate - truth)^2, sums weighted by minutes: 0 at the player's own shrunk rate, 1 at the truth; its 95% interval is
    that of a ratio of sums, dates and players as clusters. `closed_by_means` is the share that somebody would close who knew
    each player's true mean over these very games.

    Args:
        rows: of `rates.judged`.
        truth: TRUTH_COLUMNS of the truth's `player_games`.
    """
    known = rows.join(truth.select(TRUTH_COLUMNS), on=["game_id", "player_id"]).drop_nulls("tip_minutes")
    records: list[dict[str, object]] = []
    for decision in DECISIONS:
        part = known.filter(pl.col("decision") == decision)
        minutes = part["minutes_actual"].to_numpy()
        for name in STATISTICS if part.height else ():
            true = part[f"tip_{IN_TRUTH.get(name, name)}_per_min"].to_numpy()
            own, naive = (minutes * (part[f"{name}_{of}"].to_numpy() - true) ** 2 for of in ("mean", "shrunk"))
            season = _weighted_mean(part["player_id"].to_numpy(), true, minutes)
            records.append(
                {"decision": decision, "target": f"{name}_per_min", **_closed(part, own, naive, minutes)}
                | {"closed_by_means": 1 - float((minutes * (season - true) ** 2).sum() / naive.sum())}
            )
    return records


def minutes_gap(rows: pl.DataFrame, truth: pl.DataFrame) -> list[dict[str, object]]:
    """Return the same at tip for minutes (naive: the mean of the last 10) and the chance to play (naive: the rate table).

    Args:
        rows: of `minutes.judged`.
        truth: TRUTH_COLUMNS of the truth's `player_games`.
    """
    known = rows.filter(pl.col("decision") == "tip").join(truth.select(TRUTH_COLUMNS), on=["game_id", "player_id"])
    played = known.drop_nulls(["tip_minutes", "minutes", "minutes_avg_last_10"])
    asked = known.filter(pl.col("on_roster") & ~pl.col("is_out")).drop_nulls("tip_play_probability")
    compared = (
        ("minutes", played, "minutes_mean", "minutes_avg_last_10", "tip_minutes"),
        ("play_prob", asked, "play_prob", "table_prob", "tip_play_probability"),
    )
    records: list[dict[str, object]] = []
    for target, part, model, naive, true in compared:
        own, simple = ((part[name] - part[true]).to_numpy() ** 2 for name in (model, naive))
        records.append({"decision": "tip", "target": target, **_closed(part, own, simple, np.ones(part.height))})
    return records


def _weighted_mean(player: Ints, values: Floats, weight: Floats) -> Floats:
    """By row, the mean of the player's values."""
    _, of = np.unique(player, return_inverse=True)
    return (np.bincount(of, weight * values) / np.bincount(of, weight))[of]


def _closed(rows: pl.DataFrame, own: Floats, naive: Floats, weight: Floats) -> dict[str, object]:
    """Figures of weighted squared distances to the truth."""
    ratio = float(own.sum() / naive.sum())
    off = rows.select("game_date", "player_id").with_columns(off=pl.Series(own - ratio * naive))
    half = half_width_of_sum(off, pl.col("off"))
    return {
        "n": rows.height,
        "gap_closed": 1 - ratio,
        "gap_half_width": None if half is None else half / float(naive.sum()),
        "rmse_model": float(np.sqrt(own.sum() / weight.sum())),
        "rmse_naive": float(np.sqrt(naive.sum() / weight.sum())),
    }
