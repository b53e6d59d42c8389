"""Sifting: a file's rows that cannot be used are set aside one by one, with their place and reason, and the others are used.

A file of which more than a few rows are at fault is not a file with bad rows but the wrong file: that stops the source.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl
from polars.exceptions import PolarsError

from nba_assets.reference.teams import ID_BY_ABBREVIATION, ID_BY_NICKNAME
from nba_assets.sources.protocol import SourceError
from nba_assets.tables import archive, facts
from nba_assets.tables.contracts import ContractError, Fault, Table, faults, shaped

ROW = "row_number"
# Rows at fault that are set aside whatever the file's size, and the share of a larger file that is.
FEW, SHARE = 20, 0.05
# Books' feeds are full of these.
USUAL = ("no_number",)
TEAM_COLUMNS = ("team_abbreviation", "opponent_abbreviation", "home_team", "away_team")
# What makes two rows of a file without a key the same.
SAME = {
    archive.PROP_LINES.name: ("game_id", "game_date", "player_id", "market", "bookmaker", "side", "line"),
    archive.INJURY_NOTES.name: ("report_date", "team", "player_name", "note"),
}


class Sifted(NamedTuple):
    """A file's rows with their row_number: all of them, those that can be used, and `quarantined_rows` of the others."""

    whole: pl.DataFrame
    good: pl.DataFrame
    aside: pl.DataFrame


def read_columns(path: Path, table: Table) -> None:
    """Check that a file has the table's columns and types, without reading its rows. Raises SourceError."""
    _shaped(path, table, rows=0)


def read_rows(path: Path, table: Table, wanted: pl.Expr | None = None) -> pl.DataFrame:
    """Read a file's rows, all or the wanted ones, with their row_number.

    Raises:
        SourceError: the file cannot be read, a column is missing or has the wrong type.
    """
    frame = _shaped(path, table).with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64))
    return frame if wanted is None else frame.filter(wanted)


def sift(rows: pl.DataFrame, table: Table, path: Path, name: str) -> Sifted:
    """Set aside the rows that cannot be used: a value that may not be, or one that is there already.

    Args:
        rows: of `read_rows`.
        table: the archive's contract of them.
        path: of the file, for errors.
        name: of the file, as `quarantined_rows` has it.

    Raises:
        SourceError: too many rows are at fault.
    """
    reasons = pl.concat([_no_rows(), *(_at_fault(rows, fault) for fault in _faults(table))])
    reasons = reasons.unique(ROW, keep="first", maintain_order=True)
    good = rows.join(reasons, on=ROW, how="anti", maintain_order="left")
    again = _again(good, table)
    good = good.join(again, on=ROW, how="anti", maintain_order="left")
    found = pl.concat([reasons, again]).with_columns(source=pl.lit(name), source_table=pl.lit(table.name))
    # Offers and notes are repeated, and books' feeds are full of rows without a number.
    unusual = found.filter(~pl.col("reason").is_in(USUAL if table.key else [*USUAL, "duplicate"])).sort(ROW)
    if unusual.height > max(FEW, SHARE * rows.height):
        first = unusual.row(0, named=True)
        message = f"{unusual.height:,} of {rows.height:,} rows cannot be used; the first: {first['detail']}"
        remedy = "correct the file, or take it out of the folder"
        raise SourceError(message, source=path, table=table.name, row=first[ROW], remedy=remedy)
    return Sifted(rows, good, shaped(found, facts.QUARANTINED_ROWS, name))


def unreadable_games(found: Sifted) -> pl.DataFrame:
    """Return the games of rows that were set aside: game_id, game_date, reason, detail. A row that is repeated is harmless.

    Rows of one game and player that are repeated with other numbers contradict each other.
    """
    rows = found.whole.join(found.aside.select(ROW, "reason", "detail"), on=ROW).drop_nulls("game_id")
    dates = found.whole.drop_nulls(["game_id", "game_date"]).group_by("game_id").agg(pl.col("game_date").first())
    key = list(archive.PLAYER_GAMES.key)
    same = archive.PLAYER_GAMES.names
    repeated = rows.filter(pl.col("reason") == "duplicate")
    contradicting = repeated.join(found.good, on=same, how="anti", nulls_equal=True)
    contradicting = contradicting.with_columns(reason=pl.lit("rows_contradict"))
    others = rows.filter(pl.col("reason") != "duplicate").with_columns(reason=pl.lit("unreadable_row"))
    both = pl.concat([others, contradicting]).sort(*key, ROW)
    text = pl.format("row {}: {}", ROW, "detail")
    return (
        both.drop("game_date")
        .join(dates, on="game_id")
        .group_by("game_id", "game_date", "reason", maintain_order=True)
        .agg(detail=pl.format("{}; {} rows", text.first(), pl.len()))
    )


def _again(good: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows whose key, or of a table without one whose offer or note, is there already."""
    key = list(table.key or SAME[table.name])
    again = good.filter(~pl.struct(key).is_first_distinct())
    detail = pl.concat_str([pl.format("{}", pl.col(name)).fill_null("null") for name in key], separator=", ")
    return again.select(ROW, reason=pl.lit("duplicate"), detail=pl.format("{} is there already", detail))


def _shaped(path: Path, table: Table, rows: int | None = None) -> pl.DataFrame:
    try:
        return shaped(pl.read_parquet(path, n_rows=rows), table, str(path))
    except (PolarsError, OSError) as error:
        message = f"not a readable Parquet file ({error})"
        raise SourceError(message, source=path, table=table.name, remedy="get it again") from error
    except ContractError as error:
        raise SourceError(error.message, source=path, table=table.name, column=error.column) from error


def _faults(table: Table) -> Iterator[Fault]:
    """What the contract rules out, and what only an archive can get wrong."""
    yield from faults(table)
    names = set(table.names)
    for column in TEAM_COLUMNS:
        if column in names:
            known = pl.col(column).is_in(list(ID_BY_ABBREVIATION))
            yield Fault("unknown_team", column, ~known, "{column} {value} is not a team")
    if {"team_id", "team_abbreviation"} <= names:
        own = pl.col("team_abbreviation").replace_strict(ID_BY_ABBREVIATION, default=None, return_dtype=pl.Int64)
        yield Fault("wrong_team_id", "team_id", pl.col("team_id") != own, "team_id {value} is not the team's")
    if "season" in names:
        is_season = pl.col("season").str.contains(r"^20\d\d-\d\d$")
        yield Fault("unknown_season", "season", ~is_season, "season is {value}, must be as '2023-24'")
    if table == archive.INJURY_NOTES:
        is_team = pl.col("team").str.to_lowercase().is_in(list(ID_BY_NICKNAME))
        yield Fault("unknown_team", "team", ~is_team, "{value} is not a team")
        for column in ("player_name", "note"):
            yield Fault("missing_value", column, pl.col(column).is_null(), "{column} is null")
    if table == archive.PROP_LINES:
        is_numbered = pl.col("side").is_in(["Over", "Under"])
        yield Fault("no_number", "line", is_numbered & pl.col("line").is_null(), "{column} is null")


def _at_fault(frame: pl.DataFrame, fault: Fault) -> pl.DataFrame:
    found = frame.filter(fault.is_faulty.fill_null(value=False))
    if found.is_empty():
        return _no_rows()
    details = [fault.describe(found, row) for row in range(found.height)]
    return found.select(ROW, reason=pl.lit(fault.reason), detail=pl.Series(details, dtype=pl.String))


def _no_rows() -> pl.DataFrame:
    return pl.DataFrame(schema={ROW: pl.Int64, "reason": pl.String, "detail": pl.String})
