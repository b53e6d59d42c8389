"""Lineups in a home: the commands end to end through CmdStan, assets twice, and what happens without a compiler."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner

from nba_assets.calendar import Dates
from nba_assets.cli.app import app
from nba_assets.home import open_home
from nba_assets.lineups import assets, store
from nba_assets.lineups.bundle import LineupError
from nba_assets.orchestration.build import build_deployment
from nba_assets.settings import Settings
from nba_assets.stores.warehouse import Warehouse
from nba_assets_tests.lineups.conftest import SEASONS

pytestmark = pytest.mark.xdist_group("stan")


def run(home: Settings, *words: str) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["lineups", *words, "--home", str(home.home)])
    return found.exit_code, found.stdout, found.stderr


def rows(home: Settings, *words: str) -> list[dict[str, object]]:
    code, out, err = run(home, *words, "--json")
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def five(fitted_home: Settings) -> list[str]:
    """The names of a real lineup."""
    people = store.people(open_home(fitted_home.home).warehouse, serving(fitted_home))
    best = max(people.minutes, key=lambda lineup: people.minutes[lineup])
    return [people.name(int(player)) for player in best.split("-")]


def serving(home: Settings) -> store.LineupBundle:
    found = open_home(home.home)
    return store.load(found.warehouse, found.artifacts)


def test_the_chains_of_a_fit_are_told(fitted_home: Settings) -> None:
    found = rows(fitted_home, "diagnose")
    assert [row["model"] for row in found] == ["additive", "simplified", "hierarchical", "top25", "matchup"]
    assert all(row["divergences"] == 0 for row in found)
    assert found[-1]["parameters"] == 612


def test_a_fit_is_in_the_tables(fitted_home: Settings) -> None:
    home = open_home(fitted_home.home)
    (row,) = home.read("lineup_bundles").to_dicts()
    assert (row["season"], row["train"], row["action"]) == ("2024-25", SEASONS[1], "simplified")
    coefficients = home.read("lineup_coefficients")
    assert coefficients.filter(pl.col("model") == "matchup").height == 612
    assert coefficients.filter(pl.col("model") == "additive")["parameter"].to_list() == ["defence", "intercept", "offence"]


def test_a_lineup_is_rated_and_a_fifth_is_found(fitted_home: Settings, five: list[str]) -> None:
    (rated,) = rows(fitted_home, "rate", ",".join(five))
    assert rated["minutes_together"] > 0
    assert rated["low"] < rated["net_per_100"] < rated["high"]
    found = rows(fitted_home, "fit-fifth", "--with", ",".join(five[:4]))
    assert len(found) > 100
    assert sum(row["best"] for row in found) == pytest.approx(1.0)
    named = rows(fitted_home, "fit-fifth", "--with", ",".join(five[:4]), "--candidates", f"{five[4]},999", "--against", "BOS")
    assert {row["against"] for row in named} == {"BOS"}
    assert any("rookie" in str(row["archetype"]) for row in named)
    (change,) = rows(fitted_home, "swap", "--out", five[4], "--in", str(found[0]["name"]), "--with", ",".join(five[:4]))
    assert change["change"] == pytest.approx(found[0]["net_per_100"] - rated["net_per_100"], abs=0.5)
    assert change["possessions_to_know"] > 0


def test_salaries_leave_out_who_costs_more(fitted_home: Settings, five: list[str], tmp_path: Path) -> None:
    file = tmp_path / "salaries.csv"
    others = [row["name"] for row in rows(fitted_home, "fit-fifth", "--with", ",".join(five[:4]))][:2]
    file.write_text(f'player,salary\n{others[0]},"$20,000,000"\n{others[1]},5000000\n')
    command = ("fit-fifth", "--with", ",".join(five[:4]), "--salaries", str(file))
    (left,) = rows(fitted_home, *command, "--max-salary", "10000000")
    assert left["name"] == others[1]
    file.write_text("player,salary\nNobody At All,5\n")
    assert "row 0" in run(fitted_home, *command, "--max-salary", "10")[2]
    assert "belong together" in run(fitted_home, *command)[2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("rate", "1,1,2,3,4"), "is in the lineup twice"),
        (("rate", "1,2,3,4"), "five players, not 4"),
        (("rate", "Nobody At All,1,2,3,4"), "is not one player"),
        (("rate", "1,2,3,4,5", "--against", "Atlantis"), "neither a team nor"),
        (("fit", "--train", "2019-20,2023-24"), "no play-by-play of 2019-20"),
        (("fit", "--train", "2022-23"), "no box scores before 2022-23: nothing is known of its players"),
        (("evaluate", "--train", "2023-24", "--test", "2022-23"), "is not after 2023-24"),
        (("evaluate", "--train", "2022-23", "--test", "2023-24", "--outcome", "wins"), "there is no outcome 'wins'"),
        (("validate-data", "--size", "1k"), "there is no size '1k'"),
    ],
)
def test_bad_input_is_one_line(fitted_home: Settings, words: tuple[str, ...], told: str) -> None:
    code, _, err = run(fitted_home, *words)
    assert code == 1
    assert told in err
    assert "Traceback" not in err


def test_data_are_validated(lineup_home: Settings) -> None:
    (row,) = rows(lineup_home, "validate-data", "--size", "50k", "--train", SEASONS[1])
    assert row["possessions"] == 50_000
    assert row["seen"] >= 30
    cells = rows(lineup_home, "validate-data", "--by-matchup", "--train", SEASONS[1])
    assert len(cells) == 36
    assert sum(row["share"] for row in cells) == pytest.approx(1.0)


def test_a_fit_that_is_killed_leaves_the_old_one(fitted_home: Settings) -> None:
    before = open_home(fitted_home.home).read("lineup_bundles"), open_home(fitted_home.home).read("lineup_coefficients")
    command = [sys.executable, "-m", "nba_assets.cli", "lineups", "fit", "--train", SEASONS[1], "--home", str(fitted_home.home)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as fitting:
        assert fitting.stderr is not None
        # The first chains have been sampled: the others are running.
        told = next(line for line in fitting.stderr if line.startswith("additive"))
        os.killpg(fitting.pid, signal.SIGKILL)
    assert "R-hat" in told
    after = open_home(fitted_home.home).read("lineup_bundles"), open_home(fitted_home.home).read("lineup_coefficients")
    assert before[0].equals(after[0])
    assert before[1].equals(after[1])
    assert serving(fitted_home).season == "2024-25"


def test_without_a_fit_the_error_says_what_to_do(lineup_home: Settings, warehouse: Warehouse) -> None:
    with pytest.raises(LineupError, match="lineups fit --train"):
        store.load(warehouse, open_home(lineup_home.home).artifacts)
    with pytest.raises(LineupError, match="there are no possessions"):
        store.history(warehouse)


def materialized(home: Settings, *found: dg.AssetsDefinition, key: str | None = None) -> dg.ExecuteInProcessResult:
    deployment = build_deployment(home)
    return dg.materialize(list(found), partition_key=key, resources={"deployment": deployment}, selection=list(found))


def test_games_are_graded_as_played_twice_alike(fitted_home: Settings) -> None:
    """No season that was played has a fit of its own: what was expected is null."""
    for _ in range(2):
        assert materialized(fitted_home, assets.lineup_grades, key="2024-01-10").success
    home = open_home(fitted_home.home)
    graded = home.read("lineup_grades")
    assert graded["game_id"].is_duplicated().sum() == 0
    assert graded["expected_margin"].null_count() == graded.height > 0
    assert materialized(fitted_home, assets.lineup_ratings).success


def test_a_fit_grades_the_games_that_it_serves(fitted_home: Settings) -> None:
    home, bundle = open_home(fitted_home.home), serving(fitted_home)
    table = home.read("lineup_bundles").with_columns(season=pl.lit(SEASONS[1]))
    day = home.read("possessions")["game_date"].max()
    rows_of = home.read("possessions", (day, day))
    home.warehouse.replace(store.LINEUP_BUNDLES, table, {"season": [SEASONS[1]]})
    try:
        found = store.grades(home.warehouse, home.artifacts, Dates(day, day))
    finally:
        home.warehouse.replace(store.LINEUP_BUNDLES, table.clear(), {"season": [SEASONS[1]]})
    assert found["expected_margin"].null_count() == 0
    side = pl.when("is_home").then(1).otherwise(-1)
    margin = rows_of.group_by("game_id").agg(margin=(side * pl.col("points")).sum()).sort("game_id")["margin"].to_list()
    assert found["margin"].to_list() == margin
    assert found["model"].to_list() == [bundle.model] * found.height


def test_without_cmdstan_the_room_is_skipped_and_says_so_once(
    lineup_home: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CMDSTAN", str(tmp_path / "none"))
    assert materialized(lineup_home, assets.lineup_bundles, key="2024-10-01").success
    assert capfd.readouterr().err.count("lineup models are skipped") == 1
