"""The `simulated` source: seasons of a seeded league as facts."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from nba_assets.calendar import MIDNIGHT, TIMESTAMP, Dates, SeasonSpan, eastern
from nba_assets.sources.known import moves
from nba_assets.sources.protocol import AsksNobody, SetAside
from nba_assets.sources.simulated.players import first_rosters, next_season
from nba_assets.sources.simulated.possessions import Matchups
from nba_assets.sources.simulated.reports import SeasonReports
from nba_assets.sources.simulated.season import Season
from nba_assets.sources.simulated.truth import league_truth
from nba_assets.tables import facts
from nba_assets.tables.contracts import Table, conform

ROSTERS_BEFORE = timedelta(days=14)


class SimulatedSource(AsksNobody):
    """Facts of a league that follows from its seed alone: the same seed gives the same content.

    A season does not depend on how many seasons follow it.

    Args:
        seed: of the league.
        first_season: start year of the first season.
        seasons: how many.
        expect: keep what plays were expected to give, for the truth.
    """

    name = "simulated"

    def __init__(self, seed: int = 7, first_season: int = 2022, seasons: int = 2, *, expect: bool = False) -> None:
        """Remember what is wanted; nothing is simulated yet."""
        self.seed, self.first_season, self.count, self.expect = seed, first_season, seasons, expect

    def seasons(self) -> list[SeasonSpan]:
        """Return the seasons with their first and last game dates."""
        spans: list[SeasonSpan] = []
        for played in self.league:
            days = played.facts["schedule_notices"].select(first=pl.col("game_date").min(), last=pl.col("game_date").max())
            spans.append(SeasonSpan(played.season.name, Dates(*days.row(0))))
        return spans

    def remarks(self) -> list[str]:
        """Return nothing: a simulated league is as it is."""
        return []

    def set_aside(self) -> SetAside:
        """Return nothing: every row of a simulated league can be used."""
        return SetAside([], [], facts.QUARANTINED_ROWS.empty())

    def read(self, table: Table, dates: Dates) -> pl.DataFrame:
        """Return the facts of one table about the given dates."""
        if table == facts.TRACKING_SEASONS:
            # Its games are tracked one by one.
            return table.empty()
        if table == facts.ROSTERS:
            frame = self._rosters()
        elif table.date_column is None:
            frame = self._players()
        else:
            wanted = pl.col(table.date_column).is_between(*dates)
            seasons = zip(self.league, self.seasons(), strict=True)
            parts = [played.read(table) for played, span in seasons if span.dates.overlap(dates)]
            frame = pl.concat([table.empty(), *(part.select(table.names).filter(wanted) for part in parts)])
        return conform(frame.sort(table.key), table, f"simulated league {self.seed}")

    @cached_property
    def league(self) -> list[SeasonReports]:
        """The seasons with what they left behind."""
        matchups = Matchups.drawn(np.random.default_rng([self.seed, 1]))
        players, found = first_rosters(np.random.default_rng([self.seed]), self.first_season), list[SeasonReports]()
        for year in range(self.first_season, self.first_season + self.count):
            season = Season(np.random.default_rng([self.seed, year]), year, players, matchups, self.expect).run()
            found.append(SeasonReports(season, np.random.default_rng([self.seed, year, 1])))
            players = next_season(season.rng, season.players, season.wins, year + 1)
        return found

    def whole(self, table: Table, dates: Dates | None = None) -> pl.DataFrame:
        """Return the facts of one table, of some dates or of all."""
        spans = self.seasons()
        return self.read(table, dates or Dates(spans[0].dates.first.replace(month=1), spans[-1].dates.last.replace(month=12)))

    def truth(self, replays: int) -> Iterator[tuple[str, pl.DataFrame]]:
        """Yield the tables of the truth, by name; the league must have been made with `expect`."""
        return league_truth(self.league, self.seed, replays)

    def _players(self) -> pl.DataFrame:
        """Everybody who was ever in the league, as they were when they came."""
        found = pl.concat(
            pl.DataFrame({name: played.season.opening_players[name] for name in _LASTING}) for played in self.league
        )
        return (
            found.unique("player_id", keep="first")
            .with_columns(position_primary="position", position_listed=pl.lit(None, pl.String))
            .select(facts.PLAYERS.names)
        )

    def _rosters(self) -> pl.DataFrame:
        """The rosters of each season's opening, a fortnight before it; and those after its trades."""
        seen: list[pl.DataFrame] = []
        for season in (played.season for played in self.league):
            opening = eastern(season.opening, MIDNIGHT) - ROSTERS_BEFORE
            traded = eastern(season.deadline + date.resolution, MIDNIGHT)
            for players, at in ((season.opening_players, opening), (season.players, traded)):
                listed = {name: players[name] for name in ("player_id", "player_name")}
                seen.append(
                    pl.DataFrame({**listed, "team_id": season.team_ids(players)}).with_columns(seen_at=pl.lit(at, TIMESTAMP))
                )
        return moves(pl.concat(seen))


_LASTING = ("player_id", "player_name", "position", "height_inches", "weight_lbs", "birth_date")
