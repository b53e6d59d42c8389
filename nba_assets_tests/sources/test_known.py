"""Who came and who went, as rosters say that were seen one after the other."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.calendar import TIMESTAMP
from nba_assets.sources.known import moves

BEGINNING = datetime(2023, 10, 1, tzinfo=UTC)
SCHEMA = {"team_id": pl.Int64, "player_id": pl.Int64, "player_name": pl.String, "seen_at": TIMESTAMP}


def seen(*answers: tuple[int, int, set[int]]) -> list[tuple[int, int | None, int]]:
    """(day, team, players) of each roster that was seen; (player, team, day) of the moves."""
    rows = [
        (team, player, f"P {player}", BEGINNING + timedelta(days=day))
        for day, team, players in answers
        for player in sorted(players)
    ]
    found = moves(pl.DataFrame(rows, SCHEMA, orient="row"))
    return [(player, team, (at - BEGINNING).days) for player, _, team, at in found.iter_rows()]


def test_only_what_changed_is_a_move() -> None:
    assert seen((0, 1, {10, 11}), (1, 1, {10, 11}), (2, 1, {10, 12})) == [(10, 1, 0), (11, 1, 0), (11, None, 2), (12, 1, 2)]


def test_a_trade_is_one_move_whichever_roster_is_seen_first() -> None:
    before = (0, 1, {10, 11}), (0, 2, {20})
    traded = [(10, 1, 0), (11, 1, 0), (11, 2, 1), (20, 2, 0)]
    assert seen(*before, (1, 2, {20, 11}), (2, 1, {10})) == traded
    assert seen(*before, (1, 2, {20, 11}), (1, 1, {10})) == traded
    # The old team's roster is late to drop the player.
    assert seen(*before, (1, 2, {20, 11}), (2, 1, {10, 11}), (3, 1, {10})) == traded
    assert seen(*before, (1, 1, {10}), (2, 2, {20, 11})) == [*traded[:2], (11, None, 1), (11, 2, 2), (20, 2, 0)]


def test_a_roster_that_lists_a_player_by_mistake_gives_the_player_back() -> None:
    every_day = [(day, 1, {10, 11}) for day in range(5)]
    assert seen((0, 2, {20}), *every_day, (2, 2, {20, 11}), (3, 2, {20})) == [
        (10, 1, 0),
        (11, 1, 0),
        (11, 2, 2),
        (11, 1, 3),
        (20, 2, 0),
    ]


def test_who_comes_back_moves_again() -> None:
    assert seen((0, 1, {10, 11}), (1, 1, {10}), (2, 1, {10, 11}))[1:] == [(11, 1, 0), (11, None, 1), (11, 1, 2)]


def test_nothing_seen_is_no_move() -> None:
    assert seen() == []


@given(st.lists(st.lists(st.sampled_from([None, 1, 2, 3]), min_size=5, max_size=5), min_size=1, max_size=6))
def test_rosters_that_do_not_contradict_one_another_give_back_who_is_where(days: list[list[int | None]]) -> None:
    """Everybody's team on each day; a player of its own keeps each roster from being empty."""
    answers = [
        (day, team, {team + 100, *(player for player, where in enumerate(teams) if where == team)})
        for day, teams in enumerate(days)
        for team in (1, 2, 3)
    ]
    found = seen(*answers)
    for day, teams in enumerate(days):
        for player, where in enumerate(teams):
            known = [team for who, team, since in found if who == player and since <= day]
            assert (known[-1] if known else None) == where
