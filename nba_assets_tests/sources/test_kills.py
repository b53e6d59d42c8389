"""A fetch that is killed again and again, also in the middle of an answer, ends with the same facts and asks nothing twice."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from nba_assets.sources.nba_stats import NbaStatsSource
from nba_assets.sources.raw import RawStore
from nba_assets.sources.web import Web
from nba_assets.tables import facts
from nba_assets_tests.sources.site import DAYS, Clock, Site, served
from nba_assets_tests.sources.test_nba_stats import YEARS_LATER

KILLS = 10
FETCH = """
import json, sys
from datetime import UTC, date, datetime, timedelta
from nba_assets.sources.nba_stats import NbaStatsSource
from nba_assets.sources.raw import RawStore
from nba_assets.sources.web import Web
raw, sites, first, days = sys.argv[1], json.loads(sys.argv[2]), date.fromisoformat(sys.argv[3]), int(sys.argv[4])
now = datetime(2026, 7, 1, tzinfo=UTC)
store = RawStore(raw)
source = NbaStatsSource(store, Web(store, lambda: datetime.now(UTC).replace(year=2026, month=7, day=1), (0.0, 0.0)), sites)
for n in range(days):
    for asked in source.fetch(first + timedelta(days=n), now):
        pass
"""


class Deadly(Site):
    """A site that kills who asks: at some of the requests, before the answer or in the middle of it."""

    victim: subprocess.Popen[bytes] | None = None
    kills: tuple[int, ...] = ()

    def answer(self, path: str, query: dict[str, str]) -> object:
        found = super().answer(path, query)
        if len(self.asked) in self.kills and self.victim:
            os.kill(self.victim.pid, signal.SIGKILL)
        return found


@pytest.fixture
def deadly(truth: dict[str, pl.DataFrame]) -> Iterator[Deadly]:
    with served(Deadly(truth, Clock(YEARS_LATER))) as site:
        assert isinstance(site, Deadly)
        yield site


def source(site: Site, folder: Path) -> NbaStatsSource:
    raw = RawStore(str(folder))
    return NbaStatsSource(raw, Web(raw, Clock(YEARS_LATER), spacing=(0.0, 0.0)), site.sites())


def test_kills_lose_nothing_and_repeat_nothing(deadly: Deadly, tmp_path: Path) -> None:
    days = (DAYS.last - DAYS.first).days + 1
    whole = source(deadly, tmp_path / "whole")
    for n in range(days):
        list(whole.fetch(DAYS.first + timedelta(days=n), YEARS_LATER))
    once = len(deadly.asked)
    deadly.asked.clear()
    deadly.kills = tuple(sorted(Random(5).sample(range(2, once), KILLS)))
    runs = 0
    while True:
        runs += 1
        command = [
            sys.executable,
            "-c",
            FETCH,
            str(tmp_path / "killed"),
            json.dumps(deadly.sites()),
            str(DAYS.first),
            str(days),
        ]
        deadly.victim = subprocess.Popen(command)
        if deadly.victim.wait(timeout=120) == 0:
            break
    assert runs == KILLS + 1
    # Who was killed had no answer: that one request is repeated, and no other.
    repeated = {path: count for path, count in Counter(deadly.asked).items() if count > 1}
    assert sum(repeated.values()) - len(repeated) <= KILLS
    assert len(deadly.asked) <= once + KILLS
    killed = source(deadly, tmp_path / "killed")
    for table in (facts.SCHEDULE_NOTICES, facts.BOX_SCORES, facts.PLAY_BY_PLAY, facts.TRACKING_GAMES, facts.AVAILABILITY):
        assert_frame_equal(killed.read(table, DAYS), whole.read(table, DAYS))
