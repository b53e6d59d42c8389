"""The simulated league: seeded, whole, its sheets agree to the last point, and facts do what real life does."""

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from nba_assets.calendar import MIDNIGHT, NOON, Dates, eastern_expr
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.stores.fingerprint import fingerprint
from nba_assets.tables import facts
from nba_assets.tables.contracts import Table
from nba_assets.tables.versions import as_of

EVER = Dates(date(2018, 1, 1), date(2030, 1, 1))
GAME_PLAYER = ["game_id", "player_id"]
COUNTED = ["pts", "fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb", "ast", "stl", "blk", "tov", "pf"]


@pytest.fixture(scope="module")
def boxes(league: SimulatedSource) -> pl.DataFrame:
    return as_of(league.read(facts.BOX_SCORES, EVER), facts.BOX_SCORES).sort(GAME_PLAYER)


@pytest.fixture(scope="module")
def events(league: SimulatedSource) -> pl.DataFrame:
    """Play-by-play, corrections applied, with seconds left and the seconds since the event before."""
    whole = as_of(league.read(facts.PLAY_BY_PLAY, EVER), facts.PLAY_BY_PLAY).sort("game_id", "action_number")
    minutes, seconds = (pl.col("clock").str.extract(text).cast(pl.Float64) for text in (r"PT(\d+)M", r"M([\d.]+)S"))
    length = pl.when(pl.col("period") > 4).then(300).otherwise(720)
    left = (60 * minutes + seconds).cast(pl.Int64)
    return whole.with_columns(left=left).with_columns(
        passed=pl.col("left").shift(1).over("game_id", "period").fill_null(length) - pl.col("left")
    )


@pytest.fixture(scope="module")
def courts(events: pl.DataFrame) -> pl.DataFrame:
    """A row an event and player on court, of the first weeks."""
    return (
        events.filter(pl.col("game_id") < "0022200300")
        .with_columns(player_id=pl.col("players_on_court").str.split("|").cast(pl.List(pl.Int64)))
        .explode("player_id")
    )


def test_the_same_seed_gives_the_same_content_and_more_seasons_change_nothing(league: SimulatedSource) -> None:
    one, other = (SimulatedSource(seed=seed, first_season=2022, seasons=1) for seed in (7, 8))
    first = one.seasons()[0].dates
    for table in facts.DAILY:
        assert _print(one, table, first) == _print(league, table, first), table.name
    assert _print(one, facts.BOX_SCORES, first) != _print(other, facts.BOX_SCORES, first)


def _print(source: SimulatedSource, table: Table, dates: Dates) -> str:
    return fingerprint(source.read(table, dates), table)


def test_a_season_is_whole(league: SimulatedSource, boxes: pl.DataFrame) -> None:
    notices = league.read(facts.SCHEDULE_NOTICES, EVER).filter(pl.col("status") == "scheduled")
    games = notices.unique("game_id", keep="last").filter(pl.col("season") == "2023-24")
    season = games.filter(pl.col("season_type") == "Regular Season")
    sides = pl.concat([season["home_team_id"], season["away_team_id"]]).value_counts()
    assert sides["count"].unique().to_list() == [82]
    assert season["home_team_id"].value_counts()["count"].is_between(38, 44).all()
    assert games.filter(pl.col("game_id").str.starts_with("005")).height == 6
    assert 60 <= games.filter(pl.col("game_id").str.starts_with("004")).height <= 105
    assert set(games["game_id"]) == set(boxes.filter(pl.col("season") == "2023-24")["game_id"])


def test_a_series_ends_with_the_fourth_win(boxes: pl.DataFrame) -> None:
    teams = boxes.filter(pl.col("game_id").str.starts_with("004")).group_by("game_id", "team_id").agg(pl.col("pts").sum())
    won = teams.filter(pl.col("pts") == pl.col("pts").max().over("game_id")).with_columns(
        series=pl.col("game_id").str.slice(0, 9), number=pl.col("game_id").str.slice(9)
    )
    wins = won.group_by("series", "team_id").len()
    assert wins["len"].max() == 4
    assert wins.filter(pl.col("len") == 4).height == won["series"].n_unique() == 30
    last = won.sort("number").group_by("series").last().join(wins, on=["series", "team_id"])
    assert (last["len"] == 4).all()


def test_days_have_at_most_one_game_a_team_and_nights_in_a_row_are_back_to_backs(boxes: pl.DataFrame) -> None:
    played = boxes.select("team_id", "game_date", "game_id").unique()
    assert played.group_by("team_id", "game_date").len()["len"].max() == 1
    gaps = played.sort("team_id", "game_date").select(pl.col("game_date").diff().over("team_id").dt.total_days())
    assert 0.08 < (gaps.to_series() == 1).sum() / played.height < 0.3


def test_box_scores_add_up(boxes: pl.DataFrame) -> None:
    teams = boxes.group_by("game_id", "team_id", "opponent_team_id").agg(
        pl.col("seconds_played", "pts", "fga", "fgm", "oreb", "dreb", "tov", "stl", "ast", "plus_minus", "starter").sum()
    )
    assert (teams["starter"] == 5).all()
    both = teams.join(teams, left_on=["game_id", "opponent_team_id"], right_on=["game_id", "team_id"], suffix="_other")
    assert ((both["seconds_played"] - 5 * 2880) % (5 * 300) == 0).all()
    assert (both["seconds_played"] == both["seconds_played_other"]).all()
    assert (both["pts"] != both["pts_other"]).all()
    assert (both["plus_minus"] == 5 * (both["pts"] - both["pts_other"])).all()
    assert (both["stl"] <= both["tov_other"]).all()
    assert (both["ast"] <= both["fgm"]).all()
    assert boxes["pf"].is_between(0, 6).all()
    assert (boxes["minutes"] == (boxes["seconds_played"] + 30) // 60).all()


def test_play_by_play_counts_what_the_box_score_says(events: pl.DataFrame, boxes: pl.DataFrame) -> None:
    kind, made = pl.col("action_type"), pl.col("shot_result") == "Made"
    field, three, free = kind.is_in(["2pt", "3pt"]), kind == "3pt", kind == "freethrow"
    person = pl.col("person_id")
    missed_by = pl.when(field | (free & ~made)).then("team_id").forward_fill().over("game_id")
    caught = (kind == "rebound") & (person > 0)
    counts = {
        "pts": (made & free) + 2 * (made & (kind == "2pt")) + 3 * (made & three), "fgm": made & field, "fga": field,
        "fg3m": made & three, "fg3a": three, "ftm": made & free, "fta": free, "stl": kind == "steal", "blk": kind == "block",
        "oreb": caught & (missed_by == pl.col("team_id")), "dreb": caught & (missed_by != pl.col("team_id")),
        "tov": kind == "turnover", "pf": kind == "foul",
    }  # fmt: skip
    told = events.with_columns(**{name: count.cast(pl.Int64) for name, count in counts.items()})
    own = told.group_by("game_id", player_id=person).agg(pl.col(name).sum() for name in counts)
    passed = events.group_by("game_id", player_id="assist_person_id").agg(ast=pl.len().cast(pl.Int64)).drop_nulls()
    counted = boxes.select(GAME_PLAYER).join(own, on=GAME_PLAYER, how="left").join(passed, on=GAME_PLAYER, how="left")
    assert own.filter(pl.col("player_id") > 0).join(boxes, on=GAME_PLAYER, how="anti").is_empty()
    assert_frame_equal(counted.fill_null(0).select(GAME_PLAYER + COUNTED), boxes.select(GAME_PLAYER + COUNTED))


def test_ten_are_on_court_and_their_time_and_margin_are_the_box_scores(
    events: pl.DataFrame, courts: pl.DataFrame, boxes: pl.DataFrame
) -> None:
    teams = boxes.select(*GAME_PLAYER, "team_id", "is_home")
    on = courts.select("game_id", "action_number", "player_id").join(teams, on=GAME_PLAYER, how="left")
    fives = on.group_by("game_id", "action_number", "is_home").agg(pl.col("player_id").n_unique())
    assert fives.height == 2 * courts.select("game_id", "action_number").n_unique()
    assert (fives["player_id"] == 5).all()

    # What was left of a period after its last event belongs to those who were on court then.
    last = pl.col("action_number") == pl.col("action_number").max().over("game_id", "period")
    spent = pl.col("passed") + pl.when(last).then("left").otherwise(0)
    margin = pl.col("score_home") - pl.col("score_away")
    before = events.select("game_id", "action_number", gain=margin - margin.shift(1).over("game_id").fill_null(0))
    seconds = courts.join(before, on=["game_id", "action_number"]).with_columns(spent=spent)
    told = seconds.group_by(GAME_PLAYER).agg(pl.col("spent", "gain").sum())
    seen = (
        boxes.filter(pl.col("game_id") < "0022200300")
        .join(told, on=GAME_PLAYER, how="left")
        .with_columns(
            pl.col("spent", "gain").fill_null(0) * pl.when(pl.col("is_home")).then(1).otherwise(pl.lit(-1)).alias("sign")
        )
    )
    assert (seen["spent"].abs() == seen["seconds_played"]).all()
    assert (seen["gain"] == seen["plus_minus"]).all()


def test_substitutions_lead_from_one_five_to_the_next(events: pl.DataFrame) -> None:
    game = events.filter(pl.col("game_id") == "0022200001")
    on = set(game["players_on_court"][0].split("|"))
    for row in game.iter_rows(named=True):
        if row["action_type"] == "substitution":
            on ^= {str(row["person_id"])}
        else:
            assert on == set(row["players_on_court"].split("|"))
    assert len(on) == 10


def test_tracking_is_of_the_same_games(league: SimulatedSource, boxes: pl.DataFrame) -> None:
    tracked = league.read(facts.TRACKING_GAMES, EVER).sort(GAME_PLAYER)
    both = tracked.join(boxes, on=GAME_PLAYER, how="inner")
    assert both.height == tracked.height == boxes.height
    assert (both["touches"] >= both["fga"] + both["tov"]).all()
    assert (both["potential_ast"] >= both["ast"]).all()
    assert (both["passes_made"] >= both["potential_ast"]).all()
    assert (both["catch_shoot_fga"] <= both["fga"]).all()
    assert (both["time_of_possession"] <= both["seconds_played"]).all()
    teams = both.group_by("game_id", "team_id").agg(
        pl.col("passes_made", "passes_received", "time_of_possession", "touches", "seconds_played").sum()
    )
    assert (teams["passes_made"] == teams["passes_received"]).all()
    assert (teams["touches"] > teams["passes_received"]).all()
    games = teams.group_by("game_id").agg(pl.col("time_of_possession").sum(), pl.col("seconds_played").first() // 5)
    assert (games["seconds_played"] - games["time_of_possession"]).is_between(0, 5 * 24).all()


def test_availability_is_true_of_the_games(league: SimulatedSource, boxes: pl.DataFrame) -> None:
    said = as_of(league.read(facts.AVAILABILITY, EVER), facts.AVAILABILITY)
    assert said.filter(pl.col("status") == "out").join(boxes, on=GAME_PLAYER).is_empty()
    starters = said.filter(pl.col("status") == "starter").select(GAME_PLAYER).sort(GAME_PLAYER)
    assert_frame_equal(starters, boxes.filter("starter").select(GAME_PLAYER))


def test_facts_do_what_real_life_does(league: SimulatedSource) -> None:
    for table, key in ((facts.BOX_SCORES, GAME_PLAYER), (facts.PLAY_BY_PLAY, ["game_id", "action_number"])):
        assert league.read(table, EVER).select(pl.struct(key).is_duplicated().sum()).item() > 10
    assert league.read(facts.SCHEDULE_NOTICES, EVER).filter(pl.col("status") == "postponed").height >= 2
    availability = league.read(facts.AVAILABILITY, EVER)
    reasons = dict(availability["reason"].value_counts().rows())
    assert all(reasons[reason] > 50 for reason in ("injured", "rest", "late scratch", "nearly recovered", "upgraded", None))
    # Of those who may miss a game more play the more is promised, and fewer if nobody has said more since the evening before.
    noon = eastern_expr(pl.col("game_date"), NOON)
    known = as_of(availability.filter(pl.col("known_at") <= noon), facts.AVAILABILITY)
    played = league.read(facts.BOX_SCORES, EVER).select(*GAME_PLAYER, played=pl.lit(1)).unique()
    early = pl.col("known_at") < eastern_expr(pl.col("game_date"), MIDNIGHT)
    shares = (
        known.filter(pl.col("status").is_in(["doubtful", "questionable", "probable"]))
        .join(played, on=GAME_PLAYER, how="left")
        .group_by("status", early=early)
        .agg(pl.len(), share=pl.col("played").fill_null(0).mean())
    )
    assert shares["len"].min() > 100
    share = {(status, early): value for status, early, _, value in shares.iter_rows()}
    for early in (False, True):
        assert share["doubtful", early] < 0.25 < share["questionable", early] < 0.75 < share["probable", early]
    assert all(share[word, True] < share[word, False] for word, _ in share)
    lines = league.read(facts.PROP_LINES, EVER)
    snapshots = lines.group_by("game_id", "player_id", "bookmaker", "side").agg(pl.col("known_at").n_unique())
    assert snapshots["known_at"].max() == 2


def test_a_first_sheet_gives_a_basket_to_another_in_box_score_and_play_by_play(league: SimulatedSource) -> None:
    boxes, plays = (league.read(table, EVER) for table in (facts.BOX_SCORES, facts.PLAY_BY_PLAY))
    twice = plays.filter(pl.struct("game_id", "action_number").is_duplicated()).sort("game_id", "known_at")
    games = twice.group_by("game_id", maintain_order=True).agg(pl.col("person_id"), pl.col("known_at"))
    assert games.height > 10
    for game_id, people, times in games.iter_rows():
        for person, gain in zip(people, (-2, 2), strict=True):
            of_him = (pl.col("game_id") == game_id) & (pl.col("player_id") == person)
            versions = boxes.filter(of_him).sort("known_at")
            assert versions["known_at"].to_list() == times
            assert versions["pts"][1] - versions["pts"][0] == gain


def test_prices_take_a_margin_and_lines_are_worth_something(league: SimulatedSource, boxes: pl.DataFrame) -> None:
    lines = league.read(facts.PROP_LINES, EVER)
    price = pl.col("american_price")
    implied = lines.with_columns(p=pl.when(price < 0).then(-price / (100 - price)).otherwise(100 / (100 + price)))
    offer = ["game_id", "player_id", "bookmaker", "line", "known_at"]
    both = implied.group_by(offer).agg(pl.col("p").sum(), pl.len())
    assert both.filter(pl.col("len") == 2)["p"].mean() == pytest.approx(1.049, abs=0.01)
    joined = lines.filter(pl.col("side") == "Over").join(boxes, on=GAME_PLAYER)
    assert joined.select((pl.col("pts") > pl.col("line")).mean()).item() == pytest.approx(0.49, abs=0.02)
    close = pl.col("known_at") == pl.col("known_at").max().over("game_id", "player_id")
    error = joined.select(
        close=(pl.col("pts") - pl.col("line")).abs().filter(close).mean(),
        morning=(pl.col("pts") - pl.col("line")).abs().filter(~close).mean(),
    )
    assert error["close"][0] < error["morning"][0]


def test_injured_players_are_noted_later_and_names_are_theirs_alone(league: SimulatedSource) -> None:
    notes = league.read(facts.INJURY_REPORTS, EVER)
    assert notes["note"].str.starts_with("placed on IL").sum() > 300
    assert notes["note"].str.contains("near future").sum() > 30
    assert league.read(facts.PLAYERS, EVER)["player_name"].is_unique().all()


def test_rosters_have_everybody_before_the_first_game_for_the_team(league: SimulatedSource) -> None:
    boxes = as_of(league.whole(facts.BOX_SCORES), facts.BOX_SCORES).select("game_id", "game_date", "player_id", "team_id")
    tip_offs = as_of(league.whole(facts.SCHEDULE_NOTICES), facts.SCHEDULE_NOTICES).select("game_id", "game_date", "tip_off")
    played = boxes.join(tip_offs, on=["game_id", "game_date"]).sort("tip_off")
    moves = league.whole(facts.ROSTERS).sort("known_at")
    listed = played.join_asof(
        moves, left_on="tip_off", right_on="known_at", by="player_id", suffix="_listed", check_sortedness=False
    )
    assert listed["team_id"].equals(listed["team_id_listed"])
    assert 40 <= moves.filter(pl.col("known_at").dt.month() == 2).height <= 48
    assert 0 < moves["team_id"].null_count() < 200
