"""Usage in a home that was run: by commands, as assets, twice, and in a database elsewhere."""

import json
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from nba_assets.definitions import build_defs
from nba_assets.home import open_home
from nba_assets.settings import Settings, load_settings
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables import facts
from nba_assets.tables.usage import USAGE_COEFFICIENTS, USAGE_EVALUATION
from nba_assets.usage import serving
from nba_assets.usage.lookups import listed
from nba_assets_tests.cli.test_cli import run
from nba_assets_tests.postgres import PostgresServer

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ran_home")]
CUTOFF = date(2023, 1, 1)


@pytest.fixture(scope="module")
def home(ran_home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the home that was run."""
    folder = tmp_path_factory.mktemp("usage") / "home"
    shutil.copytree(ran_home.home, folder)
    return folder


def test_the_backfill_has_fitted_served_and_evaluated(home: Path) -> None:
    opened = open_home(home)
    stored = opened.read(USAGE_COEFFICIENTS.name)
    assert stored["training_cutoff"].unique().to_list() == [CUTOFF]
    assert stored["player_id"].n_unique() > 250
    evaluation = opened.read(USAGE_EVALUATION.name)
    assert evaluation.height == len(serving.VERSIONS) * (len(serving.VERSIONS) - 1)
    served = listed(Database(load_settings(home).usage_database_url))
    assert served.filter(pl.col("teammate_name").is_not_null()).height == stored.filter(
        (pl.col("model_version") == "shrunk_v1") & pl.col("teammate_name").is_not_null()
    ).height  # fmt: skip


def test_commands_show_predict_and_evaluate(home: Path) -> None:
    said = json.loads(run("usage", "show", "--format", "json", "--home", home).stdout)
    effect = max((row for row in said if row["usage_delta"]), key=lambda row: row["usage_delta"])
    assert {row["significance"] for row in said} == {"", "*", "**"}
    player, mate = effect["player_name"], effect["teammate_name"]
    overview = run("usage", "show", "--home", home).stdout.splitlines()
    assert len(overview) == 1 + len({(row["player_name"], row["team_name"]) for row in said})
    assert any(f"  {mate} {effect['usage_delta']:+.2f}" in line for line in overview if line.startswith(f"{player} "))
    his = json.loads(run("usage", "show", player.replace(" ", "_").lower(), "--format", "json", "--home", home).stdout)
    assert his[0]["teammate_name"] == mate
    (predicted,) = json.loads(run("usage", "predict", player, "--out", mate, "--json", "--home", home).stdout)
    assert predicted["usage_percentage"] == pytest.approx(effect["baseline_usage"] + effect["usage_delta"], abs=1e-3)
    assert predicted["model_version"] == "shrunk_v1"
    line = run("usage", "predict", player, "--out", mate, "--home", home).stdout
    assert line.startswith(f"{player}: {predicted['usage_percentage']:.2f}% = ")
    january = ("usage", "evaluate", "--from", "2023-01-01", "--to", "2023-01-31", "--home", home)
    records = json.loads(run(*january, "--json").stdout)
    assert [record["model_version"] for record in records] == list(serving.VERSIONS)
    assert all(len(record["differences"]) == len(serving.VERSIONS) - 1 for record in records)
    assert "minutes_weighted_mae" in run(*january).stdout
    refitted = run("usage", "show", player, "--refit", "--home", home).stdout
    assert "OLS Regression Results" in refitted
    assert "baseline" in refitted


def test_a_slate_adds_up_to_a_hundred_and_moves_when_somebody_sits(home: Path) -> None:
    slate = ("usage", "slate", "2023-01-20", "--format", "json", "--home", home)
    rows = pl.DataFrame(json.loads(run(*slate).stdout))
    weighed = (pl.col("normalised_usage") * pl.col("expected_minutes")).sum() / pl.col("expected_minutes").sum()
    totals = rows.group_by("game_id", "team_name").agg(normalised=5 * weighed, before=pl.col("team_total").first())
    assert totals["normalised"].to_list() == pytest.approx([100.0] * totals.height, abs=0.1)
    assert (totals["before"] - 100).abs().max() > 0.1
    star = rows.sort("usage_percentage").row(-1, named=True)
    without = pl.DataFrame(json.loads(run(*slate, "--out", star["player_name"]).stdout))
    mates = rows.join(without, on=["game_id", "team_name", "player_name"], suffix="_if").filter(
        pl.col("team_name") == star["team_name"]
    )
    assert (mates["usage_percentage_if"] > mates["usage_percentage"]).mean() > 0.5
    assert mates["expected_minutes_if"].sum() == pytest.approx(240, abs=1)
    assert rows.filter(pl.col("game_id") != star["game_id"]).equals(without.filter(pl.col("game_id") != star["game_id"]))


def test_training_by_hand_serves_the_newest_cutoff_and_twice_is_once(home: Path) -> None:
    said = run("usage", "train", "--cutoff", "2023-01-20", "--home", home).stderr
    assert "shrunk_v1: cutoff 2023-01-20 is served" in said
    opened = open_home(home)
    first = opened.read(USAGE_COEFFICIENTS.name)
    # An older one is fitted and stored, and what is newer stays served.
    again = run("usage", "train", "--cutoff", "2023-01-01", "--home", home).stderr
    assert "shrunk_v1: cutoff 2023-01-20 is served" in again
    assert opened.read(USAGE_COEFFICIENTS.name).sort(USAGE_COEFFICIENTS.key).equals(first.sort(USAGE_COEFFICIENTS.key))
    none = run("usage", "train", "--cutoff", "2022-10-01", "--home", home, code=1)
    assert "no rotation is known before 2022-10-01" in none.stderr
    run("usage", "promote", "additive_v1", "--home", home)
    assert "(additive_v1)" in run("usage", "predict", first["player_name"][0], "--home", home).stdout
    run("usage", "promote", "shrunk_v1", "--home", home)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["predict", "nobody_here"], "'nobody_here' has no usage coefficients"),
        (["show", "--refit"], "--refit needs a PLAYER"),
        (["show", "Ade Abara", "--refit", "--team", "Boston Celtics"], "'Ade Abara' is nobody of a rotation"),
        (["train", "--cutoff", "2999-01-01"], "what is known before 2999-01-01 will only be known then"),
        (["show", "nobody_here", "--refit"], "'nobody_here' is nobody of a rotation"),
        (["slate", "2023-01-20", "--out", "nobody_here"], "'nobody_here' is not one player who is expected to play"),
        (["slate", "2023-07-20"], "no slate of 2023-07-20 is known"),
        (["slate", "2023-01-20", "--version", "other_v9"], "no coefficients of other_v9 of a cutoff up to 2023-01-20"),
        (["promote", "other_v9"], "nobody has coefficients of 'other_v9'"),
        (["evaluate", "--from", "2022-11-01", "--to", "2022-11-30"], "nothing to evaluate in 2022-11-01 … 2022-11-30"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(home: Path, words: list[str], message: str) -> None:
    assert message in run("usage", *words, "--home", home, code=1).stderr


def test_an_empty_home_can_be_made_ready(tmp_path: Path) -> None:
    assert "usage_model_coefficients is ready" in run("usage", "init", "--home", tmp_path / "new").stderr
    assert "nobody has usage coefficients yet" in run("usage", "show", "--home", tmp_path / "new", code=1).stderr


def test_what_was_known_at_the_cutoff_is_all_that_is_used(home: Path, warehouse: DuckDBWarehouse) -> None:
    held = open_home(home).warehouse
    versions = held.read(facts.BOX_SCORES)
    # Corrections that came later, later games, and those of the night before, which nobody has counted at midnight.
    late = pl.col("known_at") >= pl.lit(CUTOFF).cast(pl.Datetime("us", "UTC")) + pl.duration(hours=5)
    changed = versions.with_columns(pl.when(late).then(pl.col("fga") + 9).otherwise("fga").alias("fga"))
    assert not changed.equals(versions)
    warehouse.append(facts.BOX_SCORES, changed)
    assert serving.trained(warehouse, CUTOFF).equals(serving.trained(held, CUTOFF))


def test_the_asset_serves_from_postgres(home: Path, postgres: PostgresServer) -> None:
    settings = load_settings(home, database_url=postgres.url())
    definitions = build_defs(settings)
    for _ in range(2):
        job = definitions.resolve_job_def("train_usage")
        done = job.execute_in_process(
            tags={"dagster/asset_partition_range_start": "2023-01-01", "dagster/asset_partition_range_end": "2023-01-01"},
            run_config={"loggers": {"steps": {}}},
        )
        assert done.success
    database = Database(postgres.url())
    served = listed(database)
    database.close()
    here = listed(Database(load_settings(home).usage_database_url))
    # Here an older cutoff was served before, of which nothing is left.
    assert served.equals(here)
    assert served.height > 1000
