"""Writes an archive folder: facts in the layout that the `archive` source reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl
from pydantic import TypeAdapter, ValidationError

from nba_assets.calendar import Dates, SeasonSpan
from nba_assets.reference.teams import TEAMS, abbreviation
from nba_assets.sources.protocol import SourceError
from nba_assets.tables import archive, facts, truth
from nba_assets.tables.contracts import Table, conform
from nba_assets.tables.versions import as_of

NICKNAMES = {team.team_id: team.nickname for team in TEAMS}
TRUTH = {table.name: table for table in truth.TABLES}


class Read(Protocol):
    """What gives facts: of a warehouse, or of a source."""

    def __call__(self, table: Table, dates: Dates | None = None, /) -> pl.DataFrame:
        """Return all versions of the facts of a table, of some dates or of all."""
        ...


def export_archive(read: Read, seasons: list[SeasonSpan], folder: Path) -> Iterator[tuple[str, int]]:
    """Write facts as they stand in the end, one file per season, and yield each table's name and rows.

    An archive has one version of each fact: corrections are applied, the last snapshot of a line stays, and of the lines on
    a game those of one bookmaker, the first by name.

    Args:
        read: gives the facts of a table, all versions; of some dates if it is given any.
        seasons: that there are.
        folder: made if need be; files of the same name are replaced.
    """
    boxes = as_of(read(facts.BOX_SCORES), facts.BOX_SCORES)
    notices = as_of(read(facts.SCHEDULE_NOTICES), facts.SCHEDULE_NOTICES).filter(pl.col("status") == "scheduled")
    games = notices.select("game_id", "game_date", "season", "season_type", "home_team_id", "away_team_id")
    players = read(facts.PLAYERS)
    played = boxes.sort("game_date").select("player_id", "player_name")
    listed = players.select("player_id", "player_name")
    names = pl.concat([listed, played]).unique("player_id", keep="first", maintain_order=True)
    day = ["game_id", "game_date"]
    lines = _last_snapshot(read(facts.GAME_LINES), day).sort("bookmaker").unique(day, keep="first", maintain_order=True)
    props = _last_snapshot(read(facts.PROP_LINES), [*day, "player_id", "market", "bookmaker"])
    frames = {
        archive.PLAYER_GAMES: boxes.with_columns(
            team_abbreviation=abbreviation("team_id"), opponent_abbreviation=abbreviation("opponent_team_id")
        ),
        archive.GAME_LINES: lines.join(games, on=day).with_columns(
            home_team=abbreviation("home_team_id"), away_team=abbreviation("away_team_id")
        ),
        archive.PROP_LINES: props.join(games, on=day).join(names, on="player_id"),
        archive.TRACKING_SEASONS: as_of(read(facts.TRACKING_SEASONS), facts.TRACKING_SEASONS).with_columns(
            min="minutes", time_of_poss=pl.col("time_of_possession") / 60
        ),
        archive.INJURY_NOTES: read(facts.INJURY_REPORTS).with_columns(team=pl.col("team_id").replace_strict(NICKNAMES)),
        archive.PLAYERS: players,
    }
    for table, frame in frames.items():
        yield table.name, _write(frame, table, folder, by_season=table.date_column is not None)
    for table, layout in ((facts.PLAY_BY_PLAY, archive.PLAY_BY_PLAY), (facts.TRACKING_GAMES, archive.TRACKING_GAMES)):
        yield table.name, sum(_write(as_of(read(table, span.dates), table), layout, folder) for span in seasons)


@dataclass(frozen=True)
class League:
    """Which simulated league a folder of truth is of."""

    seed: int
    first_season: int
    seasons: int
    replays: int


LEAGUE, LEAGUE_FILE = TypeAdapter(League), "league.json"


def write_truth(league: League, tables: Iterable[tuple[str, pl.DataFrame]], folder: Path) -> Iterator[tuple[str, int]]:
    """Write the truth of a simulated league, one file per table, and yield each table's name and rows.

    Args:
        league: what it is the truth of; written last, so that half a truth is none.
        tables: by name.
        folder: made if need be; files of the same name are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LEAGUE_FILE).unlink(missing_ok=True)
    for name, frame in tables:
        yield name, _write(frame, TRUTH[name], folder, by_season=False)
    (folder / LEAGUE_FILE).write_bytes(LEAGUE.dump_json(league))


def read_league(folder: Path) -> League:
    """Return which league a folder of truth is of.

    Raises:
        SourceError: it is no such folder, or it was not written to its end.
    """
    try:
        return LEAGUE.validate_json((folder / LEAGUE_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
        raise SourceError(f"{folder / LEAGUE_FILE} {reason}; `nba-assets simulate --truth {folder}` writes it") from error


def _last_snapshot(lines: pl.DataFrame, offer: list[str]) -> pl.DataFrame:
    """All that was on offer when it was last seen."""
    return lines.filter(pl.col("known_at") == pl.col("known_at").max().over(offer))


def _write(frame: pl.DataFrame, table: Table, folder: Path, *, by_season: bool = True) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    if not by_season or "season" not in frame.columns:
        conform(frame, table).sort(table.names).write_parquet(folder / f"{table.name}.parquet")
        return frame.height
    (folder / table.name).mkdir(exist_ok=True)
    for (season,), rows in frame.sort("season").group_by(["season"], maintain_order=True):
        conform(rows, table).sort(table.names).write_parquet(folder / table.name / f"{season}.parquet")
    return frame.height
