"""Usage coefficients as websites use them: save, look up, add up. Nothing is fitted here.

They need no players' table: a name in any spelling finds its player among those who have coefficients.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import sqlalchemy as sa

from nba_assets.reference.names import Names, Person, lookup
from nba_assets.settings import load_settings
from nba_assets.stores.database import Database
from nba_assets.stores.relational import migrate
from nba_assets.usage.effects import ADDITIVE, JOINT, CoefficientError, Effect, PlayerCoefficients
from nba_assets.usage.lookups import C, found, known_ids
from nba_assets.usage.saving import store
from nba_assets.usage.schema import PROMOTIONS


class Served(TypedDict):
    """What `get_player_coefficients` returns.

    `teammate_deltas` is in percentage points by name; two who were always out together have one entry, 'a + b'. Where a version
    keeps a delta of each all the same, `joint_with` names the others: only the sum of these deltas is what games have shown.
    """

    player_name: str
    team_name: str
    baseline_usage: float
    teammate_deltas: dict[str, float]
    joint_with: dict[str, str]
    model_version: str


class PredictedUsage(float):
    """A usage percentage with the model version that predicted it, the player and the parts that it is the sum of."""

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
        player_name: in any spelling; the player need not be known. Ids are stored where the team's coefficients have them.
        team_name: three letters, or a full name.
        baseline_usage: usage percentage with all teammates in.
        teammate_coeffs: percentage points by teammate, when that teammate is out.
        p_values: by teammate; one that is missing is not known.
        games_used: games behind them.
        r_squared: of the regression.
        model_version: as 'additive_v1'.
        database: where to; default: that of NBA_ASSETS_DATABASE_URL, else of the home folder.

    Raises:
        CoefficientError: a number that is none, no games, a name twice, or one that several players of the team have.
        DatabaseError: it cannot be written; the old coefficients stay.
    """
    if not 0 <= (baseline_usage or 0) <= 100:
        raise CoefficientError(f"{player_name}: baseline_usage is {baseline_usage}, must be a percentage; nothing was saved")
    chances = {lookup(name): value for name, value in p_values.items()}
    if unknown := sorted(chances.keys() - {lookup(name) for name in teammate_coeffs}):
        raise CoefficientError(f"{player_name}: p_values of {', '.join(unknown)}, who have no coefficient")
    database = database or default_database()
    ids = known_ids(team_name, database)
    own = ids.get(lookup(player_name), set())
    if len(own) > 1:
        raise CoefficientError(f"{player_name} could be several players of {team_name}: ids {', '.join(map(str, sorted(own)))}")
    effects: list[Effect] = []
    for name, delta in teammate_coeffs.items():
        mate = ids.get(lookup(name), set())
        effects.append(Effect((name,), delta, chances.get(lookup(name)), tuple(mate) if len(mate) == 1 else ()))
    player = PlayerCoefficients(
        player_name, team_name, baseline_usage, tuple(effects), games_used, r_squared, next(iter(own), None)
    )
    store([player], model_version, database)


def get_player_coefficients(
    player: str, model_version: str | None = None, *, team: str | None = None, database: Database | None = None
) -> Served:
    """Return a player's baseline and what each teammate's absence adds.

    Args:
        player: a name in any spelling.
        model_version: None: the promoted one, or the player's newest if that has none.
        team: of which team; None: the newest.
        database: where from; default as in `save_coefficients`.

    Raises:
        CoefficientError: nobody of that name, or several.
        DatabaseError: it cannot be read.
    """
    rows = found(player, model_version, team, database or default_database())
    mates = [(row, lookup(row.teammate_name)) for row in rows if row.teammate_name is not None]
    namesakes = Counter(plain for _, plain in mates)
    named = {
        f"{row.teammate_name} ({row.teammate_key})" if namesakes[plain] > 1 else str(row.teammate_name): row
        for row, plain in mates
    }
    first = rows[0]
    return Served(
        player_name=first.player_name,
        team_name=first.team_name,
        baseline_usage=first.baseline_usage,
        teammate_deltas={name: row.usage_delta for name, row in named.items()},
        joint_with={name: row.joint_with for name, row in named.items() if row.joint_with},
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
    """Return a player's usage percentage when some teammates are out: the baseline and the sum of their deltas.

    Args:
        player: a name in any spelling.
        teammates_out: names in any spelling; one given twice counts once.
        model_version: as in `get_player_coefficients`; the result has the one that served.
        team: of which team; None: the newest.
        database: where from.

    Raises:
        CoefficientError: nobody of that name or several, somebody who is no teammate with a coefficient, or one of a group
            that was only ever out together.
    """
    served = get_player_coefficients(player, model_version, team=team, database=database)
    mates = teammates(served)
    deltas, together = of_those_out(served, {_teammate(name, mates, served) for name in teammates_out})
    for name in together:
        raise CoefficientError(
            f"{name} were always out together: there is only their joint effect on {served['player_name']},"
            f" {served['teammate_deltas'][name]:+.3f}; ask for all of them"
        )
    return PredictedUsage(served, deltas)


def teammates(served: Served) -> list[str]:
    """Return everybody who has a coefficient, alone or with others, by name."""
    return list(dict.fromkeys(mate for name in served["teammate_deltas"] for mate in name.split(JOINT)))


def of_those_out(served: Served, out: Set[str]) -> tuple[dict[str, float], list[str]]:
    """Return the deltas of those who are out, and the groups of which only a part is: their effect is known only together.

    Args:
        served: of one player.
        out: names as `teammates` spells them.
    """
    groups = {name: set(name.split(JOINT)) for name in served["teammate_deltas"]}
    deltas = {name: delta for name, delta in served["teammate_deltas"].items() if groups[name] <= out}
    return deltas, [name for name, group in groups.items() if group & out and not group <= out]


def _teammate(written: str, mates: Sequence[str], served: Served) -> str:
    """Who of the teammates that have a coefficient is meant."""
    plain = lookup(written)
    same = [written] if written in mates else [mate for mate in mates if lookup(mate) == plain]
    if len(same) == 1:
        return same[0]
    found = Names(Person(number, mate) for number, mate in enumerate(mates)).resolve(written)
    if found.player_id is None:
        could = found.candidates or tuple(sorted(mates))
        listed = ", ".join(could) or "nobody"
        raise CoefficientError(
            f"{written!r} is no teammate of {served['player_name']} ({served['team_name']}) with a coefficient of"
            f" {served['model_version']}; there {'are' if len(could) > 1 else 'is'} {listed}"
        )
    return mates[found.player_id]


def promote(model_version: str, database: Database) -> None:
    """Serve a model version where none is asked for. Raises CoefficientError: nobody has coefficients of it."""

    def change(connection: sa.Connection) -> None:
        versions = sorted(connection.scalars(sa.select(C.model_version).distinct()))
        if model_version not in versions:
            raise CoefficientError(f"nobody has coefficients of {model_version!r}; there are {', '.join(versions) or 'none'}")
        connection.execute(sa.insert(PROMOTIONS).values(model_version=model_version, promoted_at=datetime.now(UTC)))

    database.write(change, exclusive_on=PROMOTIONS.name)


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
