"""What absent rotation teammates leave, and how the minutes and points of those who are in would be shared out."""

import numpy as np
import polars as pl

from nba_assets.features.form import quotient
from nba_assets.features.history import Floats

ROTATION_MINUTES = 12
TEAM_MINUTES = 240
# What a player leaves is taken up by others after some games, and is then in their form.
FRESHNESS = np.array([0.85**missed for missed in range(20)])


def teammate_features(rows: pl.DataFrame) -> dict[str, pl.Series]:
    """Return the teammate features of rows, by name.

    Only teammates of the rotation (exponential mean of minutes >= 12) on the roster are counted, never the player
    himself. Sums run in the order of the rows of a team, so that a row does not depend on the others.

    Args:
        rows: sorted so that the players of a game, decision and team are in a fixed order; columns on_roster, is_out,
            team_games_missed, minutes_ewma, points_ewma.
    """
    team = rows.select(pl.struct("game_date", "game_id", "decision", "team_id").rank("dense")).to_series().to_numpy()
    minutes, points = (rows[name].fill_null(0.0).to_numpy() for name in ("minutes_ewma", "points_ewma"))
    rotation = rows["on_roster"].to_numpy() & (minutes >= ROTATION_MINUTES)
    is_out = rows["is_out"].to_numpy()
    out, inside = rotation & is_out, rotation & ~is_out
    fresh = out * FRESHNESS[rows["team_games_missed"].fill_null(0).to_numpy()]

    def of_teammates(values: Floats) -> Floats:
        return np.bincount(team, weights=values)[team] - values

    minutes_in, points_in = of_teammates(minutes * inside), of_teammates(points * inside)
    found = {
        "vacated_minutes": of_teammates(minutes * out),
        "vacated_points": of_teammates(points * out),
        "vacated_minutes_fresh": of_teammates(minutes * fresh),
        "vacated_points_fresh": of_teammates(points * fresh),
        "rotation_minutes_in": minutes_in,
        "rotation_points_in": points_in,
        "rotation_players_in": of_teammates(inside.astype(np.float64)),
    }
    no_game = rows["minutes_ewma"].is_null()
    return {name: pl.Series(values) for name, values in found.items()} | {
        "expected_minutes": quotient(TEAM_MINUTES * minutes, minutes + minutes_in).set(no_game, None),
        "points_share": quotient(points, points + points_in).set(no_game, None),
    }
