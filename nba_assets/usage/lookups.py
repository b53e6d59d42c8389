"""Finds a player's stored coefficients by a name in any spelling, of the version that is served. Reads only."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import polars as pl
import sqlalchemy as sa

from nba_assets.reference.names import Names, Person, lookup
from nba_assets.reference.teams import abbreviation_of
from nba_assets.stores.database import Database
from nba_assets.usage.effects import SHRUNK, CoefficientError
from nba_assets.usage.schema import COEFFICIENTS, PROMOTIONS

C = COEFFICIENTS.c


def team_name(text: str) -> str:
    """Return three letters where a team is known by them or by its name; else what was given."""
    return abbreviation_of(text) or text.strip()


class Stored(NamedTuple):
    """What is needed of a row of coefficients; reading many attributes of a driver's row would take longer than the query."""

    model_version: str
    player_key: str
    player_id: int | None
    player_name: str
    team_name: str
    teammate_key: str
    teammate_name: str | None
    usage_delta: float
    baseline_usage: float
    timestamp: datetime
    training_cutoff: date | None
    joint_with: str | None
    promoted: str | None


NEWEST = sa.select(PROMOTIONS.c.model_version).order_by(PROMOTIONS.c.number.desc()).limit(1).scalar_subquery()
OF_PLAYER = sa.select(*(C[name] for name in Stored._fields[:-1]), NEWEST.label("promoted")).where(
    C.player_lookup == sa.bindparam("plain")
)


def known_ids(team: str, database: Database) -> dict[str, set[int]]:
    """Return the ids of a team's players who have coefficients, by plain name."""
    asked = sa.select(C.player_lookup, C.player_id).distinct().where(C.team_name == team_name(team), C.player_id.is_not(None))
    found: dict[str, set[int]] = {}
    for plain, player_id in database.read(lambda connection: connection.execute(asked).all()):
        found.setdefault(plain, set()).add(player_id)
    return found


def promoted(database: Database) -> str:
    """Return the model version that is served where none is asked for."""
    return database.read(lambda connection: connection.scalar(sa.select(NEWEST))) or SHRUNK


def found(player: str, model_version: str | None, team: str | None, database: Database) -> list[Stored]:
    """Return the rows of one player of one team and version.

    Args:
        player: a name in any spelling.
        model_version: None: the promoted one, or the player's newest if that has none.
        team: None: the newest.
        database: where from.

    Raises:
        CoefficientError: nobody of that name, or several.
    """
    rows = _of_player(lookup(player), database) or _of_player(lookup(_spelt(player, team, database)), database)
    if team is not None:
        of_team = [row for row in rows if row.team_name in (team_name(team), "")]
        if not of_team:
            teams = ", ".join(sorted({row.team_name for row in rows}))
            raise CoefficientError(f"{player} has no coefficients with {team}; there are some with {teams}")
        rows = of_team
    of_version = [row for row in rows if model_version in (None, row.model_version)]
    if not of_version:
        raise CoefficientError(f"{player} has no coefficients of {model_version}")
    _refuse_several(player, of_version)
    version = model_version or _version(of_version)
    rows = [row for row in of_version if row.model_version == version]
    newest = max(rows, key=lambda row: (row.training_cutoff or date.min, row.timestamp)).team_name
    return [row for row in rows if row.team_name == newest]


def _of_player(plain: str, database: Database) -> list[Stored]:
    rows = database.read(lambda connection: connection.execute(OF_PLAYER, {"plain": plain}).all())
    return [Stored._make(row) for row in rows]


def _version(rows: Sequence[Any]) -> str:
    """The promoted version if there are rows of it, else that of the newest rows."""
    promoted = rows[0].promoted or SHRUNK
    if promoted in {row.model_version for row in rows}:
        return promoted
    return max(rows, key=lambda row: row.timestamp).model_version


def _refuse_several(player: str, rows: Sequence[Stored]) -> None:
    """Refuse rows of several people: of several ids. A name without an id is who is known by that name, of whatever team."""
    people = {(row.player_id, row.team_name): row.player_name for row in rows if row.player_id}
    if len({player_id for player_id, _ in people}) > 1:
        listed = "; ".join(f"{name} ({team}, id {player_id})" for (player_id, team), name in sorted(people.items()))
        raise CoefficientError(f"{player!r} could be {listed}; say of which team")


def _spelt(player: str, team: str | None, database: Database) -> str:
    """The name under which somebody (of a team) has coefficients, of one that is spelt otherwise."""
    asked = sa.select(C.player_name).distinct()
    asked = asked if team is None else asked.where(C.team_name.in_([team_name(team), ""]))
    known = database.read(lambda connection: sorted(connection.scalars(asked)))
    # One who is spelt in two ways is one.
    names = list({lookup(name): name for name in known}.values())
    found = Names(Person(number, name) for number, name in enumerate(names)).resolve(player)
    if found.player_id is None:
        could = (
            f"; it could be {', '.join(found.candidates)}" if found.candidates else "; `nba-assets usage show` lists who has"
        )
        raise CoefficientError(f"{player!r} has no usage coefficients{could}")
    return names[found.player_id]


LISTED = {
    "player_name": pl.String, "team_name": pl.String, "model_version": pl.String, "baseline_usage": pl.Float64,
    "teammate_name": pl.String, "usage_delta": pl.Float64, "standard_error": pl.Float64, "delta_low": pl.Float64,
    "delta_high": pl.Float64, "p_value": pl.Float64, "sign_probability": pl.Float64, "games_used": pl.Int64,
    "games_together": pl.Int64,
    "games_apart": pl.Int64, "joint_with": pl.String, "joint_delta": pl.Float64, "r_squared": pl.Float64,
    "training_cutoff": pl.Date,
}  # fmt: skip


def listed(
    database: Database, player: str | None = None, model_version: str | None = None, team: str | None = None
) -> pl.DataFrame:
    """Return what is served of a player, or of all: one row per teammate, the largest effect of each player first.

    Raises:
        CoefficientError: nobody of that name, or several.
    """
    if player is None:
        asked = sa.select(COEFFICIENTS, NEWEST.label("promoted"))
        asked = asked.where(C.model_version == model_version) if model_version else asked
    else:
        first = found(player, model_version, team, database)[0]
        asked = sa.select(COEFFICIENTS, NEWEST.label("promoted")).where(
            C.model_version == first.model_version, C.player_key == first.player_key, C.team_name == first.team_name
        )
    rows = database.read(lambda connection: connection.execute(asked).all())
    by_player: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        by_player.setdefault((row.player_lookup, row.team_name), []).append(row)
    served = {key: _version(of_player) for key, of_player in by_player.items()}
    rows = [row for row in rows if row.model_version == served[row.player_lookup, row.team_name]]
    frame = pl.DataFrame([{name: getattr(row, name) for name in LISTED} for row in rows], schema=LISTED)
    return frame.sort("player_name", "team_name", pl.col("usage_delta").abs(), descending=[False, False, True], nulls_last=True)
