"""Measured: facts from raw answers of a part of a season, beside reading their JSON alone; and how both grow."""

import json
import resource
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from nba_assets.calendar import Dates
from nba_assets.sources.nba_stats import NbaStatsSource, queries
from nba_assets.sources.nba_stats.queries import Queries
from nba_assets.sources.raw import Kept, RawStore, Response
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.sources.web import Request, Web
from nba_assets.tables import facts
from nba_assets.tables.versions import as_of
from nba_assets_tests.benchmarks.test_benchmarks import report, seconds
from nba_assets_tests.sources.site import Clock, Site, known_facts

NOW = datetime(2026, 7, 1, tzinfo=UTC)
FIRST = date(2022, 10, 18)
TABLES = (
    facts.SCHEDULE_NOTICES,
    facts.BOX_SCORES,
    facts.PLAY_BY_PLAY,
    facts.TRACKING_GAMES,
    facts.AVAILABILITY,
    facts.QUARANTINE,
    facts.PLAYERS,
)


def kept(folder: Path, days: int) -> tuple[NbaStatsSource, RawStore, int]:
    """A source whose raw store has all answers about some days, written without a network; and the number of games."""
    league = SimulatedSource(7, 2022, 1)
    dates = Dates(FIRST, FIRST + timedelta(days=days - 1))
    clock = Clock(NOW)
    site, raw, asks = Site(known_facts(league, dates), clock), RawStore(str(folder)), Queries({})

    def keep(request: Request, path: str) -> None:
        query = {name: value for name, value in request.parameters.items() if value}
        body = json.dumps(site.answer(path, query)).encode()
        where = Kept(request.source, request.endpoint, request.folder, request.subject, clock())
        raw.keep(Response(where, request.public_url, (), body))

    keep(asks.schedule("2022-23"), "/stats/scheduleleaguev2")
    notices = as_of(league.read(facts.SCHEDULE_NOTICES, dates), facts.SCHEDULE_NOTICES)
    slate = notices.filter(pl.col("status") == "scheduled")
    games = list(slate.select("game_date", "game_id").unique(maintain_order=True).iter_rows())
    for day, game in games:
        keep(asks.summary(day, game), "/stats/boxscoresummaryv3")
        keep(asks.box(day, game), "/stats/boxscoretraditionalv3")
        keep(asks.plays(day, game), f"/live/playbyplay_{game}.json")
    for day in sorted({day for day, _ in games}):
        for measure in queries.MEASURES:
            keep(asks.tracking(day, "2022-23", "Regular Season", measure), "/stats/leaguedashptstats")
    return NbaStatsSource(raw, Web(raw, clock), {}), raw, len(games)


def test_facts_from_raw_answers(tmp_path: Path) -> None:
    for days in (20, 40):
        source, raw, games = kept(tmp_path / str(days), days)
        dates = Dates(FIRST, FIRST + timedelta(days=days - 1))
        everything = list(raw.everything())
        plain = seconds(lambda: [json.loads(raw.read(each).body) for each in everything], 1)  # noqa: B023 (called at once)
        whole = seconds(lambda: [source.read(table, dates) for table in TABLES], 1)  # noqa: B023 (called at once)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        report(
            f"facts of {games} games from {len(everything):,} raw answers: {whole:.1f} s,"
            f" {1230 * whole / games:.0f} s for a season"
            f" of 1,230 games; {whole / plain:.1f} times their JSON alone; {memory:.1f} GiB"
        )
