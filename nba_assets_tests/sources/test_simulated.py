"""The simulated league: seeded, whole, and with what real life does to facts."""

from datetime import date

import polars as pl
import pytest

from nba_assets.calendar import Dates
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.fingerprint import fingerprint
from nba_assets.tables import facts

EVER = Dates(date(2018, 1, 1), date(2030, 1, 1))


def regular(league: SimulatedSource, name: str) -> pl.DataFrame:
    return next(league.read(table, EVER) for table in (*facts.DAILY, facts.PLAYERS) if table.name == name)


def test_the_same_seed_gives_the_same_content_and_more_seasons_change_nothing(league: SimulatedSource) -> None:
    one = SimulatedSource(seed=7, first_season=2022, seasons=1)
    first = one.seasons()[0].dates
    for table in facts.DAILY:
        assert fingerprint(one.read(table, first), table) == fingerprint(league.read(table, first), table)
    other = SimulatedSource(seed=8, first_season=2022, seasons=1)
    assert fingerprint(one.read(facts.BOX_SCORES, first), facts.BOX_SCORES) != fingerprint(
        other.read(facts.BOX_SCORES, first), facts.BOX_SCORES
    )


def test_a_season_is_whole(league: SimulatedSource) -> None:
    notices = regular(league, "schedule_notices").filter(pl.col("status") == "scheduled")
    games = notices.unique("game_id", keep="last").filter(pl.col("season") == "2023-24")
    season = games.filter(pl.col("season_type") == "Regular Season")
    sides = pl.concat([season["home_team_id"], season["away_team_id"]]).value_counts()
    assert sides["count"].unique().to_list() == [82]
    assert season["home_team_id"].value_counts()["count"].is_between(38, 44).all()
    playoffs = games.filter(pl.col("season_type") == "Playoffs").height
    assert 60 <= playoffs <= 105


def test_days_have_at_most_one_game_a_team_and_nights_in_a_row_are_back_to_backs(league: SimulatedSource) -> None:
    boxes = regular(league, "box_scores").select("team_id", "game_date", "game_id").unique()
    assert boxes.group_by("team_id", "game_date").len()["len"].max() == 1
    gaps = boxes.sort("team_id", "game_date").select(pl.col("game_date").diff().over("team_id").dt.total_days())
    nights = (gaps.to_series() == 1).sum() / boxes.height
    assert 0.08 < nights < 0.3


def test_minutes_and_box_scores_add_up(league: SimulatedSource) -> None:
    boxes = regular(league, "box_scores").sort("known_at").unique(["game_id", "player_id"], keep="last")
    teams = boxes.group_by("game_id", "team_id", "opponent_team_id").agg(
        pl.col("minutes", "pts", "fga", "fgm", "oreb", "dreb", "tov", "stl", "ast", "plus_minus", "starter").sum()
    )
    assert ((teams["minutes"] - 240) % 25 == 0).all()
    assert (teams["starter"] == 5).all()
    both = teams.join(teams, left_on=["game_id", "opponent_team_id"], right_on=["game_id", "team_id"], suffix="_other")
    assert (both["pts"] != both["pts_other"]).all()
    assert (both["plus_minus"] == 5 * (both["pts"] - both["pts_other"])).all()
    assert (both["oreb"] + both["dreb_other"] <= both["fga"] - both["fgm"]).all()
    assert (both["stl"] <= both["tov_other"]).all()
    assert (both["ast"] <= both["fgm"]).all()
    assert boxes["pf"].is_between(0, 6).all()


def test_facts_do_what_real_life_does(league: SimulatedSource) -> None:
    boxes = regular(league, "box_scores")
    assert boxes.group_by("game_id", "player_id").len().filter(pl.col("len") > 1).height > 10
    assert regular(league, "schedule_notices").filter(pl.col("status") == "postponed").height >= 2
    availability = regular(league, "availability")
    assert availability.filter(pl.col("reason") == "late scratch").height > 20
    snapshots = (
        regular(league, "prop_lines").group_by("game_id", "player_id", "bookmaker", "side").agg(pl.col("known_at").n_unique())
    )
    assert snapshots["known_at"].max() == 2
    played = boxes.select("game_id", "player_id").unique()
    out = availability.sort("known_at").unique(["game_id", "player_id"], keep="last").filter(pl.col("status") == "out")
    assert out.join(played, on=["game_id", "player_id"]).is_empty()


def test_prices_take_a_margin_and_lines_are_worth_something(league: SimulatedSource) -> None:
    lines = regular(league, "prop_lines")
    price = pl.col("american_price")
    implied = lines.with_columns(p=pl.when(price < 0).then(-price / (100 - price)).otherwise(100 / (100 + price)))
    both = implied.group_by("game_id", "player_id", "bookmaker", "line", "known_at").agg(pl.col("p").sum(), pl.len())
    assert both.filter(pl.col("len") == 2)["p"].mean() == pytest.approx(1.045, abs=0.01)
    points = regular(league, "box_scores").unique(["game_id", "player_id"]).select("game_id", "player_id", "pts")
    joined = lines.filter(pl.col("side") == "Over").join(points, on=["game_id", "player_id"])
    assert joined.select((pl.col("pts") > pl.col("line")).mean()).item() == pytest.approx(0.5, abs=0.05)


def test_injured_players_are_noted_the_day_after(league: SimulatedSource) -> None:
    notes = regular(league, "injury_reports")
    assert notes["note"].str.starts_with("placed on IL").sum() > 300
    assert regular(league, "players")["player_name"].is_unique().all()
