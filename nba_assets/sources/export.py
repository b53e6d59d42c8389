"""Writes an archive folder: facts in the layout that the `archive` source reads."""

from pathlib import Path

import polars as pl

from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import archive, facts
from nba_assets.tables.contracts import Table, conform
from nba_assets.tables.teams import TEAMS, abbreviation
from nba_assets.tables.versions import as_of

NICKNAMES = {team.team_id: team.nickname for team in TEAMS}


def export_archive(warehouse: Warehouse, folder: Path) -> dict[str, int]:
    """Write what the warehouse holds true today, a file a season, and return the rows of each table.

    An archive has one version of each fact: corrections are applied, the last snapshot of a line stays.

    Args:
        warehouse: with facts landed.
        folder: made if need be; files of the same name are replaced.
    """
    boxes = as_of(warehouse.read(facts.BOX_SCORES), facts.BOX_SCORES)
    notices = as_of(warehouse.read(facts.SCHEDULE_NOTICES), facts.SCHEDULE_NOTICES).filter(pl.col("status") == "scheduled")
    seasons = notices.select("game_id", "season", "season_type", "home_team_id", "away_team_id")
    names = warehouse.read(facts.PLAYERS).select("player_id", "player_name")
    frames = {
        archive.PLAYER_GAMES: boxes.with_columns(
            team_abbreviation=abbreviation("team_id"), opponent_abbreviation=abbreviation("opponent_team_id")
        ),
        archive.GAME_LINES: _last_snapshot(warehouse, facts.GAME_LINES, ["game_id"])
        .join(seasons, on="game_id")
        .with_columns(home_team=abbreviation("home_team_id"), away_team=abbreviation("away_team_id")),
        archive.PROP_LINES: _last_snapshot(warehouse, facts.PROP_LINES, ["game_id", "player_id", "market", "bookmaker", "side"])
        .join(seasons.select("game_id", "season"), on="game_id")
        .join(names, on="player_id"),
        archive.INJURY_NOTES: warehouse.read(facts.INJURY_REPORTS).with_columns(
            team=pl.col("team_id").replace_strict(NICKNAMES)
        ),
        archive.PLAYERS: warehouse.read(facts.PLAYERS),
    }
    return {table.name: _write(frame, table, folder) for table, frame in frames.items()}


def _last_snapshot(warehouse: Warehouse, table: Table, key: list[str]) -> pl.DataFrame:
    return warehouse.read(table).sort("known_at", maintain_order=True).unique(key, keep="last", maintain_order=True)


def _write(frame: pl.DataFrame, table: Table, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    if "season" not in frame.columns:
        conform(frame, table).sort(table.names).write_parquet(folder / f"{table.name}.parquet")
        return frame.height
    (folder / table.name).mkdir(exist_ok=True)
    for (season,), rows in frame.sort("season").group_by(["season"], maintain_order=True):
        conform(rows, table).sort(table.names).write_parquet(folder / table.name / f"{season}.parquet")
    return frame.height
