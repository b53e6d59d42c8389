"""Builds the source of a home that asks sites."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.orchestration.build import build_games
from nba_assets.reference.names import Names, Person
from nba_assets.settings import Settings
from nba_assets.sources.injuries import DropSource, ReportSource
from nba_assets.sources.live import LiveSource, Parts
from nba_assets.sources.nba_stats import NbaStatsSource
from nba_assets.sources.odds import OddsSource
from nba_assets.sources.odds.queries import Queries
from nba_assets.sources.odds.source import Budget
from nba_assets.sources.protocol import Source, SourceError
from nba_assets.sources.raw import RawStore
from nba_assets.sources.web import Web
from nba_assets.tables import facts
from nba_assets.tables.versions import as_of

NAMED_DAYS = timedelta(days=365)
Slate = Callable[[Dates], pl.DataFrame]
Named = Callable[[Dates], Names]


def build_raw(settings: Settings) -> RawStore:
    """Return the raw store: the home's own folder, or a gs:// URL."""
    return RawStore(settings.raw_url or str(settings.home / "raw"))


def build_live_source(settings: Settings, clock: Callable[[], datetime]) -> LiveSource:
    """Return the source of a home that asks sites.

    Raises:
        SourceError: a source lacks its folder, its key, or its place in time.
    """
    raw = build_raw(settings)
    web = Web(raw, clock, settings.request_spacing, proxy=settings.proxy)
    games: Source = NbaStatsSource(raw, web, settings.sites) if settings.source == "nba_stats" else build_games(settings)
    past, seam = _past(settings)

    def slate(dates: Dates) -> pl.DataFrame:
        notices = as_of(games.read(facts.SCHEDULE_NOTICES, dates), facts.SCHEDULE_NOTICES)
        return notices.filter(pl.col("status") == "scheduled")

    def names(dates: Dates) -> Names:
        return Names(_people(games, past, dates))

    return LiveSource(
        Parts(games, _lines(settings, raw, web, slate, names), _injuries(settings, raw, web, slate, names), past, seam)
    )


def _past(settings: Settings) -> tuple[Source | None, date]:
    if settings.source != "nba_stats" or settings.live_from is None:
        return None, date.min
    if settings.archive_path is None:
        raise SourceError("live_from names a past without a folder", source="source archive", remedy="give --path DIR")
    return build_games(settings.model_copy(update={"source": "archive"})), settings.live_from


def _lines(settings: Settings, raw: RawStore, web: Web, slate: Slate, names: Named) -> OddsSource | None:
    if settings.lines_source == "games":
        return None
    if settings.odds_key is None:
        remedy = "set NBA_ASSETS_ODDS_KEY to your key of The Odds API"
        raise SourceError("there is no key", source="source odds", remedy=remedy)
    asks = Queries(settings.odds_key, settings.odds_markets, settings.odds_regions, settings.sites.get("odds"))
    return OddsSource(raw, web, asks, Budget(settings.odds_reserve, settings.odds_past), slate, names)


def _injuries(settings: Settings, raw: RawStore, web: Web, slate: Slate, names: Named) -> ReportSource | DropSource | None:
    if settings.injuries_source == "report":
        return ReportSource(raw, web, slate, names, settings.sites.get("injuries"))
    if settings.injuries_source == "drop":
        return DropSource(settings.injuries_folder or settings.home / "injuries", slate, names)
    return None


def _people(games: Source, past: Source | None, dates: Dates) -> list[Person]:
    """Everybody whom a name may mean: all players, and who is on which team: by rosters, else by a year of games."""
    listed = [Person(*row) for row in games.read(facts.PLAYERS, dates).select("player_id", "player_name").iter_rows()]
    if isinstance(games, NbaStatsSource):
        found = games.people()
        before = past.read(facts.PLAYERS, dates) if past else facts.PLAYERS.empty()
        return [*found, *listed, *(Person(*row) for row in before.select("player_id", "player_name").iter_rows())]
    played = games.read(facts.BOX_SCORES, Dates(dates.first - NAMED_DAYS, dates.last))
    return [*(Person(*row) for row in played.select("player_id", "player_name", "team_id").unique().iter_rows()), *listed]
