"""What-ifs of the newest slate: the same as `nba-assets predict --out` says, from the artifact alone."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.cli.reports import scenario
from nba_assets.home import Home
from nba_assets.serving import nights, reading
from nba_assets.serving.publishing import publish_night
from nba_assets.settings import Settings
from nba_assets.stores.database import Database
from nba_assets_tests.serving.night import NOW
from nba_assets_tests.serving.served import Ask, detail, serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ran_home")]
SHOWN = ("minutes_mean", "minutes_p10", "minutes_p90", "play_prob", "predicted", "p10", "p90")


@pytest.fixture(scope="module")
def ask(ran_home: Settings) -> Iterator[Ask]:
    with serving(ran_home.home) as found:
        yield found


@pytest.fixture(scope="module")
def night(ran_home: Settings) -> list[reading.Row]:
    """The newest slate as it is served, who plays most first."""
    database = Database(ran_home.usage_database_url)
    day = reading.tonight(database, NOW)
    assert day
    rows = reading.predictions(database, day, "player_points")
    return sorted(rows, key=lambda row: -row["minutes_mean"])


def asked(ask: Ask, *out: str) -> dict[str, object]:
    answer = ask("/what-if", "POST", json={"out": list(out)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_is_known_is_what_was_published(ask: Ask, night: list[reading.Row]) -> None:
    star = night[0]
    found = asked(ask, star["player_name"])
    assert found["out"] == [star["player_name"]] and found["game_date"] == str(star["game_date"])
    assert found["model"] == star["model_id"] and found["cutoff"] == str(star["training_cutoff"])
    served = {row["player_id"]: row for row in night if row["game_id"] == star["game_id"]}
    players = {row["player_id"]: row for row in found["players"]}
    assert players.keys() == served.keys() - {star["player_id"]} and len(players) > 15
    for player_id, row in players.items():
        for name in SHOWN:
            assert row[name] == pytest.approx(served[player_id][name], abs=1e-9), name
    # Somebody has to play the star's minutes.
    mates = [row for row in players.values() if row["team"] == star["team"]]
    assert sum(row["minutes_mean_if"] - row["minutes_mean"] for row in mates) > 5
    assert sum(row["predicted_if"] - row["predicted"] for row in mates) > 2


def test_it_says_what_the_command_says(ask: Ask, night: list[reading.Row], ran_home: Settings) -> None:
    """Two of one team: the command builds the whole slate from the warehouse, the service one game from its artifact."""
    star, *others = night
    mate = next(row for row in others if row["team"] == star["team"])
    names = [star["player_name"], mate["player_name"]]
    players = {row["player_name"]: row for row in asked(ask, *names)["players"]}
    for of, here, there in (("points", "predicted", "predicted_points"), ("minutes", "minutes_mean", "minutes_mean")):
        told = {row["player_name"]: row for row in scenario(Home(ran_home), star["game_date"], names, of).to_dicts()}
        assert told.keys() == players.keys()
        for name, row in told.items():
            assert players[name][f"{here}_if"] == pytest.approx(row[f"{there}_if"], abs=1e-9)
            assert players[name][here] == pytest.approx(row[there], abs=1e-9)


def test_the_switchboard_shows_it(ask: Ask, night: list[reading.Row]) -> None:
    star = night[0]
    path = f"/app/team/{star['team']}"
    before, after = ask(path).text, ask(f"{path}?out={star['player_id']}").text
    assert "predicted anew" not in before and "predicted anew" in after
    mate = next(row for row in asked(ask, str(star["player_id"]))["players"] if row["team"] == star["team"])
    moved = mate["predicted_if"] - mate["predicted"]
    assert f'{mate["predicted_if"]:.1f} <span class="about">{moved:+.1f}</span>' in after
    assert star["model_id"] in before
    # Somebody of another team, or nobody at all, changes nothing here.
    assert "predicted anew" not in ask(f"{path}?out=999999").text


def test_who_is_not_on_the_slate_is_not_found(ask: Ask, night: list[reading.Row], ran_home: Settings) -> None:
    everybody = reading.people(Database(ran_home.usage_database_url))
    slate = {row["player_id"] for row in Home(ran_home).read("ml_feature_store", (night[0]["game_date"],) * 2).to_dicts()}
    stranger = next(person for person in everybody if person.player_id not in slate)
    assert str(stranger.player_id) in detail(ask("/what-if", "POST", json={"out": [stranger.name]}), 404)["detail"]
    assert detail(ask("/what-if", "POST", json={"out": ["Nobody At All"]}), 404)["suggestions"] == []
    for body in ({"out": []}, {"out": ["x"] * 31}, {"out": "x"}, {}, None, {"out": [night[0]["player_name"]], "more": 1}):
        detail(ask("/what-if", "POST", json=body), 422)


def test_files_that_are_gone_are_said_and_made_again(night: list[reading.Row], ran_home: Settings, tmp_path: Path) -> None:
    shutil.copytree(ran_home.home, tmp_path / "home")
    home = Home(ran_home.model_copy(update={"home": tmp_path / "home"}))
    database, artifacts = Database(home.settings.usage_database_url), home.artifacts
    files = artifacts.names(nights.FOLDER)
    assert len(files) == 10
    artifacts.remove(f"{nights.FOLDER}/{files[0]}")
    with serving(home.settings.home) as ask:
        found = ask("/ready")
        assert found.status_code == 200 and "cannot be read" in found.json()["degraded"][0]
        refused = ask("/what-if", "POST", json={"out": [night[0]["player_name"]]})
        assert "no slate is ready" in detail(refused, 503)["detail"]
        assert ask(f"/app/team/{night[0]['team']}?out={night[0]['player_id']}").status_code == 200
    (version, body) = reading.document(database, "night") or ("", "")
    day = reading.tonight(database, NOW)
    assert day and json.loads(body)["game_date"] == str(day)
    assert publish_night(home.warehouse, artifacts, database, Dates(day, day), NOW) == day
    assert artifacts.names(nights.FOLDER) == files and (reading.document(database, "night") or ("",))[0] == version
    with serving(home.settings.home) as ask:
        assert ask("/ready").json()["degraded"] == []
    # Facts that have changed make other files, and those of before are deleted.
    home.sql("DELETE FROM nba_facts.injury_reports WHERE TRUE")
    assert publish_night(home.warehouse, artifacts, database, Dates(day, day), NOW) == day
    assert len(artifacts.names(nights.FOLDER)) == 10 and not set(files) & set(artifacts.names(nights.FOLDER))
    before = pl.Series(files).str.slice(0, 16).unique().to_list()
    assert before == [files[0].split(".")[0]]
