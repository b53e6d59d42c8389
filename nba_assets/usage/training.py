"""Trains all model versions at a cutoff, and arranges the coefficients as a table."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nba_assets.arrays import Floats
from nba_assets.league.averages import player_season_averages
from nba_assets.league.box import usage
from nba_assets.reference.teams import ID_BY_ABBREVIATION
from nba_assets.tables.usage import USAGE_COEFFICIENTS
from nba_assets.usage import additive, shrunk
from nba_assets.usage.datasets import Player, Regression, regressions, rotation
from nba_assets.usage.effects import ADDITIVE, JOINT, LEAST_R_SQUARED, SHRUNK, Effect, PlayerCoefficients
from nba_assets.usage.form import form

Trained = Mapping[str, Sequence[PlayerCoefficients]]
# In the first days of a first season fewer have three games, or hardly anybody has been out.
MIN_PLAYERS, MIN_ABSENCES = 100, 100


def datasets(games: pl.DataFrame, cutoff: date) -> list[Regression]:
    """Return the regressions of every player of a rotation who has played for the team this season.

    Args:
        games: `player_games` of the season to date and the one before, as known at the cutoff.
        cutoff: the first day that is not known.
    """
    names = games.sort("game_date").select("player_id", "player_name")
    players = rotation(player_season_averages(games), names, cutoff)
    return [each for each in regressions(usage(games), players, cutoff) if each.current.any()]


def train(data: Sequence[Regression], cutoff: date) -> Trained:
    """Return the coefficients of every player, by model version; nobody's while too few play to tell what is usual."""
    if len(data) < MIN_PLAYERS or sum(each.out.sum() for each in data) < MIN_ABSENCES:
        return {ADDITIVE: [], SHRUNK: []}
    return {ADDITIVE: _additive(data, cutoff), SHRUNK: _shrunk(data, cutoff)}


def _additive(data: Sequence[Regression], cutoff: date) -> list[PlayerCoefficients]:
    made = [(each, design) for each in data if (design := additive.design(each))]
    solved = additive.solve([design for _, design in made])
    found: list[PlayerCoefficients] = []
    for number, (each, design) in enumerate(made):
        r_squared = float(solved.r_squared[number])
        baseline, effects = float(solved.coefficients[number, 0]), additive.effects(design, solved, number)
        explained = r_squared if np.isfinite(r_squared) else None
        found.append(_player(each, each.dates[each.current], cutoff, baseline, effects, explained))
    return found


def _shrunk(data: Sequence[Regression], cutoff: date) -> list[PlayerCoefficients]:
    posterior = shrunk.fit(data)
    found: list[PlayerCoefficients] = []
    for number, each in enumerate(data):
        fitted, effects = float(posterior.mean[number, 0]), posterior.effects(each, number)
        here, deltas = each.current, np.array([effect.delta for effect in effects])
        explained = _share_explained(each.usage[here], fitted + each.out[here] @ deltas)
        baseline = float(form(each, fitted, deltas).baseline[-1])
        found.append(_player(each, each.dates, cutoff, baseline, effects, explained, fitted))
    return found


def _share_explained(usage: Floats, predicted: Floats) -> float | None:
    whole = float(((usage - usage.mean()) ** 2).sum())
    return 1 - float(((usage - predicted) ** 2).sum()) / whole if whole > 0 else None


def _player(
    each: Regression,
    days: NDArray[np.datetime64],
    cutoff: date,
    baseline: float,
    effects: tuple[Effect, ...],
    r_squared: float | None,
    fitted: float | None = None,
) -> PlayerCoefficients:
    return PlayerCoefficients(
        each.player.name,
        each.player.team,
        baseline,
        effects,
        games_used=len(days),
        r_squared=None if r_squared is None else max(r_squared, LEAST_R_SQUARED),
        player_id=each.player.player_id,
        cutoff=cutoff,
        start=days[0].astype(object),
        end=days[-1].astype(object),
        fitted_baseline=fitted,
    )


def as_table(data: Sequence[Regression], trained: Trained) -> pl.DataFrame:
    """Return `usage_coefficients`: one row per model version, player and teammate; a player without any has one row."""
    of = {each.player.player_id: each.player for each in data}
    seasons = {
        key: {"season": player.season, "minutes_per_game": player.minutes, "season_usage": player.usage}
        for key, player in of.items()
    }
    rows = (
        seasons[player.player_id or 0] | _row(version, player, effect)
        for version, players in trained.items()
        for player in players
        for effect in player.effects or (None,)
    )
    return pl.DataFrame(list(rows), schema=USAGE_COEFFICIENTS.schema).sort(USAGE_COEFFICIENTS.key)


def _row(version: str, player: PlayerCoefficients, effect: Effect | None) -> dict[str, object]:
    row: dict[str, object] = {
        "training_cutoff": player.cutoff,
        "model_version": version,
        "player_id": player.player_id,
        "player_name": player.player_name,
        "team_name": player.team_name,
        "teammate_ids": "+".join(map(str, effect.ids)) if effect else "",
        "baseline_usage": player.baseline_usage,
        "fitted_baseline": player.fitted_baseline,
        "games_used": player.games_used,
        "r_squared": player.r_squared,
        "training_start": player.start,
        "training_end": player.end,
    }
    if effect is None:
        return row
    return row | {
        "teammate_name": JOINT.join(effect.teammates),
        "usage_delta": effect.delta,
        "standard_error": effect.standard_error,
        "delta_low": effect.low,
        "delta_high": effect.high,
        "p_value": effect.p_value,
        "sign_probability": effect.sign_probability,
        "games_together": effect.together,
        "games_apart": effect.apart,
        "joint_with": effect.joint_with,
        "joint_delta": effect.joint_delta,
        "joint_standard_error": effect.joint_error,
    }


def from_table(rows: pl.DataFrame) -> Iterable[PlayerCoefficients]:
    """Yield the players of rows of `usage_coefficients` of one cutoff and model version: the way back of `as_table`."""
    for _, part in rows.group_by("player_id", "team_name", maintain_order=True):
        first = part.row(0, named=True)
        effects = tuple(_effect(row) for row in part.iter_rows(named=True) if row["teammate_name"] is not None)
        yield PlayerCoefficients(
            first["player_name"],
            first["team_name"],
            first["baseline_usage"],
            effects,
            first["games_used"],
            first["r_squared"],
            first["player_id"],
            first["training_cutoff"],
            first["training_start"],
            first["training_end"],
            first["fitted_baseline"],
        )


def players_of(rows: pl.DataFrame) -> list[Player]:
    """Return who belonged to a rotation at the cutoff of rows of `usage_coefficients`."""
    unique = rows.unique("player_id").sort("player_id")
    columns = ("player_id", "player_name", "team_name", "season", "minutes_per_game", "season_usage")
    return [
        Player(player_id, name, ID_BY_ABBREVIATION[team], season, minutes, used)
        for player_id, name, team, season, minutes, used in unique.select(columns).iter_rows()
    ]


def _effect(row: Mapping[str, Any]) -> Effect:
    return Effect(
        tuple(row["teammate_name"].split(JOINT)),
        row["usage_delta"],
        row["p_value"],
        tuple(map(int, row["teammate_ids"].split("+"))),
        row["standard_error"],
        row["delta_low"],
        row["delta_high"],
        row["games_together"],
        row["games_apart"],
        row["joint_with"],
        row["joint_delta"],
        row["joint_standard_error"],
        row["sign_probability"],
    )
