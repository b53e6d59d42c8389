"""Usage coefficients as they are stored and served: save, look up, add up. Nothing is fitted here.

They need no players' table: a name in any spelling finds its player among those who have coefficients.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import TypedDict

import sqlalchemy as sa

from nba_assets.names import Names, Person, lookup
from nba_assets.settings import load_settings
from nba_assets.stores.database import Database
from nba_assets.usage.effects import ADDITIVE, JOINT, CoefficientError, Effect, PlayerCoefficients
from nba_assets.usage.lookups import C, found, team_name
from nba_assets.usage.schema import COEFFICIENTS, PROMOTIONS, migrate

LARGEST = 999.999


class Served(TypedDict):
    """What `get_player_coefficients` returns.

    `teammate_deltas` is in percentage points by name; two who were always out together have one entry, 'a + b'.
    """

    player_name: str
    team_name: str
    baseline_usage: float
    teammate_deltas: dict[str, float]
    model_version: str


class PredictedUsage(float):
    """A usage percentage that says by which model version it was predicted, for whom and from what."""

    model_version: str
    player_name: str
    baseline_usage: float
    deltas: dict[str, float]
    served: Served

    def __new__(cls, served: Served, deltas: dict[str, float]) -> "PredictedUsage":
        """Add the deltas of those who are out to the baseline; three decimals, as they are stored."""
        found = super().__new__(cls, round(served["baseline_usage"] + sum(deltas.values()), 3))
        found.model_version, found.player_name = served["model_version"], served["player_name"]
        found.baseline_usage, found.deltas = served["baseline_usage"], deltas
        found.served = served
        return found

    def __reduce__(self) -> tuple[type["PredictedUsage"], tuple[Served, dict[str, float]]]:
        """Let it be copied and kept in a cache."""
        return PredictedUsage, (self.served, self.deltas)


def save_coefficients(
    player_name: str,
    team_name: str,
    baseline_usage: float,
    teammate_coeffs: Mapping[str, float],
    p_values: Mapping[str, float],
    games_used: int,
    r_squared: float | None,
    model_version: str = ADDITIVE,
    *,
    database: Database | None = None,
) -> None:
    """Replace a player's coefficients of a model version, in one transaction: a reader sees the old ones or the new ones.

    Args:
        player_name: in any spelling; nobody needs to have heard of him.
        team_name: three letters, or a full name.
        baseline_usage: usage percentage with all teammates in.
        teammate_coeffs: percentage points by teammate, when he is out.
        p_values: by teammate; one that is missing is not known.
        games_used: games behind them.
        r_squared: of the regression.
        model_version: as 'additive_v1'.
        database: where to; default: that of NBA_ASSETS_DATABASE_URL, else of the home folder.

    Raises:
        CoefficientError: a number that is none, no games, or a name twice.
        DatabaseError: it cannot be written; the old coefficients stay.
    """
    chances = {lookup(name): value for name, value in p_values.items()}
    if unknown := sorted(chances.keys() - {lookup(name) for name in teammate_coeffs}):
        raise CoefficientError(f"{player_name}: p_values of {', '.join(unknown)}, who have no coefficient")
    effects = tuple(Effect((name,), delta, chances.get(lookup(name))) for name, delta in teammate_coeffs.items())
    player = PlayerCoefficients(player_name, team_name, baseline_usage, effects, games_used, r_squared)
    store([player], model_version, database or default_database())


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
    now = datetime.now(UTC)
    rows = [row for player in players for row in _rows(player, model_version, now)]
    keys = {tuple(row[column.name] for column in COEFFICIENTS.primary_key) for row in rows}
    if len(keys) < len(rows):
        raise CoefficientError(f"{model_version}: a player, or one of his teammates, is given twice")
    his = sa.and_(
        C.model_version == model_version,
        C.team_name == sa.bindparam("of_team"),
        sa.or_(
            C.player_key == sa.bindparam("of_key"),
            # Saved by name alone before his id was known, or the other way round: the same player of the same team.
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
        connection.execute(sa.delete(COEFFICIENTS).where(his), whose)
        connection.execute(sa.insert(COEFFICIENTS), rows)

    if players:
        database.write(replace, alone_on=COEFFICIENTS.name)


def _rows(player: PlayerCoefficients, model_version: str, now: datetime) -> list[dict[str, object]]:
    """The rows of a player, all with the same columns."""
    who = f"{player.player_name} ({player.team_name or 'no team'}), {model_version}"
    if not lookup(player.player_name):
        raise CoefficientError(f"{player.player_name!r} is no name")
    if player.games_used != int(player.games_used) or player.games_used <= 0:
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
        "r_squared": _number(player.r_squared, f"{who}: r_squared"),
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
        rest = ("games_together", "games_apart", "joint_with", "joint_delta", "joint_standard_error")
        return {"teammate_key": "", **dict.fromkeys((*names, *rest))}
    name = JOINT.join(effect.teammates)
    if lookup(name) == own:
        raise CoefficientError(f"{who}: he cannot be out when he plays himself")
    if not all(lookup(each) for each in effect.teammates):
        raise CoefficientError(f"{who}: {name!r} is no name of a teammate")
    known = len(effect.ids) == len(effect.teammates)
    return {
        "teammate_key": "+".join(map(str, effect.ids) if known else map(lookup, effect.teammates)),
        "teammate_name": name,
        "teammate_id": effect.ids[0] if len(effect.ids) == 1 else None,
        "usage_delta": _given(effect.delta, f"{who}: {name}"),
        "p_value": None
        if effect.p_value is None
        else _number(effect.p_value, f"{who}: p-value of {name}", 0.0, 1.0, decimals=8),
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


def get_player_coefficients(
    player: str, model_version: str | None = None, *, team: str | None = None, database: Database | None = None
) -> Served:
    """Return a player's baseline and what each teammate's absence adds.

    Args:
        player: his name in any spelling.
        model_version: None: the promoted one, or his newest if it has none of him.
        team: of which team; None: his newest.
        database: where from; default as in `save_coefficients`.

    Raises:
        CoefficientError: nobody of that name, or several.
        DatabaseError: it cannot be read.
    """
    rows = found(player, model_version, team, database or default_database())
    deltas: dict[str, float] = {}
    for row in rows:
        if row.teammate_name is not None:
            # Namesakes in one rotation.
            name = f"{row.teammate_name} ({row.teammate_key})" if row.teammate_name in deltas else row.teammate_name
            deltas[name] = row.usage_delta
    first = rows[0]
    return Served(
        player_name=first.player_name,
        team_name=first.team_name,
        baseline_usage=first.baseline_usage,
        teammate_deltas=deltas,
        model_version=first.model_version,
    )


def predict_usage(
    player: str,
    teammates_out: Iterable[str] = (),
    model_version: str | None = None,
    *,
    team: str | None = None,
    database: Database | None = None,
) -> PredictedUsage:
    """Return a player's usage percentage when some teammates are out: his baseline and the sum of their deltas.

    Args:
        player: his name in any spelling.
        teammates_out: names in any spelling; one given twice counts once.
        model_version: as in `get_player_coefficients`; the result says which one served.
        team: of which team; None: his newest.
        database: where from.

    Raises:
        CoefficientError: nobody of that name or several, somebody who is no teammate with a coefficient, or one of a group
            that was only ever out together.
    """
    served = get_player_coefficients(player, model_version, team=team, database=database)
    names = {lookup(one): one for name in served["teammate_deltas"] for one in name.split(JOINT)}
    out = {_teammate(name, names, served) for name in teammates_out}
    deltas: dict[str, float] = {}
    for name, delta in served["teammate_deltas"].items():
        members = {lookup(one) for one in name.split(JOINT)} if JOINT in name else {lookup(name)}
        if members <= out:
            deltas[name] = delta
        elif members & out:
            raise CoefficientError(
                f"{name} were always out together: there is only their joint effect on {served['player_name']},"
                f" {delta:+.3f}; ask for all of them"
            )
    return PredictedUsage(served, deltas)


def _teammate(said: str, names: Mapping[str, str], served: Served) -> str:
    """The plain name of a teammate who has a coefficient, among these."""
    if (plain := lookup(said)) in names:
        return plain
    people = list(names)
    found = Names(Person(number, names[name]) for number, name in enumerate(people)).resolve(said)
    if found.player_id is None:
        could = found.candidates or tuple(sorted(names.values()))
        listed = ", ".join(could) or "nobody"
        raise CoefficientError(
            f"{said!r} is no teammate of {served['player_name']} ({served['team_name']}) with a coefficient of"
            f" {served['model_version']}; there {'are' if len(could) > 1 else 'is'} {listed}"
        )
    return people[found.player_id]


def promote(model_version: str, database: Database) -> None:
    """Serve a model version where none is asked for. Raises CoefficientError: nobody has coefficients of it."""

    def change(connection: sa.Connection) -> None:
        versions = sorted(connection.scalars(sa.select(C.model_version).distinct()))
        if model_version not in versions:
            raise CoefficientError(f"nobody has coefficients of {model_version!r}; there are {', '.join(versions) or 'none'}")
        connection.execute(sa.insert(PROMOTIONS).values(model_version=model_version, promoted_at=datetime.now(UTC)))

    database.write(change, alone_on=PROMOTIONS.name)


def default_database() -> Database:
    """Return the database of NBA_ASSETS_DATABASE_URL, else of the home folder, with its tables."""
    return ready(_default_url(os.environ.get("NBA_ASSETS_HOME"), os.environ.get("NBA_ASSETS_DATABASE_URL"), Path.cwd()))


@lru_cache
def _default_url(_home: str | None, _url: str | None, _where: Path) -> str:
    """What settings say, which are slow to read, once for what they hang on."""
    return load_settings().usage_database_url


@lru_cache
def ready(url: str) -> Database:
    """Return a database with its tables made or migrated, once a process."""
    database = Database(url)
    migrate(database)
    return database
