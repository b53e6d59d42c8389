"""What absent rotation teammates leave, and how minutes, points and shots would be shared by those who are in."""

import numpy as np
import polars as pl

from nba_assets.arrays import Floats, Ints
from nba_assets.features.history import quotient
from nba_assets.features.slate import ROSTER_TEAM_GAMES
from nba_assets.tables.feature import STATISTICS

ROTATION_MINUTES = 12
TEAM_MINUTES = 240
GAME_MINUTES = 48
# What a player leaves is taken up by others after some games, and is then in their form.
FRESHNESS = np.array([0.85**missed for missed in range(ROSTER_TEAM_GAMES + 1)])
GROUPS = {"PG": 0, "SG": 0, "SF": 1, "PF": 1, "C": 2}
UNKNOWN_GROUP = 3
# A starter started at least half of the last games; who is out plays with a chance of less than a half.
USUALLY = 0.5
MILLION = 1e6


def teammate_features(rows: pl.DataFrame, players: pl.DataFrame) -> dict[str, Floats]:
    """Return the teammate features of rows, by name.

    Only teammates of the rotation (exponential mean of minutes >= 12) on the roster are counted, never the player
    himself; one who is questionable counts as in with the chance to play, and as out with the rest. Sums run in the order of
    the rows of a team, so that a row does not depend on the others.

    Args:
        rows: sorted by game_date, game_id and player; columns on_roster, play_probability,
            team_games_missed, exponential means and slow rates.
        players: player_id and position_primary.
    """
    game = rows.select(pl.struct("game_date", "game_id").rle_id()).to_series().to_numpy().astype(np.int64)
    decision = 2 * game + (rows["decision"] == "tip").to_numpy()
    # The two teams of a game and decision are 2n and 2n + 1.
    team = 2 * decision + (rows["team_id"] > rows["opponent_team_id"]).to_numpy()
    group = rows.select(
        pl.col("player_id").replace_strict(_groups(players), default=UNKNOWN_GROUP, return_dtype=pl.Int64)
    ).to_series()
    names = ("minutes", "points", "fga", "ast", "usage")
    mean = {name: rows[f"{name}_ewma"].fill_null(0.0).fill_nan(0.0).to_numpy() for name in names}
    # Usage percentage is of the plays while the player is on court; of all the team's plays it is this share.
    mean["usage"] = mean["usage"] * mean["minutes"] / GAME_MINUTES
    rotation = rows["on_roster"].to_numpy() & (mean["minutes"] >= ROTATION_MINUTES)
    plays = rows["play_probability"].to_numpy()
    sums = _Sums(team, group.to_numpy())
    out, inside = rotation.astype(np.float64) * (1 - plays), rotation.astype(np.float64) * plays
    fresh = out * FRESHNESS[rows["team_games_missed"].fill_null(0).to_numpy()]
    found = {f"vacated_{name}": sums.of_teammates(mean[name] * out) for name in names}
    found |= {f"vacated_{name}_fresh": sums.of_teammates(mean[name] * fresh) for name in ("minutes", "points")}
    found |= {
        "vacated_minutes_position": sums.of_teammates(mean["minutes"] * out, same_group=True),
        "vacated_players": sums.of_teammates(out),
        "rotation_minutes_position_in": sums.of_teammates(mean["minutes"] * inside, same_group=True),
        "rotation_players_in": sums.of_teammates(inside),
        "rotation_rank": sums.ahead(mean["minutes"], inside),
        "depth_rank": sums.ahead(mean["minutes"], rows["on_roster"].to_numpy() * plays),
    }
    found |= {f"rotation_{name}_in": sums.of_teammates(mean[name] * inside) for name in ("minutes", "points", "usage")}
    found |= {f"opponent_vacated_{name}": sums.of_opponent(mean[name] * out) for name in ("minutes", "points")}
    long_run = {name: rows[f"{name}_long"].fill_null(0.0).fill_nan(0.0).to_numpy() for name in ("minutes", "usage")}
    found["vacated_usage_long"] = sums.of_teammates(long_run["usage"] * long_run["minutes"] / GAME_MINUTES * out)
    is_centre = (group.to_numpy() == GROUPS["C"]) & (rows["expected_starter"].fill_null(0.0).to_numpy() >= USUALLY)
    roles = {
        "star_scorer_out_flag": mean["points"] * rotation,
        "primary_ballhandler_out_flag": mean["ast"] * rotation,
        "starting_center_out_flag": mean["minutes"] * rotation * is_centre,
    }
    found |= {name: sums.first_is_out(worth, out) for name, worth in roles.items()}
    shares = _shares(rows, mean, sums, inside)
    return found | shares | _squad(rows, shares["expected_minutes"], sums)


def _shares(rows: pl.DataFrame, mean: dict[str, Floats], sums: "_Sums", inside: Floats) -> dict[str, Floats]:
    """The player's part of what the player and the rotation teammates who are in make, by exponential means."""
    in_role = rows["minutes_in_role"].fill_null(float("nan")).to_numpy()
    parts = {
        "expected_minutes": mean["minutes"],
        "expected_minutes_in_role": np.where(np.isnan(in_role), mean["minutes"], in_role),
        "points_share": mean["points"],
        "fga_share": mean["fga"],
    }
    no_game = rows["minutes_ewma"].is_null().to_numpy()
    shares = {
        name: np.where(no_game, np.nan, quotient(part, part + sums.of_teammates(part * inside))) for name, part in parts.items()
    }
    return {name: TEAM_MINUTES * share if name.startswith("expected") else share for name, share in shares.items()}


def _squad(rows: pl.DataFrame, minutes: Floats, sums: "_Sums") -> dict[str, Floats]:
    """What the player and everybody who is in would add up to in a game, each by the own slow rate.

    The player counts as if he plays; whoever has no rate yet counts as the average of the others.
    """
    minutes = np.nan_to_num(minutes)
    weight = minutes * rows["on_roster"].to_numpy() * rows["play_probability"].to_numpy()

    def with_teammates(values: Floats) -> Floats:
        return minutes * values + sums.of_teammates(weight * values)

    found: dict[str, Floats] = {}
    for name in STATISTICS:
        rate = rows[f"{name}_slow_per_min"].fill_null(float("nan")).to_numpy()
        total = with_teammates(np.nan_to_num(rate))
        found[f"squad_{name}_per_48"] = TEAM_MINUTES * quotient(total, with_teammates(1.0 * ~np.isnan(rate)))
    return found


class _Sums:
    """Sums over teammates: rows of one game, decision and team, without the row itself."""

    def __init__(self, team: Ints, group: Ints) -> None:
        self.team = team
        self.group = team * (UNKNOWN_GROUP + 1) + group

    def of_teammates(self, values: Floats, *, same_group: bool = False) -> Floats:
        by = self.group if same_group else self.team
        return np.bincount(by, weights=values)[by] - values

    def of_opponent(self, values: Floats) -> Floats:
        totals = np.bincount(self.team, weights=values, minlength=int(self.team.max(initial=0)) + 2)
        return totals[self.team ^ 1].astype(np.float64)

    def first_is_out(self, worth: Floats, out: Floats) -> Floats:
        """1 where the teammate with the largest worth is probably out, 0 where that one plays or is the player himself."""
        order = np.lexsort((-worth, self.team))
        firsts = order[np.flatnonzero(np.diff(self.team[order], prepend=-1))]
        first = np.zeros(int(self.team.max(initial=0)) + 1, dtype=np.int64)
        first[self.team[firsts]] = firsts
        leader = first[self.team]
        is_out = (worth[leader] > 0) & (out[leader] > USUALLY)
        return (is_out & (leader != np.arange(len(worth)))).astype(np.float64)

    def ahead(self, values: Floats, counted: Floats) -> Floats:
        """The weight of teammates with a larger value."""
        order = np.lexsort((-values, self.team))
        # Whole numbers add up exactly, whatever else is in the sum.
        team, count = self.team[order], np.round(counted[order] * MILLION)
        before = np.cumsum(count) - count
        begins = np.searchsorted(team, team, "left")
        # Equal values share the count of the first of them.
        fresh = np.concatenate([[True], (team[1:] != team[:-1]) | (values[order][1:] != values[order][:-1])])
        first = np.maximum.accumulate(np.where(fresh, np.arange(len(team)), 0))
        result = np.empty(len(values))
        result[order] = (before[first] - before[begins]) / MILLION
        return result


def _groups(players: pl.DataFrame) -> dict[int, int]:
    """Guards, forwards and centres by player id."""
    known = players.filter(pl.col("position_primary").is_in(list(GROUPS)))
    return dict(known.select("player_id", pl.col("position_primary").replace_strict(GROUPS)).iter_rows())
