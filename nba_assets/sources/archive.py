"""The `archive` source: a folder of Parquet files in the layout of docs/archive.md."""

from datetime import timedelta
from functools import cached_property
from pathlib import Path

import polars as pl

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
from nba_assets.sources.protocol import AsksNobody, SetAside, SourceError
from nba_assets.sources.quarantine import bad_games, with_unreadable
from nba_assets.sources.sifting import ROW, SAME, Sifted, read_columns, read_rows, sift, unreadable_games
from nba_assets.tables import archive, facts
from nba_assets.tables.contracts import Table, conform

# A season's schedule is out at least two weeks before its first game, a playoff game is certain a day before.
SCHEDULE_DAYS = {"Regular Season": 14, "Playoffs": 1}
OF_PLAYS = {table.name: table for table in archive.OF_PLAYS}


class ArchiveSource(AsksNobody):
    """Facts of a folder. It is read once, whole, so that a structural fault shows before anything is written.

    Play-by-play and tracking are large: of them only columns and types are checked first, rows when they are asked for.
    Rows that cannot be used are set aside; of box scores and events their whole game is.

    Args:
        folder: with player_games/ and, where there are any, play_by_play/, tracking_games/, game_lines/, prop_lines/,
            tracking_seasons.parquet, injury_notes.parquet, players.parquet.
        told: whether mornings know who of the questionable will be out, see `absences.availability`.
    """

    name = "archive"

    def __init__(self, folder: Path, *, told: bool = False) -> None:
        """Remember the folder; nothing is read yet."""
        self.folder, self.told = folder, told
        self._remarks: list[str] = []
        self._aside: dict[str, pl.DataFrame] = {}

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
        """Return what was corrected or set aside, one line per kind."""
        self._facts  # noqa: B018 (reads the folder)
        counted = self.set_aside().rows.group_by("source_table", "reason").len().sort("source_table", "reason")
        aside = [f"{table}: {rows:,} rows set aside: {reason}" for table, reason, rows in counted.iter_rows()]
        return [*self._remarks, *aside]

    def set_aside(self) -> SetAside:
        """Return the rows that could not be used, of the files that were read so far."""
        rows = pl.concat([facts.QUARANTINED_ROWS.empty(), *self._aside.values()]).sort(facts.QUARANTINED_ROWS.key)
        return SetAside(sorted(self._aside), sorted(self._named(path) for path in self.folder.rglob("*.parquet")), rows)

    def _named(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _of_plays(self, table: Table, layout: Table, dates: Dates) -> pl.DataFrame:
        """Rows of the files that have some of these dates, without bad games; known with the box score."""
        bad = self._facts[facts.QUARANTINE.name]
        wanted = pl.col("game_date").is_between(*dates)
        parts = [layout.empty()]
        for path in self._paths(layout):
            if not pl.scan_parquet(path).filter(wanted).head(1).collect().is_empty():
                found = self._sifted(path, layout, wanted)
                # The events of a game are of use only if they are all there.
                broken = found.whole.join(found.aside, on=ROW, how="semi").select("game_id").unique()
                parts.append(found.good.join(broken, on="game_id", how="anti", maintain_order="left").select(layout.names))
        rows = pl.concat(parts).join(bad, on="game_id", how="anti", maintain_order="left")
        known = rows.with_columns(known_at=box_score_known_at(pl.col("game_date")))
        return conform(known, table, str(self.folder / table.name))

    @cached_property
    def _facts(self) -> dict[str, pl.DataFrame]:
        for layout in OF_PLAYS.values():
            for path in self._paths(layout):
                read_columns(path, layout)
        games, unreadable = self._games()
        lines = self._files(archive.GAME_LINES)
        played = _games(games, lines)
        bad = with_unreadable(bad_games(games, _schedule(played)), unreadable)
        boxes = _box_scores(games.join(bad, on="game_id", how="anti", maintain_order="left"), played)
        props = self._files(archive.PROP_LINES)
        notes = _injury_reports(self._files(archive.INJURY_NOTES))
        frames = {
            facts.SCHEDULE_NOTICES: _schedule(played),
            facts.BOX_SCORES: boxes,
            facts.AVAILABILITY: availability(boxes, notes, told=self.told),
            facts.GAME_LINES: lines.with_columns(bookmaker=pl.lit("consensus"), known_at=_tip_decision()),
            facts.PROP_LINES: _prop_lines(props),
            facts.INJURY_REPORTS: notes,
            facts.QUARANTINE: bad,
            facts.TRACKING_SEASONS: _tracking_seasons(self._files(archive.TRACKING_SEASONS)),
            facts.PLAYERS: self._files(archive.PLAYERS),
            facts.ROSTERS: facts.ROSTERS.empty(),
        }
        self._remark(games, props)
        return {table.name: conform(frame, table, str(self.folder)) for table, frame in frames.items()}

    def _remark(self, games: pl.DataFrame, props: pl.DataFrame) -> None:
        questions = props.height - _prop_lines(props).height
        if questions:
            self._remarks.append(f"prop_lines: {questions:,} rows are not used: they are questions (Yes or No), not lines")
        unclear = games.filter(pl.col("team_abbreviation") == pl.col("opponent_abbreviation"))["game_id"].unique().sort()
        if unclear.len():
            self._remarks.append(
                f"player_games: a team is its own opponent in {', '.join(unclear)}; corrected from the other rows"
            )

    def _paths(self, table: Table) -> list[Path]:
        single = self.folder / f"{table.name}.parquet"
        return sorted((self.folder / table.name).glob("*.parquet")) or [path for path in [single] if path.exists()]

    def _sifted(self, path: Path, table: Table, wanted: pl.Expr | None = None) -> Sifted:
        """The rows of one file that can be used; the others are remembered."""
        found = sift(read_rows(path, table, wanted), table, path, self._named(path))
        name = self._named(path)
        # Of play-by-play a file is read in parts.
        before = self._aside.get(name, found.aside.clear())
        self._aside[name] = pl.concat([before, found.aside]).unique(ROW, keep="first", maintain_order=True)
        return found

    def _files(self, table: Table) -> pl.DataFrame:
        """The rows of all files of one table that can be used; what is in two of them counts once."""
        parts = [found.good for path in self._paths(table) for found in [self._sifted(path, table)]]
        rows = pl.concat(parts) if parts else table.empty().with_columns(pl.lit(0, pl.Int64).alias(ROW))
        return self._once(rows, table)

    def _once(self, rows: pl.DataFrame, table: Table) -> pl.DataFrame:
        """Rows of several files, each once; a key in two files means that one of them should not be there."""
        if not table.key:
            return rows.unique(SAME[table.name], keep="first", maintain_order=True).select(table.names)
        if (again := ~rows.select(pl.struct(table.key).is_first_distinct()).to_series()).any():
            names = ", ".join(path.name for path in self._paths(table))
            key = ", ".join(f"{name}={rows.filter(again)[name][0]}" for name in table.key)
            message = f"{again.sum():,} rows are in two of {names}; the first: {key}"
            raise SourceError(message, source=self.folder, table=table.name, remedy="take one of the files out of the folder")
        return rows.select(table.names)

    def _games(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Players' rows that can be used, and the games of the others: game_id, game_date, reason, detail."""
        paths = self._paths(archive.PLAYER_GAMES)
        if not paths:
            message = f"{self.folder}: no player_games/*.parquet there"
            raise SourceError(message, table=archive.PLAYER_GAMES.name, remedy="docs/archive.md has the layout")
        found = [self._sifted(path, archive.PLAYER_GAMES) for path in paths]
        rows = self._once(pl.concat([each.good for each in found]), archive.PLAYER_GAMES)
        return rows, pl.concat([unreadable_games(each) for each in found])


def _team_id(abbreviation: str) -> pl.Expr:
    return pl.col(abbreviation).replace_strict(ID_BY_ABBREVIATION, return_dtype=pl.Int64)


def _tip_decision() -> pl.Expr:
    return eastern_expr(pl.col("game_date"), ASSUMED_TIP_OFF) - TIP_DECISION_BEFORE_TIP


def _games(rows: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """One row per game that was played or has a line: GAME columns, home_team, away_team.

    The line decides who is at home, else the players' rows do. At a neutral site some of those have nobody at home and a
    team as its own opponent: then the teams are the two that have players in the game, in alphabetical order.
    """
    game = [column.name for column in archive.GAME]
    team, other = pl.col("team_abbreviation"), pl.col("opponent_abbreviation")
    sides = rows.select(
        *game,
        home_team=pl.when("is_home").then(team).otherwise(other),
        away_team=pl.when("is_home").then(other).otherwise(team),
        first=team.min().over("game_id"),
        second=team.max().over("game_id"),
    )
    unclear = pl.col("home_team") == pl.col("away_team")
    played = sides.select(
        *game,
        home_team=pl.when(unclear).then("first").otherwise("home_team"),
        away_team=pl.when(unclear).then("second").otherwise("away_team"),
    )
    columns = [*game, "home_team", "away_team"]
    # Most rows of a game agree on its date; where they differ it is a bad game, which still is on the schedule.
    usual = played.group_by("game_id", "game_date", maintain_order=True).len().sort("len", descending=True, maintain_order=True)
    dated = played.join(usual.unique("game_id", keep="first"), on=["game_id", "game_date"], how="semi")
    return pl.concat([lines.select(columns), dated]).unique("game_id", keep="first", maintain_order=True)


def _box_scores(rows: pl.DataFrame, games: pl.DataFrame) -> pl.DataFrame:
    """Players' rows with the opponent and the side of the game."""
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
    """Lines on numbers; questions (Yes or No) are not lines."""
    return lines.filter(pl.col("side").is_in(["Over", "Under"])).with_columns(known_at=_tip_decision())


def _injury_reports(notes: pl.DataFrame) -> pl.DataFrame:
    """Notes with the team's id; known at the next midnight in New York."""
    return notes.with_columns(
        team_id=pl.col("team").str.to_lowercase().replace_strict(ID_BY_NICKNAME, return_dtype=pl.Int64),
        known_at=eastern_expr(pl.col("report_date"), MIDNIGHT, days_later=1),
    )


def _tracking_seasons(totals: pl.DataFrame) -> pl.DataFrame:
    """Totals of regular seasons, known on 1 October: none ended later, and none began earlier."""
    ended = pl.date(pl.col("season").str.slice(0, 4).cast(pl.Int32) + 1, 10, 1)
    return totals.with_columns(
        minutes="min", time_of_possession=60 * pl.col("time_of_poss"), known_at=eastern_expr(ended, MIDNIGHT)
    )
