"""A folder of CSV files with what reports say: for reports that we cannot read, and for whoever knows better.

Columns: reported_at (ISO 8601 with zone, as 2024-11-01T11:30:00-04:00), game_date, team, player, status, reason.
"""

from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from nba_assets.calendar import TIMESTAMP
from nba_assets.sources.injuries.statements import STATEMENT, team_ids
from nba_assets.sources.protocol import SourceError
from nba_assets.tables import facts

COLUMNS = ("reported_at", "game_date", "team", "player", "status", "reason")
STATUSES = ("out", "doubtful", "questionable", "probable", "available")
NAME = "reports"


def dropped(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the statements of all files of a folder, and `quarantined_rows` of the lines that cannot be used.

    Raises:
        SourceError: a file is no CSV, or lacks a column.
    """
    read = [_file(path) for path in sorted(folder.glob("*.csv"))]
    good = [rows for rows, _ in read] or [pl.DataFrame(schema=STATEMENT)]
    bad = [aside for _, aside in read] or [facts.QUARANTINED_ROWS.empty()]
    return pl.concat(good), pl.concat(bad)


def _file(path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    try:
        read = pl.read_csv(path, infer_schema=False)
    except (PolarsError, OSError) as error:
        raise SourceError(f"is no CSV: {error}", source=path, remedy="correct the file, or take it away") from error
    if missing := [name for name in COLUMNS if name not in read.columns]:
        message = f"has no column {missing[0]}; there are {', '.join(read.columns)}"
        raise SourceError(message, source=path, column=missing[0], remedy=f"columns are {', '.join(COLUMNS)}")
    rows = read.select(pl.col(name).str.strip_chars() for name in COLUMNS).with_columns(
        source=pl.lit(path.name),
        source_table=pl.lit(NAME),
        row_number=pl.int_range(pl.len(), dtype=pl.Int64),
        at=pl.col("reported_at").str.to_datetime("%+", time_zone="UTC", strict=False).cast(TIMESTAMP),
        day=pl.col("game_date").str.to_date("%Y-%m-%d", strict=False),
        said=pl.col("status").str.to_lowercase(),
        team_id=pl.Series(team_ids(read["team"].fill_null("").str.strip_chars().to_list()), dtype=pl.Int64),
    )
    faults = (
        ("missing_value", pl.any_horizontal(pl.col(name).is_null() for name in COLUMNS[:-1]), pl.lit("a value is missing")),
        ("missing_value", pl.col("at").is_null(), pl.format("reported_at {} is no ISO time with a zone", "reported_at")),
        ("missing_value", pl.col("day").is_null(), pl.format("game_date {} is no date", "game_date")),
        ("unknown_team", pl.col("team_id").is_null(), pl.format("{} is not a team", "team")),
        (
            "value_not_allowed",
            ~pl.col("said").is_in(STATUSES),
            pl.format("status {} is none of " + ", ".join(STATUSES), "status"),
        ),
    )
    bad = pl.concat(
        rows.filter(is_bad.fill_null(value=True)).with_columns(reason=pl.lit(name), detail=words)
        for name, is_bad, words in faults
    ).unique("row_number", keep="first", maintain_order=True)
    good = rows.join(bad, on="row_number", how="anti", maintain_order="left")
    good = good.with_columns(reported_at="at", game_date="day", status="said", reason=pl.col("reason").replace("", None))
    return good.select(STATEMENT.keys()), bad.select(facts.QUARANTINED_ROWS.names).sort("row_number")
