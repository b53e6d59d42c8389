"""The checks of `nba-assets doctor`. A room that needs something of its own adds a check here."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from nba_assets.calendar import EASTERN, Dates
from nba_assets.errors import NbaAssetsError
from nba_assets.orchestration.build import build_source, build_warehouse
from nba_assets.settings import Settings, remembered
from nba_assets.sources.requests import REMEDIES, health
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables import facts, league
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, MODEL_BUNDLES
from nba_assets.tables.registry import ML_MODEL_REGISTRY

OK, WARNING, FAULT = "ok", "warning", "fault"
# Four seasons of real games with all bundles take 1.1 GiB; a full disk stops a run in the middle.
LOW_DISK, NO_DISK = 5 * 2**30, 2**29
MINUTES_WITH_CLOCK = 5
STALE = timedelta(days=2)
SITES_DAYS = timedelta(days=3)


class Check(NamedTuple):
    """What was checked, how it is (ok, warning or fault), what was found, and what to do."""

    check: str
    state: str
    found: str
    remedy: str = ""


def checks(settings: Settings) -> Iterator[Check]:
    """Yield the checks of a home, those first on which the others depend.

    Raises:
        SettingsError: the settings cannot be read; that is the first check, made by whoever loaded them.
    """
    yield Check("settings", OK, f"home {settings.home}, source {settings.source}")
    yield _rights(settings.home)
    yield _disk(settings.home)
    yield _clock(settings.home)
    yield _tried("source", lambda: _source(settings))
    if not settings.warehouse_path.exists():
        yield Check("schema", WARNING, "the home holds no data yet", "`nba-assets backfill --from D --to D` makes some")
        return
    warehouse = build_warehouse(settings)
    yield _tried("schema", lambda: _schema(warehouse))
    yield _tried("contents", lambda: _contents(warehouse))
    yield _tried("freshness", lambda: _freshness(warehouse))
    if settings.is_live:
        yield from _sites(warehouse)


def _tried(name: str, check: Callable[[], Check]) -> Check:
    """A check that raises an expected error is a fault, with the error's own remedy."""
    try:
        return check()
    except NbaAssetsError as error:
        return Check(name, FAULT, error.message, error.remedy or "see the message")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _rights(home: Path) -> Check:
    where = _existing(home)
    try:
        with TemporaryFile(dir=where):
            pass
    except OSError as error:
        return Check("rights", FAULT, f"{where} cannot be written: {error.strerror}", f"chown or chmod {where}, or --home DIR")
    return Check("rights", OK, f"{where} can be written")


def _disk(home: Path) -> Check:
    free = shutil.disk_usage(_existing(home)).free
    found = f"{free / 2**30:.1f} GiB free"
    if free < NO_DISK:
        return Check("disk", FAULT, found, "free some disk, or name another folder with --home DIR")
    if free < LOW_DISK:
        return Check("disk", WARNING, found, "four seasons with bundles take about 1.1 GiB: free some disk before a backfill")
    return Check("disk", OK, found)


def _clock(home: Path) -> Check:
    """What is known when is decided by the clock: it may not be behind what this home has already written."""
    now = datetime.now(UTC)
    found = f"{now.astimezone(EASTERN):%Y-%m-%d %H:%M} in New York"
    files = [path for path in home.glob("*") if path.is_file()]
    newest = max((path.stat().st_mtime for path in files), default=0.0)
    if newest > now.timestamp() + 60 * MINUTES_WITH_CLOCK:
        return Check("clock", FAULT, f"{found}, but files of the home are from later", "set the machine's clock")
    return Check("clock", OK, found)


def _source(settings: Settings) -> Check:
    held = remembered(settings.home).get("source", settings.source)
    if held != settings.source and not (settings.live_from and held == "archive"):
        return Check("source", FAULT, f"the home holds data of source {held}, settings say {settings.source}", "--home DIR")
    folder = settings.archive_path
    if settings.source == "archive" and (folder is None or not os.access(folder / "player_games", os.R_OK)):
        return Check("source", FAULT, f"archive {folder} has no readable player_games/", "give --path DIR; docs/archive.md")
    source = build_source(settings)
    if settings.is_live:
        since = f" since {settings.live_from}, before it archive {folder}" if settings.live_from else ""
        others = f"lines of {settings.lines_source}, injuries of {settings.injuries_source}"
        return Check("source", OK, f"games of {settings.source}{since}; {others}")
    return Check("source", OK, f"source {source.name}")


def _schema(warehouse: DuckDBWarehouse) -> Check:
    done = warehouse.migrate()
    return Check("schema", OK, f"brought up to date: {'; '.join(done)}" if done else "every table, column and view is there")


def _contents(warehouse: DuckDBWarehouse) -> Check:
    wanted = (facts.BOX_SCORES, league.PLAYER_GAMES, ML_FEATURE_STORE, MODEL_BUNDLES, ML_MODEL_REGISTRY, ML_MODEL_PREDICTIONS)
    with warehouse.session():
        empty = [table.name for table in (*wanted, GRADED_PREDICTIONS) if not warehouse.summary(table).rows]
    if empty:
        return Check("contents", WARNING, f"empty: {', '.join(empty)}", "`nba-assets backfill --from D --to D` fills them")
    return Check("contents", OK, "facts, features, bundles, predictions and grades are there")


def _freshness(warehouse: DuckDBWarehouse) -> Check:
    """Whether the newest game that is over has grades."""
    with warehouse.session():
        played, graded = warehouse.summary(league.PLAYER_GAMES).last, warehouse.summary(GRADED_PREDICTIONS).last
    found = f"newest box score {played}, newest grade {graded}"
    if played is not None and (graded is None or played - graded > STALE):
        return Check("freshness", WARNING, found, f"`nba-assets grade {played}`, or start the schedules in `nba-assets dev`")
    return Check("freshness", OK, found)


def _sites(warehouse: DuckDBWarehouse) -> Iterator[Check]:
    """When each source last answered, what it failed at since, and why."""
    now = datetime.now(UTC)
    today = now.astimezone(EASTERN).date()
    with warehouse.session():
        last = warehouse.summary(facts.SOURCE_REQUESTS).last or today
        asked = warehouse.read(facts.SOURCE_REQUESTS, Dates(last - SITES_DAYS, last))
    if asked.is_empty():
        yield Check("sites", WARNING, "nothing was asked yet", "`nba-assets fetch`, or start the sensor due_fetches")
    for each in health(asked):
        found = f"last answered {each.answered_at:%Y-%m-%d %H:%M} UTC" if each.answered_at else "never answered"
        failures = "; ".join(f"{outcome} ({count}): {detail}" for outcome, count, detail in each.failures)
        remedy = "; ".join(REMEDIES[outcome] for outcome, _, _ in each.failures)
        state = OK if not each.failures else WARNING if each.answered_at else FAULT
        yield Check(f"source {each.source}", state, f"{found}; {failures}" if failures else found, remedy)
