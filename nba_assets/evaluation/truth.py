"""Rates and minutes of a simulated league beside its truth: how much of the distance from simple guesses to it is closed."""

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.calendar import DECISIONS
from nba_assets.modelling.clusters import half_width_of_sum
from nba_assets.tables.feature import STATISTICS

# The truth counts shots by their worth.
IN_TRUTH = {"fga2": "fg2a", "fga3": "fg3a"}
TRUTH_COLUMNS = (
    *("game_id", "player_id", "seconds_played", "tip_minutes", "tip_play_probability"),
    *(f"expected_{IN_TRUTH.get(name, name)}" for name in STATISTICS),
)


def rates_gap(rows: pl.DataFrame, truth: pl.DataFrame) -> list[dict[str, object]]:
    """Return one record per decision and target: the share of the squared distance to the true rates that is closed.

    The true rate of a game is what its lineups were expected to give, per minute. `gap_closed` is 1 - (model - truth)^2 /
    (shrunk rate - truth)^2, sums weighted by minutes: 0 at the player's own shrunk rate, 1 at the truth; its 95% interval is
    that of a ratio of sums, dates and players as clusters.

    Args:
        rows: of `rates.judged`.
        truth: TRUTH_COLUMNS of the truth's `player_games`.
    """
    known = rows.join(truth.select(TRUTH_COLUMNS), on=["game_id", "player_id"]).filter(pl.col("seconds_played") > 0)
    records: list[dict[str, object]] = []
    for decision in DECISIONS:
        part = known.filter(pl.col("decision") == decision)
        minutes = part["minutes_actual"].to_numpy()
        for name in STATISTICS if part.height else ():
            true = part[f"expected_{IN_TRUTH.get(name, name)}"].to_numpy() / (part["seconds_played"].to_numpy() / 60)
            own, naive = (minutes * (part[f"{name}_{of}"].to_numpy() - true) ** 2 for of in ("mean", "shrunk"))
            records.append({"decision": decision, "target": f"{name}_per_min", **_closed(part, own, naive)})
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
    return [
        {"decision": "tip", "target": target}
        | _closed(part, *((part[name].to_numpy() - part[true].to_numpy()) ** 2 for name in (model, naive)))
        for target, part, model, naive, true in compared
    ]


def _closed(rows: pl.DataFrame, own: Floats, naive: Floats) -> dict[str, object]:
    ratio = float(own.sum() / naive.sum())
    off = rows.select("game_date", "player_id").with_columns(off=pl.Series(own - ratio * naive))
    half = half_width_of_sum(off, pl.col("off"))
    return {
        "n": rows.height,
        "gap_closed": 1 - ratio,
        "gap_half_width": None if half is None else half / float(naive.sum()),
        "rmse_model": float(np.sqrt(own.mean())),
        "rmse_naive": float(np.sqrt(naive.mean())),
    }
