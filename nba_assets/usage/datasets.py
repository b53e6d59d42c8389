"""Regression datasets of usage, built on demand: who belongs to a rotation, and who was out in which games."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nba_assets.arrays import Bools, Floats, Ints
from nba_assets.reference.teams import ABBREVIATION_BY_ID

# Who belongs to a rotation, by the season to date.
ROTATION_MINUTES, ROTATION_GAMES = 12, 3


@dataclass(frozen=True)
class Player:
    """Somebody of a rotation at a cutoff.

    Attributes:
        season: the newest one with games before the cutoff.
        minutes: per game of that season.
        usage: minutes-weighted usage percentage of that season.
    """

    player_id: int
    name: str
    team_id: int
    season: str
    minutes: float
    usage: float

    @property
    def team(self) -> str:
        """The player's team, three letters."""
        return ABBREVIATION_BY_ID[self.team_id]


@dataclass(frozen=True)
class Regression:
    """A player's games before a cutoff, this season and the one before, oldest first; only games played.

    Attributes:
        teammates: the others of the rotation.
        usage: (games,) usage percentage.
        minutes: (games,)
        out: (games, teammates): 1 where the teammate did not play; 0 in games for another team, or of a season in
            which the teammate was not with this team at all.
        shared: (games, teammates): whether both were of the same team then.
        stint: (games,) 0 for the team and season of the cutoff, 1, 2, … for others.
        dates: (games,)
    """

    player: Player
    teammates: tuple[Player, ...]
    usage: Floats
    minutes: Floats
    out: Floats
    shared: Bools
    stint: Ints
    dates: NDArray[np.datetime64]

    @property
    def current(self) -> Bools:
        """The games of the season to date, for the current team."""
        return self.stint == 0


def rotation(averages: pl.DataFrame, names: pl.DataFrame, cutoff: date) -> list[Player]:
    """Return who belonged to a rotation when a cutoff came, by their latest rows before it.

    Args:
        averages: `player_season_averages`.
        names: player_id and player_name, the newest last.
        cutoff: the first day that is not known.
    """
    known = averages.filter(pl.col("game_date") < cutoff)
    latest = (
        known.filter(pl.col("season") == pl.col("season").max())
        .sort("game_date")
        .unique("player_id", keep="last")
        .filter((pl.col("minutes_per_game") >= ROTATION_MINUTES) & (pl.col("games_played") >= ROTATION_GAMES))
        .join(names.unique("player_id", keep="last", maintain_order=True), on="player_id")
        .sort("team_id", "player_id")
    )
    columns = ("player_id", "player_name", "team_id", "season", "minutes_per_game", "usage_percentage")
    return [Player(*row) for row in latest.select(columns).iter_rows()]


def regressions(usage: pl.DataFrame, players: Sequence[Player], cutoff: date) -> list[Regression]:
    """Return the regression of each player of a rotation.

    Args:
        usage: `usage` of the season to date and of the one before, at least.
        players: of `rotation` at the cutoff.
        cutoff: the first day that is not known.
    """
    if not players:
        return []
    known = usage.filter((pl.col("game_date") < cutoff) & pl.col("season").is_in(_seasons(usage, players[0].season)))
    known = known.sort("game_date", "game_id", "player_id")
    teams = Appearances.of(known)
    mates: dict[int, list[Player]] = {}
    for player in players:
        mates.setdefault(player.team_id, []).append(player)
    rows = known.with_columns(game=pl.Series(teams.games)).filter(
        pl.col("usage_percentage").is_not_null() & pl.col("usage_percentage").is_finite() & (pl.col("minutes") > 0)
    )
    of_player = {player_id: part for (player_id,), part in rows.group_by("player_id", maintain_order=True)}
    return [
        _regression(player, tuple(mate for mate in mates[player.team_id] if mate != player), of_player[player.player_id], teams)
        for player in players
        if player.player_id in of_player
    ]


def _seasons(usage: pl.DataFrame, season: str) -> list[str]:
    """A season and the one before it."""
    return [name for name in usage["season"].unique().sort() if name <= season][-2:]


def _regression(player: Player, teammates: tuple[Player, ...], rows: pl.DataFrame, teams: "Appearances") -> Regression:
    spells = list(rows.select("season", "team_id").iter_rows())
    now = (player.season, player.team_id)
    others = sorted(set(spells) - {now})
    stint = np.array([0 if spell == now else 1 + others.index(spell) for spell in spells])
    places: Ints = np.array([teams.place[mate.player_id] for mate in teammates], dtype=np.int64)
    out = 1.0 - teams.present[np.ix_(rows["game"].to_numpy(), places)]
    shared = np.array(
        [
            [spell == now or (spell[1] == now[1] and (*spell, mate.player_id) in teams.squads) for mate in teammates]
            for spell in [now, *others]
        ],
        dtype=bool,
    ).reshape(-1, len(teammates))[stint]
    return Regression(
        player,
        teammates,
        rows["usage_percentage"].to_numpy(),
        rows["minutes"].cast(pl.Float64).to_numpy(),
        out * shared,
        shared,
        stint,
        rows["game_date"].to_numpy(),
    )


@dataclass(frozen=True)
class Appearances:
    """Who played in which game of which team.

    Attributes:
        present: (games of teams, players): 1 where the player did.
        games: (rows,) which of these games each row is of.
        place: column of each player, by id.
        squads: season, team_id, player_id of all who played.
        ids: (games of teams,) game_id, team_id and date, by date within a team.
    """

    present: Floats
    games: Ints
    place: dict[int, int]
    squads: set[tuple[str, int, int]]
    ids: pl.DataFrame

    @classmethod
    def of(cls, usage: pl.DataFrame) -> "Appearances":
        """Lay out rows of `usage`."""
        ids = usage.select("season", "team_id", "game_id", "game_date").unique().sort("team_id", "game_date", "game_id")
        numbered = usage.join(ids.with_row_index("_game"), on=["team_id", "game_id"], maintain_order="left")
        games = numbered["_game"].cast(pl.Int64).to_numpy()
        place = {player_id: number for number, player_id in enumerate(usage["player_id"].unique().sort())}
        present = np.zeros((ids.height, len(place)))
        present[games, [place[player_id] for player_id in usage["player_id"]]] = 1.0
        squads = set(usage.select("season", "team_id", "player_id").unique().iter_rows())
        return cls(present, games, place, squads, ids)
