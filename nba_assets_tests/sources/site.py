"""NBA.com as the tests have it: an HTTP server that answers as the endpoints do, with what a simulated league knows by a clock.

The shapes are those that nba_api declares. Faults are answers that a test puts in the place of the next ones of a path.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qs, urlsplit

import polars as pl
from nba_api.stats.endpoints import BoxScoreTraditionalV3, CommonTeamRoster, LeagueDashPtStats

from nba_assets.calendar import EASTERN, Dates
from nba_assets.reference.teams import TEAMS
from nba_assets.sources.nba_stats.boxes import COUNTS
from nba_assets.sources.nba_stats.people import MEASURED
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables import facts
from nba_assets.tables.contracts import Table
from nba_assets.tables.versions import as_of
from nba_assets_tests.sources.reports import LAYOUTS, Entry, printed

DAY = date(2023, 1, 3)
DAYS = Dates(DAY - timedelta(days=1), DAY + timedelta(days=2))
TEAM = {team.team_id: team for team in TEAMS}
TEAM_NAMES = {team.team_id: f"{team.city} {team.nickname}" for team in TEAMS}
NEVER = object()
DID_NOT_PLAY = {"player_id": 1, "player_name": "Deep Bench", "seconds_played": None, "starter": False}


class Clock:
    """A time that tests set; every look at it is a millisecond later, as no two answers are of one instant."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass
class Fault:
    """An answer in the place of the right one."""

    status: int = 200
    body: bytes | Callable[[bytes], bytes] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    broken_off: bool = False


def known_facts(league: SimulatedSource, dates: Dates) -> dict[str, pl.DataFrame]:
    """All that a site of some dates may answer: facts by table, all versions."""
    tables = [
        facts.BOX_SCORES,
        facts.PLAY_BY_PLAY,
        facts.TRACKING_GAMES,
        facts.AVAILABILITY,
        facts.GAME_LINES,
        facts.PROP_LINES,
    ]
    found = {table.name: league.read(table, dates) for table in tables}
    ever = {table.name: league.whole(table) for table in (facts.SCHEDULE_NOTICES, facts.PLAYERS, facts.ROSTERS)}
    return found | ever


class Outage(NamedTuple):
    """A fault of all answers whose path holds a text, for a time."""

    path: str
    since: datetime
    until: datetime
    fault: Fault


class Site:
    """What the league's site knows by a clock, and what it was asked.

    Args:
        truth: of `known_facts`.
        clock: the site's time.
    """

    def __init__(self, truth: dict[str, pl.DataFrame], clock: Callable[[], datetime]) -> None:
        self._facts, self.clock = truth, clock
        self.asked: list[str] = []
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.outages: list[Outage] = []
        # Players whom no roster lists yet, and until when.
        self.unlisted: dict[int, datetime] = {}
        self.address = ""
        # How bookmakers write a name.
        self.spelt: Callable[[str], str] = str
        self.credits = 100_000

    def sites(self) -> dict[str, str]:
        own = {name: f"{self.address}/{name}" for name in ("stats", "live", "injuries")}
        return {**own, "odds": self.address}

    def tip_offs(self) -> list[datetime]:
        notices = as_of(self._facts[facts.SCHEDULE_NOTICES.name], facts.SCHEDULE_NOTICES)
        return notices.filter(pl.col("status") == "scheduled")["tip_off"].drop_nulls().unique().sort().to_list()

    def known(self, table: Table) -> pl.DataFrame:
        facts_by_now = self._facts[table.name].filter(pl.col("known_at") <= self.clock())
        return as_of(facts_by_now, table)

    def answer(self, path: str, query: dict[str, str]) -> object:
        """What is answered; NEVER: there is no such thing."""
        name = path.rpartition("/")[2]
        if path.startswith("/v4/"):
            return self._odds(path, query)
        if name.startswith("Injury-Report_"):
            return self._report(name)
        game_id = query.get("GameID") or name.rpartition("_")[2].removesuffix(".json")
        answers: dict[str, Callable[[], object]] = {
            "scheduleleaguev2": lambda: self._schedule(query["Season"]),
            "commonteamroster": lambda: self._roster(int(query["TeamID"])),
            "leaguedashptstats": lambda: self._tracking(query),
            "boxscoresummaryv3": lambda: self._summary(game_id),
            "boxscoretraditionalv3": lambda: self._box(game_id),
            "boxscore": lambda: self._live_box(game_id),
            "playbyplay": lambda: self._plays(game_id),
        }
        return answers.get(name.partition("_")[0], lambda: NEVER)()

    def game(self, game_id: str) -> dict[str, Any]:
        notices = as_of(self._facts[facts.SCHEDULE_NOTICES.name], facts.SCHEDULE_NOTICES)
        on = notices.filter((pl.col("game_id") == game_id) & (pl.col("status") == "scheduled"))
        return on.row(0, named=True)

    def _is_over(self, game_id: str) -> bool:
        return not self.known(facts.BOX_SCORES).filter(pl.col("game_id") == game_id).is_empty()

    def _schedule(self, season: str) -> object:
        notices = self.known(facts.SCHEDULE_NOTICES).filter(pl.col("season") == season)
        # A game put off is listed under its new date as soon as there is one.
        on = notices.filter(pl.col("status") == "scheduled")
        off = notices.filter(pl.col("status") == "postponed").join(on, on="game_id", how="anti")
        days: dict[date, list[object]] = defaultdict(list)
        for game in pl.concat([on, off]).sort("game_date", "game_id").iter_rows(named=True):
            days[game["game_date"]].append(_scheduled(game))
        listed = [{"gameDate": f"{day:%m/%d/%Y} 00:00:00", "games": games} for day, games in days.items()]
        return {
            "meta": self._meta("scheduleleaguev2"),
            "leagueSchedule": {"seasonYear": season, "leagueId": "00", "gameDates": listed, "weeks": []},
        }

    def _meta(self, request: str) -> object:
        return {"version": 1, "request": request, "time": self.clock().isoformat()}

    def _roster(self, team_id: int) -> object:
        headers = CommonTeamRoster.expected_data["CommonTeamRoster"]
        hidden = [player for player, until in self.unlisted.items() if self.clock() < until]
        own = self.known(facts.ROSTERS).filter((pl.col("team_id") == team_id) & ~pl.col("player_id").is_in(hidden))
        players = self._facts[facts.PLAYERS.name].join(own, on="player_id", how="semi")
        rows = [
            _row(
                headers,
                TeamID=team_id,
                PLAYER=player["player_name"],
                POSITION=player["position_primary"],
                HEIGHT=f"{player['height_inches'] // 12}-{player['height_inches'] % 12}",
                WEIGHT=f"{player['weight_lbs']:.0f}",
                BIRTH_DATE=f"{player['birth_date']:%b %d, %Y}".upper(),
                PLAYER_ID=player["player_id"],
            )
            for player in players.iter_rows(named=True)
        ]
        return {
            "resource": "commonteamroster",
            "resultSets": [_set("CommonTeamRoster", headers, rows), _set("Coaches", [], [])],
        }

    def _tracking(self, query: dict[str, str]) -> object:
        day = datetime.strptime(query["DateFrom"], "%m/%d/%Y").date()  # noqa: DTZ007 (a day has no zone)
        columns = MEASURED[query["PtMeasureType"]]
        headers = [*LeagueDashPtStats.expected_data["LeagueDashPtStats"], "PLAYER_ID", *columns.values()]
        rows = [
            _row(
                headers,
                PLAYER_ID=player["player_id"],
                **{
                    theirs: player["time_of_possession"] / 60 if ours == "minutes_of_possession" else player[ours]
                    for ours, theirs in columns.items()
                },
            )
            for player in self.known(facts.TRACKING_GAMES).filter(pl.col("game_date") == day).iter_rows(named=True)
        ]
        return {"resource": "leaguedashptstats", "resultSets": [_set("LeagueDashPtStats", headers, rows)]}

    def _summary(self, game_id: str) -> object:
        game, over = self.game(game_id), self._is_over(game_id)
        out = self.known(facts.AVAILABILITY).filter((pl.col("game_id") == game_id) & (pl.col("status") == "out"))
        sides = {
            side: {
                **_team(game[f"{word}_team_id"]),
                "periods": [],
                "inactives": [
                    {"personId": player, "firstName": "", "familyName": "", "jerseyNum": ""}
                    for player in out.filter(pl.col("team_id") == game[f"{word}_team_id"])["player_id"]
                ],
            }
            for side, word in (("homeTeam", "home"), ("awayTeam", "away"))
        }
        status = {"gameStatus": 3 if over else 1, "gameStatusText": "Final" if over else "7:00 pm ET"}
        return {"meta": self._meta("boxscoresummaryv3"), "boxScoreSummary": {"gameId": game_id, **status, **sides}}

    def _box(self, game_id: str) -> object:
        game = self.game(game_id)
        fields = BoxScoreTraditionalV3.expected_data["PlayerStats"]
        sides = {}
        for side, word in (("homeTeam", "home"), ("awayTeam", "away")):
            team = game[f"{word}_team_id"]
            players = [_boxed(fields, player) for player in self._sheet(game_id, team)]
            players.append(
                _boxed(fields, {"player_id": 1, "player_name": "Deep Bench", "seconds_played": None, "starter": False})
            )
            sides[side] = {**_team(team), "players": players, "statistics": {}, "starters": {}, "bench": {}}
        ids = {"homeTeamId": game["home_team_id"], "awayTeamId": game["away_team_id"]}
        return {"meta": self._meta("boxscoretraditionalv3"), "boxScoreTraditional": {"gameId": game_id, **ids, **sides}}

    def _sheet(self, game_id: str, team: int) -> list[dict[str, Any]]:
        boxes = self.known(facts.BOX_SCORES)
        rows = boxes.filter((pl.col("game_id") == game_id) & (pl.col("team_id") == team))
        return rows.sort("starter", descending=True, maintain_order=True).to_dicts()

    def _live_box(self, game_id: str) -> object:
        game, over = self.game(game_id), self._is_over(game_id)
        reports = self.known(facts.AVAILABILITY).filter(pl.col("game_id") == game_id)
        if not over and self.clock() < game["tip_off"] - timedelta(hours=2):
            return NEVER
        sides = {}
        for side, word in (("homeTeam", "home"), ("awayTeam", "away")):
            team = game[f"{word}_team_id"]
            said = {row["player_id"]: row for row in reports.filter(pl.col("team_id") == team).iter_rows(named=True)}
            played = {row["player_id"]: row for row in self._sheet(game_id, team)}
            listed = [_live_player(number, said.get(number), played.get(number)) for number in sorted({*said, *played})]
            sides[side] = {**_team(team), "players": listed, "statistics": {}}
        status = {"gameStatus": 3 if over else 1, "gameStatusText": "Final" if over else "7:00 pm ET"}
        return {"meta": self._meta("boxscore"), "game": {"gameId": game_id, **status, **sides}}

    def _plays(self, game_id: str) -> object:
        events = self.known(facts.PLAY_BY_PLAY).filter(pl.col("game_id") == game_id).sort("action_number")
        if events.is_empty():
            return NEVER
        start = {"actionNumber": 0, "orderNumber": 0, "actionType": "period", "subType": "start", "period": 1, "personId": 0}
        actions = [start, *(_action(event) for event in events.iter_rows(named=True))]
        return {"meta": self._meta("playbyplay"), "game": {"gameId": game_id, "actions": actions}}

    def _report(self, name: str) -> object:
        """The official report, if it is out: who is out, unsure or available again, today and tomorrow, as said by then."""
        at = datetime.strptime(name, "Injury-Report_%Y-%m-%d_%I%p.pdf").replace(minute=30, tzinfo=EASTERN)
        if at > self.clock():
            return NEVER
        notices = as_of(self._facts[facts.SCHEDULE_NOTICES.name], facts.SCHEDULE_NOTICES)
        until = pl.col("known_at") <= at.astimezone(UTC)
        said = as_of(self._facts[facts.AVAILABILITY.name].filter(until), facts.AVAILABILITY)
        today = said.filter(
            pl.col("game_date").is_between(at.date(), at.date() + timedelta(days=1)) & (pl.col("status") != "starter")
        )
        names = self._facts[facts.PLAYERS.name].select("player_id", "player_name")
        rows = today.join(notices.filter(pl.col("status") == "scheduled"), on=["game_id", "game_date"]).join(
            names, on="player_id"
        )
        return printed(
            [_entry(row) for row in rows.sort("game_id", "team_id").iter_rows(named=True)], at, LAYOUTS["2022-23 after"]
        )

    def _odds(self, path: str, query: dict[str, str]) -> object:
        """Bookmakers' offers, as they were at `date` or are now."""
        at = datetime.strptime(query["date"], "%Y-%m-%dT%H:%M:%S%z") if "date" in query else self.clock()
        notices = as_of(self._facts[facts.SCHEDULE_NOTICES.name], facts.SCHEDULE_NOTICES)
        soon = pl.col("tip_off").is_between(at, at + timedelta(days=1)) & (pl.col("status") == "scheduled")
        games = notices.filter(soon).to_dicts()
        found: object = [self._event(game, at, query.get("markets", "").split(",")) for game in games]
        if "/events/" in path:
            wanted = path.split("/events/")[1].partition("/")[0]
            found = next(event for event in cast("list[dict[str, Any]]", found) if event["id"] == wanted)
        return {"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "data": found} if "date" in query else found

    def _event(self, game: dict[str, Any], at: datetime, markets: list[str]) -> dict[str, Any]:
        names = {side: TEAM_NAMES[game[f"{side}_team_id"]] for side in ("home", "away")}
        event = {
            "id": f"event{game['game_id']}",
            "sport_key": "basketball_nba",
            "commence_time": f"{game['tip_off']:%Y-%m-%dT%H:%M:%SZ}",
            "home_team": names["home"],
            "away_team": names["away"],
        }
        if markets == [""]:
            return event
        books: dict[str, list[object]] = defaultdict(list)
        for table in (facts.GAME_LINES, facts.PROP_LINES):
            lines = self._facts[table.name].filter((pl.col("known_at") <= at) & (pl.col("game_id") == game["game_id"]))
            newest = lines.filter(pl.col("known_at") == pl.col("known_at").max().over("bookmaker"))
            for (book, stamp), rows in newest.group_by(["bookmaker", "known_at"], maintain_order=True):
                offers = _game_markets(rows, names) if table == facts.GAME_LINES else self._prop_markets(rows)
                books[str(book)] += [
                    {"key": market, "last_update": f"{stamp:%Y-%m-%dT%H:%M:%SZ}", "outcomes": sides}
                    for market, sides in offers.items()
                    if market in markets
                ]
        return {
            **event,
            "bookmakers": [{"key": book.lower(), "title": book, "markets": offers} for book, offers in books.items()],
        }

    def _prop_markets(self, rows: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
        names = dict(self._facts[facts.PLAYERS.name].select("player_id", "player_name").iter_rows())
        markets: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows.iter_rows(named=True):
            side = {"name": row["side"], "description": self.spelt(names[row["player_id"]])}
            markets[row["market"]].append({**side, "price": row["american_price"], "point": row["line"]})
        return markets


def _entry(row: dict[str, Any]) -> Entry:
    first, _, last = row["player_name"].partition(" ")
    matchup = "@".join(TEAM[row[f"{side}_team_id"]].abbreviation for side in ("away", "home"))
    day, clock = f"{row['game_date']:%m/%d/%Y}", f"{row['tip_off'].astimezone(EASTERN):%I:%M} (ET)"
    return Entry(
        day, clock, matchup, TEAM_NAMES[row["team_id"]], f"{last}, {first}", row["status"].capitalize(), row["reason"] or ""
    )


def _game_markets(rows: pl.DataFrame, names: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    row = rows.row(0, named=True)
    spread, home, away = row["home_spread"], names["home"], names["away"]
    return {
        "h2h": [{"name": home, "price": row["moneyline_home"]}, {"name": away, "price": row["moneyline_away"]}],
        "spreads": [{"name": home, "price": -110, "point": spread}, {"name": away, "price": -110, "point": -spread}],
        "totals": [{"name": side, "price": -110, "point": row["total"]} for side in ("Over", "Under")],
    }


def _scheduled(game: dict[str, Any]) -> dict[str, Any]:
    tip_off = game["tip_off"]
    return {
        "gameId": game["game_id"],
        "gameStatus": 1,
        "gameStatusText": f"{tip_off.astimezone(EASTERN):%I:%M %p} ET" if tip_off else "TBD",
        "gameDateEst": f"{game['game_date']}T00:00:00Z",
        "gameDateTimeUTC": f"{tip_off:%Y-%m-%dT%H:%M:%SZ}" if tip_off else "1900-01-01T00:00:00Z",
        "postponedStatus": "P" if game["status"] == "postponed" else "A",
        "homeTeam": _team(game["home_team_id"]),
        "awayTeam": _team(game["away_team_id"]),
        "broadcasters": {},
        "pointsLeaders": [],
    }


def _team(team_id: int) -> dict[str, Any]:
    team = TEAM[team_id]
    return {"teamId": team_id, "teamCity": team.city, "teamName": team.nickname, "teamTricode": team.abbreviation}


def _set(name: str, headers: list[str], rows: list[list[object]]) -> object:
    return {"name": name, "headers": headers, "rowSet": rows}


def _row(headers: list[str], **values: object) -> list[object]:
    return [values.get(header) for header in headers]


def _names(player: dict[str, Any]) -> dict[str, Any]:
    first, _, family = player["player_name"].partition(" ")
    return {"personId": player["player_id"], "firstName": first, "familyName": family}


def _counted(player: dict[str, Any]) -> dict[str, Any]:
    return {theirs: player.get(ours, 0) for ours, theirs in COUNTS.items()}


def _boxed(fields: list[str], player: dict[str, Any]) -> dict[str, Any]:
    seconds = player["seconds_played"]
    position = "G" if player["starter"] else ""
    comment = "" if seconds is not None else "DNP - Coach's Decision"
    time = "" if seconds is None else f"{seconds // 60}:{seconds % 60:02}"
    about = {"nameI": "", "playerSlug": "", "jerseyNum": "0", "position": position, "comment": comment}
    statistics = {"minutes": time, **_counted(player)}
    assert statistics.keys() | about.keys() <= set(fields)
    return {**_names(player), **about, "statistics": statistics}


def _live_player(number: int, said: dict[str, Any] | None, played: dict[str, Any] | None) -> dict[str, Any]:
    is_out = said is not None and said["status"] == "out" and played is None
    starts = played["starter"] if played else said is not None and said["status"] == "starter"
    seconds = played["seconds_played"] if played else 0
    time = f"PT{seconds // 60:02}M{seconds % 60:02}.00S"
    why = {"notPlayingReason": "INACTIVE_INJURY", "notPlayingDescription": said["reason"]} if is_out and said else {}
    return {
        **_names(played or {"player_id": number, "player_name": "Not Yet"}),
        "status": "INACTIVE" if is_out else "ACTIVE",
        "starter": "1" if starts else "0",
        "played": "1" if played else "0",
        **why,
        "statistics": {"minutes": time, **_counted(played or {})},
    }


def _action(event: dict[str, Any]) -> dict[str, Any]:
    optional = {
        "assistPersonId": event["assist_person_id"],
        "foulDrawnPersonId": event["foul_drawn_person_id"],
        "stealPersonId": event["steal_person_id"],
        "blockPersonId": event["block_person_id"],
        "shotResult": event["shot_result"],
    }
    sub = event["description"].split()[1].rstrip(":") if event["action_type"] == "substitution" else ""
    return {
        "actionNumber": event["action_number"],
        "orderNumber": event["action_number"] * 10_000,
        "clock": event["clock"],
        "period": event["period"],
        "teamId": event["team_id"],
        "personId": event["person_id"],
        "actionType": event["action_type"],
        "subType": sub,
        "description": event["description"],
        "qualifiers": json.loads(event["qualifiers"].replace("'", '"')),
        "scoreHome": str(event["score_home"]),
        "scoreAway": str(event["score_away"]),
        **{name: value for name, value in optional.items() if value is not None},
    }


@contextmanager
def served(site: Site) -> Iterator[Site]:
    """Serve a site on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body in one piece: two small ones wait for each other.
        wbufsize = -1

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            site.asked.append(self.path)
            fault = _next_fault(site, parts.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            found = NEVER if fault and fault.status != 200 else site.answer(parts.path, query)
            right = b"" if found is NEVER else found if isinstance(found, bytes) else json.dumps(found).encode()
            status, body = (404 if found is NEVER else 200), right
            if fault:
                status = fault.status
                body = fault.body(right) if callable(fault.body) else right if fault.body is None else fault.body
            self.send_response(status)
            left = {"x-requests-remaining": str(site.credits)} if parts.path.startswith("/v4/") else {}
            for name, value in {**left, **(fault.headers if fault else {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if fault and fault.broken_off else body)
            self.close_connection = bool(fault and fault.broken_off)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def _next_fault(site: Site, path: str) -> Fault | None:
    now = site.clock()
    for outage in site.outages:
        if outage.path in path and outage.since <= now < outage.until:
            return outage.fault
    for start, faults in site.faults.items():
        if start in path and faults:
            return faults.pop(0)
    return None
