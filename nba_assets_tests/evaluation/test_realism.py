"""The simulated league looks like the real one, by figures that were measured on real seasons."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.evaluation.realism import BAND, compared, did_not_play, distributions, figures, newest_whole_seasons
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables import facts

# Of the regular seasons 2021-22, 2022-23 and 2023-24: box scores of NBA.com, 3,690 games.
REAL: dict[str, float] = json.loads((Path(__file__).parent / "real_figures.json").read_text())


@pytest.fixture(scope="module")
def boxes(league: SimulatedSource) -> pl.DataFrame:
    return league.whole(facts.BOX_SCORES)


def test_every_figure_is_within_its_band_and_most_are_within_five_percent(boxes: pl.DataFrame) -> None:
    found = compared(figures(boxes), REAL)
    assert found.filter(~pl.col("within"))["figure"].to_list() == []
    assert (found["difference"].abs() <= BAND).mean() > 0.7


def test_what_is_off_is_said(boxes: pl.DataFrame) -> None:
    ours = figures(boxes)
    off = compared(ours | {"team points": 1.06 * REAL["team points"]}, REAL).row(0, named=True)
    assert (off["figure"], off["within"], off["band"]) == ("team points", False, BAND)
    assert off["difference"] == pytest.approx(0.06)


def test_who_did_not_play_is_counted_between_his_first_and_last_game() -> None:
    rows = [(number, 1, 30) for number in range(10)] + [(1, 2, 5), (8, 2, 5), (4, 3, 25), (6, 3, 25)]
    games = pl.DataFrame(
        [
            {"season": "2023-24", "team_id": 1, "game_id": f"g{number}", "game_date": date(2024, 1, 1 + number)}
            | {"player_id": player, "minutes": minutes}
            for number, player, minutes in rows
        ]
    )
    assert did_not_play(games) == {
        "did not play": pytest.approx(1 - (10 + 2 + 2) / (10 + 8 + 3)),
        "did not play, 20 minutes or more": pytest.approx(1 - (10 + 2) / (10 + 3)),
    }


def test_distributions_are_drawn(boxes: pl.DataFrame) -> None:
    assert distributions(boxes, boxes).png.startswith(b"\x89PNG")


def test_the_figures_of_real_seasons_are_the_archives(archive: ArchiveSource) -> None:
    real = newest_whole_seasons(archive)
    assert sorted(real["season"].unique()) == ["2021-22", "2022-23", "2023-24"]
    assert Dates(real["game_date"].min(), real["game_date"].max()).first == date(2021, 10, 19)
    assert figures(real) == pytest.approx(REAL, rel=1e-9)
