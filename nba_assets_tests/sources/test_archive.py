"""The archive source: real files, and what was exported."""

from pathlib import Path

import polars as pl

from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables import facts
from nba_assets.tables.versions import as_of, fact_key
from nba_assets_tests.sources.conftest import FORTNIGHT


def test_what_is_exported_is_read_back(exported: Path, league: SimulatedSource) -> None:
    for table in (facts.BOX_SCORES, facts.PLAY_BY_PLAY, facts.TRACKING_GAMES):
        found = ArchiveSource(exported).read(table, FORTNIGHT).drop("known_at").sort(fact_key(table))
        told = as_of(league.read(table, FORTNIGHT), table).drop("known_at").sort(fact_key(table))
        assert found.equals(told), table.name
    lines = ArchiveSource(exported).read(facts.GAME_LINES, FORTNIGHT)
    assert lines.group_by("game_id").len()["len"].unique().to_list() == [1]


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
