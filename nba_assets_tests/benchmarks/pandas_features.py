"""The named alternative: the columns of v2_wide as a vectorised pandas build, groupby().rolling() and merge_asof, no lambdas.

Written as a careful analyst would, not against pandas. Exponential means are pandas' own, over all games instead of 40;
the last bit depends on where the history starts. Names of injury notes must be equal.
"""

import numpy as np
import pandas as pd

from nba_assets.features.store import Facts
from nba_assets.features.teams import ARENA_MILES, FIRST_TEAM
from nba_assets.reference.teams import ALTITUDE_BY_ID
from nba_assets.tables.features import FEATURE_VERSIONS

COUNTS = {"points": "pts", "minutes": "minutes", "fga": "fga", "fg3a": "fg3a", "fta": "fta"}
KEY = ["game_date", "game_id", "player_id", "decision"]
SLATE = ["game_date", "game_id", "decision"]
GROUPS = {"PG": 0, "SG": 0, "SF": 1, "PF": 1, "C": 2}
OUT_OF = 48


def ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part / whole.where(whole > 0)


def rolled(frame: pd.DataFrame, by: str | list[str], columns: list[str], games: int) -> pd.DataFrame:
    """Sums over the last games of each owner, by row of the frame."""
    levels = [by] if isinstance(by, str) else by
    sums = frame.groupby(by, sort=False)[columns].rolling(games, min_periods=1).sum()
    return sums.reset_index(level=list(range(len(levels))), drop=True).sort_index()


def decayed(frame: pd.DataFrame, columns: list[str], decay: float) -> pd.DataFrame:
    means = frame.groupby("player_id", sort=False)[columns].ewm(alpha=1 - decay).mean()
    return means.reset_index(level=0, drop=True).sort_index()


def player_states(boxes: pd.DataFrame) -> pd.DataFrame:
    """What a player's games up to and with each one say."""
    boxes = boxes.sort_values(["player_id", "game_date"], ignore_index=True)
    boxes["used"] = 100 * boxes.fga + 44 * boxes.fta + 100 * boxes.tov
    team = boxes.groupby(["game_id", "team_id"])[["used", "minutes"]].transform("sum")
    boxes["fair"] = 5 * boxes.minutes * team.used // team.minutes.where(team.minutes > 0)
    boxes["games"], boxes["starts"] = 1, boxes.starter.astype(int)
    boxes["reb"] = boxes.oreb + boxes.dreb
    boxes["started"], boxes["benched"] = boxes.minutes * boxes.starts, boxes.minutes * (1 - boxes.starts)
    boxes["pts_started"], boxes["pts_benched"] = boxes.pts * boxes.starts, boxes.pts * (1 - boxes.starts)
    boxes["bench"] = 1 - boxes.starts
    found = boxes[["player_id", "player_name", "team_id", "game_id", "game_date", "season"]].copy()
    names = [*COUNTS.values(), "used", "fair", "games"]
    for games in (3, 5, 10, 20):
        sums = rolled(boxes, "player_id", names, games)
        _rates(found, sums, f"avg_last_{games}")
    mean = decayed(boxes, [*names, "ast", "reb", "plus_minus"], 0.9)
    _rates(found, mean, "ewma")
    for name in ("ast", "reb", "plus_minus"):
        found[f"{name}_ewma"] = mean[name]
    found["true_shooting_ewma"] = ratio(100 * mean.pts, 2 * mean.fga + 0.88 * mean.fta)
    slow = decayed(boxes, ["pts", "started", "benched", "pts_started", "pts_benched", "starts", "bench"], 0.97)
    found["points_slow_ewma"] = slow.pts
    found["minutes_fast_ewma"] = decayed(boxes, ["minutes"], 0.8).minutes
    for role, suffix, games in (("as_starter", "started", "starts"), ("off_bench", "benched", "bench")):
        found[f"minutes_{role}_ewma"] = ratio(slow[suffix], slow[games])
        found[f"points_{role}_ewma"] = ratio(slow[f"pts_{suffix}"], slow[games])
    spread = boxes.groupby("player_id", sort=False)[["pts", "minutes"]].rolling(10).std().reset_index(level=0, drop=True)
    found["points_std_last_10"], found["minutes_std_last_10"] = spread.pts, spread.minutes
    found["minutes_last"] = boxes.minutes
    found["expected_starter"] = (
        rolled(boxes, "player_id", ["starts"], 10).starts / rolled(boxes, "player_id", ["games"], 10).games
    )
    season = boxes.groupby(["player_id", "season"], sort=False)[["pts", "minutes", "games"]].cumsum()
    found["points_season"], found["minutes_season"], found["games_season"] = season.pts, season.minutes, season.games
    found["games_on_record"] = rolled(boxes, "player_id", ["games"], 40).games
    number = boxes[["team_id", "game_date"]].drop_duplicates().sort_values(["team_id", "game_date"])
    number["number"] = number.groupby("team_id").cumcount() + 1
    found = found.merge(number, on=["team_id", "game_date"], how="left")
    gap = found.groupby(["player_id", "team_id"], sort=False).number.diff().sub(1).gt(0)
    spell = gap.groupby(found.player_id).cumsum()
    found["games_since_absence"] = found.groupby([found.player_id, spell]).cumcount().add(1).clip(upper=20)
    found["last_played"] = found.game_date
    found["next_date"] = found.groupby("player_id").game_date.shift(-1)
    return found


def _rates(found: pd.DataFrame, sums: pd.DataFrame, suffix: str) -> None:
    for stem, name in COUNTS.items():
        found[f"{stem}_{suffix}"] = sums[name] / sums.games
    found[f"usage_{suffix}"] = ratio(100 * sums.used, sums.fair)
    found[f"points_per_minute_{suffix}"] = ratio(sums.pts, sums.minutes)


def team_states(boxes: pd.DataFrame) -> pd.DataFrame:
    counts = ["pts", "fgm", "fga", "fg3m", "ftm", "fta", "oreb", "dreb", "tov", "minutes"]
    games = (
        boxes.groupby(["season", "game_date", "game_id", "team_id", "opponent_team_id", "is_home"])[counts].sum().reset_index()
    )
    other = games[["game_id", "team_id", *counts]].rename(
        columns={"team_id": "opponent_team_id", **{c: f"o_{c}" for c in counts}}
    )
    games = games.merge(other, on=["game_id", "opponent_team_id"])
    plays = sum(
        games[f"{s}fga"]
        + 0.4 * games[f"{s}fta"]
        - 1.07 * games[f"{s}oreb"] / (games[f"{s}oreb"] + games[f"{o}dreb"]) * (games[f"{s}fga"] - games[f"{s}fgm"])
        + games[f"{s}tov"]
        for s, o in (("", "o_"), ("o_", ""))
    )
    games["possessions"] = plays / 2
    games["length"] = 48 + 5 * ((games.minutes - 240) / 25).round().clip(lower=0)
    games["won"], games["games"] = (games.pts > games.o_pts).astype(int), 1
    games["two"], games["three"], games["free"] = 2 * (games.o_fgm - games.o_fg3m), 3 * games.o_fg3m, games.o_ftm
    games["arena"] = games.team_id.where(games.is_home, games.opponent_team_id)
    games = games.sort_values(["team_id", "game_date"], ignore_index=True)
    names = ["possessions", "length", "pts", "o_pts", "won", "games", "two", "three", "free"]
    sums = rolled(games, "team_id", names, 20)
    state = games[["team_id", "game_date", "arena"]].rename(columns={"game_date": "team_date"})
    state["date"], state["pace"] = games.game_date, 48 * sums.possessions / sums.length
    state["offensive_rating"], state["defensive_rating"] = (
        100 * sums.pts / sums.possessions,
        100 * sums.o_pts / sums.possessions,
    )
    state["win_pct"] = sums.won / sums.games
    state["number"] = games.groupby("team_id").cumcount() + 1
    state["team_season"], state["team_games_season"] = games.season, games.groupby(["team_id", "season"]).cumcount() + 1
    zones = ["two", "three", "free"]
    state[zones] = sums[zones].div(sums.possessions, axis=0)
    whole = (
        games.sort_values("game_date")
        .set_index("game_date")[["possessions", "length", *zones]]
        .rolling(600, min_periods=1)
        .sum()
    )
    whole = whole.groupby(level=0).last()
    league = pd.DataFrame({"date": whole.index, "league_pace": (48 * whole.possessions / whole.length).to_numpy()})
    league[[f"league_{zone}" for zone in zones]] = whole[zones].div(whole.possessions, axis=0).to_numpy()
    return state.sort_values("date"), league


def slates(notices: pd.DataFrame) -> pd.DataFrame:
    notices = (
        notices[notices.status == "scheduled"].sort_values("known_at").drop_duplicates(["game_id", "game_date"], keep="last")
    )
    noon = (notices.game_date + pd.Timedelta(hours=12)).dt.tz_localize("America/New_York").dt.tz_convert("UTC")
    evening = (notices.game_date + pd.Timedelta(hours=19)).dt.tz_localize("America/New_York").dt.tz_convert("UTC")
    tip = notices.tip_off.fillna(evening)
    both = [
        notices.assign(decision="noon", decision_at=noon),
        notices.assign(decision="tip", decision_at=tip - pd.Timedelta(minutes=15)),
    ]
    games = pd.concat(both)
    keep = ["game_id", "game_date", "season", "decision", "decision_at", "team_id", "opponent_team_id", "is_home"]
    home = games.rename(columns={"home_team_id": "team_id", "away_team_id": "opponent_team_id"}).assign(is_home=True)
    away = games.rename(columns={"away_team_id": "team_id", "home_team_id": "opponent_team_id"}).assign(is_home=False)
    return pd.concat([home[keep], away[keep]])


def latest(rows: pd.DataFrame, states: pd.DataFrame, by: str, left_by: str | None = None) -> pd.DataFrame:
    """The newest state of an earlier date for each row."""
    rows = rows.sort_values("game_date")
    states = states.rename(columns={by: left_by or by}).sort_values("date")
    return pd.merge_asof(rows, states, left_on="game_date", right_on="date", by=left_by or by, allow_exact_matches=False).drop(
        columns="date"
    )


def build(known: Facts, first: str, last: str) -> pd.DataFrame:
    """Return rows of both decisions with the columns of v2_wide."""
    boxes, notices, said, lines, props, notes, players = (
        getattr(known, name).to_pandas()
        for name in ("box_scores", "schedule_notices", "availability", "game_lines", "prop_lines", "injury_reports", "players")
    )
    for frame in (boxes, notices, said, lines, props):
        frame["game_date"] = pd.to_datetime(frame.game_date)
    versions = boxes.sort_values("known_at", kind="stable")
    boxes = versions.drop_duplicates(["game_id", "player_id"], keep="last")
    states = player_states(boxes)
    teams, league = team_states(boxes)
    games = slates(notices[(notices.game_date >= first) & (notices.game_date <= last)])
    numbered = latest(games, teams[["team_id", "date", "number"]], "team_id")
    spells = states[["player_id", "player_name", "team_id", "number", "next_date"]]
    spells = spells.loc[spells.index.repeat(20)].reset_index(drop=True)
    spells["missed"] = np.tile(np.arange(20), len(spells) // 20)
    spells["number"] += spells.missed
    rows = numbered.merge(spells, on=["team_id", "number"])
    rows = rows[rows.next_date.isna() | (rows.game_date <= rows.next_date)].drop(columns=["next_date", "number"])
    rows = rows.rename(columns={"missed": "team_games_missed"}).assign(on_roster=True)
    appeared = versions.drop_duplicates(["game_id", "player_id"])[
        ["game_id", "game_date", "team_id", "player_id", "player_name"]
    ]
    others = games.merge(appeared, on=["game_id", "game_date", "team_id"])
    others = others.merge(rows[[*SLATE, "player_id", "on_roster"]], on=[*SLATE, "player_id"], how="left")
    others = others[others.on_roster.isna()].assign(on_roster=False)
    rows = pd.concat([rows, others])
    state = states.drop(columns=["player_name", "team_id", "game_id", "number", "next_date"]).rename(
        columns={"game_date": "date", "season": "season_then"}
    )
    rows = latest(rows, state, "player_id")
    rows.loc[rows.team_games_missed > 0, "games_since_absence"] = 0
    same = rows.season_then == rows.season
    rows["points_avg_season"] = (rows.points_season / rows.games_season).where(same)
    rows["minutes_avg_season"] = (rows.minutes_season / rows.games_season).where(same)
    rows["games_played"] = rows.games_season.where(same, 0)
    rows = _team_columns(rows, teams, league)
    rows = _matchups(rows, boxes, players)
    rows = _load(rows, boxes)
    rows = _said(rows, said, lines, props, notes)
    rows["points_trend"] = rows.points_avg_last_5 - rows.points_avg_season
    rows["minutes_trend"] = rows.minutes_avg_last_3 - rows.minutes_avg_last_20
    rows["usage_spike_score"] = rows.usage_avg_last_5 - rows.usage_avg_last_20
    rows["month"], rows["home"], rows["at_tip"] = (
        rows.game_date.dt.month,
        rows.is_home.astype(int),
        (rows.decision == "tip").astype(int),
    )
    began = boxes.groupby("season").game_date.min()
    rows["season_day"] = (rows.game_date - rows.season.map(began)).dt.days.clip(lower=0)
    rows = _teammates(rows.sort_values(["game_date", "game_id", "player_id", "decision"], ignore_index=True), players)
    return rows[[*KEY, "season", "team_id", "opponent_team_id", "on_roster", "is_out", *FEATURE_VERSIONS["v2_wide"]]]


def _team_columns(rows: pd.DataFrame, teams: pd.DataFrame, league: pd.DataFrame) -> pd.DataFrame:
    own = ["pace", "offensive_rating", "defensive_rating", "win_pct"]
    mine = teams[["team_id", "date", "team_date", "arena", "team_season", "team_games_season", *own]]
    rows = latest(rows, mine.rename(columns={name: f"team_{name}" for name in own}), "team_id")
    theirs = teams[["team_id", "date", "team_date", *own, "two", "three", "free"]]
    theirs = theirs.rename(columns={"team_date": "opponent_date", **{name: f"opponent_team_{name}" for name in own}})
    rows = latest(rows, theirs, "team_id", "opponent_team_id")
    rows = pd.merge_asof(rows.sort_values("game_date"), league, left_on="game_date", right_on="date", allow_exact_matches=False)
    rows["team_games_season"] = rows.team_games_season.where(rows.team_season == rows.season, 0)
    rows["pace_score"] = rows.team_pace * rows.opponent_team_pace / rows.league_pace - rows.team_pace
    shots = rows.fga_ewma + 0.44 * rows.fta_ewma
    taken = {"two": rows.fga_ewma - rows.fg3a_ewma, "three": rows.fg3a_ewma, "free": 0.44 * rows.fta_ewma}
    rows["shot_zone_mismatch_score"] = 100 * sum(
        ratio(part, shots) * (rows[zone] / rows[f"league_{zone}"] - 1) for zone, part in taken.items()
    )
    here = rows.team_id.where(rows.is_home, rows.opponent_team_id)
    rows["travel_miles"] = ARENA_MILES[(rows.arena.fillna(here) - FIRST_TEAM).astype(int), (here - FIRST_TEAM).astype(int)]
    rows["altitude"] = here.map(ALTITUDE_BY_ID)
    rows["team_rest_days"] = (rows.game_date - rows.team_date).dt.days.sub(1).clip(upper=14)
    rows["opponent_rest_days"] = (rows.game_date - rows.opponent_date).dt.days.sub(1).clip(upper=14)
    return rows.drop(columns=["date", "arena", "team_season", "team_date", "opponent_date"])


def _matchups(rows: pd.DataFrame, boxes: pd.DataFrame, players: pd.DataFrame) -> pd.DataFrame:
    met = boxes.assign(pair=boxes.player_id * 1000 + boxes.opponent_team_id % 1000, games_vs_opponent=1)
    met = met.sort_values(["pair", "game_date"], ignore_index=True)
    sums = rolled(met, "pair", ["pts", "games_vs_opponent"], 5)
    state = pd.DataFrame({"pair": met.pair, "date": met.game_date, "games_vs_opponent": sums.games_vs_opponent})
    state["points_vs_opponent"] = sums.pts / sums.games_vs_opponent
    rows["pair"] = rows.player_id * 1000 + rows.opponent_team_id % 1000
    rows = latest(rows, state, "pair")
    rows["games_vs_opponent"] = rows.games_vs_opponent.fillna(0)
    position = players.set_index("player_id").position_primary
    given = boxes.assign(position=boxes.player_id.map(position)).groupby(["opponent_team_id", "position", "game_date"])[
        ["pts", "minutes"]
    ]
    given = given.sum().reset_index().sort_values(["opponent_team_id", "position", "game_date"], ignore_index=True)
    sums = rolled(given, ["opponent_team_id", "position"], ["pts", "minutes"], 20)
    given["opponent_points_allowed_to_position"] = 36 * sums.pts / sums.minutes
    rows["position"] = rows.player_id.map(position)
    state = given.drop(columns=["pts", "minutes"]).rename(columns={"game_date": "date"}).sort_values("date")
    return pd.merge_asof(
        rows.sort_values("game_date"), state, left_on="game_date", right_on="date",
        by=["opponent_team_id", "position"], allow_exact_matches=False,
    ).drop(columns="date")  # fmt: skip


def _load(rows: pd.DataFrame, boxes: pd.DataFrame) -> pd.DataFrame:
    days = (rows.game_date - rows.last_played).dt.days
    rows["rest_days"], rows["back_to_back"] = days.sub(1).clip(upper=14), days.eq(1).astype(int)
    played = boxes[["player_id", "game_date", "minutes"]].assign(games=1)
    asked = rows[["player_id", "game_date"]].drop_duplicates().assign(minutes=0, games=0)
    both = (
        pd.concat([played, asked])
        .groupby(["player_id", "game_date"])
        .agg({"minutes": "sum", "games": "sum"})
        .reset_index(level=0)
    )
    grouped = both.groupby("player_id")[["minutes", "games"]]
    week, month = (grouped.rolling(f"{span + 1}D", closed="right").sum() - grouped.rolling("1D").sum() for span in (7, 28))
    found = week.rename(columns={"minutes": "minutes_last_7_days", "games": "games_last_7_days"})
    found["fatigue_score"] = ratio(28 * week.minutes, 7 * month.minutes)
    return rows.merge(
        found.reset_index().drop_duplicates(["player_id", "game_date"]), on=["player_id", "game_date"], how="left"
    )


def _said(
    rows: pd.DataFrame, said: pd.DataFrame, lines: pd.DataFrame, props: pd.DataFrame, notes: pd.DataFrame
) -> pd.DataFrame:
    asked = rows[[*SLATE, "decision_at"]].drop_duplicates()
    known = asked.merge(said, on=["game_id", "game_date"])
    known = (
        known[known.known_at <= known.decision_at].sort_values("known_at").drop_duplicates([*SLATE, "player_id"], keep="last")
    )
    rows = rows.merge(known[[*SLATE, "player_id", "status"]], on=[*SLATE, "player_id"], how="left")
    five = known[known.status == "starter"].groupby([*SLATE, "team_id"]).size().eq(5).rename("announced").reset_index()
    rows = rows.merge(five, on=[*SLATE, "team_id"], how="left")
    rows["is_out"] = rows.status.eq("out")
    rows["starter"] = rows.status.eq("starter").astype(float).where(rows.announced.fillna(value=False).astype(bool))
    seen = asked.merge(lines, on=["game_id", "game_date"])
    seen = seen[seen.known_at <= seen.decision_at].sort_values("known_at").drop_duplicates([*SLATE, "bookmaker"], keep="last")
    rows = rows.merge(seen.groupby(SLATE)[["home_spread", "total"]].median().reset_index(), on=SLATE, how="left")
    rows["spread"] = rows.home_spread.where(rows.is_home, -rows.home_spread)
    rows["implied_team_total"] = (rows.total - rows.spread) / 2
    points = asked.merge(props[props.market == "player_points"], on=["game_id", "game_date"])
    points = points[points.known_at <= points.decision_at].groupby([*SLATE, "player_id"]).line.median()
    rows = rows.merge(points.rename("vegas_points_line").reset_index(), on=[*SLATE, "player_id"], how="left")
    notes = notes.assign(report_date=pd.to_datetime(notes.report_date))
    on = ~notes.note.str.contains("activated|returned")
    told = rows[[*SLATE, "decision_at", "team_id", "player_id", "player_name", "last_played"]]
    told = told.merge(notes.assign(on=on), on=["team_id", "player_name"])
    recent = (told.known_at <= told.decision_at) & (told.game_date - told.report_date <= pd.Timedelta(days=30))
    told = told[recent].sort_values("report_date")
    newest = told.drop_duplicates([*SLATE, "player_id"], keep="last")
    newest = newest.assign(injury_listed=(newest.on & (newest.report_date > newest.last_played)).astype(int))
    noted = told[told.on].drop_duplicates([*SLATE, "player_id"], keep="last")
    noted = noted.assign(injury_note_days=(noted.game_date - noted.report_date).dt.days)
    rows = rows.merge(newest[[*SLATE, "player_id", "injury_listed"]], on=[*SLATE, "player_id"], how="left")
    rows = rows.merge(noted[[*SLATE, "player_id", "injury_note_days"]], on=[*SLATE, "player_id"], how="left")
    rows["injury_listed"] = rows.injury_listed.fillna(0)
    return rows


def _teammates(rows: pd.DataFrame, players: pd.DataFrame) -> pd.DataFrame:
    starts, announced = rows.starter == 1, rows.starter.notna()
    for name in ("minutes", "points"):
        role = rows[f"{name}_as_starter_ewma"].where(starts, rows[f"{name}_off_bench_ewma"]).fillna(rows[f"{name}_ewma"])
        rows[f"{name}_in_role"] = role.where(announced)
    mean = rows[["minutes_ewma", "points_ewma", "fga_ewma", "ast_ewma"]].fillna(0.0)
    mean.columns = ["minutes", "points", "fga", "ast"]
    mean["usage"] = rows.usage_ewma.fillna(0.0) * mean.minutes / OUT_OF
    mean["players"], mean["in_role"] = 1.0, rows.minutes_in_role.fillna(mean.minutes)
    rotation = (mean.minutes >= 12) & rows.on_roster
    out, inside = rotation & rows.is_out, rotation & ~rows.is_out
    fresh = 0.85 ** rows.team_games_missed.fillna(0)
    group = rows.player_id.map(players.set_index("player_id").position_primary).map(GROUPS).fillna(3)
    parts = mean.mul(out, axis=0).add_prefix("out_").join(mean.mul(inside, axis=0).add_prefix("in_"))
    parts["fresh_minutes"], parts["fresh_points"] = parts.out_minutes * fresh, parts.out_points * fresh
    keys = [rows.game_date, rows.game_id, rows.decision]
    whole = parts.groupby([*keys, rows.team_id]).transform("sum") - parts
    alike = (
        parts[["out_minutes", "in_minutes"]].groupby([*keys, rows.team_id, group]).transform("sum")
        - parts[["out_minutes", "in_minutes"]]
    )
    game = parts[["out_minutes", "out_points"]].groupby(keys).transform("sum") - parts.groupby([*keys, rows.team_id])[
        ["out_minutes", "out_points"]
    ].transform("sum")
    for name in ("minutes", "points", "fga", "ast", "usage", "players"):
        rows[f"vacated_{name}"] = whole[f"out_{name}"]
    for name in ("minutes", "points", "usage", "players"):
        rows[f"rotation_{name}_in"] = whole[f"in_{name}"]
    rows["vacated_minutes_fresh"], rows["vacated_points_fresh"] = whole.fresh_minutes, whole.fresh_points
    rows["vacated_minutes_position"], rows["rotation_minutes_position_in"] = alike.out_minutes, alike.in_minutes
    rows["opponent_vacated_minutes"], rows["opponent_vacated_points"] = game.out_minutes, game.out_points
    rows["rotation_rank"] = mean.minutes.where(inside).groupby([*keys, rows.team_id]).rank(ascending=False, method="min") - 1
    rows["expected_minutes"] = 240 * mean.minutes / (mean.minutes + whole.in_minutes)
    rows["expected_minutes_in_role"] = 240 * mean.in_role / (mean.in_role + whole.in_in_role)
    rows["points_share"] = ratio(mean.points, mean.points + whole.in_points)
    rows["fga_share"] = ratio(mean.fga, mean.fga + whole.in_fga)
    return rows
