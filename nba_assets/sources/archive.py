"""The `archive` source: a folder of Parquet files in the layout of docs/archive.md."""

from datetime import timedelta
from functools import cached_property
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from nba_assets.calendar import (
    ASSUMED_TIP_OFF,
    MIDNIGHT,
    TIP_DECISION_BEFORE_TIP,
    Dates,
    SeasonSpan,
    box_score_known_at,
    eastern_expr,
)
from nba_assets.reference.teams import ID_BY_ABBREVIATION, ID_BY_NICKNAME
from nba_assets.sources.absences import availability
from nba_assets.sources.protocol import SourceError
from nba_assets.sources.quarantine import bad_games
from nba_assets.tables import archive, facts
from nba_assets.tables.contracts import ContractError, Table, conform

# A season's schedule is out at least two weeks before its first game, a playoff game is certain a day before.
SCHEDULE_DAYS = {"Regular Season": 14, "Playoffs": 1}
OF_PLAYS = {table.name: table for table in archive.OF_PLAYS}


class ArchiveSource:
    """Facts of a folder. Reads it once, whole, so that a structural fault shows before anything is written.

    Play-by-play and tracking are large: of them only columns and types are looked at first, rows when they are asked for.

    Args:
        folder: with player_games/ and, where there are any, play_by_play/, tracking_games/, game_lines/, prop_lines/,
            injury_notes.parquet, players.parquet.
    """

    name = "archive"

    def __init__(self, folder: Path) -> None:
        """Remember the folder; nothing is read yet."""
        self.folder = folder
        self._remarks: list[str] = []

    def seasons(self) -> list[SeasonSpan]:
        """Return the seasons of the schedule, in order."""
        spans = (
            self._facts["schedule_notices"]
            .group_by("season")
            .agg(pl.col("game_date").min().alias("first"), pl.col("game_date").max().alias("last"))
            .sort("first")
        )
        return [SeasonSpan(season, Dates(first, last)) for season, first, last in spans.iter_rows()]

    def read(self, table: Table, dates: Dates) -> pl.DataFrame:
        """Return the facts of one table about the given dates."""
        if table.name in OF_PLAYS:
            return self._of_plays(table, OF_PLAYS[table.name], dates)
        frame = self._facts[table.name]
        return frame if table.date_column is None else frame.filter(pl.col(table.date_column).is_between(*dates))

    def remarks(self) -> list[str]:
        """Return what was mended or left out."""
        self._facts  # noqa: B018 (reads the folder)
        return self._remarks

    def _of_plays(self, table: Table, layout: Table, dates: Dates) -> pl.DataFrame:
        """Rows of the files that have some of these dates, without bad games; known with the box score."""
        bad = self._facts[facts.QUARANTINE.name]
        wanted = pl.col("game_date").is_between(*dates)
        paths = [path for path in self._paths(layout) if not pl.scan_parquet(path).filter(wanted).head(1).collect().is_empty()]
        frames = [_checked(path, layout).filter(wanted) for path in paths]
        rows = pl.concat([layout.empty(), *frames]).join(bad, on="game_id", how="anti", maintain_order="left")
        return conform(
            rows.with_columns(known_at=box_score_known_at(pl.col("game_date"))), table, str(self.folder / table.name)
        )

    @cached_property
    def _facts(self) -> dict[str, pl.DataFrame]:
        for layout in OF_PLAYS.values():
            for path in self._paths(layout):
                _checked(path, layout, rows=0)
        games = self._files(archive.PLAYER_GAMES, required=True)
        lines = self._files(archive.GAME_LINES)
        played = _games(games, lines)
        bad = bad_games(games, _schedule(played))
        boxes = _box_scores(games.join(bad, on="game_id", how="anti", maintain_order="left"), played)
        props, said = self._files(archive.PROP_LINES), self._files(archive.INJURY_NOTES)
        notes = _injury_reports(said, self.folder)
        frames = {
            facts.SCHEDULE_NOTICES: _schedule(played),
            facts.BOX_SCORES: boxes,
            facts.AVAILABILITY: availability(boxes, notes),
            facts.GAME_LINES: lines.with_columns(bookmaker=pl.lit("consensus"), known_at=_tip_decision()),
            facts.PROP_LINES: _prop_lines(props),
            facts.INJURY_REPORTS: notes,
            facts.QUARANTINE: bad,
            facts.PLAYERS: self._files(archive.PLAYERS),
        }
        self._remark(games, (("prop_lines", props, frames[facts.PROP_LINES]), ("injury_notes", said, notes)))
        return {table.name: conform(frame, table, str(self.folder)) for table, frame in frames.items()}

    def _remark(self, games: pl.DataFrame, read: tuple[tuple[str, pl.DataFrame, pl.DataFrame], ...]) -> None:
        for name, raw, kept in read:
            if raw.height > kept.height:
                left_out = raw.height - kept.height
                self._remarks.append(f"{name}: {left_out:,} rows left out: no number or name, a question, or said twice")
        unclear = games.filter(pl.col("team_abbreviation") == pl.col("opponent_abbreviation"))["game_id"].unique().sort()
        if unclear.len():
            self._remarks.append(
                f"player_games: a team is its own opponent in {', '.join(unclear)}; mended from the other rows"
            )

    def _paths(self, table: Table) -> list[Path]:
        single = self.folder / f"{table.name}.parquet"
        return sorted((self.folder / table.name).glob("*.parquet")) or [path for path in [single] if path.exists()]

    def _files(self, table: Table, *, required: bool = False) -> pl.DataFrame:
        """All files of one table, each checked on its own, so that an error's row is the file's row."""
        paths = self._paths(table)
        if required and not paths:
            raise SourceError(f"{self.folder}: no {table.name}/*.parquet there; docs/archive.md has the layout")
        frames = [_checked(path, table) for path in paths]
        whole = pl.concat(frames) if frames else table.empty()
        try:
            return conform(whole, table, str(self.folder / table.name))
        except ContractError as error:
            raise SourceError(f"{error} (counted over {', '.join(path.name for path in paths)})") from error


def _checked(path: Path, table: Table, rows: int | None = None) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(path, n_rows=rows)
    except (PolarsError, OSError) as error:
        raise SourceError(f"{path} → {table.name}: not a readable Parquet file ({error}); get it again") from error
    try:
        frame = conform(frame, table, str(path))
    except ContractError as error:
        raise SourceError(str(error)) from error
    _refuse_seasons(frame, path, table)
    for column in frame.columns:
        if column in ("team_abbreviation", "opponent_abbreviation", "home_team", "away_team"):
            unknown = ~frame[column].is_in(list(ID_BY_ABBREVIATION))
            if unknown.any():
                row = unknown.arg_true()[0]
                raise SourceError(f"{path} → {table.name}: row {row}: {column} {frame[column][row]!r} is not a team")
    if {"team_id", "team_abbreviation"} <= set(frame.columns):
        wrong = frame["team_id"] != frame["team_abbreviation"].replace_strict(ID_BY_ABBREVIATION)
        if wrong.any():
            row = wrong.arg_true()[0]
            raise SourceError(
                f"{path} → {table.name}: row {row}: team_id {frame['team_id'][row]} is not"
                f" {frame['team_abbreviation'][row]} ({ID_BY_ABBREVIATION[frame['team_abbreviation'][row]]})"
            )
    return frame


def _refuse_seasons(frame: pl.DataFrame, path: Path, table: Table) -> None:
    """A season that is none: nothing can be put in order by it."""
    if "season" in frame.columns and (wrong := ~frame["season"].str.contains(r"^20\d\d-\d\d$")).any():
        row = wrong.arg_true()[0]
        raise SourceError(f"{path} → {table.name}: row {row}: season is {frame['season'][row]!r}, must be as '2023-24'")


def _team_id(abbreviation: str) -> pl.Expr:
    return pl.col(abbreviation).replace_strict(ID_BY_ABBREVIATION, return_dtype=pl.Int64)


def _tip_decision() -> pl.Expr:
    return eastern_expr(pl.col("game_date"), ASSUMED_TIP_OFF) - TIP_DECISION_BEFORE_TIP


def _games(rows: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """One row a game that was played or has a line: GAME columns, home_team, away_team.

    The line says who is at home, else the players' rows do. At a neutral site some of those say that nobody is and name a
    team as its own opponent: then the teams are the two that have players in the game, in alphabetical order.
    """
    game = [column.name for column in archive.GAME]
    team, other = pl.col("team_abbreviation"), pl.col("opponent_abbreviation")
    said = rows.select(
        *game,
        home_team=pl.when("is_home").then(team).otherwise(other),
        away_team=pl.when("is_home").then(other).otherwise(team),
        first=team.min().over("game_id"),
        second=team.max().over("game_id"),
    )
    unclear = pl.col("home_team") == pl.col("away_team")
    played = said.select(
        *game,
        home_team=pl.when(unclear).then("first").otherwise("home_team"),
        away_team=pl.when(unclear).then("second").otherwise("away_team"),
    )
    columns = [*game, "home_team", "away_team"]
    # Most rows of a game say when it was; where they differ it is a bad game, which still is on the schedule.
    usual = played.group_by("game_id", "game_date", maintain_order=True).len().sort("len", descending=True, maintain_order=True)
    dated = played.join(usual.unique("game_id", keep="first"), on=["game_id", "game_date"], how="semi")
    return pl.concat([lines.select(columns), dated]).unique("game_id", keep="first", maintain_order=True)


def _box_scores(rows: pl.DataFrame, games: pl.DataFrame) -> pl.DataFrame:
    """Players' rows with the opponent and the side that the game says."""
    team = pl.col("team_abbreviation")
    sides = games.select("game_id", "game_date", "home_team", "away_team")
    joined = rows.join(sides, on=["game_id", "game_date"], how="left", maintain_order="left").with_columns(
        is_home=team == pl.col("home_team"),
        opponent=pl.when(team == pl.col("home_team")).then("away_team").otherwise("home_team"),
    )
    return joined.with_columns(opponent_team_id=_team_id("opponent"), known_at=box_score_known_at(pl.col("game_date")))


def _schedule(games: pl.DataFrame) -> pl.DataFrame:
    """An archive knows final dates only, so nothing is ever postponed."""
    first = pl.col("game_date").min().over("season", "season_type")
    published = (
        pl.when(pl.col("season_type") == "Playoffs")
        .then(pl.col("game_date") - timedelta(days=SCHEDULE_DAYS["Playoffs"]))
        .otherwise(first - timedelta(days=SCHEDULE_DAYS["Regular Season"]))
    )
    return games.with_columns(
        home_team_id=_team_id("home_team"),
        away_team_id=_team_id("away_team"),
        tip_off=pl.lit(None, facts.SCHEDULE_NOTICES.schema["tip_off"]),
        status=pl.lit("scheduled"),
        known_at=eastern_expr(published, MIDNIGHT),
    )


def _prop_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Numbered lines only: questions and rows without a number are left out; of two prices for one line the first stays."""
    return (
        lines.filter(pl.col("line").is_not_null() & pl.col("side").is_in(["Over", "Under"]))
        .with_columns(known_at=_tip_decision())
        .unique(facts.PROP_LINES.key, keep="first", maintain_order=True)
    )


def _injury_reports(notes: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Notes with a name; known at the next midnight in New York."""
    unknown = ~notes["team"].str.to_lowercase().is_in(list(ID_BY_NICKNAME))
    if unknown.any():
        row = unknown.arg_true()[0]
        raise SourceError(f"{folder / 'injury_notes.parquet'} → injury_notes: row {row}: {notes['team'][row]!r} is not a team")
    return (
        notes.filter(pl.col("player_name").is_not_null() & pl.col("note").is_not_null())
        .with_columns(
            team_id=pl.col("team").str.to_lowercase().replace_strict(ID_BY_NICKNAME, return_dtype=pl.Int64),
            known_at=eastern_expr(pl.col("report_date"), MIDNIGHT, days_later=1),
        )
        .unique(facts.INJURY_REPORTS.key, keep="first", maintain_order=True)
    )
