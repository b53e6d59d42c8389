"""Builds a deployment from settings."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.locks import HomeLock
from nba_assets.settings import Settings
from nba_assets.stores.artifacts import FileArtifacts
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse

if TYPE_CHECKING:
    from nba_assets.sources.protocol import Source


def now() -> datetime:
    """Return the true time."""
    return datetime.now(UTC)


def build_source(settings: Settings, clock: Callable[[], datetime] = now) -> "Source":
    """Return the source that the settings name. Raises SourceError if it has no folder."""
    # Most commands need no source, and sources take a tenth of a second to import.
    if settings.is_live:
        from nba_assets.orchestration.build_live import build_live_source

        return build_live_source(settings, clock)
    return build_games(settings)


def build_games(settings: Settings) -> "Source":
    """Return the simulated league or the archive that the settings name. Raises SourceError if it has no folder."""
    from nba_assets.sources.archive import ArchiveSource
    from nba_assets.sources.protocol import SourceError
    from nba_assets.sources.simulated import SimulatedSource

    if settings.source == "simulated":
        return SimulatedSource(settings.seed, settings.first_season, settings.seasons)
    if settings.archive_path is None:
        raise SourceError("no folder is named", source="source archive", remedy="give --path DIR")
    return ArchiveSource(settings.archive_path, told=settings.archive_noon == "told")


def build_warehouse(settings: Settings) -> DuckDBWarehouse:
    """Return the warehouse of a home folder."""
    return DuckDBWarehouse(settings.warehouse_path, settings.lock_timeout)


def build_artifacts(settings: Settings) -> FileArtifacts:
    """Return the artifact store: the home's own folder, or a gs:// URL."""
    return FileArtifacts(settings.artifacts_url or str(settings.home / "artifacts"))


def build_lock(settings: Settings) -> HomeLock:
    """Return the lock of a home folder."""
    return HomeLock(settings.home, settings.lock_timeout)


def build_deployment(settings: Settings, clock: Callable[[], datetime] = now) -> Deployment:
    """Return the deployment of a home folder."""
    return Deployment(
        source=build_source(settings, clock),
        warehouse=build_warehouse(settings),
        database=Database(settings.usage_database_url),
        artifacts=build_artifacts(settings),
        lock=build_lock(settings),
        clock=clock,
    )
