"""What the page shows, apart from HTTP: errors and chances with their population, predictions with model and cutoff."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import accumulate
from json import loads
from typing import Any, Literal

from nba_assets.calendar import EASTERN
from nba_assets.registry.catalog import DEFAULT_MARKET
from nba_assets.serving import drawing, reading
from nba_assets.serving.reading import Row
from nba_assets.serving.service import Service

SHOWN_DATES = 400
Sort = Literal["game", "predicted", "minutes", "edge", "name"]
ORDERS: dict[str, Callable[[Row], Any]] = {
    "predicted": lambda row: -row["predicted"],
    "minutes": lambda row: -(row["minutes_mean"] or 0.0),
    "edge": lambda row: -(abs(row["edge"]) if row["edge"] is not None else -1.0),
    "name": lambda row: row["player_name"],
}


def slate_of(service: Service, day: date, decision: str, team: str | None, sort: Sort) -> tuple[str, Row]:
    """Return the view of a date: as it was decided, with what then happened. Raises ProblemError."""
    found = service.slate(day, DEFAULT_MARKET, None if decision == "last" else decision, None)
    rows: list[Row] = found["predictions"]
    most = max([40.0, *(row["p90"] for row in rows), *(row["actual"] or 0.0 for row in rows)])
    teams = sorted({row["team"] for row in rows})
    shown = [row | {"drawing": _bar(row, most)} for row in rows if team in (None, row["team"])]
    if sort != "game":
        shown.sort(key=ORDERS[sort])
    games: dict[Any, list[Row]] = {}
    for row in shown:
        games.setdefault(row["game_id"] if sort == "game" else "all", []).append(row)
    before, after = reading.beside(service.database, day)
    return "slate.html", {
        "day": day,
        "decision": decision,
        "team": team,
        "sort": sort,
        "teams": teams,
        "games": list(games.values()),
        "out": [row for row in found["out"] if team in (None, row["team"])],
        "before": before,
        "after": after,
        "night": night(rows),
        "models": sorted({f"{row['model_id']} (cutoff {row['training_cutoff'] or 'none'})" for row in rows}),
        "origins": sorted({row["origin"] for row in rows}),
    }


def night(rows: Sequence[Row]) -> Row | None:
    """Return the mean absolute errors of a graded date: of all who played, and of those with a line; None: not graded."""
    played = [row for row in rows if row["outcome"] == "played" and row["form"] is not None]
    lined = [row for row in played if row["betting_line"] is not None]

    def error(some: Sequence[Row], by: str) -> float | None:
        return sum(abs(row[by] - row["actual"]) for row in some) / len(some) if some else None

    if not played:
        return None
    return {
        "played": len(played),
        "model": error(played, "predicted"),
        "form": error(played, "form"),
        "lined": len(lined),
        "model_lined": error(lined, "predicted"),
        "line": error(lined, "betting_line"),
        "inside": sum(row["p10"] <= row["actual"] <= row["p90"] for row in played) / len(played),
    }


def player_of(service: Service, who: str, line: float | None) -> tuple[str, Row]:
    """Return the view of a player. Raises ProblemError: nobody is called so, or several are."""
    player = service.player(who)
    about = service.about(player, DEFAULT_MARKET)
    games: list[Row] = about["games"]
    values = {"player": player, "newest": about["newest"], "games": games, "chances": None, "drawings": {}}
    if not games:
        return "player.html", values
    if line is None:
        line = games[0]["betting_line"] if games[0]["betting_line"] is not None else round(games[0]["predicted"]) + 0.5
    chances = service.distribution(player, DEFAULT_MARKET, line)
    levels = [(each["level"], each["value"]) for each in chances["quantiles"]]
    said = f"Distribution of {player.player_name}'s points"
    drawings = {"distribution": drawing.distribution(levels, line, said)}
    past = f"The last games ({len(games)}): predicted interval, line and result; the table below has the numbers"
    drawings["games"] = drawing.games([_interval(row) for row in reversed(games)], past)
    return "player.html", values | {"chances": chances, "drawings": drawings}


def models_of(service: Service) -> tuple[str, Row]:
    """Return the view of the leaderboard and of the models that are loaded."""
    found = reading.document(service.database, "leaderboard")
    rows: list[Row] = loads(found[1]) if found else []
    boards: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        boards.setdefault((row["market"], row["decision"]), []).append(row)
    came_out = _document(service, "calibration")
    nights, tenths = came_out.get("nights", []), came_out.get("tenths", [])
    drawings = {"saved": _saved(nights), "reliability": _plot(tenths)}
    about = {"promoted": [], "decided": [], **_document(service, "promotions")}
    values = {**about, "boards": boards, "systems": service.models.systems, "nights": nights, "tenths": tenths}
    return "models.html", values | drawings


def _saved(nights: Sequence[Row]) -> object:
    """The champion's error beside the exponential mean's and the line's, added up night by night; None: nothing is graded."""
    if not nights:
        return None
    curves = [list(accumulate(float(row[name]) for row in nights)) for name in ("less_than_form", "less_than_line")]
    ends = [f"{curve[-1]:+,.0f}" for curve in curves]
    said = f"Points of error saved, added up: {ends[0]} against the exponential mean, {ends[1]} against the line"
    return drawing.curves(curves, said)


def _document(service: Service, name: str) -> Row:
    found = reading.document(service.database, name)
    return loads(found[1]) if found else {}


def _plot(tenths: Sequence[Row]) -> object:
    points = [
        drawing.Happened(*(row[name] for name in ("said", "happened", "happened_low", "happened_high"))) for row in tenths
    ]
    return drawing.reliability(points, "Chance of the over that was said, and the share of overs; the table has the numbers")


def data_of(service: Service, missing: Sequence[str]) -> tuple[str, Row]:
    """Return the view of what is served, since when, and what the service lacks."""
    dates = reading.dates(service.database, SHOWN_DATES)
    empty = {"tables": [], "missing_count": 0, "quarantine_count": 0, "missing": [], "quarantine": []}
    return "data.html", {"dates": dates, "lacking": missing, **empty, **_document(service, "data")}


def _interval(row: Row) -> drawing.Interval:
    return drawing.Interval(row["p10"], row["predicted"], row["p90"], row["betting_line"], row["actual"])


def _bar(row: Row, most: float) -> object:
    line = f", line {row['betting_line']:g}" if row["betting_line"] is not None else ""
    said = f"{row['predicted']:.1f} points, from {row['p10']:.1f} to {row['p90']:.1f} in four of five games{line}"
    return drawing.interval(_interval(row), most, said)


def percent(value: float | None) -> str:
    """Return a share as a percentage; nothing is a dash."""
    return "–" if value is None else f"{100 * value:.0f}%"


def number(value: float | None, digits: int = 1) -> str:
    """Return a number with so many digits; nothing is a dash."""
    return "–" if value is None else f"{value:.{digits}f}"


def clock_of(instant: datetime | None) -> str:
    """Return a time in New York."""
    return "–" if instant is None else f"{instant.astimezone(EASTERN):%-I:%M %p}"


FILTERS = {"percent": percent, "number": number, "clock": clock_of}
