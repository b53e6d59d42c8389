"""The one base of expected errors: what it renders, and that every expected error has it."""

import importlib
import pickle
import pkgutil
from datetime import date

import pytest

import nba_assets
from nba_assets.errors import NbaAssetsError


def test_an_error_renders_where_and_what_to_do() -> None:
    error = NbaAssetsError("fga is null", source="games.parquet", table="player_games", row=7, remedy="correct the file")
    assert str(error) == "games.parquet → player_games: row 7: fga is null; correct the file"
    assert str(NbaAssetsError("nothing to do")) == "nothing to do"
    assert str(NbaAssetsError("too few", table="shots", date=date(2024, 1, 1))) == "shots: too few"


def test_an_error_crosses_processes_whole() -> None:
    error = NbaAssetsError("fga is null", table="shots", column="fga", row=7)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own)
    assert (str(again), again.column, again.row) == (str(error), "fga", 7)


# Told apart by the caller and never shown: a model that does not predict becomes a row of ml_model_skips, a request that failed
# one of source_requests.
INTERNAL = {"PoisonError", "SkippedError", "Unusable", "Passing", "ProblemError", "TokenError", "TooLargeError"}


# These run when they are imported.
SCRIPTS = ("__main__", "migrations.env", "0001_by_name", "0002_by_id")
MODULES = sorted(module.name for module in pkgutil.walk_packages(nba_assets.__path__, "nba_assets."))


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith(SCRIPTS)])
def test_every_error_that_a_module_defines_has_the_base(name: str) -> None:
    module = importlib.import_module(name)
    own = [kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == name]
    errors = {kind.__name__ for kind in own if issubclass(kind, Exception) and not issubclass(kind, NbaAssetsError)}
    assert errors <= INTERNAL
