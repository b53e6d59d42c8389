"""How coefficients are held to later games, and normalised slates: by hand."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.modelling.clusters import mean_interval
from nba_assets.tables.league import USAGE
from nba_assets.usage.datasets import Player
from nba_assets.usage.effects import Effect, PlayerCoefficients
from nba_assets.usage.evaluation import Window, by_season, compare, predictions, proportional
from nba_assets.usage.slates import missing, normalised, shared, slate_usage, team_total
from nba_assets_tests.rows import of

ATL = 1610612737
CUTOFF = date(2024, 1, 1)
STAR = Player(1, "Star", ATL, "2023-24", 36.0, 30.0)
GUARD = Player(2, "Guard", ATL, "2023-24", 30.0, 20.0)
VERSIONS = ("shrunk_v1", "additive_v1", "baseline", "proportional")


def played(*games: tuple[str, date, dict[int, float]]) -> pl.DataFrame:
    """Usage by player in each game; who is not named did not play."""
    rows = [
        {
            "game_id": game,
            "game_date": day,
            "player_id": player,
            "team_id": ATL,
            "minutes": 10 * player,
            "usage_percentage": used,
        }
        for game, day, players in games
        for player, used in players.items()
    ]
    return of(USAGE, *rows)


def trained(delta: float) -> list[PlayerCoefficients]:
    effect = Effect(("Star",), delta, ids=(1,), apart=7)
    return [
        PlayerCoefficients("Star", "ATL", 29.0, (), 30, None, 1),
        PlayerCoefficients("Guard", "ATL", 19.0, (effect,), 30, None, 2),
    ]


WINDOW = Window(CUTOFF, date(2024, 2, 1), [STAR, GUARD], {"shrunk_v1": trained(2.0), "additive_v1": trained(6.0)})
GAMES = played(
    ("a", date(2023, 12, 30), {1: 30.0, 2: 20.0}),
    ("b", date(2024, 1, 2), {1: 28.0, 2: 18.0}),
    ("c", date(2024, 1, 4), {2: 24.0}),
    ("d", date(2024, 1, 6), {2: 25.0}),
    ("e", date(2024, 1, 8), {1: 31.0, 2: 21.0}),
    ("f", date(2024, 2, 1), {2: 30.0}),
)
EXPECTED = pl.DataFrame(
    {"player_id": [1, 2, 9], "player_name": ["Star", "Guard", "Bench"], "expected_minutes": [36.0, 30.0, 10.0]}
).select(pl.lit(ATL).alias("team_id"), pl.all(), pl.lit(17.0).alias("expected_usage"))
SLATES = pl.DataFrame({"game_id": list("abcdef")}).join(EXPECTED, how="cross")


def test_only_games_in_which_others_are_out_than_before_are_asked_for() -> None:
    rows = predictions(WINDOW, GAMES, SLATES)
    assert rows.select("game_id", "player_id", "out", "games_apart").rows() == [
        ("c", 2, 1, 7),
        ("e", 1, 0, None),
        ("e", 2, 0, None),
    ]
    assert rows.select("additive_v1", "baseline").rows() == [(25.0, 20.0), (29.0, 30.0), (19.0, 20.0)]


def test_the_baseline_is_form_to_the_night_before() -> None:
    """Games of 20 minutes weigh 5 / 9; Star's absence added 2 to games c and d, which is taken off before they count."""
    rows = predictions(WINDOW, GAMES, SLATES)
    games, weight = {"a": 20.0, "b": 18.0, "c": 24.0 - 2, "d": 25.0 - 2}, 5 / 9
    for place, seen, out in ((0, "ab", 2.0), (2, "abcd", 0.0)):
        weights = [weight * 0.9 ** (len(seen) - 1 - number) for number in range(len(seen))]
        told = sum(each * games[game] for each, game in zip(weights, seen, strict=True))
        assert rows["shrunk_v1"][place] == pytest.approx((told + 1.65 * 19) / (sum(weights) + 1.65) + out)
    plain = (0.9 * 20 + 18) / 1.9
    assert rows["fresh form"][0] == pytest.approx(plain)


def test_a_slate_is_normalised_at_expected_minutes() -> None:
    row = predictions(WINDOW, GAMES, SLATES).row(0, named=True)
    # Star is out; by the baselines of the cutoff Guard would use 21 and somebody of the bench 17 on average.
    assert row["team_total"] == pytest.approx(5 * (30 * 21 + 10 * 17) / 40)
    assert row["shrunk_v1 normalised"] == pytest.approx(row["shrunk_v1"] * 100 / row["team_total"])


def test_a_game_without_a_slate_is_not_asked_for() -> None:
    rows = predictions(WINDOW, GAMES, SLATES.filter(pl.col("game_id") != "c"))
    assert rows["game_id"].unique().to_list() == ["e"]


def test_what_is_no_number_and_who_never_played_do_not_spoil_the_rest() -> None:
    spoilt = pl.when(pl.col("game_id").is_in(["c"])).then(float("nan")).otherwise("usage_percentage")
    rows = predictions(WINDOW, GAMES.with_columns(usage_percentage=spoilt), SLATES)
    assert rows["game_id"].to_list() == ["e", "e"]
    hurt = Player(3, "Hurt", ATL, "2023-24", 20.0, 15.0)
    with_him = Window(CUTOFF, WINDOW.until, [STAR, GUARD, hurt], WINDOW.trained)
    assert predictions(with_him, GAMES, SLATES)["out"].to_list() == [2, 1, 1]


def test_what_if_he_sits_moves_minutes_and_usage() -> None:
    slate = SLATES.filter(pl.col("game_id") == "c")
    both = slate_usage(slate, missing(slate, trained(2.0)), trained(2.0))
    assert both["usage_percentage"].to_list() == [29.0, 19.0, 17.0]
    alone = shared(slate.filter(pl.col("player_id") != 1))
    assert alone["expected_minutes"].to_list() == pytest.approx([180.0, 60.0])
    out = missing(alone, trained(2.0))
    assert out == {("c", ATL): frozenset({1})}
    found = slate_usage(alone, out, trained(2.0))
    assert found["usage_percentage"].to_list() == [21.0, 17.0]
    assert found["team_total"].to_list() == pytest.approx([5 * (21 * 180 + 17 * 60) / 240] * 2)
    assert team_total(found["normalised_usage"].to_numpy(), found["expected_minutes"].to_numpy()) == pytest.approx(100)


def test_who_is_with_another_team_now_is_not_asked_for() -> None:
    elsewhere = GAMES.with_columns(team_id=pl.when(pl.col("game_id") == "c").then(1610612738).otherwise("team_id"))
    assert "c" not in predictions(WINDOW, elsewhere, SLATES)["game_id"].to_list()


def test_a_proportional_share_by_hand() -> None:
    # Who is left used (4800 - 36 x 30) / (240 - 36) = 18.235% a minute, and has to use 20.
    assert proportional(GUARD, [STAR]) == pytest.approx(20 * 20 / (3720 / 204))
    assert proportional(GUARD, []) == 20.0


def test_errors_are_weighted_by_minutes_and_compared_on_the_same_rows() -> None:
    records = {record["model_version"]: record for record in compare(predictions(WINDOW, GAMES, SLATES), VERSIONS)}
    # Of additive_v1: 20 minutes with an error of 1, 10 with one of 2, 20 with one of 2.
    assert records["additive_v1"]["minutes_weighted_mae"] == pytest.approx((20 * 1 + 10 * 2 + 20 * 2) / 50)
    assert (records["shrunk_v1"]["n"], records["shrunk_v1"]["dates"]) == (3, 2)
    found = records["baseline"]["differences"]["additive_v1"]
    # Of the baseline 4, 1 and 1: 20 x (4 - 1) on one date, 10 x (1 - 2) + 20 x (1 - 2) on the other.
    assert found["difference"] == pytest.approx((60 - 30) / 50)
    rows = predictions(WINDOW, GAMES, SLATES)
    off = (pl.col("baseline") - pl.col("usage_percentage")).abs() - (pl.col("additive_v1") - pl.col("usage_percentage")).abs()
    assert (found["low"], found["high"]) == pytest.approx(mean_interval(rows, off, pl.col("minutes"))[1:])
    table = by_season(predictions(WINDOW, GAMES, SLATES), VERSIONS)
    assert table.height == 12
    assert compare(predictions(WINDOW, GAMES.clear(), SLATES), VERSIONS) == []


@given(st.lists(st.tuples(st.floats(1, 45), st.floats(1, 40)), min_size=5, max_size=15))
def test_a_normalised_slate_adds_up_to_a_hundred(players: list[tuple[float, float]]) -> None:
    usage, minutes = (np.array(values) for values in zip(*players, strict=True))
    found = normalised(usage, minutes)
    assert team_total(found, minutes) == pytest.approx(100, abs=0.1)
    assert found / found[0] == pytest.approx(usage / usage[0])


@pytest.mark.parametrize(
    ("usage", "minutes"), [([20.0, np.nan], [30.0, 30.0]), ([20.0, 20.0], [0.0, 0.0]), ([20.0, 20.0], [-1.0, 30.0])]
)
def test_what_cannot_be_normalised_is_an_error(usage: list[float], minutes: list[float]) -> None:
    with pytest.raises(ValueError, match=r"minutes|nobody"):
        normalised(np.array(usage), np.array(minutes))
