"""Usage of a whole slate at the minutes that are expected: the plain sums, and scaled so that five on court use 100."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.reference.teams import ID_BY_ABBREVIATION
from nba_assets.usage.effects import PlayerCoefficients
from nba_assets.usage.shrunk import TEAM_MINUTES

Predict = Callable[[int, frozenset[int]], float]
TeamOfGame = tuple[str, int]


def sums(players: Sequence[PlayerCoefficients]) -> Predict:
    """Return what adds up the baseline of a player and the deltas of who is out, by ids."""
    of = {
        player.player_id: (player.baseline_usage, [(frozenset(effect.ids), effect.delta) for effect in player.effects])
        for player in players
    }

    def predict(player_id: int, out: frozenset[int]) -> float:
        baseline, effects = of[player_id]
        return baseline + sum(delta for ids, delta in effects if ids <= out)

    return predict


def slate_usage(
    slate: pl.DataFrame, out: Mapping[TeamOfGame, frozenset[int]], players: Sequence[PlayerCoefficients]
) -> pl.DataFrame:
    """Return the usage percentages of those of a slate who are expected to play.

    Args:
        slate: one row per player: game_id, team_id, player_id, expected_minutes and expected_usage (where there are no
            coefficients).
        out: ids of who is out, by game and team; teams that are not named are left out.
        players: coefficients of one model version.

    Returns:
        The rows of who is expected to play, with usage_percentage (the plain sum), normalised_usage and team_total: what the
        team's plain sums add up to, where 100 would be right.
    """
    predict, able = sums(players), {player.player_id for player in players if player.player_id}
    shown = slate.clear().with_columns(usage_percentage=0.0, normalised_usage=0.0, team_total=0.0)
    teams: list[pl.DataFrame] = [shown]
    for (game_id, team_id), rows in slate.group_by("game_id", "team_id", maintain_order=True):
        gone = out.get((str(game_id), int(str(team_id))))
        there = rows.filter(~pl.col("player_id").is_in(list(gone or ())) & (pl.col("expected_minutes") > 0))
        if gone is None or there.is_empty():
            continue
        each = there.select("player_id", "expected_usage").iter_rows()
        usage = np.array([predict(player_id, gone) if player_id in able else expected for player_id, expected in each])
        minutes = there["expected_minutes"].to_numpy()
        scaled = {"usage_percentage": usage, "normalised_usage": normalised(usage, minutes)}
        teams.append(there.with_columns(**scaled, team_total=pl.lit(team_total(usage, minutes))))
    return pl.concat(teams)


def shared(slate: pl.DataFrame) -> pl.DataFrame:
    """Return a slate with each team's expected minutes scaled to the 240 that there are."""
    team = pl.col("expected_minutes").sum().over("game_id", "team_id")
    return slate.with_columns(expected_minutes=TEAM_MINUTES * pl.col("expected_minutes") / team)


def missing(slate: pl.DataFrame, players: Sequence[PlayerCoefficients]) -> dict[TeamOfGame, frozenset[int]]:
    """Return who of each team's rotation, those who have coefficients, is not among those of a slate who may play."""
    rotation: dict[int, set[int]] = {}
    for player in players:
        rotation.setdefault(ID_BY_ABBREVIATION[player.team_name], set()).add(player.player_id or 0)
    teams = slate.group_by("game_id", "team_id").agg("player_id")
    return {
        (game_id, team_id): frozenset(rotation.get(team_id, set[int]()) - set(there))
        for game_id, team_id, there in teams.iter_rows()
    }


def normalised(usage: Floats, minutes: Floats) -> Floats:
    """Return usage percentages of a team's players scaled so that, weighted by minutes, they are 100 for five on court.

    Args:
        usage: percentages.
        minutes: expected, of the same players.

    Raises:
        ValueError: nobody is expected to play, or a number is none.
    """
    return usage * (100 / team_total(usage, minutes))


def team_total(usage: Floats, minutes: Floats) -> float:
    """Return the usage of a team's five on court: 100 if percentages and minutes agree. Raises as `normalised`."""
    if not (np.isfinite(usage).all() and np.isfinite(minutes).all() and (minutes >= 0).all()):
        raise ValueError("usage and minutes must be numbers, and minutes not negative")
    if not (usage * minutes).sum() > 0:
        raise ValueError("nobody is expected to use a play")
    return float(5 * (usage * minutes).sum() / minutes.sum())
