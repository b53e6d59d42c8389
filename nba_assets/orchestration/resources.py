"""The plain objects that assets are handed, made from settings."""

from datetime import UTC, datetime

from nba_assets.settings import Settings
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.protocol import Source, SourceError
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.artifacts import LocalArtifacts
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse


def now() -> datetime:
    """Return the true time."""
    return datetime.now(UTC)


def build_source(settings: Settings) -> Source:
    """Return the source that the settings name."""
    if settings.source == "simulated":
        return SimulatedSource(settings.seed, settings.first_season, settings.seasons)
    if settings.archive_path is None:
        raise SourceError("source archive: no folder is named; give --path DIR")
    return ArchiveSource(settings.archive_path)


def build_warehouse(settings: Settings) -> DuckDBWarehouse:
    """Return the warehouse of a home folder."""
    return DuckDBWarehouse(settings.warehouse_path, settings.lock_timeout)


def build_resources(settings: Settings) -> dict[str, object]:
    """Return the resources of a deployment, by name."""
    return {
        "source": build_source(settings),
        "warehouse": build_warehouse(settings),
        "database": Database(settings.usage_database_url),
        "artifacts": LocalArtifacts(settings.home / "artifacts"),
        "clock": now,
    }
