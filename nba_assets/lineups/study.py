"""A study: everything that lineup models learn from, as it was known before a season. Nothing of that season is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from nba_assets.arrays import Floats, Ints
from nba_assets.lineups.archetypes import Archetypes
from nba_assets.lineups.design import Sums, design
from nba_assets.lineups.matchups import Superclusters
from nba_assets.lineups.skill import DEFENCE, OFFENCE, Plays, Skills, plays_of, skills
from nba_assets.lineups.spec import MATCHUPS
from nba_assets.modelling.time_splits import TooFewRowsError

# In the list of players, somebody of whom nothing is known.
ROOKIE = 0
POSSESSIONS_READ = (
    *("season", "game_id", "game_date", "possession", "period", "is_home", "offense_team_id", "defense_team_id"),
    *("points", "transition_points_against", *OFFENCE, *DEFENCE),
)


@dataclass(frozen=True)
class Season:
    """Possessions of a season with what was known before it.

    Attributes:
        plays: the possessions.
        skills: of the players, before the season.
        archetype: (players,) numbers, before the season.
        matchup: (n,) of each possession.
        x: (n, 16) the design.
    """

    plays: Plays
    skills: Skills
    archetype: Ints
    matchup: Ints
    x: Floats


@dataclass(frozen=True)
class Study:
    """What is learned from some seasons.

    Attributes:
        ids: of all players, sorted.
        archetypes, superclusters: fitted on these seasons only.
        seasons: learned from, in order.
        home: points per possession that home is worth.
        mean, variance: of points of a possession.
        sums: of the design, by matchup, without home.
    """

    ids: Ints
    archetypes: Archetypes
    superclusters: Superclusters
    seasons: Sequence[Season]
    home: float
    mean: float
    variance: float
    sums: Sums

    def season(self, plays: Plays, known: Skills) -> Season:
        """Return another season by these clusters."""
        return _season(plays, known, self.archetypes, self.superclusters)


@dataclass(frozen=True)
class History:
    """All that there is: box scores of every season, and possessions of those with play-by-play."""

    games: pl.DataFrame
    players: pl.DataFrame
    ids: Ints
    plays: Sequence[Plays]

    @classmethod
    def of(cls, games: pl.DataFrame, players: pl.DataFrame, possessions: pl.DataFrame, outcome: str = "points") -> "History":
        """Return the history of `player_games`, players with birth dates, and `possessions` with an outcome of OUTCOMES."""
        seen = possessions.select(*OFFENCE, *DEFENCE).unpivot()["value"].drop_nulls()
        ids = np.unique(np.concatenate([[ROOKIE], games["player_id"].to_numpy(), seen.to_numpy()]))
        seasons = sorted(possessions["season"].unique())
        return cls(games, players, ids, [plays_of(possessions, season, ids, outcome) for season in seasons])

    @property
    def seasons(self) -> list[str]:
        """Seasons with play-by-play before which there are box scores."""
        first = self.games["season"].min()
        return [each.season for each in self.plays if isinstance(first, str) and each.season > first]

    def known(self, season: str) -> Skills:
        """Return skills before a season."""
        return skills(self.games, self.players, season, self.ids, self.plays)

    def study(self, train: Sequence[str]) -> Study:
        """Return what is learned from some seasons.

        Raises:
            TooFewRowsError: a season has no possessions, or no season before it says anything of its players.
        """
        plays = {each.season: each for each in self.plays}
        if missing := [season for season in train if season not in plays]:
            raise TooFewRowsError(f"lineups: no play-by-play of {', '.join(missing)}; there is of {', '.join(plays) or 'none'}")
        if missing := [season for season in train if season not in self.seasons]:
            raise TooFewRowsError(f"lineups: no box scores before {', '.join(missing)}: nothing is known of its players")
        known = {season: self.known(season) for season in train}
        archetypes = Archetypes.fitted([each.before for each in known.values()])
        superclusters = Superclusters.fitted(archetypes, [(plays[season], known[season]) for season in train])
        seasons = [_season(plays[season], known[season], archetypes, superclusters) for season in train]
        points, home = (np.concatenate([getattr(each.plays, name) for each in seasons]) for name in ("points", "home"))
        away = home - home.mean()
        worth = float((away * points).sum() / (away**2).sum())
        rest = [(each.x, each.plays.points - worth * each.plays.home, each.matchup) for each in seasons]
        sums = [Sums.of(*parts, MATCHUPS) for parts in rest]
        total = sums[0]
        for more in sums[1:]:
            total += more
        return Study(self.ids, archetypes, superclusters, seasons, worth, float(points.mean()), float(points.var()), total)


def _season(plays: Plays, known: Skills, archetypes: Archetypes, superclusters: Superclusters) -> Season:
    archetype = archetypes.hard(known.before)
    return Season(plays, known, archetype, superclusters.matchup(plays, known), design(plays, known, archetype))
