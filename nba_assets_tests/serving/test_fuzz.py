"""Requests by the thousand, made from the service's own OpenAPI document: none of them may be a fault of the service."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from nba_assets.calendar import Dates
from nba_assets.serving.publishing import publish_night
from nba_assets.settings import load_settings
from nba_assets.stores.artifacts import FileArtifacts
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets_tests.dagster_server import dagster
from nba_assets_tests.rows import DAY
from nba_assets_tests.serving.night import NOW
from nba_assets_tests.serving.served import serving, with_a_night, with_models

CASES = 200


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    folder = tmp_path_factory.mktemp("fuzz")
    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb", lock_timeout=0.5)
    home = with_models(with_a_night(folder / "home", warehouse), warehouse)
    database, artifacts = Database(f"sqlite:///{home / 'usage.db'}"), FileArtifacts(str(home / "artifacts"))
    publish_night(warehouse, artifacts, database, Dates(DAY, DAY), NOW)
    with dagster(load_settings(home), daemon=False) as url, serving(home, dagster_url=url) as ask:
        yield schemathesis.openapi.from_url(ask("/openapi.json").url)


schema = schemathesis.pytest.from_fixture("service")


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_no_request_is_a_fault_of_the_service(case: schemathesis.Case) -> None:
    case.call_and_validate(checks=[not_a_server_error, content_type_conformance, response_schema_conformance])
