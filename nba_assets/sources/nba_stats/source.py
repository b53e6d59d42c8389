"""The `nba_stats` source: facts from what NBA.com has answered, and the asking for more."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

import polars as pl

from nba_assets.calendar import Dates, SeasonSpan
from nba_assets.reference.names import Person
from nba_assets.sources.nba_stats import needs, queries
from nba_assets.sources.nba_stats.answers import READERS, Answers
from nba_assets.sources.nba_stats.needs import Need
from nba_assets.sources.nba_stats.queries import Queries
from nba_assets.sources.nba_stats.reading import Reading
from nba_assets.sources.protocol import SetAside
from nba_assets.sources.raw import RawStore
from nba_assets.sources.web import Asked, Request, Web
from nba_assets.tables import facts
from nba_assets.tables.contracts import Table, conform
from nba_assets.tables.versions import as_of

# After these the other way has nothing else to say.
SETTLED = ("ok", "running")


class NbaStatsSource:
    """Facts of NBA.com. They come from the raw store only, so reading needs no network.

    Args:
        raw: where its answers are kept.
        web: asks for more.
        sites: addresses in place of the real ones: `stats` and `live`.
    """

    name = queries.SOURCE

    def __init__(self, raw: RawStore, web: Web, sites: dict[str, str]) -> None:
        """Remember them; nothing is asked or read yet."""
        self._web, self._asks, self._answers = web, Queries(sites), Answers(raw)
        self._facts = Reading(self._answers)
        self._readers: dict[str, Callable[[Dates], pl.DataFrame]] = {
            facts.SCHEDULE_NOTICES.name: self._facts.schedule,
            facts.BOX_SCORES.name: self._facts.box_scores,
            facts.QUARANTINE.name: self._facts.quarantine,
            facts.PLAY_BY_PLAY.name: self._facts.play_by_play,
            facts.TRACKING_GAMES.name: self._facts.tracking_games,
            facts.AVAILABILITY.name: self._facts.availability,
            facts.PLAYERS.name: self._facts.players,
            facts.ROSTERS.name: self._facts.rosters,
        }

    def origins(self, _table: Table, _day: date, /) -> list[str]:
        """Return the source's own name."""
        return [self.name]

    def needs(self, day: date, now: datetime) -> Iterator[Need]:
        """Yield what is due for a date: of its season, then of the games that the schedule has by then."""
        yield from needs.of_season(self._asks, self._answers, day, now)
        notices = as_of(self._facts.schedule(Dates(day, day)), facts.SCHEDULE_NOTICES)
        slate = notices.filter(pl.col("status") == "scheduled").sort("game_id")
        yield from needs.of_slate(self._asks, self._answers, day, slate, now)

    def due(self, day: date, now: datetime) -> Iterator[Request]:
        """Yield the first way of all that is due for a date."""
        return (request for need in self.needs(day, now) for request in need.ways[0])

    def fetch(self, day: date, now: datetime) -> Iterator[Asked]:
        """Ask for what is due for a date, and yield what became of each request."""
        for need in self.needs(day, now):
            yield from self._meet(need)

    def seasons(self) -> list[SeasonSpan]:
        """Return the seasons of which there is a schedule."""
        spans: list[SeasonSpan] = []
        for season in self._answers.seasons():
            notices = self._facts.notices(season)
            if not notices.is_empty():
                first, last = notices.select(first=pl.col("game_date").min(), last=pl.col("game_date").max()).row(0)
                spans.append(SeasonSpan(season, Dates(first, last)))
        return spans

    def people(self) -> list[Person]:
        """Return everybody who is or was on a roster, once for each team."""
        rows = self._facts.listed().select("player_id", "player_name", "team_id").unique(maintain_order=True)
        return [Person(*row) for row in rows.iter_rows()]

    def remarks(self) -> list[str]:
        """Return nothing: `source_requests` has what could not be used, and why."""
        return []

    def set_aside(self) -> SetAside:
        """Return nothing: an answer is used whole or not at all."""
        return SetAside([], [], facts.QUARANTINED_ROWS.empty())

    def read(self, table: Table, dates: Dates) -> pl.DataFrame:
        """Return the facts of one table about the given dates."""
        found = self._readers[table.name](dates) if table.name in self._readers else table.empty()
        return conform(found.sort(table.key), table, "answers of NBA.com")

    def _meet(self, need: Need) -> Iterator[Asked]:
        """Ask by one way after the other until one has answered."""
        for way in need.ways:
            outcome = ""
            for request in way:
                asked = self._web.ask(request, READERS[request.endpoint])
                yield asked
                outcome = asked.outcome
                if outcome != "ok":
                    break
            if outcome in SETTLED:
                return
