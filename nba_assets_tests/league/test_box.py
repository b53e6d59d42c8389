from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.league import box
from nba_assets.league.averages import player_season_averages
from nba_assets.league.warnings import box_score_warnings
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables import facts, league
from nba_assets.tables.contracts import conform

HOME, AWAY = 1610612737, 1610612738
KNOWN = datetime(2024, 1, 2, 7, tzinfo=UTC)


def line(player_id: int, team_id: int = HOME, **stats: object) -> dict[str, object]:
    zero = {column.name: 0 for column in facts.BOX_SCORES.columns if column.type == "INT64"}
    return zero | {
        "season": "2023-24",
        "season_type": "Regular Season",
        "game_id": "0022300001",
        "game_date": date(2024, 1, 1),
        "player_id": player_id,
        "player_name": f"Player {player_id}",
        "team_id": team_id,
        "opponent_team_id": AWAY if team_id == HOME else HOME,
        "is_home": team_id == HOME,
        "starter": True,
        "minutes": 48,
        "seconds_played": None,
        "known_at": KNOWN,
        **stats,
    }


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=facts.BOX_SCORES.schema)


def game() -> pl.DataFrame:
    """Two teams of five who play all 48 minutes; round numbers."""
    stats = {"fga": 18, "fgm": 8, "fta": 5, "ftm": 4, "oreb": 2, "dreb": 6, "tov": 3, "pts": 20}
    other = {"fga": 16, "fgm": 8, "fta": 4, "ftm": 4, "oreb": 1, "dreb": 8, "tov": 2, "pts": 20}
    return frame(*(line(n, HOME, **stats) for n in range(5)), *(line(n + 5, AWAY, **(other | {"pts": 18})) for n in range(5)))


def test_team_games_by_hand() -> None:
    home, away = box.team_games(game()).sort("is_home", descending=True).to_dicts()
    # 90 + 0.4 x 25 - 1.07 x 10 / (10 + 40) x (90 - 40) + 15 and 80 + 0.4 x 20 - 1.07 x 5 / (5 + 30) x (80 - 40) + 10
    plays = 104.3, 98 - 1.07 * 5 / 35 * 40
    assert home["possessions"] == pytest.approx(sum(plays) / 2, abs=1e-12)
    assert home["possessions"] == away["possessions"]
    assert home["pace"] == pytest.approx(home["possessions"], abs=1e-12)
    assert home["offensive_rating"] == pytest.approx(100 * 100 / home["possessions"], abs=1e-12)
    assert home["defensive_rating"] == away["offensive_rating"]
    assert (home["pts"], home["opponent_pts"], home["overtimes"]) == (100, 90, 0)


def test_overtimes_are_read_off_the_minutes() -> None:
    longer = game().with_columns(minutes=pl.lit(58, pl.Int64))
    team = box.team_games(longer).row(0, named=True)
    assert team["overtimes"] == 2
    assert team["pace"] == pytest.approx(48 * team["possessions"] / 58, abs=1e-12)


def test_a_game_with_one_team_has_no_team_game() -> None:
    assert box.team_games(game().filter(pl.col("team_id") == HOME)).is_empty()


def test_usage_by_hand() -> None:
    lines = [line(1, minutes=24, fga=20, fta=10, tov=2), line(2, minutes=24, fga=10), line(3, minutes=0, fga=1)]
    usage = box.usage(frame(*lines, *(line(n, minutes=48, fga=10) for n in range(4, 8))))
    # 100 x 26.4 x (240 / 5) / (24 x (26.4 + 10 + 1 + 40)); he who played no minute has none
    assert usage["usage_percentage"].to_list()[0] == pytest.approx(100 * 26.4 * 48 / (24 * 77.4), abs=1e-12)
    assert usage["usage_percentage"][2] is None


@given(
    st.lists(st.tuples(st.integers(1, 48), st.integers(0, 30), st.integers(0, 20), st.integers(0, 9)), min_size=1, max_size=9)
)
def test_usage_weighted_by_minutes_is_a_fifth(lines: list[tuple[int, int, int, int]]) -> None:
    rows = [line(n, minutes=m, fga=fga, fta=fta, tov=tov) for n, (m, fga, fta, tov) in enumerate(lines)]
    if not sum(fga + fta + tov for _, fga, fta, tov in lines):
        return
    usage = box.usage(frame(*rows))
    weighted = (usage["usage_percentage"] * usage["minutes"]).sum() / usage["minutes"].sum()
    assert weighted == pytest.approx(20, abs=1e-9)


def test_a_correction_takes_the_place_of_the_first_version() -> None:
    first = line(1, pts=10, fgm=5)
    corrected = line(1, pts=12, fgm=6, known_at=datetime(2024, 1, 4, tzinfo=UTC))
    games = box.player_games(frame(first, corrected, line(2, AWAY, pts=11)))
    assert games.select("player_id", "pts", "won").rows() == [(1, 12, True), (2, 11, False)]
    assert games["opponent_abbreviation"].to_list() == ["BOS", "ATL"]


def test_season_averages_count_the_season_up_to_the_day() -> None:
    days = [date(2023, 12, 30), date(2024, 1, 1), date(2024, 1, 3)]
    rows = [line(1, game_id=str(day), game_date=day, minutes=10 * n, pts=3 * n, fga=n) for n, day in enumerate(days, 1)]
    later = line(1, game_id="next", game_date=date(2024, 10, 25), season="2024-25", minutes=30, pts=30, fga=9)
    averages = player_season_averages(box.player_games(frame(*rows, later)))
    assert averages["points_per_game"].to_list() == [3.0, 4.5, 6.0, 30.0]
    assert averages["games_played"].to_list() == [1, 2, 3, 1]
    # The formula takes the team's minutes for those of five men: one alone is a fifth of them.
    assert averages["usage_percentage"].to_list() == pytest.approx([20.0] * 4)


def test_faulty_rows_are_found() -> None:
    good = box.player_games(game().with_columns(pts=2 * pl.col("fgm") + pl.col("ftm")))
    assert [rows.height for rows in box_score_warnings(good).values()] == [0, 0, 0]
    player = pl.col("player_id") == 0
    bad = good.with_columns(
        pts=pl.when(player).then(99).otherwise("pts"),
        starter=~player,
        minutes=pl.when(player).then(30).otherwise("minutes"),
    )
    assert [rows.height for rows in box_score_warnings(bad).values()] == [1, 1, 1]


def test_simulated_league_keeps_every_contract_and_adds_up(league: SimulatedSource) -> None:
    check_league(league, faults=0)


def test_archive_has_the_blemishes_that_its_readme_counts(archive: ArchiveSource) -> None:
    faults = check_league(archive, faults=None)
    assert faults["points_add_up"].is_empty()
    assert faults["minutes_add_up"].height <= 2
    assert faults["five_starters"].group_by("game_date").len().height < 60


def check_league(source: SimulatedSource | ArchiveSource, faults: int | None) -> dict[str, pl.DataFrame]:
    spans = source.seasons()
    everything = spans[0].dates._replace(last=spans[-1].dates.last)
    games = box.player_games(source.read(facts.BOX_SCORES, everything))
    teams = box.team_games(games)
    tables = {
        league.PLAYER_GAMES: games,
        league.TEAM_GAMES: teams,
        league.USAGE: box.usage(games),
        league.PLAYER_SEASON_AVERAGES: player_season_averages(games),
    }
    for table, found in tables.items():
        conform(found, table)
    assert teams.height == 2 * games["game_id"].n_unique()
    assert teams["possessions"].mean() == pytest.approx(100, abs=8)
    found = box_score_warnings(games)
    if faults is not None:
        assert [rows.height for rows in found.values()] == [faults] * 3
    return found
