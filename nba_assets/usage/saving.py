"""Writes coefficients to the database that serves them: all of a player, or none. What could not be looked up is refused."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import isfinite
from numbers import Real

import sqlalchemy as sa

from nba_assets.reference.names import lookup
from nba_assets.stores.database import Database
from nba_assets.usage.effects import JOINT, LEAST_R_SQUARED, CoefficientError, Effect, PlayerCoefficients
from nba_assets.usage.lookups import C, team_name
from nba_assets.usage.schema import COEFFICIENTS

# Of DECIMAL(6, 3), and of VARCHAR(50).
LARGEST, LONGEST_VERSION = 999.999, 50


def store(
    players: Sequence[PlayerCoefficients], model_version: str, database: Database, *, instead_of_trained: bool = False
) -> None:
    """Replace the coefficients of players of a model version, all in one transaction.

    Args:
        players: whose.
        model_version: as 'shrunk_v1'.
        database: where to.
        instead_of_trained: whether those of other players that were trained at a cutoff go; who was saved by hand stays.

    Raises:
        CoefficientError: what cannot be saved; all stays as it was.
        DatabaseError: the same.
    """
    if not 0 < len(model_version) <= LONGEST_VERSION:
        raise CoefficientError(
            f"model version {model_version!r} must have 1 to {LONGEST_VERSION} characters; nothing was saved"
        )
    now = datetime.now(UTC)
    rows = [row for player in players for row in _rows(player, model_version, now)]
    keys = {tuple(row[column.name] for column in COEFFICIENTS.primary_key) for row in rows}
    if len(keys) < len(rows):
        raise CoefficientError(f"{model_version}: a player or a teammate is given twice")
    of_player = sa.and_(
        C.model_version == model_version,
        C.team_name == sa.bindparam("of_team"),
        sa.or_(
            C.player_key == sa.bindparam("of_key"),
            # Saved by name alone before the id was known, or the other way round: the same player of the same team.
            sa.and_(
                C.player_lookup == sa.bindparam("of_lookup"),
                sa.or_(C.player_id.is_(None), sa.bindparam("of_id", type_=sa.BigInteger).is_(None)),
            ),
        ),
    )
    trained = sa.and_(C.model_version == model_version, C.training_cutoff.is_not(None))
    whose = [
        {"of_lookup": lookup(player.player_name), "of_team": team_name(player.team_name), "of_id": player.player_id}
        | {"of_key": player.key}
        for player in players
    ]

    def replace(connection: sa.Connection) -> None:
        if instead_of_trained:
            connection.execute(sa.delete(COEFFICIENTS).where(trained))
        connection.execute(sa.delete(COEFFICIENTS).where(of_player), whose)
        connection.execute(sa.insert(COEFFICIENTS), rows)

    if players:
        database.write(replace, exclusive_on=COEFFICIENTS.name)


def _rows(player: PlayerCoefficients, model_version: str, now: datetime) -> list[dict[str, object]]:
    """The rows of a player, all with the same columns."""
    who = f"{player.player_name} ({player.team_name or 'no team'}), {model_version}"
    if not lookup(player.player_name):
        raise CoefficientError(f"{player.player_name!r} is no name")
    games = player.games_used
    if not (isinstance(games, Real) and isfinite(games) and games == int(games) and games > 0):
        raise CoefficientError(f"{who}: games_used is {player.games_used}: no games are behind these coefficients")
    common = {
        "model_version": model_version,
        "player_key": player.key,
        "team_name": team_name(player.team_name),
        "player_name": player.player_name,
        "player_lookup": lookup(player.player_name),
        "player_id": player.player_id,
        "baseline_usage": _given(player.baseline_usage, f"{who}: baseline_usage"),
        "games_used": int(player.games_used),
        "r_squared": _number(player.r_squared, f"{who}: r_squared", LEAST_R_SQUARED, 1.0),
        "timestamp": now,
        "training_cutoff": player.cutoff,
        "training_start": player.start,
        "training_end": player.end,
    }
    return [common | _effect(effect, who, lookup(player.player_name)) for effect in player.effects or (None,)]


def _effect(effect: Effect | None, who: str, own: str) -> dict[str, object]:
    """The columns of a teammate; of nobody all null."""
    if effect is None:
        names = ("teammate_name", "teammate_id", "usage_delta", "p_value", "standard_error", "delta_low", "delta_high")
        rest = ("games_together", "games_apart", "joint_with", "joint_delta", "joint_standard_error", "sign_probability")
        return {"teammate_key": "", **dict.fromkeys((*names, *rest))}
    name = JOINT.join(effect.teammates)
    if lookup(name) == own:
        raise CoefficientError(f"{who}: a player cannot be out and play")
    if not all(lookup(each) for each in effect.teammates):
        raise CoefficientError(f"{who}: {name!r} is no name of a teammate")
    known = len(effect.ids) == len(effect.teammates)
    return {
        "teammate_key": "+".join(map(str, effect.ids) if known else map(lookup, effect.teammates)),
        "teammate_name": name,
        "teammate_id": effect.ids[0] if len(effect.ids) == 1 else None,
        "usage_delta": _given(effect.delta, f"{who}: {name}"),
        "p_value": _number(effect.p_value, f"{who}: p-value of {name}", 0.0, 1.0, decimals=8),
        "sign_probability": _number(effect.sign_probability, f"{who}: probability of the sign of {name}", 0.0, 1.0, decimals=8),
        "standard_error": _number(effect.standard_error, f"{who}: standard error of {name}"),
        "delta_low": _number(effect.low, f"{who}: interval of {name}"),
        "delta_high": _number(effect.high, f"{who}: interval of {name}"),
        "games_together": effect.together,
        "games_apart": effect.apart,
        "joint_with": effect.joint_with,
        "joint_delta": _number(effect.joint_delta, f"{who}: joint effect of {name}"),
        "joint_standard_error": _number(effect.joint_error, f"{who}: joint effect of {name}"),
    }


def _number(value: float | None, what: str, least: float = -LARGEST, most: float = LARGEST, decimals: int = 3) -> float | None:
    if value is None:
        return None
    if not isfinite(value) or not least <= value <= most:
        raise CoefficientError(f"{what} is {value}, must be a number from {least:g} to {most:g}; nothing was saved")
    return round(float(value), decimals)


def _given(value: float | None, what: str) -> float | None:
    if value is None:
        raise CoefficientError(f"{what} is missing; nothing was saved")
    return _number(value, what)
