"""Measured: all regressions of a league against a loop of statsmodels, and a lookup against the bare round trip."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from nba_assets.league.box import player_games
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.database import Database
from nba_assets.stores.relational import migrate
from nba_assets.tables import facts
from nba_assets.usage import additive
from nba_assets.usage.coefficients import predict_usage
from nba_assets.usage.datasets import Regression
from nba_assets.usage.lookups import OF_PLAYER
from nba_assets.usage.saving import store
from nba_assets.usage.training import datasets, train
from nba_assets_tests.benchmarks.test_benchmarks import report, seconds
from nba_assets_tests.postgres import PostgresServer

CUTOFF = date(2023, 6, 1)


@pytest.fixture(scope="module")
def data(league: SimulatedSource) -> list[Regression]:
    return datasets(player_games(league.whole(facts.BOX_SCORES)), CUTOFF)


def test_a_league_at_one_cutoff(league: SimulatedSource, data: list[Regression]) -> None:
    games = player_games(league.whole(facts.BOX_SCORES))
    whole = seconds(lambda: train(datasets(games, CUTOFF), CUTOFF), 3)
    designs = [design for each in data if (design := additive.design(each))]

    def loop() -> list[object]:
        fits = [additive.reference(design) for design in designs]
        return [(fit.params, fit.bse, fit.pvalues, fit.rsquared) for fit in fits]

    ours, theirs = seconds(lambda: additive.solve(designs)), seconds(loop, 3)
    report(f"both versions of {len(data)} players: {whole:.1f} s")
    report(f"{len(designs)} regressions: {1000 * ours:.0f} ms; a loop of statsmodels.OLS {1000 * theirs:.0f} ms ({theirs / ours:.0f}x)")  # fmt: skip # noqa: E501


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    server = PostgresServer() if request.param == "postgres" else None
    opened = Database(server.url() if server else f"sqlite:///{tmp_path / 'usage.db'}")
    migrate(opened)
    yield opened
    opened.close()
    if server:
        server.remove()


def test_a_lookup(database: Database, data: list[Regression]) -> None:
    players = train(data, CUTOFF)["shrunk_v1"]
    store(players, "shrunk_v1", database)
    whose = max(players, key=lambda player: len(player.effects))
    out = [effect.teammates[0] for effect in whose.effects[:2]]
    predict = seconds(lambda: [predict_usage(whose.player_name, out, database=database) for _ in range(200)])
    plain = {"plain": whose.player_name.replace(" ", "").lower()}
    bare = database.read(lambda connection: seconds(lambda: [connection.execute(OF_PLAYER, plain).all() for _ in range(200)]))
    report(f"predict_usage on {database.url.get_backend_name()}, {len(whose.effects)} teammates: {predict * 5000:.0f} µs; the bare round trip {bare * 5000:.0f} µs ({predict / bare:.1f}x)")  # fmt: skip # noqa: E501
