"""The circumstances of a game for a player: rest, load, matchup, season; and the scores that put them in one number."""

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.features.history import History, quotient, total
from nba_assets.features.teammates import ROTATION_MINUTES, USUALLY
from nba_assets.reference.positions import POSITIONS

MOST_REST_DAYS = 14
WEEK, MONTH = 7, 28
MATCHUP_GAMES = 5
MOST_SINCE_ABSENCE = 20
ATTENDED = (10, 20)
TEAM_DIGITS = 1000
DAYS_PER_YEAR = 365.25


def load(players: History) -> dict[str, Floats]:
    """Return rest and load: days off (at most 14), back-to-back, games and minutes of the last 7 days, fatigue_score.

    fatigue_score is the acute:chronic workload ratio of minutes: the last 7 days' daily mean over that of the last 28
    days. After Hulin et al., Spikes in acute workload are associated with increased injury risk in elite cricket
    fast bowlers, British Journal of Sports Medicine 48 (2014), with minutes on court as the load. NaN without minutes.
    """
    days = players.last_day().cast(pl.Float64).fill_null(float("nan")).to_numpy()
    minutes = players.column("minutes")
    acute, chronic = (players.since(minutes, players.before_days(span)) for span in (WEEK, MONTH))
    return {
        "rest_days": np.minimum(days - 1, MOST_REST_DAYS),
        "back_to_back": (days == 1).astype(np.float64),
        "games_last_7_days": players.since(players.held, players.before_days(WEEK)),
        "minutes_last_7_days": acute,
        "fatigue_score": quotient(MONTH * acute, WEEK * chronic),
    }


def since_absence(players: History, missed: pl.Series) -> dict[str, Floats]:
    """Return the games played since the player last missed one of the team's, at most 20: 0 if that was the latest one.

    Args:
        players: with the column `missed_before`: games of the team between this one and the player's previous one.
        missed: for each question the games of the team since the player's last one.
    """
    place = np.arange(len(players.held))
    returned = np.maximum.accumulate(np.where(players.column("missed_before") > 0, place, -MOST_SINCE_ABSENCE))
    on_record = total(players.held, MOST_SINCE_ABSENCE)
    played = np.minimum(place - returned + 1, on_record)[players.at]
    return {"games_since_absence": np.where(missed.fill_null(0).to_numpy() > 0, 0.0, played)}


def attendance(players: History, missed: pl.Series) -> dict[str, Floats]:
    """Return in how many of the team's last 10 and 20 games the player appeared.

    Args:
        players: as of `since_absence`.
        missed: as of `since_absence`.
    """
    # Games of the team up to each of the player's, counted from the player's first one on.
    number = np.cumsum(players.held + players.column("missed_before"))
    now = number[players.at] + missed.fill_null(0).to_numpy()
    back = [(players.held[players.at - step], number[players.at - step]) for step in range(max(ATTENDED))]
    return {
        f"attended_last_{games}": np.sum([held * (of > now - games) for held, of in back[:games]], axis=0) for games in ATTENDED
    }


def against_opponent(rows: pl.DataFrame, box_scores: pl.DataFrame) -> dict[str, Floats]:
    """Return points per game in the last 5 games against the opponent, and how many of these there are."""
    pair = TEAM_DIGITS * pl.col("player_id") + pl.col("opponent_team_id") % TEAM_DIGITS
    games = box_scores.select("season", "game_date", "game_id", "pts", pair=pair)
    history = History(games, rows.select("season", "game_date", pair=pair), "pair")
    met = total(history.held, MATCHUP_GAMES)[history.at]
    points = total(history.column("pts"), MATCHUP_GAMES)[history.at]
    return {"points_vs_opponent": quotient(points, met), "games_vs_opponent": met}


def calendar() -> dict[str, pl.Expr]:
    """Return expressions for the time of the year: month, days since the season's first game."""
    return {
        "month": pl.col("game_date").dt.month(),
        "season_day": (pl.col("game_date") - pl.col("season_began")).dt.total_days(),
    }


def bodies(rows: pl.DataFrame, players: pl.DataFrame) -> dict[str, pl.Series]:
    """Return position as flags (all 0 where it is not known), height, weight and age of the players of rows."""
    columns = ("player_id", "position_primary", "height_inches", "weight_lbs", "birth_date")
    known = rows.select("player_id", "game_date").join(
        players.select(columns), on="player_id", how="left", maintain_order="left"
    )
    position = pl.col("position_primary")
    flags = {f"position_flags_{name}": position.eq_missing(name).cast(pl.Float64) for name in POSITIONS}
    age = (pl.col("game_date") - pl.col("birth_date")).dt.total_days() / DAYS_PER_YEAR
    return known.select(**flags, height_inches="height_inches", weight_lbs="weight_lbs", age=age).to_dict()


def bench_tier() -> pl.Expr:
    """Return the tier of a player: 0 starts (announced, or usually), 1 comes off the bench of the rotation, 2 is behind it."""
    starts = pl.coalesce(pl.col("starter") == 1, pl.col("expected_starter") >= USUALLY).fill_null(value=False)
    in_rotation = pl.col("minutes_ewma").fill_null(0.0) >= ROTATION_MINUTES
    return pl.when(starts).then(0).when(in_rotation).then(1).otherwise(2)


def scores() -> dict[str, pl.Expr]:
    """Return expressions for what is made of other features.

    pace_score: possessions per 48 minutes that this game is expected to have beyond the team's usual ones: own pace x
    opposing pace / league pace, less own pace. The product of relative paces is Dean Oliver's (Basketball on Paper, 2004).
    usage_spike_score: usage percentage of the last 5 games less that of the last 20, in percentage points: usage percentage is
    basketball-reference.com's, the difference of a short and a long mean is the usual crossover of time series.
    points_trend: points of the last 5 games less the season's; minutes_trend: minutes of the last 3 less the last 20.
    """
    return {
        "pace_score": pl.col("team_pace") * pl.col("opponent_team_pace") / pl.col("league_pace") - pl.col("team_pace"),
        "usage_spike_score": pl.col("usage_avg_last_5") - pl.col("usage_avg_last_20"),
        "points_trend": pl.col("points_avg_last_5") - pl.col("points_avg_season"),
        "minutes_trend": pl.col("minutes_avg_last_3") - pl.col("minutes_avg_last_20"),
    }
