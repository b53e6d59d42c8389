"""Official injury reports in the layouts of four seasons."""

from datetime import UTC, datetime
from random import Random

import pytest

from nba_assets.reference.teams import TEAMS
from nba_assets.sources.injuries.pdf import STATUSES, report
from nba_assets.sources.raw import Kept, Response
from nba_assets.sources.web import Unusable
from nba_assets_tests.sources.reports import LAYOUTS, Entry, Layout, printed

AT = datetime(2024, 11, 1, 21, 30, tzinfo=UTC)
PLAYERS = (
    "Doncic, Luka",
    "Porter Jr., Michael",
    "Gilgeous-Alexander, Shai",
    "Caldwell-Pope, Kentavious",
    "Nene",
    "O'Neale, Royce",
    "Jones, Dillon",
    "Da Silva, Tristan",
    "Antetokounmpo, Giannis",
    "Williams III, Robert",
    "McDaniels, Jaden",
    "Bol, Bol",
)
REASONS = (
    "Injury/Illness - Left Ankle; Sprain",
    "Injury/Illness - Right Knee; Surgery, Anterior Cruciate Ligament Tear and Meniscus Repair",
    "G League - Two-Way",
    "Rest",
    "Injury/Illness - Low Back; Lumbar Disc Herniation, Left Hamstring; Tendinopathy, Return to Competition Reconditioning",
    "Not With Team",
    "Injury/Illness - Illness; Illness",
    "League Suspension",
)


def response(body: bytes) -> Response:
    return Response(Kept("report", "pdf", "2024-11-01", "1730", AT), "http://x/", (), body)


def season_of_rows(random: Random, games: int) -> list[Entry]:
    found: list[Entry] = []
    for game in range(games):
        home, away = random.sample(TEAMS, 2)
        day, clock = ("11/01/2024", "11/02/2024")[game >= games // 2], random.choice(["07:00 (ET)", "07:30 (ET)", "10:00 (ET)"])
        for team in (away, home):
            matchup, name = f"{away.abbreviation}@{home.abbreviation}", f"{team.city} {team.nickname}"
            if random.random() < 0.15:
                found.append(Entry(day, clock, matchup, name, "", "", "NOT YET SUBMITTED"))
                continue
            players = random.sample(PLAYERS, random.randint(1, 9))
            found += [Entry(day, clock, matchup, name, p, random.choice(STATUSES), random.choice(REASONS)) for p in players]
    return found


@pytest.mark.parametrize("season", LAYOUTS)
def test_every_row_is_read(season: str) -> None:
    right = rows = 0
    for seed in range(4):
        entries = season_of_rows(Random(seed), 12)
        found = report(response(printed(entries, AT, LAYOUTS[season])))
        wanted = [(e.game_date, e.team, e.player, e.status, e.reason) for e in entries if e.player]
        assert found.at == AT
        assert found.pending == [(e.game_date, e.team) for e in entries if not e.player]
        assert found.rows.height == len(wanted)
        right += sum(mine == theirs for mine, theirs in zip(found.rows.iter_rows(), wanted, strict=True))
        rows += len(wanted)
    assert right / rows >= 0.99


def test_an_unknown_layout_is_not_used() -> None:
    columns = dict(LAYOUTS["2024-25"].columns)
    entries = season_of_rows(Random(1), 2)
    more = Layout({**columns, "Expected Return": 800})
    with pytest.raises(Unusable, match="unknown columns: Expected Return"):
        report(response(printed(entries, AT, more)))
    wrong = printed(entries, AT, LAYOUTS["2024-25"], rename={"Current Status": "Matchup"})
    with pytest.raises(Unusable, match="missing columns: status"):
        report(response(wrong))


@pytest.mark.parametrize("body", [b"", b"%PDF-1.4 nothing", b"<html>", b"%PDF-1.4\n%%EOF"])
def test_what_is_no_report_is_said(body: bytes) -> None:
    with pytest.raises(Unusable):
        report(response(body))


def test_a_status_nobody_knows_is_said() -> None:
    entries = [Entry("11/01/2024", "07:00 (ET)", "LAL@MIN", "Los Angeles Lakers", "Doe, Jon", "Likely", "Rest")]
    with pytest.raises(Unusable, match="status of Doe, Jon is 'Likely'"):
        report(response(printed(entries, AT, LAYOUTS["2024-25"])))
