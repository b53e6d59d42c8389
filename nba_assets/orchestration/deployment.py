"""What a deployment is made of: the one resource of the graph."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nba_assets.orchestration.locks import HomeLock
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.database import Database
from nba_assets.stores.warehouse import Warehouse

if TYPE_CHECKING:
    # Sources are assets of this orchestration; only their protocol is named here.
    from nba_assets.sources.protocol import Source


def _ignore(_share: float) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Deployment:
    """The plain objects that assets work with. Nothing is opened before it is used.

    Attributes:
        source: where facts come from.
        warehouse: all tables.
        database: what websites read.
        artifacts: bundles, distributions and model files.
        lock: who may write.
        clock: the true time.
        advance: called with the share of a long step that is done.
    """

    source: "Source"
    warehouse: Warehouse
    database: Database
    artifacts: Artifacts
    lock: HomeLock
    clock: Callable[[], datetime]
    advance: Callable[[float], None] = _ignore
