"""A home whose one night is published, and a service of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets_tests.serving.served import Ask, serving, with_a_night


@pytest.fixture
def home(warehouse: DuckDBWarehouse, tmp_path: Path) -> Path:
    return with_a_night(tmp_path, warehouse)


@pytest.fixture
def ask(home: Path) -> Iterator[Ask]:
    with serving(home) as asked:
        yield asked
