"""Slates on request, by a real Dagster: web server and daemon."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from nba_assets.calendar import EASTERN
from nba_assets.orchestration.instance import dagster_folder
from nba_assets.serving.coordinator import Coordinator, StartAsked
from nba_assets.serving.runs import Runs
from nba_assets.serving.schema import BATCHES, REQUESTS
from nba_assets.settings import Settings, load_settings
from nba_assets.stores.database import Database
from nba_assets_tests.dagster_server import dagster
from nba_assets_tests.serving.served import Ask, pushed, rows, serving

DAY = "2022-11-06"
WORKING = retry_if_result(lambda found: found["status"] in ("queued", "running"))


@retry(retry=WORKING, stop=stop_after_delay(300), wait=wait_fixed(1))
def ended(ask: Ask, batch_id: str) -> dict[str, object]:
    return ask(f"/status?batch_id={batch_id}").json()


@pytest.mark.slow
@pytest.mark.xdist_group("crashes")
def test_many_starts_of_a_date_are_one_run_of_dagster_that_predicts_it(undisturbed_home: Settings, tmp_path: Path) -> None:
    shutil.copytree(undisturbed_home.home, tmp_path / "home")
    settings = load_settings(tmp_path / "home")
    dagster_folder(settings)
    database = Database(settings.usage_database_url)
    with (
        dagster(settings, daemon=True) as url,
        serving(settings.home, dagster_url=url) as one,
        serving(settings.home, dagster_url=url) as two,
    ):
        bodies = [{"game_date": DAY, "min_minutes": 20, "correlation_id": f"c{number % 4}"} for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit((one, two)[number % 2], "/start", "POST", json=body) for number, body in enumerate(bodies)]
        started = [each.result() for each in asked]
        assert [answer.status_code for answer in started] == [202] * 8, started[0].text
        batches = [answer.json() for answer in started]
        assert len({batch["run_id"] for batch in batches}) == 1
        assert len({batch["batch_id"] for batch in batches}) == len(rows(database, BATCHES)) == 4
        # A message is the same request however often it comes; it joins the run too.
        for _ in range(2):
            assert one("/start", "POST", json=pushed({"game_date": DAY}, "m")).status_code == 204
        joined = {row["run_id"] for row in rows(database, BATCHES)}
        assert len(rows(database, BATCHES)) == 5 and joined == {batches[0]["run_id"]}
        told = {"batch_id": batches[0]["batch_id"], "player_lookup": "x"}
        assert two("/complete", "POST", json=pushed(told, "done")).status_code == 204
        found = ended(two, batches[0]["batch_id"])
        assert found["status"] == "complete" and found["run_status"] == "SUCCESS", found
        assert found["predicted"] == found["expected"] > 20 and found["confirmed"] == 1
        assert len(one(f"/predictions/{DAY}").json()["predictions"]) > found["expected"]
        # An empty day ends well, and its batch says that nothing is published.
        summer = ended(one, one("/start", "POST", json={"game_date": "2022-08-01"}).json()["batch_id"])
        assert (summer["status"], summer["expected"]) == ("complete", None)
        assert not [row for row in rows(database, REQUESTS) if row["outcome"] == "refused"]
        # Tomorrow is New York's.
        late = datetime(2026, 1, 2, 4, 30, tzinfo=UTC)
        mine = Coordinator(database, Runs(url), lambda: late)
        assert mine.start(StartAsked(game_date="TODAY"))["game_date"] == date(2026, 1, 1)
        assert mine.start(StartAsked(game_date="TOMORROW"))["game_date"] == date(2026, 1, 2)
        really = datetime.now(EASTERN).date() + timedelta(days=1)
        assert one("/start", "POST", json={"game_date": "TOMORROW"}).json()["game_date"] == really.isoformat()
