"""Archives that are broken on purpose: a structural fault stops with a name, a bad game is set aside with its reason."""

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
    "a row is there twice": (games(doubled(3)), "player_games: row 3: duplicate key game_id="),
    "a file is there twice": (second_file, "duplicate key game_id="),
    "a game has two lines": (edit("game_lines", doubled(0)), "game_lines: row 0: duplicate key game_id="),
    "a player is listed twice": (edit("players", doubled(0)), "players.parquet → players: row 0: duplicate key"),
    "a team does not exist": (games(row(4, team_abbreviation="SEA")), "row 4: team_abbreviation 'SEA' is not a team"),
    "an opponent does not exist": (games(row(4, opponent_abbreviation="SEA")), "row 4: opponent_abbreviation 'SEA'"),
    "a home team does not exist": (edit("game_lines", row(2, home_team="SEA")), "row 2: home_team 'SEA' is not a team"),
    "a note's team does not exist": (edit("injury_notes", row(1, team="Sonics")), "row 1: 'Sonics' is not a team"),
    "a team's number is not its own": (games(row(4, team_id=7)), "row 4: team_id 7 is not"),
    "a game has no id": (games(row(5, game_id=None)), "row 5: game_id is null"),
    "a player has no name": (games(row(5, player_name=None)), "row 5: player_name is null"),
    "nobody knows who is at home": (games(row(5, is_home=None)), "row 5: is_home is null"),
    "a note has no date": (edit("injury_notes", row(1, report_date=None)), "injury_notes: row 1: report_date is null"),
    "a part of a season is not known": (games(row(5, season_type="Summer League")), "season_type is 'Summer League'"),
    "a season is a year": (games(row(6, season="2023")), "row 6: season is '2023', must be as '2023-24'"),
    "a line is infinite": (edit("prop_lines", row(0, line=float("inf"))), "prop_lines: row 0: line is not a finite number"),
    "a spread is not a number": (edit("game_lines", row(1, home_spread=float("nan"))), "row 1: home_spread is not a finite"),
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

BAD_GAMES: dict[str, tuple[Damage, str, str]] = {
    "a point too many": (games(row(0, pts=pl.col("pts") + 1)), "points_do_not_add_up", "points, his shots make"),
    "a shot too many": (games(row(0, fgm=pl.col("fgm") + 1)), "points_do_not_add_up", "; 1 rows"),
    "fewer than no shots": (games(row(6, fga=-1)), "impossible_numbers", "less than nothing"),
    "more made than attempted": (games(row(6, ftm=9, fta=1)), "impossible_numbers", "made more than he attempted"),
    "more minutes than the game has": (games(row(0, minutes=99)), "impossible_minutes", "has 99 minutes"),
    "fewer than no minutes": (games(row(0, minutes=-3)), "impossible_minutes", "has -3 minutes"),
    "a team without its minutes": (games(where(FIRST_TEAM, minutes=10)), "impossible_minutes", "has 10 minutes"),
    "seconds of another player": (
        games(where(FIRST_TEAM & (pl.col("minutes") > 30), seconds_played=1)), "impossible_minutes", "minutes, his team",
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
    "minutes for a sixth player": (games(row(0, minutes=pl.col("minutes") + 20)), "impossible_minutes", "his team"),
}  # fmt: skip


def test_there_are_forty() -> None:
    assert len(STRUCTURAL) + len(BAD_GAMES) >= 40


@pytest.mark.parametrize(("damage", "words"), STRUCTURAL.values(), ids=STRUCTURAL)
def test_a_structural_fault_is_named_with_file_table_column_and_row(folder: Path, damage: Damage, words: str) -> None:
    damage(folder)
    with pytest.raises(SourceError) as caught:
        ArchiveSource(folder).seasons()
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (edit("play_by_play", doubled(3)), "play_by_play: row 3: duplicate key game_id="),
        (edit("play_by_play", row(5, team_id=None)), "play_by_play: row 5: team_id is null"),
        (edit("play_by_play", where(pl.col("shot_result") == "Made", shot_result="Scored")), "shot_result is 'Scored'"),
    ],
)
def test_a_broken_event_is_named_when_its_season_is_read(folder: Path, damage: Damage, words: str) -> None:
    damage(folder)
    source = ArchiveSource(folder)
    assert source.read(facts.BOX_SCORES, FORTNIGHT).height > 1000
    with pytest.raises(SourceError) as caught:
        source.read(facts.PLAY_BY_PLAY, FORTNIGHT)
    assert words in str(caught.value)


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
