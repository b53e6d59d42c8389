"""A small home that nothing has disturbed, for tests that disturb others."""

from datetime import date

import pytest

from nba_assets.calendar import Dates
from nba_assets.home import Home
from nba_assets.orchestration.runner import Runner
from nba_assets.settings import Settings, load_settings
from nba_assets.stores.fingerprint import fingerprint
from nba_assets.tables import TABLES
from nba_assets_tests.conftest import HOME

# A cutoff in the season's first month makes a bundle and predictions of a few days in some seconds.
CRON = "0 0 5 * *"
DAYS = Dates(date(2022, 11, 5), date(2022, 11, 7))


@pytest.fixture(scope="session")
def undisturbed_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home after `backfill` of three days; tests only read it, or copy it."""
    settings = load_settings(tmp_path_factory.mktemp("undisturbed"), **HOME, cutoff_cron=CRON)
    Runner(settings).backfill(DAYS)
    assert Home(settings).read("graded_predictions").height > 300
    return settings


def fingerprints(home: Home) -> dict[str, str]:
    """Hashes of all tables, of dated ones up to the last of the days."""
    until = Dates(date(2018, 1, 1), DAYS.last)
    return {
        name: fingerprint(home.warehouse.read(table, until if table.date_column else None), table)
        for name, table in TABLES.items()
    }


@pytest.fixture(scope="session")
def undisturbed(undisturbed_home: Settings) -> dict[str, str]:
    """Hashes of its tables."""
    return fingerprints(Home(undisturbed_home))
