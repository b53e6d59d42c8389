"""Who sits, and what the others then do: a team's newest slate with the coefficients that are served, and predicted anew."""

from collections.abc import Set
from datetime import datetime
from http import HTTPStatus

import sqlalchemy as sa

from nba_assets.calendar import EASTERN
from nba_assets.reference.names import lookup
from nba_assets.registry.catalog import DEFAULT_MARKET
from nba_assets.serving import reading
from nba_assets.serving.problems import ProblemError
from nba_assets.serving.reading import Row
from nba_assets.serving.service import Service
from nba_assets.usage.coefficients import get_player_coefficients, of_those_out, teammates
from nba_assets.usage.effects import CoefficientError
from nba_assets.usage.lookups import promoted
from nba_assets.usage.schema import COEFFICIENTS


def version(service: Service) -> str:
    """Return what slates, coefficients and what-ifs are, in one word."""
    newest = service.database.read(lambda connection: connection.scalar(sa.select(sa.func.max(COEFFICIENTS.c.timestamp))))
    today = datetime.now(EASTERN).date()
    return f"{today}.{service.what_ifs.version()}.{newest and newest.timestamp()}.{promoted(service.database)}"


def team_of(service: Service, team: str, out: Set[int]) -> tuple[str, Row]:
    """Return the view of a team whose players `out` sit. Raises ProblemError: no served slate has the team."""
    rows = reading.team(service.database, team, datetime.now(EASTERN))
    if not rows:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no served slate has a team {team!r}; teams have three letters, as 'DEN'")
    sitting = {lookup(row["player_name"]) for row in rows if row["player_id"] in out}
    day, who = rows[0]["game_date"], {row["player_id"] for row in rows} & out & service.what_ifs.players
    # Of an older slate there are no what-ifs.
    whether = day == service.what_ifs.day
    found = service.what_ifs.without(who) if whether and who else None
    changed = {row["player_id"]: row for row in found["players"]} if found else {}
    points = {row["player_id"]: row for row in reading.predictions(service.database, day, DEFAULT_MARKET)}
    players = [
        {
            **row,
            "sits": row["player_id"] in out,
            **_usage(service, row, sitting),
            **_points(points.get(row["player_id"])),
            "changed": changed.get(row["player_id"]),
        }
        for row in rows
    ]
    versions = sorted({row["version"] for row in players if row["version"]})
    return "team.html", {
        "team": team,
        "players": players,
        "versions": versions,
        "models": sorted({model_of(row) for row in points.values()}),
        "anew": found,
        "possible": whether,
    }


def model_of(row: Row) -> str:
    """Return who has made a prediction, and the cutoff of its training."""
    return f"{row['model_id']}, trained on games before {row['training_cutoff']}" if row["training_cutoff"] else row["model_id"]


def _points(row: Row | None) -> Row:
    """What the champion has predicted of a player; None: nothing."""
    return {name: row[name] if row else None for name in ("predicted", "p10", "p90")}


def _usage(service: Service, row: Row, sitting: Set[str]) -> Row:
    """A player's baseline, what the absences add, and the groups of which only a part sits."""
    try:
        served = get_player_coefficients(row["player_name"], team=row["team"], database=service.database)
    except CoefficientError:
        return {"version": None, "baseline": None, "delta": None, "only_joint": []}
    deltas, only_joint = of_those_out(served, {mate for mate in teammates(served) if lookup(mate) in sitting})
    found = {"baseline": served["baseline_usage"], "delta": sum(deltas.values()), "only_joint": only_joint}
    return {"version": served["model_version"], **found}
