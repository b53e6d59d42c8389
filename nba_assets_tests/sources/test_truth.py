"""The truth of the simulated league is what its games do: on average, in spread, and with a player out."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables import facts, truth
from nba_assets.tables.contracts import conform
from nba_assets.tables.versions import as_of

# One worker makes the season and its truth for all tests.
pytestmark = pytest.mark.xdist_group("truth")
EVER = Dates(date(2018, 1, 1), date(2030, 1, 1))
GAME_PLAYER = ["game_id", "player_id"]


@pytest.fixture(scope="module")
def source() -> SimulatedSource:
    """A season that keeps what its plays were expected to give."""
    return SimulatedSource(seed=7, first_season=2022, seasons=1, expect=True)


@pytest.fixture(scope="module")
def known(source: SimulatedSource) -> dict[str, pl.DataFrame]:
    """Its truth, from few replays."""
    tables = {table.name: table for table in truth.TABLES}
    return {name: conform(frame, tables[name], name) for name, frame in source.truth(replays=3)}


@pytest.fixture(scope="module")
def both(source: SimulatedSource, known: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Box scores, corrections applied, beside the truth of player-games."""
    boxes = as_of(source.read(facts.BOX_SCORES, EVER), facts.BOX_SCORES).with_columns(
        fg2a=pl.col("fga") - pl.col("fg3a"), plays=pl.col("fga") + 0.44 * pl.col("fta") + pl.col("tov")
    )
    return boxes.join(known["player_games"], on=GAME_PLAYER, suffix="_known")


def test_every_table_is_there_and_keeps_its_contract(known: dict[str, pl.DataFrame]) -> None:
    assert set(known) == {table.name for table in truth.TABLES}
    assert all(frame.height > 100 for frame in known.values())


def test_keeping_expectations_changes_no_game(source: SimulatedSource, league: SimulatedSource) -> None:
    dates = source.seasons()[0].dates
    assert source.read(facts.BOX_SCORES, dates).equals(league.read(facts.BOX_SCORES, dates))


@pytest.mark.parametrize("name", ["pts", "fg2a", "fg3a", "fta", "tov", "ast", "oreb", "dreb", "stl", "blk", "plays"])
def test_counts_are_what_was_expected(both: pl.DataFrame, name: str) -> None:
    assert both[f"expected_{name}"].sum() == pytest.approx(both[name].sum(), rel=0.025)
    long = both.filter(pl.col("seconds_played") > 900)
    slope = long.select(pl.cov(name, f"expected_{name}") / pl.col(f"expected_{name}").var()).item()
    assert slope == pytest.approx(1, abs=0.05)


def test_points_spread_around_their_expectation_as_they_should(both: pl.DataFrame) -> None:
    long = both.filter(pl.col("expected_pts") > 3)
    z = (long["pts"] - long["expected_pts"]) / long["spread_of_pts"]
    assert z.mean() == pytest.approx(0, abs=0.03)
    assert z.std() == pytest.approx(1, abs=0.02)


def test_who_knows_more_errs_less(both: pl.DataFrame, source: SimulatedSource) -> None:
    lines = source.read(facts.PROP_LINES, EVER).filter(pl.col("side") == "Over")
    closing = lines.filter(pl.col("known_at") == pl.col("known_at").max().over("game_id"))
    rows = both.join(closing.group_by(GAME_PLAYER).agg(pl.col("line").median()), on=GAME_PLAYER)
    season = pl.col("pts").mean().over("player_id")
    lineups, before, line, average = rows.select(
        (pl.col("pts") - known).abs().mean().alias(name)
        for name, known in (("a", pl.col("expected_pts")), ("b", pl.col("tip_points")), ("c", pl.col("line")), ("d", season))
    ).row(0)
    # Three replays are too few to tell what was expected before the game from the line.
    assert lineups < min(before, line)
    assert max(before, line) < average


def test_who_did_not_play_has_a_chance_and_no_expected_counts(both: pl.DataFrame, known: dict[str, pl.DataFrame]) -> None:
    squads = known["player_games"]
    absent = squads.filter(pl.col("seconds_played") == 0)
    assert absent.join(both, on=GAME_PLAYER, how="semi").is_empty()
    assert absent.height + both.height == squads.height
    assert absent["expected_pts"].null_count() == absent.height
    absent_chance, chance = (rows.select(pl.col("tip_play_probability").mean()).item() for rows in (absent, both))
    assert absent_chance < 0.4
    assert chance > 0.8


def test_rates_before_tip_off_are_counts_over_minutes(both: pl.DataFrame) -> None:
    seen = both.filter(pl.col("tip_minutes") > 0)
    assert np.allclose(seen["tip_pts_per_min"] * seen["tip_minutes"], seen["tip_points"])
    plays = seen["tip_fg2a_per_min"] + seen["tip_fg3a_per_min"] + 0.44 * seen["tip_fta_per_min"] + seen["tip_tov_per_min"]
    assert np.allclose(plays, seen["tip_plays_per_min"])


def test_rates_are_of_the_minutes_played(both: pl.DataFrame, known: dict[str, pl.DataFrame]) -> None:
    one = known["player_rates"].filter(pl.col("context") == "home").sort("minutes").row(-1, named=True)
    games = both.filter((pl.col("player_id") == one["player_id"]) & pl.col("is_home"))
    assert one["minutes"] == pytest.approx(games["seconds_played"].sum() / 60)
    assert one["pts_per_36"] == pytest.approx(36 * games["expected_pts"].sum() / one["minutes"])


def test_a_teammates_plays_go_to_the_others_and_creators_take_most_of_a_creators(known: dict[str, pl.DataFrame]) -> None:
    effects = known["usage_effects"]
    assert effects.height > 2000
    assert (effects["player_out"] != effects["teammate"]).all()
    assert effects["monte_carlo_error"].mean() < 0.8
    change = effects["usage_without"] - effects["usage_with"]
    np.testing.assert_allclose(effects["usage_change"], change)
    players = known["players"].select("player_id", "archetype", "volume", "minutes")
    creator = ["lead creator", "scoring guard", "shot-creating wing"]
    stars = players.filter((pl.col("minutes") > 26) & pl.col("archetype").is_in(creator))
    of_stars = effects.join(stars, left_on="player_out", right_on="player_id").join(
        players.select("player_id", of="archetype"), left_on="teammate", right_on="player_id"
    )
    gain = of_stars.with_columns(share=pl.col("usage_change") / pl.col("usage_with"))
    creators = pl.col("of").is_in(creator)
    assert gain["usage_change"].mean() > 0.3
    assert gain.filter(creators)["share"].mean() > gain.filter(~creators)["share"].mean() + 0.01


def test_true_chances_come_true(both: pl.DataFrame, known: dict[str, pl.DataFrame]) -> None:
    points = both.select(*GAME_PLAYER, "pts")
    over = known["prop_lines"].join(points, on=GAME_PLAYER).with_columns(hit=(pl.col("pts") > pl.col("line")).cast(pl.Float64))
    assert over["hit"].mean() == pytest.approx(over["over_probability"].mean(), abs=0.03)
    sure = pl.col("over_probability") > 0.65
    assert over.filter(sure)["hit"].mean() > 0.57
    assert over.filter(pl.col("over_probability") < 0.35)["hit"].mean() < 0.43
    margin = pl.when(pl.col("is_home")).then("pts").otherwise(-pl.col("pts")).sum()
    games = known["games"].join(both.group_by("game_id").agg(margin=margin), on="game_id")
    won = (games["margin"] > 0).cast(pl.Float64)
    assert ((won - games["home_win_probability"]) ** 2).mean() < 0.24
    assert (games["margin"] - games["expected_margin"]).mean() == pytest.approx(0, abs=1)
