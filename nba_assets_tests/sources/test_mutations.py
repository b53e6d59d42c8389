"""Archives that are broken on purpose: a structural fault stops, a bad game or row is set aside with its reason."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from nba_assets.reference.teams import ID_BY_ABBREVIATION
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.protocol import SourceError
from nba_assets.tables import facts
from nba_assets_tests.sources.conftest import FORTNIGHT

Frame = pl.DataFrame
Damage = Callable[[Path], None]
GAMES = "player_games/2023-24.parquet"
NUMBER = pl.int_range(pl.len())
FIRST_GAME = pl.col("game_id") == pl.col("game_id").first()
FIRST_TEAM = FIRST_GAME & (pl.col("team_id") == pl.col("team_id").first())


def edit(name: str, change: Callable[[Frame], Frame]) -> Damage:
    def apply(folder: Path) -> None:
        path = next(iter(sorted((folder / name).glob("*.parquet")) or [folder / f"{name}.parquet"]))
        change(pl.read_parquet(path)).write_parquet(path)

    return apply


def games(change: Callable[[Frame], Frame]) -> Damage:
    return edit("player_games", change)


def where(condition: pl.Expr, **values: object) -> Callable[[Frame], Frame]:
    """Put values in the rows that meet a condition; expressions may be values."""

    def change(frame: Frame) -> Frame:
        new = {name: value if isinstance(value, pl.Expr) else pl.lit(value) for name, value in values.items()}
        return frame.with_columns(
            pl.when(condition).then(value).otherwise(name).cast(frame.schema[name]).alias(name) for name, value in new.items()
        )

    return change


def row(number: int, **values: object) -> Callable[[Frame], Frame]:
    return where(number == NUMBER, **values)


def typed(name: str, kind: pl.DataType | type[pl.DataType]) -> Callable[[Frame], Frame]:
    return lambda frame: frame.with_columns(pl.col(name).cast(kind))


def doubled(number: int) -> Callable[[Frame], Frame]:
    return lambda frame: pl.concat([frame, frame[number : number + 1]])


def moved_to_the_other_team(frame: Frame) -> Frame:
    """The first player once more, for his opponent."""
    one = frame[:1].with_columns(team_abbreviation="opponent_abbreviation", opponent_abbreviation="team_abbreviation")
    return pl.concat([frame, one.with_columns(team_id=pl.lit(_id(one["team_abbreviation"][0])).cast(frame.schema["team_id"]))])


def in_a_third_team(frame: Frame) -> Frame:
    game = frame.filter(FIRST_GAME)["team_abbreviation"].unique()
    other = next(name for name in ID_BY_ABBREVIATION if name not in set(game))
    return row(0, team_abbreviation=other, team_id=_id(other))(frame)


def tied(frame: Frame) -> Frame:
    """The side that lost makes as many free throws more as it takes."""
    points = frame.filter(FIRST_GAME).group_by("team_id").agg(pl.col("pts").sum()).sort("pts")
    short = points["pts"][1] - points["pts"][0]
    loser = frame.with_row_index().filter(
        (pl.col("game_id") == frame["game_id"][0]) & (pl.col("team_id") == points["team_id"][0])
    )
    more = {name: pl.col(name) + short for name in ("pts", "ftm", "fta")}
    return row(int(loser["index"][0]), **more)(frame)


def _id(abbreviation: str) -> int:
    return ID_BY_ABBREVIATION[abbreviation]


def bytes_of(name: str, content: Callable[[bytes], bytes]) -> Damage:
    def apply(folder: Path) -> None:
        path = folder / name
        path.write_bytes(content(path.read_bytes()))

    return apply


def second_file(folder: Path) -> None:
    shutil.copy(folder / GAMES, folder / "player_games/2023-24b.parquet")


def emptied(folder: Path) -> None:
    for path in folder.rglob("*.parquet"):
        path.unlink()


STRUCTURAL: dict[str, tuple[Damage, str]] = {
    "a column is missing": (games(lambda rows: rows.drop("fga")), "→ player_games: missing column fga"),
    "the players' ids are missing": (games(lambda rows: rows.drop("player_id")), "missing column player_id"),
    "a column of lines is missing": (edit("game_lines", lambda rows: rows.drop("home_team")), "missing column home_team"),
    "points are text": (games(typed("pts", pl.String)), "column pts has type String, must be Int64"),
    "minutes are fractions": (games(typed("minutes", pl.Float64)), "column minutes has type Float64, must be Int64"),
    "dates are text": (games(typed("game_date", pl.String)), "column game_date has type String, must be Date"),
    "dates have hours": (games(typed("game_date", pl.Datetime)), "column game_date has type Datetime"),
    "starters are numbers": (games(typed("starter", pl.Int8)), "column starter has type Int8, must be Boolean"),
    "birth dates are text": (edit("players", typed("birth_date", pl.String)), "column birth_date has type String"),
    "a file is there twice": (second_file, "rows are in two of 2023-24.parquet, 2023-24b.parquet; the first: game_id="),
    "most rows are at fault": (games(lambda rows: rows.with_columns(pf=None)), "rows cannot be used; the first: pf is null"),
    "most players are listed twice": (edit("players", lambda rows: pl.concat([rows, rows])), "is there already"),
    "a file is cut off": (bytes_of(GAMES, lambda content: content[:1000]), "→ player_games: not a readable Parquet file"),
    "a file is empty": (bytes_of(GAMES, lambda _: b""), "not a readable Parquet file"),
    "a file is text": (bytes_of("injury_notes.parquet", lambda _: b"date,team\n"), "injury_notes: not a readable Parquet file"),
    "events lack a column": (
        edit("play_by_play", lambda frame: frame.drop("clock")),
        "play_by_play/2023-24.parquet → play_by_play: missing column clock",
    ),
    "a count of touches is a text": (
        edit("tracking_games", typed("touches", pl.String)),
        "tracking_games: column touches has type String, must be Int64",
    ),
    "there are no files": (emptied, "no player_games/*.parquet there; docs/archive.md"),
}  # fmt: skip

# A row that cannot be used: the file's table, the row, the reason, and what is said of it.
BAD_ROWS: dict[str, tuple[Damage, str, str, str]] = {
    "a row is there twice": (games(doubled(3)), "player_games", "duplicate", "is there already"),
    "a game has two lines": (edit("game_lines", doubled(0)), "game_lines", "duplicate", "is there already"),
    "a player is listed twice": (edit("players", doubled(0)), "players", "duplicate", "is there already"),
    "a snapshot is there twice": (edit("prop_lines", doubled(5)), "prop_lines", "duplicate", "is there already"),
    "a note is there twice": (edit("injury_notes", doubled(1)), "injury_notes", "duplicate", "is there already"),
    "a home team does not exist": (
        edit("game_lines", row(2, home_team="SEA")), "game_lines", "unknown_team", "home_team 'SEA' is not a team",
    ),
    "a note's team does not exist": (
        edit("injury_notes", row(1, team="Sonics")), "injury_notes", "unknown_team", "'Sonics' is not a team",
    ),
    "a note has no team": (edit("injury_notes", row(1, team=None)), "injury_notes", "missing_value", "team is null"),
    "a note has no date": (
        edit("injury_notes", row(1, report_date=None)), "injury_notes", "missing_value", "report_date is null",
    ),
    "a note has no player": (
        edit("injury_notes", row(1, player_name=None)), "injury_notes", "missing_value", "player_name is null",
    ),
    "a line has no player": (
        edit("prop_lines", row(4, player_id=None)), "prop_lines", "missing_value", "player_id is null",
    ),
    "a line has no number": (edit("prop_lines", row(4, line=None)), "prop_lines", "no_number", "line is null"),
    "a line is infinite": (
        edit("prop_lines", row(0, line=float("inf"))), "prop_lines", "not_a_number", "line is not a finite number",
    ),
    "a spread is not a number": (
        edit("game_lines", row(1, home_spread=float("nan"))), "game_lines", "not_a_number", "home_spread is not a finite",
    ),
    "a player's row has no game": (games(row(5, game_id=None)), "player_games", "missing_value", "game_id is null"),
    "a listed player has no name": (
        edit("players", row(5, player_name=None)), "players", "missing_value", "player_name is null",
    ),
}  # fmt: skip

BAD_GAMES: dict[str, tuple[Damage, str, str]] = {
    "a team does not exist": (
        games(row(4, team_abbreviation="SEA")), "unreadable_row", "row 4: team_abbreviation 'SEA' is not a team",
    ),
    "an opponent does not exist": (games(row(4, opponent_abbreviation="SEA")), "unreadable_row", "opponent_abbreviation 'SEA'"),
    "a team's number is not its own": (games(row(4, team_id=7)), "unreadable_row", "row 4: team_id 7 is not the team's"),
    "a player has no name": (games(row(5, player_name=None)), "unreadable_row", "row 5: player_name is null"),
    "a player has no points": (games(row(5, pts=None)), "unreadable_row", "row 5: pts is null"),
    "nobody knows who is at home": (games(row(5, is_home=None)), "unreadable_row", "row 5: is_home is null"),
    "a part of a season is not known": (
        games(row(5, season_type="Summer League")), "unreadable_row", "season_type is 'Summer League'",
    ),
    "a season is a year": (games(row(6, season="2023")), "unreadable_row", "row 6: season is '2023', must be as '2023-24'"),
    "a row is there twice, with other numbers": (
        games(lambda rows: pl.concat([rows, rows[3:4].with_columns(pl.col("pf") + 1)])), "rows_contradict", "is there already",
    ),
    "a point too many": (games(row(0, pts=pl.col("pts") + 1)), "points_do_not_add_up", "points, but shots for"),
    "a shot too many": (games(row(0, fgm=pl.col("fgm") + 1)), "points_do_not_add_up", "; 1 rows"),
    "fewer than no shots": (games(row(6, fga=-1)), "impossible_numbers", "less than nothing"),
    "more made than attempted": (games(row(6, ftm=9, fta=1)), "impossible_numbers", "more made than attempted"),
    "more minutes than the game has": (games(row(0, minutes=99)), "impossible_minutes", "has 99 minutes"),
    "fewer than no minutes": (games(row(0, minutes=-3)), "impossible_minutes", "has -3 minutes"),
    "a team without its minutes": (games(where(FIRST_TEAM, minutes=10)), "impossible_minutes", "has 10 minutes"),
    "seconds of another player": (
        games(where(FIRST_TEAM & (pl.col("minutes") > 30), seconds_played=1)), "impossible_minutes", "minutes, the team",
    ),
    "one team only": (games(lambda rows: rows.filter(~FIRST_TEAM)), "one_team", "has no opponent"),
    "a player on both teams": (games(moved_to_the_other_team), "player_on_both_teams", "; 2 rows"),
    "a player of a third team": (games(in_a_third_team), "team_not_in_the_game", "in a game of"),
    "a row of another day": (games(row(1, game_date=date(2023, 11, 9))), "date_contradicts_schedule", "the schedule says"),
    "a game on another day": (
        games(where(FIRST_GAME, game_date=pl.col("game_date") + timedelta(days=3))),
        "date_contradicts_schedule", "the schedule says",
    ),
    "a game of another year": (
        games(where(FIRST_GAME, game_date=date(2022, 1, 5))), "date_out_of_season", "played on 2022-01-05, which is not in",
    ),
    "a game that nobody won": (games(tied), "tied_score", "nobody won"),
    "a visitor at home": (games(row(0, is_home=~pl.col("is_home"))), "rows_disagree", "who is at home"),
    "a row of the playoffs": (games(row(0, season_type="Playoffs")), "rows_disagree", "the part of the season"),
    "a thousand rebounds": (games(row(0, dreb=1000)), "impossible_numbers", "more than a hundred"),
    "minutes for a sixth player": (games(row(0, minutes=pl.col("minutes") + 20)), "impossible_minutes", "the team"),
}  # fmt: skip


def test_there_are_sixty() -> None:
    assert len(STRUCTURAL) + len(BAD_ROWS) + len(BAD_GAMES) >= 60


@pytest.mark.parametrize(("damage", "words"), STRUCTURAL.values(), ids=STRUCTURAL)
def test_a_structural_fault_is_named_with_file_table_column_and_row(folder: Path, damage: Damage, words: str) -> None:
    damage(folder)
    with pytest.raises(SourceError) as caught:
        ArchiveSource(folder).seasons()
    assert words in str(caught.value)


@pytest.mark.parametrize(("damage", "table", "reason", "words"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_set_aside_with_its_place_and_reason_and_the_others_are_used(
    folder: Path, exported: Path, damage: Damage, table: str, reason: str, words: str
) -> None:
    damage(folder)
    source, whole = ArchiveSource(folder), ArchiveSource(exported)
    assert f"{table}: 1 rows set aside: {reason}" in source.remarks()
    (found,) = source.set_aside().rows.to_dicts()
    assert (found["source_table"], found["reason"]) == (table, reason)
    assert words in found["detail"]
    path = folder / found["source"]
    assert 0 <= found["row_number"] < pl.scan_parquet(path).select(pl.len()).collect().item()
    for fact in (facts.BOX_SCORES, facts.GAME_LINES, facts.PROP_LINES, facts.INJURY_REPORTS, facts.PLAYERS):
        kept, all_of_them = (one.read(fact, FORTNIGHT.wider(1000)).height for one in (source, whole))
        # One row fewer at the most: of a row that is there twice, one stays.
        assert all_of_them - 1 <= kept <= all_of_them or table == "player_games", fact.name


@pytest.mark.parametrize(
    ("damage", "reason", "words"),
    [
        (edit("play_by_play", doubled(3)), "duplicate", "is there already"),
        (edit("play_by_play", row(5, team_id=None)), "missing_value", "team_id is null"),
        (edit("play_by_play", row(9, shot_result="Scored")), "value_not_allowed", "shot_result is 'Scored'"),
    ],
)
def test_a_broken_event_sets_the_events_of_its_game_aside_and_nothing_else(
    folder: Path, exported: Path, damage: Damage, reason: str, words: str
) -> None:
    damage(folder)
    source, whole = ArchiveSource(folder), ArchiveSource(exported)
    events, all_events = (one.read(facts.PLAY_BY_PLAY, FORTNIGHT) for one in (source, whole))
    (lost,) = set(all_events["game_id"]) - set(events["game_id"])
    assert events.equals(all_events.filter(pl.col("game_id") != lost))
    assert source.read(facts.BOX_SCORES, FORTNIGHT).equals(whole.read(facts.BOX_SCORES, FORTNIGHT))
    (found,) = source.set_aside().rows.to_dicts()
    assert (found["source"], found["reason"]) == ("play_by_play/2023-24.parquet", reason)
    assert words in found["detail"]


@pytest.mark.parametrize(("damage", "reason", "words"), BAD_GAMES.values(), ids=BAD_GAMES)
def test_a_bad_game_is_set_aside_with_its_reason_and_no_other_is(
    folder: Path, exported: Path, damage: Damage, reason: str, words: str
) -> None:
    damage(folder)
    whole, source = ArchiveSource(exported), ArchiveSource(folder)
    found = source.read(facts.QUARANTINE, FORTNIGHT.wider(1000))
    assert reason in found["reason"].to_list()
    assert words in found.filter(pl.col("reason") == reason)["detail"][0]
    bad = found["game_id"].unique().to_list()
    assert len(bad) == 1
    good = whole.read(facts.BOX_SCORES, FORTNIGHT).filter(~pl.col("game_id").is_in(bad))
    assert source.read(facts.BOX_SCORES, FORTNIGHT).equals(good)
    events = source.read(facts.PLAY_BY_PLAY, FORTNIGHT)["game_id"]
    assert events.len() > 10_000
    assert not events.is_in(bad).any()
    assert set(bad) <= set(source.read(facts.SCHEDULE_NOTICES, FORTNIGHT.wider(1000))["game_id"])


def test_an_archive_that_is_whole_has_no_bad_game(exported: Path) -> None:
    assert ArchiveSource(exported).read(facts.QUARANTINE, FORTNIGHT).is_empty()


def test_real_games_are_good(archive: ArchiveSource) -> None:
    for span in archive.seasons():
        assert archive.read(facts.QUARANTINE, span.dates).is_empty()
