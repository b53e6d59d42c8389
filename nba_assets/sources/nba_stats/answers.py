"""What NBA.com has answered so far: the usable answers in the raw store, read."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.sources.nba_stats import boxes, games, people, plays, queries
from nba_assets.sources.raw import Kept, RawStore, Response
from nba_assets.sources.web import Unusable, understood

Answer = tuple[Response, pl.DataFrame]
READERS: dict[str, Callable[[Response], pl.DataFrame]] = {
    queries.SCHEDULE: games.games,
    queries.ROSTER: people.roster,
    queries.TRACKING: people.tracked,
    queries.SUMMARY: boxes.summary,
    queries.BOX: boxes.box_score,
    queries.LIVE_BOX: boxes.live_box,
    queries.LINEUPS: boxes.lineups,
    queries.PLAYS: plays.plays,
}


class Answers:
    """Answers by endpoint and folder. Those that are no facts are passed over: `source_requests` has why.

    Args:
        raw: where they are kept.
    """

    def __init__(self, raw: RawStore) -> None:
        """Remember the store; nothing is read yet."""
        self._raw = raw
        # Schedules and rosters are read again and again, by many tables; and so is whether an answer was usable.
        self._remembered = {endpoint: lru_cache(maxsize=512)(self._read) for endpoint in (queries.SCHEDULE, queries.ROSTER)}
        self._was_usable: dict[Kept, bool] = {}

    def seasons(self) -> list[str]:
        """Return the seasons of which there is a schedule."""
        return self._raw.folders(queries.SOURCE, queries.SCHEDULE)

    def folders(self, endpoint: str, dates: Dates) -> list[str]:
        """Return the dates within a range, as text, of which there are answers."""
        first, last = dates.first.isoformat(), dates.last.isoformat()
        return [folder for folder in self._raw.folders(queries.SOURCE, endpoint) if first <= folder <= last]

    def usable(self, endpoint: str, folder: str, subject: str | None = None) -> Iterator[Answer]:
        """Yield the answers that are facts, by subject and time; of one subject or of all."""
        read = self._remembered.get(endpoint, self._read)
        for kept in self._raw.kept(queries.SOURCE, endpoint, folder):
            if subject in (None, kept.subject) and (answer := read(kept)):
                yield answer

    def newest(self, endpoint: str, folder: str, subject: str) -> datetime | None:
        """Return when the newest answer was given that is a fact; None: there is none."""
        for kept in reversed(self._raw.kept(queries.SOURCE, endpoint, folder)):
            if kept.subject == subject:
                if kept not in self._was_usable:
                    self._was_usable[kept] = self._read(kept) is not None
                if self._was_usable[kept]:
                    return kept.asked_at
        return None

    def _read(self, kept: Kept) -> Answer | None:
        response = self._raw.read(kept)
        try:
            return response, understood(response, READERS[kept.endpoint])
        except Unusable:
            return None
