"""Possessions by hand: what belongs to one, who is charged with it, when it began; and whole leagues, which must add up."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.league import box
from nba_assets.league.possessions import TEN, possessions, stints
from nba_assets.league.warnings import possession_warnings
from nba_assets.sources.archive import ArchiveSource
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables import facts, league
from nba_assets.tables.contracts import conform
from nba_assets_tests.league.test_box import AWAY, HOME, KNOWN, frame, line
from nba_assets_tests.rows import of

HOME_TEN, AWAY_TEN = tuple(range(1, 8)), tuple(range(11, 18))
GAMES = box.player_games(frame(*(line(n, HOME) for n in HOME_TEN), *(line(n, AWAY) for n in AWAY_TEN)))
TEN_ON = "1|2|3|4|5|11|12|13|14|15"


def clock(left: float) -> str:
    return f"PT{int(left // 60):02d}M{left % 60:05.2f}S"


def event(left: float, kind: str, team: int = HOME, text: str = "", **more: object) -> dict[str, object]:
    made = kind in ("2pt", "3pt", "freethrow") and not text.startswith("MISS")
    shot = {"shot_result": "Made" if made else "Missed"} if kind in ("2pt", "3pt", "freethrow") else {}
    base = {"season": "2023-24", "season_type": "Regular Season", "game_id": "0022300001", "game_date": GAMES["game_date"][0]}
    rest = {"period": 1, "clock": clock(left), "action_type": kind, "description": text, "qualifiers": "[]", "team_id": team}
    return {**base, **rest, "person_id": 1, "players_on_court": TEN_ON, "known_at": KNOWN, **shot, **more}


def cut(*events: dict[str, object], games: pl.DataFrame = GAMES) -> pl.DataFrame:
    return possessions(of(facts.PLAY_BY_PLAY, *({"action_number": n} | row for n, row in enumerate(events))), games)


def told(found: pl.DataFrame) -> list[tuple[int, int, str]]:
    """Team, points and end of each possession."""
    return found.select("offense_team_id", "points", "end_type").rows()


def test_an_offensive_rebound_and_an_and_one_belong_to_the_possession() -> None:
    found = cut(
        event(700, "2pt", text="MISS"),
        event(698, "rebound"),
        event(690, "2pt", text="Layup"),
        event(690, "foul", AWAY, "shooting personal FOUL"),
        event(690, "freethrow", text="Free Throw 1 of 1"),
        event(670, "turnover", AWAY),
        event(660, "3pt"),
    )
    assert told(found) == [(HOME, 3, "made free throw"), (AWAY, 0, "turnover"), (HOME, 3, "made shot")]
    assert found["start_type"].to_list() == ["period", "made free throw", "turnover"]
    assert found.select("start_left", "end_left").rows() == [(720, 690), (690, 670), (670, 660)]
    assert found["start_margin"].to_list() == [0, -3, 3]


def test_a_miss_ends_with_the_rebound_of_the_others() -> None:
    found = cut(event(700, "3pt", text="MISS"), event(697, "rebound", AWAY), event(690, "2pt", AWAY))
    assert found.select("start_left", "end_left", "start_type").rows() == [(720, 697, "period"), (697, 690, "missed shot")]


def test_dead_balls_between_free_throws_are_nobodys() -> None:
    dead = {"qualifiers": "['deadball', 'team']"}
    found = cut(
        event(700, "foul", AWAY, "shooting personal FOUL"),
        event(700, "freethrow", text="MISS Free Throw 1 of 2"),
        event(700, "rebound", AWAY, "TEAM defensive REBOUND", **dead),
        event(700, "freethrow", text="Free Throw 2 of 2"),
    )
    assert told(found) == [(HOME, 1, "made free throw")]


def test_who_comes_in_between_free_throws_has_no_part_in_them() -> None:
    later = {"players_on_court": "1|2|3|4|6|11|12|13|14|16"}
    found = cut(
        event(700, "foul", AWAY, "shooting personal FOUL"),
        event(700, "freethrow", text="Free Throw 1 of 2"),
        event(700, "freethrow", text="Free Throw 2 of 2", **later),
        event(690, "2pt", AWAY, **later),
    )
    assert found.select("offense_player_5", "defense_player_5").rows() == [(5, 15), (16, 6)]


def test_technical_fouls_are_apart_and_flagrant_ones_are_not() -> None:
    found = cut(
        event(700, "foul", HOME, "technical FOUL"),
        event(700, "freethrow", AWAY, "Free Throw technical 1 of 1"),
        event(690, "freethrow", text="Free Throw flagrant 1 of 2"),
        event(690, "freethrow", text="Free Throw flagrant 2 of 2"),
        event(680, "2pt"),
        event(670, "2pt", AWAY),
    )
    assert told(found) == [(HOME, 4, "made shot"), (AWAY, 2, "made shot")]
    assert found.select("technical_points", "technical_points_against").rows() == [(0, 1), (0, 0)]
    assert found["start_margin"].to_list() == [0, -3]


@pytest.mark.parametrize(("seconds", "charged"), [(7, 2), (7.1, 0)])
def test_points_in_transition_are_charged_to_the_turnover(seconds: float, charged: int) -> None:
    found = cut(event(700, "turnover", steal_person_id=11), event(700 - seconds, "2pt", AWAY))
    assert told(found)[0] == (HOME, 0, "steal")
    assert found["transition_points_against"].to_list() == [charged, 0]


def test_an_event_that_was_entered_late_stands_where_the_clock_says() -> None:
    found = cut(event(700, "2pt", text="MISS"), event(690, "2pt", AWAY), event(698, "rebound", AWAY))
    assert told(found) == [(HOME, 0, "missed shot"), (AWAY, 2, "made shot")]
    assert found["end_left"].to_list() == [698, 690]


def test_a_possession_without_an_event_is_noticed() -> None:
    """After its basket a team has the ball again: what the others did in between was not written down."""
    found = cut(event(700, "2pt"), event(660, "2pt"), event(650, "turnover", AWAY))
    assert told(found)[:2] == [(HOME, 2, "made shot")] * 2
    assert found["follows_own"].to_list() == [False, True, False]


def test_a_rebound_before_the_horn_is_no_possession() -> None:
    found = cut(event(3, "2pt", text="MISS"), event(0, "rebound", AWAY))
    assert told(found) == [(HOME, 0, "missed shot")]
    assert cut(event(717, "2pt"), event(1.5, "3pt", AWAY, "MISS"))["is_heave"].to_list() == [False, False]
    assert cut(event(3, "2pt"), event(1.5, "3pt", AWAY, "MISS"))["is_heave"].to_list() == [False, True]


@pytest.mark.parametrize("wrong", ["1|2|3|4|11|12|13|14|15", "1|2|3|4|5|6|11|12|13|14|15", "1|2|3|4|5|5|11|12|13|14", None])
def test_where_ten_are_not_on_court_those_of_the_event_before_serve(wrong: str | None) -> None:
    found = cut(event(700, "2pt"), event(680, "2pt", AWAY, players_on_court=wrong))
    assert found.row(1, named=True)["defense_player_5"] == 5
    first = cut(event(700, "2pt", players_on_court=wrong), event(680, "2pt", AWAY))
    assert first["offense_player_5"].to_list() == [5, 15]
    never = cut(event(700, "2pt", players_on_court=wrong))
    assert never["offense_player_1"].to_list() == [None]
    faults = possession_warnings(never, box.team_games(GAMES))
    assert faults["ten_players"].height == 1
    assert faults["final_score"]["points"].to_list() == [2]


def test_garbage_time_begins_when_there_is_no_way_back() -> None:
    """The home team leads by 30; its starters leave at eight minutes, come back at seven, and leave for good at six."""
    bench = {"players_on_court": "1|2|6|7|8|16|17|18|19|20"}
    games = box.player_games(frame(*(line(n, HOME) for n in range(1, 10)), *(line(n, AWAY) for n in range(11, 21))))
    lead = [event(700 - n, "3pt") for n in range(10)]
    last = [event(left, "2pt", AWAY, period=4, **who) for left, who in ((470, bench), (420, {}), (350, bench), (340, bench))]
    found = cut(*lead, *last, games=games)
    assert found["is_garbage_time"].to_list() == [False] * 12 + [True] * 2


def test_stints_count_both_sides() -> None:
    later = {"players_on_court": "1|2|3|4|6|11|12|13|14|16"}
    found = stints(
        cut(event(700, "2pt"), event(690, "3pt", AWAY), event(680, "2pt", text="MISS"), event(650, "2pt", AWAY, **later))
    )
    names = ("home_possessions", "away_possessions", "home_points", "away_points", "seconds", "home_player_5")
    assert found.select(names).rows() == [(2, 1, 2, 3, 40, 5), (0, 1, 0, 2, 30, 6)]


@given(st.lists(st.tuples(st.sampled_from(["2pt", "3pt", "turnover", "MISS"]), st.booleans()), min_size=1, max_size=30))
def test_points_and_runs_add_up(plays: list[tuple[str, bool]]) -> None:
    rows = [
        event(700 - n, "2pt" if kind == "MISS" else kind, HOME if home else AWAY, "MISS" if kind == "MISS" else "")
        for n, (kind, home) in enumerate(plays)
    ]
    found = cut(*rows)
    worth = {"2pt": 2, "3pt": 3}
    for team, home in ((HOME, True), (AWAY, False)):
        scored = sum(worth.get(kind, 0) for kind, side in plays if side == home)
        assert found.filter(pl.col("offense_team_id") == team)["points"].sum() == scored
    # A possession is over with a basket, a turnover, or when the others have the ball.
    ends = sum(
        number + 1 == len(plays) or kind != "MISS" or plays[number + 1][1] != home for number, (kind, home) in enumerate(plays)
    )
    assert found.height == ends
    assert (found["start_left"] >= found["end_left"]).all()


def test_the_order_of_the_rows_does_not_matter_and_no_events_are_no_possessions() -> None:
    rows = [event(700, "2pt"), event(690, "3pt", AWAY), event(680, "turnover")]
    events = of(facts.PLAY_BY_PLAY, *({"action_number": n} | row for n, row in enumerate(rows)))
    assert possessions(events.reverse(), GAMES).equals(possessions(events, GAMES))
    assert possessions(events.clear(), GAMES).is_empty()
    assert stints(possessions(events.clear(), GAMES)).is_empty()


def test_a_simulated_league_adds_up(league: SimulatedSource) -> None:
    check(league, 0)


def test_real_games_add_up(archive: ArchiveSource) -> None:
    """Final scores of at least 99.9% of games; possessions within 1% of the estimate with team turnovers and rebounds."""
    check(archive, 1)


def check(source: SimulatedSource | ArchiveSource, wrong: int) -> None:
    span = next(span for span in reversed(source.seasons()) if not source.read(facts.PLAY_BY_PLAY, span.dates).is_empty())
    events, games = source.read(facts.PLAY_BY_PLAY, span.dates), box.player_games(source.read(facts.BOX_SCORES, span.dates))
    found, teams = possessions(events, games), box.team_games(games)
    conform(found, league.POSSESSIONS)
    conform(stints(found), league.STINTS)
    faults = possession_warnings(found, teams)
    assert faults["ten_players"].is_empty()
    assert faults["final_score"].height <= wrong
    played = teams.join(found.select("game_id").unique(), on="game_id", how="semi")
    by_team = pl.col("person_id") == 0
    more = events.filter(by_team & (pl.col("action_type") == "turnover")).height
    shots = events.filter(pl.col("action_type").is_in(["2pt", "3pt", "freethrow", "rebound"]))
    live = (pl.col("action_type") == "rebound") & ~pl.col("qualifiers").str.contains("deadball")
    after_own = pl.col("team_id") == pl.col("team_id").shift(1)
    own = shots.sort("game_id", "period", "action_number").filter(by_team & live & after_own).height
    estimate = played.select((pl.col("fga") + 0.44 * pl.col("fta") - pl.col("oreb") + pl.col("tov")).sum()).item() + more - own
    assert found.height == pytest.approx(estimate, rel=0.01)
    ten = found.select(f"{side}_player_{n}" for side in ("offense", "defense") for n in range(1, 6))
    assert ten.null_count().sum_horizontal().item() == 0
    assert len(TEN) == ten.width
