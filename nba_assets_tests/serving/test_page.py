"""The page for people: what it shows, without a browser and in a real one."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.calendar import Dates
from nba_assets.serving import drawing, reading
from nba_assets.serving.publishing import publish
from nba_assets.serving.views import night, number, percent
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables import facts, league, registry
from nba_assets.usage.coefficients import Served, of_those_out, save_coefficients, teammates
from nba_assets_tests.rows import DAY, of
from nba_assets_tests.serving.night import HOME, NOW, played, put
from nba_assets_tests.serving.served import Ask, serving, with_a_night, with_models

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = Path(__file__).parents[2] / ".tools" / "node_modules" / "axe-core" / "axe.min.js"
ODD = '<script>alert("x")</script>'
SLATE, PLAYER, TEAM = f"/app/slate/{DAY}", "/app/player/1", f"/app/team/{HOME.abbreviation}"
VIEWS = {"slate": SLATE, "player": PLAYER, "team": TEAM, "models": "/app/models", "data": "/app/data"}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """A service whose one night is over; the teammate who was out has a name that would be a script."""
    folder = tmp_path_factory.mktemp("page")
    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb", lock_timeout=0.5)
    home = with_a_night(folder / "home", warehouse, out_name=ODD)
    played(warehouse, 31.0)
    database = Database(f"sqlite:///{home / 'usage.db'}")
    put(warehouse, league.SCHEDULE, {"game_id": "g", "status": "scheduled"}, {"game_id": "lost", "status": "scheduled"})
    bad = {"game_id": "bad", "reason": "impossible_minutes", "detail": "Al Smith (1) played 99 minutes"}
    warehouse.append(facts.QUARANTINE, of(facts.QUARANTINE, {**bad, "game_date": DAY}))
    promoted = {"number": 1, "event": "promoted", "old_value": None, "new_value": "best", "reason": "0.3 points better"}
    warehouse.append(registry.ML_MODEL_AUDIT, of(registry.ML_MODEL_AUDIT, {**promoted, "market": "player_points"}))
    kept = {"challenger": "other", "decision": "kept", "reason": "no better than best"}
    put(warehouse, registry.CHAMPION_DECISION, {**kept, "market": "player_points", "champion": "best"})
    publish(warehouse, database, Dates(DAY, DAY), NOW)
    with_models(home, warehouse)
    deltas = {ODD: 4.5, "Star Mate + Other Mate": 2.0}
    save_coefficients("Nikola Jokić", HOME.abbreviation, 28.0, deltas, {}, 60, 0.4, database=database)
    with serving(home) as ask:
        yield ask


def test_the_beginning_leads_to_the_newest_slate(shown: Ask) -> None:
    answer = shown("/app")
    assert answer.url.endswith(SLATE) and answer.status_code == 200


def test_a_slate_has_its_players_its_population_and_what_happened(shown: Ask) -> None:
    text = shown(SLATE).text
    assert "Nikola Jokić" in text and "26.5" in text
    assert "Population: everybody of the slate whom the champion predicted, backfill" in text
    assert "best (cutoff" in text
    assert "What then happened: of 1 players" in text
    assert "1 player-games that were played" in shown("/app/models").text
    assert ODD not in text and "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in text


def test_what_is_missing_or_set_aside_and_who_was_promoted_is_said_with_its_reason(shown: Ask) -> None:
    data, models = shown("/app/data").text, shown("/app/models").text
    assert "impossible minutes" in data and "Al Smith (1) played 99 minutes" in data
    # Of two games one has no box scores and no features; neither has both teams' box scores.
    assert re.search(rf"{DAY}</th><td>box scores</td><td class=\"n\">2<", data)
    assert re.search(rf"{DAY}</th><td>features</td><td class=\"n\">1<", data)
    assert re.search(r"ml_feature_store</th><td class=\"n\">2</td>", data)
    assert "0.3 points better" in models and "nobody</td><td>best" in models
    assert "no better than best" in models and f"Challengers after the night of {DAY}" in models


@pytest.mark.parametrize("sort", ["game", "predicted", "minutes", "edge", "name"])
def test_a_slate_is_ordered_and_filtered_without_a_script(shown: Ask, sort: str) -> None:
    assert "Nikola Jokić" in shown(f"{SLATE}?sort={sort}&decision=tip&team=").text
    assert "Nobody is predicted for this choice" in shown(f"{SLATE}?sort={sort}&team=ZZZ").text


def test_a_player_is_found_and_a_line_has_its_chances_without_a_script(shown: Ask) -> None:
    found = shown("/app/player?who=nikola jokic")
    assert found.url.endswith(PLAYER)
    chances = shown("/players/1/distribution?line=20.5").json()
    text = shown(f"{PLAYER}?line=20.5").text
    assert f"Over 20.5: {percent(chances['prob_over'])}, fair odds {number(chances['fair_over'], 2)}" in text
    assert "given that the player plays" in text and "cutoff" in text


def test_who_sits_changes_what_the_others_use_without_a_script(shown: Ask) -> None:
    everybody = shown(TEAM).text
    assert "+0.0" in everybody and "<b>28.0</b>" in everybody
    without = shown(f"{TEAM}?out=2").text
    assert "+4.5" in without and "<b>32.5</b>" in without and "sits" in without and ODD not in without
    for wrong, status in (("/app/team/ZZZ", 404), ("/app/team/zz", 422), (f"{TEAM}?out=x", 422)):
        assert shown(wrong).status_code == status


def test_of_two_who_were_always_out_together_only_both_count() -> None:
    deltas = {"B C + D É": 3.0, "F": 1.0}
    about = {"player_name": "a", "team_name": "X", "model_version": "v"}
    served = Served(**about, baseline_usage=20.0, teammate_deltas=deltas, joint_with={})
    assert teammates(served) == ["B C", "D É", "F"]
    assert of_those_out(served, {"B C", "F"}) == ({"F": 1.0}, ["B C + D É"])
    assert of_those_out(served, {"B C", "D É"}) == ({"B C + D É": 3.0}, [])


def test_what_is_not_there_is_a_page_with_a_way_on(shown: Ask) -> None:
    for path, link in (
        (f"/app/slate/{DAY.replace(year=2030)}", SLATE),
        ("/app/player?who=nikola jokicc", "Nikola%20Joki%C4%87"),
    ):
        answer = shown(path)
        assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html")
        assert link in answer.text, answer.text
    assert shown("/app/files/../page.py").status_code == 404


@pytest.mark.parametrize("wrong", ["/app/slate/yesterday", f"{SLATE}?sort=shoes", f"{PLAYER}?line=NaN", f"{SLATE}?team=lower"])
def test_what_makes_no_sense_is_refused_in_a_page(shown: Ask, wrong: str) -> None:
    answer = shown(wrong)
    assert answer.status_code == 422 and answer.headers["content-type"].startswith("text/html")
    assert "<h1>Unprocessable" in answer.text and "content-security-policy" in answer.headers


@given(who=st.text(max_size=30), line=st.text(max_size=6), day=st.dates().map(str) | st.text(max_size=12))
def test_nothing_that_is_asked_is_a_fault_of_the_service(shown: Ask, who: str, line: str, day: str) -> None:
    for path, asked in (
        ("/app/player", {"who": who}),
        (f"/app/player/{quote(who, safe='')}", {"line": line}),
        (f"/app/slate/{quote(day, safe='')}", {"team": who, "sort": line}),
        ("/app/slate", {"day": day}),
    ):
        assert shown(path, params=asked).status_code in (200, 404, 409, 422)


def test_a_page_is_not_sent_twice_and_takes_nothing_from_elsewhere(shown: Ask) -> None:
    for path in VIEWS.values():
        answer = shown(path)
        assert shown(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304, path
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert not re.findall(r'(?:src|href|action)="(?!/)(?!#)', answer.text)
        assert len(answer.content) < 100_000


def test_the_errors_of_a_night_are_of_the_same_rows() -> None:
    row = {"outcome": "played", "form": 10.0, "betting_line": None, "p10": 5.0, "p90": 15.0}
    rows = [
        {**row, "predicted": 11.0, "actual": 14.0, "betting_line": 12.5},
        {**row, "predicted": 9.0, "actual": 20.0},
        {**row, "predicted": 9.0, "actual": 1.0, "form": None},
        {**row, "predicted": 9.0, "actual": None, "outcome": "void"},
    ]
    assert night(rows) == {
        "played": 2,
        "model": 7.0,
        "form": 7.0,
        "lined": 1,
        "model_lined": 3.0,
        "line": 1.5,
        "inside": 0.5,
    }
    assert night(rows[3:]) is None


def test_the_errors_of_all_nights_are_those_of_each(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    """What the database adds up, beside the rows of the API."""
    home = with_a_night(tmp_path, warehouse)
    played(warehouse, 31.0)
    database = Database(f"sqlite:///{home / 'usage.db'}")
    publish(warehouse, database, Dates(DAY, DAY), NOW)
    (row,) = reading.predictions(database, DAY, "player_points")
    error, form, line = (abs(row[name] - 31.0) for name in ("predicted", "form", "betting_line"))
    (found,) = reading.nights(database, "player_points", "tip")
    assert found == {
        "game_date": DAY,
        "played": 1,
        "less_than_form": pytest.approx(form - error),
        "lined": 1,
        "less_than_line": pytest.approx(line - error),
    }
    (said,) = reading.chances(database, "player_points", "tip")
    assert (said["prob_over"], said["actual_points"], said["betting_line"]) == (row["prob_over"], 31.0, row["betting_line"])
    assert reading.nights(database, "player_points", "noon") == []


def test_reliability_is_drawn_with_the_diagonal_and_curves_from_zero() -> None:
    points = [drawing.Happened(0.25, 0.5, 0.4, 0.6), drawing.Happened(0.75, 0.5, None, None)]
    text = str(drawing.reliability(points, "x", size=200))
    assert 'cx="50.0" cy="100.0"' in text and 'cx="150.0" cy="100.0"' in text
    assert text.count('class="range"') == 1 and 'y="80.0" width="4" height="40.0"' in text
    text = str(drawing.curves([[0.0, 10.0, -10.0], [0.0, 0.0, 5.0]], "x", width=240))
    assert 'class="first" points="40.0,90.0 140.0,10.0 240.0,170.0"' in text
    assert 'class="second" points="40.0,90.0 140.0,90.0 240.0,50.0"' in text


def test_words_of_numbers() -> None:
    assert [percent(0.456), percent(None), number(1.25, 1), number(None)] == ["46%", "–", "1.2", "–"]


def test_an_interval_is_drawn_to_scale() -> None:
    text = str(drawing.interval(drawing.Interval(10, 20, 30, line=25, actual=40), 40, 'of "x"', width=160))
    assert 'aria-label="of &#34;x&#34;"' in text
    assert 'class="range" x="40.0" y="6" width="80.0"' in text
    assert 'cx="80.0"' in text and 'class="line" x="99.0"' in text and "M160.0 3" in text


@given(st.lists(st.floats(0, 120), min_size=99, max_size=99), st.floats(0, 150) | st.none())
def test_a_histogram_has_all_of_the_chance(values: list[float], line: float | None) -> None:
    quantiles = [(place / 100, value) for place, value in enumerate(sorted(values), 1)]
    text = str(drawing.distribution(quantiles, line, "x"))
    heights = [float(found) for found in re.findall(r'class="range"[^>]* height="([\d.]+)"', text)]
    assert max(heights) == 115.0 and min(heights) >= 0
    assert (line is not None) == ('class="line"' in text) and "nan" not in text


# A browser and its rules of accessibility come with `make tools`.
needs_browser = pytest.mark.skipif(
    not (shutil.which("chromium") and AXE.exists()), reason="no Chromium or no axe-core: `make tools` installs them"
)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tools:
        # Chromium's own sandbox does not work as root.
        opened = tools.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield opened
        opened.close()


def opened(browser: "Browser", **more: Any) -> "tuple[Page, list[str]]":
    """A page, and what it complains about: messages on the console, and requests that leave the machine."""
    # The rules of accessibility are a script of the test's own, which the page's policy would refuse.
    page = browser.new_context(bypass_csp=True, **more).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if "//127.0.0.1:" not in request.url else None)
    return page, complaints


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_each_view_is_sound_in_a_browser(shown: Ask, browser: "Browser", width: int, scheme: Any) -> None:
    page, complaints = opened(browser, viewport={"width": width, "height": 800}, color_scheme=scheme)
    for name, path in VIEWS.items():
        page.goto(shown(path).url)
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run()")["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert complaints == []
    page.context.close()


@needs_browser
def test_the_line_is_moved_by_keyboard_and_its_chances_follow(shown: Ask, browser: "Browser") -> None:
    page, complaints = opened(browser)
    page.goto(shown(f"{PLAYER}?line=20.5").url)
    before = page.inner_text("#said")
    mark = page.locator("svg .line[data-per]")
    place = float(str(mark.get_attribute("x")))
    page.focus("#line")
    page.keyboard.press("ArrowUp")
    page.wait_for_function("before => document.getElementById('said').textContent !== before", arg=before)
    chances = shown("/players/1/distribution?line=21").json()
    assert page.inner_text("#said").startswith(f"Over 21.0: {percent(chances['prob_over'])}, fair odds")
    assert float(str(mark.get_attribute("x"))) > place
    assert complaints == []
    page.context.close()


@needs_browser
def test_the_switchboard_is_used_by_keyboard(shown: Ask, browser: "Browser") -> None:
    page, complaints = opened(browser)
    page.goto(shown(TEAM).url)
    page.focus("#out2")
    for said in ("32.5", "28.0", "32.5"):
        page.keyboard.press("Space")
        page.get_by_text(said, exact=True).and_(page.locator("b")).wait_for()
        # Where the keyboard was, it stays.
        page.wait_for_function("() => document.activeElement.id === 'out2'")
    assert page.url.endswith("?out=2") and complaints == []
    page.context.close()


@needs_browser
def test_without_its_script_the_page_does_the_same_by_forms(shown: Ask, browser: "Browser") -> None:
    page, _ = opened(browser, java_script_enabled=False)
    page.goto(shown(SLATE).url)
    page.get_by_label("Player", exact=True).fill("nikola jokic")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{PLAYER}")
    page.get_by_label("Line", exact=True).fill("30.5")
    page.keyboard.press("Enter")
    page.wait_for_url("**line=30.5")
    assert page.inner_text("#said").startswith("Over 30.5:")
    page.context.close()
