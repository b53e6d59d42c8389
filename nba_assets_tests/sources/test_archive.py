"""The archive source: real files, and files that are broken on purpose."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.export import export_archive
from nba_assets.sources.protocol import SourceError
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables import facts

FORTNIGHT = Dates(date(2023, 11, 1), date(2023, 11, 14))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, league: SimulatedSource) -> Path:
    """A fortnight of the simulated league as an archive."""
    folder = tmp_path_factory.mktemp("exported")
    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb")
    for table in facts.DAILY:
        warehouse.replace(table, league.read(table, FORTNIGHT), {table.date_column or "": FORTNIGHT})
    warehouse.replace(facts.PLAYERS, league.read(facts.PLAYERS, FORTNIGHT), {})
    export_archive(warehouse, folder / "archive")
    return folder / "archive"


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """A copy of the archive, to break."""
    for path in exported.rglob("*.parquet"):
        target = tmp_path / path.relative_to(exported)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return tmp_path


def test_what_is_exported_is_read_back(exported: Path, league: SimulatedSource) -> None:
    found = ArchiveSource(exported).read(facts.BOX_SCORES, FORTNIGHT)
    truth = league.read(facts.BOX_SCORES, FORTNIGHT).sort("known_at").unique(["game_id", "player_id"], keep="last")
    same = [name for name in facts.BOX_SCORES.names if name != "known_at"]
    assert found.select(same).sort("game_id", "player_id").equals(truth.select(same).sort("game_id", "player_id"))
    lines = ArchiveSource(exported).read(facts.GAME_LINES, FORTNIGHT)
    assert lines.group_by("game_id").len()["len"].unique().to_list() == [1]


def edit(name: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = next(iter(sorted((folder / name).glob("*.parquet")) or [folder / f"{name}.parquet"]))
        change(pl.read_parquet(path)).write_parquet(path)

    return apply


def truncate(folder: Path) -> None:
    path = folder / "player_games" / "2023-24.parquet"
    path.write_bytes(path.read_bytes()[:1000])


def empty(folder: Path) -> None:
    for path in folder.rglob("*.parquet"):
        path.unlink()


def row(number: int, **values: object) -> Callable[[pl.DataFrame], pl.DataFrame]:
    def change(frame: pl.DataFrame) -> pl.DataFrame:
        here = pl.int_range(pl.len()) == number
        return frame.with_columns(
            pl.when(here).then(pl.lit(value)).otherwise(name).alias(name) for name, value in values.items()
        )

    return change


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (edit("player_games", lambda frame: frame.drop("fga")), ["2023-24.parquet → player_games: missing column fga"]),
        (
            edit("player_games", lambda frame: frame.with_columns(pl.col("pts").cast(pl.String))),
            ["2023-24.parquet → player_games: column pts has type String, must be Int64"],
        ),
        (edit("player_games", lambda frame: pl.concat([frame, frame[3:4]])), ["player_games: row 3: duplicate key game_id="]),
        (edit("player_games", row(4, team_abbreviation="SEA")), ["row 4: team_abbreviation 'SEA' is not a team"]),
        (edit("player_games", row(4, team_id=7)), ["row 4: team_id 7 is not"]),
        (edit("player_games", row(5, game_id=None)), ["row 5: game_id is null"]),
        (edit("player_games", row(5, season_type="Summer League")), ["row 5: season_type is 'Summer League'"]),
        (edit("player_games", row(6, fga=-1)), ["row 6: fga is -1"]),
        (edit("player_games", row(6, season="2023")), ["row 6: season is '2023'"]),
        (edit("player_games", row(1, game_date=date(2023, 11, 9))), ["game_date is", "its game has another date above"]),
        (edit("game_lines", row(2, home_team="SEA")), ["game_lines: row 2: home_team 'SEA' is not a team"]),
        (edit("injury_notes", row(1, team="Sonics")), ["injury_notes: row 1: 'Sonics' is not a team"]),
        (edit("players", lambda frame: pl.concat([frame, frame[:1]])), ["players.parquet → players: row 0: duplicate key"]),
        (truncate, ["2023-24.parquet → player_games: not a readable Parquet file", "get it again"]),
        (empty, ["no player_games/*.parquet there", "docs/archive.md"]),
    ],
)
def test_a_fault_is_named_with_file_table_column_and_row(
    folder: Path, damage: Callable[[Path], None], words: list[str]
) -> None:
    damage(folder)
    with pytest.raises(SourceError) as caught:
        ArchiveSource(folder).seasons()
    for word in words:
        assert word in str(caught.value)


def test_a_player_of_a_third_team_is_named(folder: Path) -> None:
    path = folder / "player_games" / "2023-24.parquet"
    frame = pl.read_parquet(path)
    third = frame.filter(pl.col("game_id") != frame["game_id"][0]).row(0, named=True)
    edit("player_games", row(0, team_id=third["team_id"], team_abbreviation=third["team_abbreviation"]))(folder)
    with pytest.raises(SourceError, match=f"plays for {third['team_abbreviation']} in game {frame['game_id'][0]}"):
        ArchiveSource(folder).seasons()


def test_only_box_scores_are_needed(folder: Path) -> None:
    for path in (*(folder / "game_lines").iterdir(), *(folder / "prop_lines").iterdir(), *folder.glob("*.parquet")):
        path.unlink()
    source = ArchiveSource(folder)
    assert source.read(facts.GAME_LINES, FORTNIGHT).is_empty()
    assert source.read(facts.SCHEDULE_NOTICES, FORTNIGHT).height > 50


def test_real_games_have_the_counts_of_their_readme(archive: ArchiveSource) -> None:
    rows = {
        span.season: archive.read(facts.BOX_SCORES, span.dates).filter(pl.col("season_type") == "Regular Season").height
        for span in archive.seasons()
    }
    assert rows | {"2024-25": 0} == {
        "2018-19": 26101,
        "2019-20": 20501,
        "2020-21": 23054,
        "2021-22": 26039,
        "2022-23": 25895,
        "2023-24": 26401,
        "2024-25": 0,
    }
    assert any("0022400147" in remark for remark in archive.remarks())


def test_absentees_of_real_games_never_played(archive: ArchiveSource) -> None:
    season = archive.seasons()[2].dates
    said = archive.read(facts.AVAILABILITY, season)
    played = archive.read(facts.BOX_SCORES, season).select("game_id", "player_id")
    out = said.filter(pl.col("status") == "out")
    assert out.join(played, on=["game_id", "player_id"]).is_empty()
    per_team = out.height / played["game_id"].n_unique() / 2
    assert 1 < per_team < 5
    starters = said.filter(pl.col("status") == "starter").group_by("game_id", "team_id").len()
    assert starters["len"].mode().to_list() == [5]
