"""The `simulated` source: seasons of a seeded league as facts."""

from dataclasses import asdict
from functools import cached_property

import numpy as np
import polars as pl

from nba_assets.calendar import Dates, SeasonSpan
from nba_assets.sources.simulated.rosters import first_rosters, next_season
from nba_assets.sources.simulated.season import Season
from nba_assets.tables import facts
from nba_assets.tables.contracts import Table, conform


class SimulatedSource:
    """Facts of a league that follows from its seed alone: the same seed gives the same content.

    A season does not depend on how many seasons follow it.

    Args:
        seed: of the league.
        first_season: start year of the first season.
        seasons: how many.
    """

    name = "simulated"

    def __init__(self, seed: int = 7, first_season: int = 2022, seasons: int = 2) -> None:
        """Remember what is wanted; nothing is simulated yet."""
        self.seed, self.first_season, self.count = seed, first_season, seasons

    def seasons(self) -> list[SeasonSpan]:
        """Return the seasons with their first and last game dates."""
        spans = (
            self._facts["schedule_notices"]
            .group_by("season")
            .agg(pl.col("game_date").min().alias("first"), pl.col("game_date").max().alias("last"))
            .sort("first")
        )
        return [SeasonSpan(season, Dates(first, last)) for season, first, last in spans.iter_rows()]

    def remarks(self) -> list[str]:
        """Return nothing: a simulated league is as it is."""
        return []

    def read(self, table: Table, dates: Dates) -> pl.DataFrame:
        """Return the facts of one table about the given dates."""
        frame = self._facts[table.name]
        return frame if table.date_column is None else frame.filter(pl.col(table.date_column).is_between(*dates))

    @cached_property
    def _facts(self) -> dict[str, pl.DataFrame]:
        rows: dict[str, list[dict[str, object]]] = {table.name: [] for table in facts.BY_NAME.values()}
        careers: dict[int, dict[str, object]] = {}
        players = first_rosters(np.random.default_rng([self.seed]), self.first_season)
        for year in range(self.first_season, self.first_season + self.count):
            season = Season(np.random.default_rng([self.seed, year]), year, players).run()
            for name, found in season.rows.items():
                rows[name] += found
            for player in season.players:
                careers.setdefault(player.player_id, asdict(player))
            players = next_season(season.rng, season.players, year + 1)
        rows["players"] = [
            career | {"player_name": career["name"], "position_primary": career["position"], "position_listed": None}
            for career in careers.values()
        ]
        return {name: self._frame(name, found) for name, found in rows.items()}

    def _frame(self, name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
        table = facts.BY_NAME[name]
        frame = pl.DataFrame(rows, schema=table.schema, orient="row")
        return conform(frame.sort(table.key), table, f"simulated league {self.seed}")
