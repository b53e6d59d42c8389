"""How coefficients hold up: usage in the month after a cutoff, beside the baseline and a proportional share. No fitting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import permutations
from typing import Any

import numpy as np
import polars as pl

from nba_assets.modelling.clusters import mean_interval
from nba_assets.tables.usage import USAGE_EVALUATION
from nba_assets.usage.datasets import Appearances, Player, regressions
from nba_assets.usage.effects import SHRUNK, PlayerCoefficients
from nba_assets.usage.form import Form, form
from nba_assets.usage.shrunk import TEAM_MINUTES, TEAM_PLAYS
from nba_assets.usage.slates import Predict, TeamOfGame, slate_usage, sums

BASELINE, FRESH, PROPORTIONAL, NORMALISED = "baseline", "fresh form", "proportional", "shrunk_v1 normalised"
# A share of fewer minutes than these tells nothing.
MIN_LEFT = 40.0


@dataclass(frozen=True)
class Window:
    """A cutoff, what was known then, and the first day that is not predicted from it any more."""

    cutoff: date
    until: date
    players: Sequence[Player]
    trained: Mapping[str, Sequence[PlayerCoefficients]]


def predictions(window: Window, usage: pl.DataFrame, slates: pl.DataFrame) -> pl.DataFrame:
    """Return what is predicted of a window's games, when those are out who did not come on court.

    Of a rotation at the cutoff, for the same team, in games in which others of it are out than in the team's last game. Deltas
    are those of the cutoff; the baseline of shrunk_v1 is by the games up to the night before.

    Args:
        window: the cutoff and what was trained at it.
        usage: `usage`, the window and the season before it.
        slates: what was expected before each game, see `slate_usage`; games without one are left out.

    Returns:
        season, game_date, game_id, team_id, player_id, minutes, usage_percentage, out (teammates), games_apart (the fewest
        that the player has played without any of these), a column per version, and `NORMALISED` with `team_total`, what
        the team's players add up to before, by the baselines of the cutoff (100 would be right).
    """
    place = {player.player_id: player for player in window.players}
    absent = _absent(usage.filter(pl.col("game_date") < window.until), window)
    totals = slate_usage(slates, absent, window.trained[SHRUNK]).select("game_id", "team_id", "team_total").unique()
    total_of = {(game_id, team_id): total for game_id, team_id, total in totals.iter_rows()}
    versions: dict[str, Predict] = {
        BASELINE: lambda player_id, _: place[player_id].usage,
        PROPORTIONAL: lambda player_id, out: proportional(place[player_id], [place[one] for one in out]),
        **{name: sums(players) for name, players in window.trained.items()},
    }
    served = {player.player_id or 0: player for player in window.trained[SHRUNK]}
    forms = _forms(window, served, usage)
    able = set[int](place).intersection(forms, *({one.player_id or 0 for one in of} for of in window.trained.values()))
    apart = _games_apart(window.trained[SHRUNK])
    asked = usage.filter(
        pl.col("game_date").is_between(window.cutoff, window.until, closed="left")
        & (pl.col("minutes") > 0)
        & pl.col("usage_percentage").is_finite()
        & pl.col("player_id").is_in(list(able))
    )
    columns = ("season", "game_date", "game_id", "team_id", "player_id", "minutes", "usage_percentage")
    rows: list[dict[str, object]] = []
    for row in asked.select(columns).iter_rows(named=True):
        game, player_id = (row["game_id"], row["team_id"]), row["player_id"]
        if game not in total_of or place[player_id].team_id != row["team_id"]:
            continue
        out, total = absent[game], total_of[game]
        predicted = {name: predict(player_id, out) for name, predict in versions.items()}
        predicted[FRESH], baseline = forms[player_id].before(row["game_date"])
        predicted[SHRUNK] += baseline - served[player_id].baseline_usage
        predicted[NORMALISED] = predicted[SHRUNK] * 100 / total
        fewest = min((apart.get((player_id, one), 0) for one in out), default=None)
        rows.append({**row, "out": len(out), "games_apart": fewest, **predicted, "team_total": total})
    kinds = {name: asked.schema[name] for name in columns} | {"out": pl.Int64(), "games_apart": pl.Int64()}
    return pl.DataFrame(rows, schema=kinds | dict.fromkeys([*versions, FRESH, NORMALISED, "team_total"], pl.Float64()))


def _forms(window: Window, served: Mapping[int, PlayerCoefficients], usage: pl.DataFrame) -> dict[int, Form]:
    """The form of everybody who is served, through the window."""
    found: dict[int, Form] = {}
    seen = set(usage["player_id"])
    for each in regressions(usage, [player for player in window.players if player.player_id in seen], window.until):
        player = served.get(each.player.player_id)
        if player:
            delta = {mate: effect.delta for effect in player.effects for mate in effect.ids}
            deltas = np.array([delta.get(mate.player_id, 0.0) for mate in each.teammates])
            fitted = player.baseline_usage if player.fitted_baseline is None else player.fitted_baseline
            found[each.player.player_id] = form(each, fitted, deltas)
    return found


def _games_apart(players: Sequence[PlayerCoefficients]) -> dict[tuple[int | None, int], int]:
    """How many games a player had played without a teammate."""
    return {(player.player_id, one): effect.apart or 0 for player in players for effect in player.effects for one in effect.ids}


def _absent(usage: pl.DataFrame, window: Window) -> dict[TeamOfGame, frozenset[int]]:
    """Who of a rotation is out, of the window's games in which it is others than in the team's game before."""
    seen = Appearances.of(usage)
    found: dict[TeamOfGame, frozenset[int]] = {}
    teams: dict[int, list[int]] = {}
    for player in window.players:
        teams.setdefault(player.team_id, []).append(player.player_id)
    before: dict[int, frozenset[int]] = {}
    columns = ("team_id", "game_id", "game_date")
    for number, (team_id, game_id, day) in enumerate(seen.ids.select(columns).iter_rows()):
        squad = teams.get(team_id, [])
        out = frozenset(one for one in squad if one not in seen.place or not seen.present[number, seen.place[one]])
        if day >= window.cutoff and out != before.get(team_id):
            found[game_id, team_id] = out
        before[team_id] = out
    return found


def proportional(player: Player, out: Sequence[Player]) -> float:
    """Return a player's usage if those who are in took over, in proportion, what the absent leave of plays and minutes.

    Then everybody's usage grows by the same factor: what makes the minutes-weighted mean of those who are in 20 again.
    """
    minutes = TEAM_MINUTES - sum(each.minutes for each in out)
    plays = TEAM_PLAYS - sum(each.minutes * each.usage for each in out)
    return player.usage * (TEAM_PLAYS / TEAM_MINUTES) / (plays / minutes) if minutes > MIN_LEFT and plays > 0 else player.usage


def compare(rows: pl.DataFrame, versions: Sequence[str]) -> list[dict[str, Any]]:
    """Return one record per version: n, dates, minutes_weighted_mae, and `differences` from each other one with intervals.

    A difference is of weighted errors on the same rows; its 95% interval has dates and players as clusters.

    Args:
        rows: of `predictions`.
        versions: columns of them.
    """
    if rows.is_empty():
        return []
    errors = rows.with_columns((pl.col(name) - pl.col("usage_percentage")).abs().alias(name) for name in versions)
    weight, total = pl.col("minutes"), float(rows["minutes"].sum())
    records: list[dict[str, Any]] = []
    for name in versions:
        others: dict[str, dict[str, float | None]] = {}
        for other in (each for each in versions if each != name):
            difference = pl.col(name) - pl.col(other)
            others[other] = dict(zip(("difference", "low", "high"), mean_interval(errors, difference, weight), strict=True))
        mae = float(errors.select((weight * pl.col(name)).sum()).item()) / total
        n = {"n": rows.height, "dates": rows["game_date"].n_unique()}
        records.append({"model_version": name, **n, "minutes_weighted_mae": mae, "differences": others})
    return records


def by_season(rows: pl.DataFrame, versions: Sequence[str]) -> pl.DataFrame:
    """Return `usage_evaluation`: each pair of versions in each season."""
    found: list[dict[str, Any]] = []
    for (season,), part in rows.sort("season").group_by("season", maintain_order=True):
        records = {str(record["model_version"]): record for record in compare(part, versions)}
        for name, other in permutations(versions, 2):
            record = records[name]
            against: dict[str, float | None] = record["differences"][other]
            found.append(
                {name: value for name, value in record.items() if name != "differences"}
                | {"season": season, "against": other, "difference": against["difference"]}
                | {"difference_low": against["low"], "difference_high": against["high"]}
            )
    return pl.DataFrame(found, schema=USAGE_EVALUATION.schema).sort(USAGE_EVALUATION.key)
