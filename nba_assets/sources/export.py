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

    An archive has one version of each fact: corrections are applied, the last snapshot of a line stays, and of the lines on
    a game those of one bookmaker, the first by name.

    Args:
        warehouse: with facts landed.
        folder: made if need be; files of the same name are replaced.
    """
    boxes = as_of(warehouse.read(facts.BOX_SCORES), facts.BOX_SCORES)
    notices = as_of(warehouse.read(facts.SCHEDULE_NOTICES), facts.SCHEDULE_NOTICES).filter(pl.col("status") == "scheduled")
    games = notices.select("game_id", "game_date", "season", "season_type", "home_team_id", "away_team_id")
    played = boxes.sort("game_date").select("player_id", "player_name")
    listed = warehouse.read(facts.PLAYERS).select("player_id", "player_name")
    names = pl.concat([listed, played]).unique("player_id", keep="first", maintain_order=True)
    day = ["game_id", "game_date"]
    lines = _last_snapshot(warehouse, facts.GAME_LINES, day).sort("bookmaker").unique(day, keep="first", maintain_order=True)
    props = _last_snapshot(warehouse, facts.PROP_LINES, [*day, "player_id", "market", "bookmaker"])
    frames = {
        archive.PLAYER_GAMES: boxes.with_columns(
            team_abbreviation=abbreviation("team_id"), opponent_abbreviation=abbreviation("opponent_team_id")
        ),
        archive.GAME_LINES: lines.join(games, on=day).with_columns(
            home_team=abbreviation("home_team_id"), away_team=abbreviation("away_team_id")
        ),
        archive.PROP_LINES: props.join(games, on=day).join(names, on="player_id"),
        archive.INJURY_NOTES: warehouse.read(facts.INJURY_REPORTS).with_columns(
            team=pl.col("team_id").replace_strict(NICKNAMES)
        ),
        archive.PLAYERS: warehouse.read(facts.PLAYERS),
    }
    return {table.name: _write(frame, table, folder) for table, frame in frames.items()}


def _last_snapshot(warehouse: Warehouse, table: Table, offer: list[str]) -> pl.DataFrame:
    """All that was on offer when it was last seen."""
    return warehouse.read(table).filter(pl.col("known_at") == pl.col("known_at").max().over(offer))


def _write(frame: pl.DataFrame, table: Table, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    if "season" not in frame.columns:
        conform(frame, table).sort(table.names).write_parquet(folder / f"{table.name}.parquet")
        return frame.height
    (folder / table.name).mkdir(exist_ok=True)
    for (season,), rows in frame.sort("season").group_by(["season"], maintain_order=True):
        conform(rows, table).sort(table.names).write_parquet(folder / table.name / f"{season}.parquet")
    return frame.height
