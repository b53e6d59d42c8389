from datetime import UTC, date, datetime

import polars as pl

from nba_assets.league.schedule import schedule
from nba_assets.tables.facts import SCHEDULE_NOTICES

TIP = datetime(2024, 1, 2, 0, 30, tzinfo=UTC)


def notice(day: date, status: str, known: datetime, tip: datetime | None = TIP) -> dict[str, object]:
    return {
        "season": "2023-24",
        "season_type": "Regular Season",
        "game_id": "0022300001",
        "game_date": day,
        "home_team_id": 1610612737,
        "away_team_id": 1610612738,
        "tip_off": tip,
        "status": status,
        "known_at": known,
    }


def test_a_postponed_game_keeps_its_old_date() -> None:
    old, new = date(2024, 1, 1), date(2024, 2, 1)
    rows = [
        notice(old, "scheduled", datetime(2023, 8, 1, tzinfo=UTC)),
        notice(old, "postponed", datetime(2024, 1, 1, 20, tzinfo=UTC)),
        notice(new, "scheduled", datetime(2024, 1, 4, tzinfo=UTC), tip=None),
    ]
    found = schedule(pl.DataFrame(rows, schema=SCHEDULE_NOTICES.schema))
    assert found.select("game_date", "status", "tip_off_assumed").rows() == [
        (old, "postponed", False),
        (new, "scheduled", True),
    ]
    assert found["tip_off"].to_list() == [TIP, datetime(2024, 2, 2, 0, 0, tzinfo=UTC)]
    assert found.select("home_team", "away_team", "season_year").row(0) == ("ATL", "BOS", 2023)
