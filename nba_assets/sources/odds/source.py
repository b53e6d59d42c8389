"""The `odds` source: lines on games and players at noon and before tip-off, within a budget of credits."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

import polars as pl

from nba_assets.calendar import EASTERN, MIDNIGHT, NOON, Dates, eastern, tip_off_or_assumed
from nba_assets.reference.names import Names
from nba_assets.reference.teams import UnknownTeamError, team_id
from nba_assets.sources.odds import queries
from nba_assets.sources.odds.answers import Offers, offers, remaining
from nba_assets.sources.odds.queries import GAME_MARKETS, Queries
from nba_assets.sources.raw import Kept, RawStore, Response
from nba_assets.sources.web import Asked, Request, Unusable, Web, understood
from nba_assets.tables import facts
from nba_assets.tables.contracts import Table, conform

# Shortly before noon, and shortly before the `tip` decision, 15 minutes before a game; a late one tells the closing line.
NOON_FROM, CLOSING_FROM, CLOSING_UNTIL = timedelta(minutes=30), timedelta(minutes=22), timedelta(minutes=5)
# What is asked about the past is asked as of these instants.
BEFORE_NOON, BEFORE_TIP = timedelta(minutes=5), timedelta(minutes=20)
SIDES = ("Over", "Under")


class Budget(NamedTuple):
    """What may be spent.

    Attributes:
        reserve: credits that are to be left.
        past: what of the past may be asked for: `none`, `games` or `all`.
    """

    reserve: int = 50
    past: str = "none"


class OddsSource:
    """Lines of bookmakers.

    Args:
        raw: where answers are kept.
        web: asks for more.
        asks: makes requests.
        budget: of credits.
        slate: gives the games of some dates: game_id, game_date, home_team_id, away_team_id, tip_off.
        names: gives everybody who may be meant on a date.
    """

    name = queries.SOURCE

    def __init__(
        self,
        raw: RawStore,
        web: Web,
        asks: Queries,
        budget: Budget,
        slate: Callable[[Dates], pl.DataFrame],
        names: Callable[[Dates], Names],
    ) -> None:
        """Remember them; nothing is asked or read yet."""
        self._raw, self._web, self._asks, self._budget, self._slate, self._names = raw, web, asks, budget, slate, names
        self._credits: int | None = None

    def due(self, day: date, now: datetime) -> Iterator[Request]:
        """Yield what is due for a date: snapshots whose time has come; of the past those that the budget allows."""
        slate = self._slate(Dates(day, day)).with_columns(tip_off=tip_off_or_assumed(pl.col("tip_off"), pl.col("game_date")))
        if slate.is_empty():
            return
        if now >= eastern(day + timedelta(days=1), MIDNIGHT):
            yield from self._past(day, slate)
            return
        noon = eastern(day, NOON)
        closing = slate.filter(pl.col("tip_off").is_between(now + CLOSING_UNTIL, now + CLOSING_FROM))
        starts = [tip_off - CLOSING_FROM for tip_off in closing["tip_off"].unique().sort()]
        if noon - NOON_FROM <= now <= noon:
            starts, closing = [noon - NOON_FROM], slate
        if not starts or self._asked_since(queries.GAMES, day, "all", max(starts)):
            return
        yield self._asks.events(day)
        yield self._asks.games(day)
        for event in self._events(day, closing):
            if not self._asked_since(queries.PROPS, day, event, max(starts)):
                yield self._asks.props(day, event)

    def _past(self, day: date, slate: pl.DataFrame) -> Iterator[Request]:
        """The past is asked for as of noon and of each tip-off."""
        if self._budget.past == "none":
            return
        tip_offs = slate["tip_off"].unique().sort()
        instants = [eastern(day, NOON) - BEFORE_NOON, *(tip_off - BEFORE_TIP for tip_off in tip_offs)]
        for at in instants:
            request = self._asks.past_games(day, at)
            if not self._asked_since(request.endpoint, day, request.subject, None):
                yield request
        if self._budget.past == "games":
            return
        first = self._asks.past_events(day, instants[0])
        if not self._asked_since(first.endpoint, day, first.subject, None):
            yield first
        for at in instants:
            playing = slate if at == instants[0] else slate.filter(pl.col("tip_off") == at + BEFORE_TIP)
            for event in self._events(day, playing):
                request = self._asks.past_props(day, event, at)
                if not self._asked_since(request.endpoint, day, request.subject, None):
                    yield request

    def fetch(self, day: date, now: datetime) -> Iterator[Asked]:
        """Ask for what is due for a date, and yield what became of each request; what the budget forbids is not sent."""
        for request in self.due(day, now):
            left = self.credits()
            if request.cost and left is not None and left - request.cost < self._budget.reserve:
                detail = f"{left} credits are left, {self._budget.reserve} are kept in reserve, this costs up to {request.cost}"
                yield Asked(request, now, "out_of_budget", detail)
                continue
            asked = self._web.ask(request, offers)
            if asked.response:
                self._credits = remaining(asked.response)
            yield asked

    def credits(self) -> int | None:
        """Return the credits that are left, as the newest answer says; None: nobody knows."""
        if self._credits is None:
            newest: list[Kept] = []
            for endpoint in queries.ENDPOINTS:
                if folders := self._raw.folders(queries.SOURCE, endpoint):
                    newest += self._raw.kept(queries.SOURCE, endpoint, folders[-1])
            if newest:
                self._credits = remaining(self._raw.read(max(newest, key=lambda kept: kept.asked_at)))
        return self._credits

    def read(self, table: Table, dates: Dates) -> pl.DataFrame:
        """Return the facts `game_lines` or `prop_lines` about the given dates."""
        found = self._offers(dates)
        if found.offers.is_empty():
            return table.empty()
        lines = self._game_lines(found) if table == facts.GAME_LINES else self._prop_lines(found, dates)
        return conform(lines.unique(table.key, keep="first").sort(table.key), table, "answers of The Odds API")

    def aside(self, dates: Dates) -> pl.DataFrame:
        """Return `quarantined_rows`: one row per date and name of a player that nobody or more than one bears."""
        found = self._offers(dates)
        if found.offers.is_empty():
            return facts.QUARANTINED_ROWS.empty()
        listed = found.offers.drop_nulls("player").join(found.games, on="event")
        names = self._names(dates)
        written = listed.select("game_date", "player", "home_team_id", "away_team_id").unique().sort("game_date", "player")
        asked = [
            (day, name, names.resolve(name))
            for day, name, *teams in written.iter_rows()
            if _one_of(names, name, *teams) is None
        ]
        rows = [
            {
                "source": f"{queries.SOURCE}/{day}",
                "source_table": facts.PROP_LINES.name,
                "row_number": number,
                "reason": "unknown_player" if answer.how == "unknown" else "ambiguous_player",
                "detail": f"{name} is {answer.how}: {', '.join(answer.candidates)}".removesuffix(": "),
            }
            for number, (day, name, answer) in enumerate(asked)
        ]
        return pl.DataFrame(rows, schema=facts.QUARANTINED_ROWS.schema)

    def asides(self) -> list[str]:
        """Return what `aside` may have rows about: dates of which there are answers."""
        endpoints = (queries.PROPS, queries.PAST_PROPS)
        return sorted(
            {f"{queries.SOURCE}/{folder}" for each in endpoints for folder in self._raw.folders(queries.SOURCE, each)}
        )

    def _game_lines(self, found: Offers) -> pl.DataFrame:
        """One row per snapshot of a book: spread and money of the home team, and the total."""
        sides = found.offers.filter(pl.col("market").is_in(GAME_MARKETS)).join(found.games, on="event")
        home, away = pl.col("side") == pl.col("home"), pl.col("side") == pl.col("away")
        money, spread, total = (pl.col("market") == market for market in GAME_MARKETS)
        snapshot = ["game_id", "game_date", "bookmaker"]
        return sides.group_by(*snapshot, "answer", maintain_order=True).agg(
            home_spread=pl.col("point").filter(spread & home).first(),
            total=pl.col("point").filter(total).first(),
            moneyline_home=pl.col("price").filter(money & home).first(),
            moneyline_away=pl.col("price").filter(money & away).first(),
            known_at=pl.col("stamp").max(),
        )

    def _prop_lines(self, found: Offers, dates: Dates) -> pl.DataFrame:
        """One row per side of an offer on a player whose name one person bears."""
        sides = found.offers.filter(
            pl.col("side").is_in(SIDES) & pl.col("player").is_not_null() & pl.col("point").is_not_null()
        )
        sides = sides.join(found.games, on="event")
        names = self._names(dates)
        written = sides.select("player", "home_team_id", "away_team_id").unique()
        meant = [_one_of(names, *row) for row in written.iter_rows()]
        resolved = written.with_columns(player_id=pl.Series(meant, dtype=pl.Int64))
        known = sides.join(resolved, on=["player", "home_team_id", "away_team_id"], how="left").drop_nulls("player_id")
        return known.with_columns(line="point", american_price="price", known_at="stamp")

    def _offers(self, dates: Dates) -> Offers:
        """All offers on games of these dates, with `answer`, the number of the answer; games with our ids."""
        slate = self._slate(dates)
        games: list[pl.DataFrame] = []
        sides: list[pl.DataFrame] = []
        for number, (_, found) in enumerate(self._usable(dates)):
            games.append(found.games)
            sides.append(found.offers.with_columns(answer=pl.lit(number)))
        if not games:
            return Offers(slate.clear(), pl.DataFrame())
        known = pl.concat(games).unique("event", keep="last", maintain_order=True)
        day = pl.col("starts").dt.convert_time_zone(str(EASTERN)).dt.date()
        teams = [
            pl.col(side).map_elements(_team_id, return_dtype=pl.Int64).alias(f"{side}_team_id") for side in ("home", "away")
        ]
        mine = known.with_columns(*teams, game_date=day).join(slate, on=["game_date", "home_team_id", "away_team_id"])
        return Offers(mine, pl.concat(sides))

    def _usable(self, dates: Dates) -> Iterator[tuple[Response, Offers]]:
        first, last = dates.first.isoformat(), dates.last.isoformat()
        for endpoint in queries.ENDPOINTS:
            for folder in self._raw.folders(queries.SOURCE, endpoint):
                if first <= folder <= last:
                    for kept in self._raw.kept(queries.SOURCE, endpoint, folder):
                        response = self._raw.read(kept)
                        try:
                            yield response, understood(response, offers)
                        except Unusable:
                            continue

    def _events(self, day: date, games: pl.DataFrame) -> list[str]:
        """The API's ids of some games of a date."""
        known = self._offers(Dates(day, day)).games
        return known.join(games, on="game_id", how="semi").sort("event")["event"].to_list() if not known.is_empty() else []

    def _asked_since(self, endpoint: str, day: date, subject: str, since: datetime | None) -> bool:
        kept = self._raw.kept(queries.SOURCE, endpoint, day.isoformat())
        return any(answer.subject == subject and (since is None or answer.asked_at >= since) for answer in kept)


def _one_of(names: Names, written: str, home: int, away: int) -> int | None:
    """Who of two teams is meant, else who of all."""
    found = {names.resolve(written, team).player_id for team in (home, away)} - {None}
    return found.pop() if len(found) == 1 else None


def _team_id(name: str) -> int | None:
    try:
        return team_id(name)
    except UnknownTeamError:
        return None
