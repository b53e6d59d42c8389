"""Two simulated seasons as a history, a home of them, and a fit with short chains: made once."""

from pathlib import Path

import pytest

from nba_assets.league import box
from nba_assets.league.possessions import possessions, stints
from nba_assets.lineups.cmdstan import find
from nba_assets.lineups.store import history, keep, learned
from nba_assets.lineups.study import History, Study
from nba_assets.orchestration.build import build_artifacts, build_warehouse
from nba_assets.settings import Settings, load_settings
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables import facts
from nba_assets.tables import league as tables

SEASONS = ("2022-23", "2023-24")
SHORT = {"draws": 600, "warmup": 400}


@pytest.fixture(scope="session")
def stan() -> Path:
    """The folder of CmdStan."""
    if not (there := find()):
        pytest.skip("no CmdStan: nba-assets setup-stan sets it up")
    return there


@pytest.fixture(scope="session")
def lineup_home(league: SimulatedSource, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with box scores, possessions and stints of two simulated seasons; nothing is fitted."""
    settings = load_settings(tmp_path_factory.mktemp("lineups"), source="simulated", first_season=2022, seasons=2)
    settings.save()
    warehouse = build_warehouse(settings)
    warehouse.replace(facts.PLAYERS, league.read(facts.PLAYERS, league.seasons()[0].dates), {})
    for span in league.seasons():
        games = box.player_games(league.read(facts.BOX_SCORES, span.dates))
        found = possessions(league.read(facts.PLAY_BY_PLAY, span.dates), games)
        for table, rows in ((tables.PLAYER_GAMES, games), (tables.POSSESSIONS, found), (tables.STINTS, stints(found))):
            warehouse.replace(table, rows, {"game_date": span.dates})
    return settings


@pytest.fixture(scope="session")
def known(lineup_home: Settings) -> History:
    """The history of that home."""
    return history(build_warehouse(lineup_home))


@pytest.fixture(scope="session")
def study(known: History) -> Study:
    """What is learned from the second season: before the first one nothing is known of its players."""
    return known.study(SEASONS[1:])


@pytest.fixture(scope="session")
def fitted_home(lineup_home: Settings, known: History, stan: Path) -> Settings:
    """The home with a fit of the second season, of short chains."""
    warehouse = build_warehouse(lineup_home)
    keep(warehouse, learned(known, SEASONS[1:], build_artifacts(lineup_home), lambda _: None, **SHORT))
    return lineup_home
