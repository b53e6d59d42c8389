"""Teams: pace and ratings of both, what the opponent gives up to a position and from where, travel, rest."""

import numpy as np
import polars as pl

from nba_assets.arrays import Floats
from nba_assets.features.history import History, quotient, total
from nba_assets.league.box import by_worth, team_games
from nba_assets.reference.positions import POSITIONS
from nba_assets.reference.teams import ALTITUDE_BY_ID, TEAMS, miles
from nba_assets.tables.feature import STATISTICS

GAMES = 20
LEAGUE_GAMES = 600
ZONES = ("two", "three", "free")
FIRST_TEAM = TEAMS[0].team_id
ARENA_MILES = np.array([[miles(one, other) for other in TEAMS] for one in TEAMS], dtype=float)
MOST_REST_DAYS = 14


def team_history(box_scores: pl.DataFrame) -> pl.DataFrame:
    """Return team games with what sums need as integers: hundredths of possessions, points given up by zone, the arena."""
    made_two = pl.col("fgm") - pl.col("fg3m")
    games = team_games(box_scores).with_columns(
        game_minutes=48 + 5 * pl.col("overtimes"),
        possessions=(100 * pl.col("possessions")).round().cast(pl.Int64),
        won=pl.col("pts") > pl.col("opponent_pts"),
        arena=pl.when("is_home").then("team_id").otherwise("opponent_team_id"),
        two=2 * made_two,
        three=3 * pl.col("fg3m"),
        free=pl.col("ftm"),
        **by_worth(),
    )
    allowed = (*ZONES, *STATISTICS, "fgm")
    other = games.select("game_id", opponent_team_id="team_id", **{f"{name}_allowed": name for name in allowed})
    return games.join(other, on=["game_id", "opponent_team_id"], maintain_order="left")


def team_form(history: History, side: str) -> dict[str, Floats]:
    """Return pace, ratings and share of games won of the teams of a history over their last 20 games.

    Pace is possessions per 48 minutes, ratings are points per 100 possessions (basketball-reference.com's glossary):
    quotients of sums.
    """
    names = ("possessions", "game_minutes", "pts", "opponent_pts", "won")
    possessions, minutes, scored, given_up, won = (total(history.column(name), GAMES)[history.at] for name in names)
    return {
        f"{side}_pace": quotient(48 * possessions, 100 * minutes),
        f"{side}_offensive_rating": quotient(10_000 * scored, possessions),
        f"{side}_defensive_rating": quotient(10_000 * given_up, possessions),
        f"{side}_win_pct": quotient(won, total(history.held, GAMES)[history.at]),
    }


def team_features(slates: pl.DataFrame, box_scores: pl.DataFrame) -> dict[str, Floats]:
    """Return what all players of a team share, by name: both teams' form, travel, rest, the league's pace.

    With it `{zone}_given_up` for two-pointers, three-pointers and free throws: the points that the opponent gives up there
    per possession in its last 20 games, over the league's in the last 600 team games, less 1.

    Args:
        slates: one row per game, decision and team: team_id, opponent_team_id, is_home, game_date, season.
        box_scores: one version each; of earlier dates is looked at.
    """
    games = team_history(box_scores)
    own = History(games, slates, "team_id")
    opponent = History(games, slates.select("game_date", "season", team_id="opponent_team_id"), "team_id")
    # All team games in one row; each game's two rows stand together.
    league = History(games.with_columns(league=0), slates.select("game_date", "season", league=0), "league")
    begin = np.maximum(league.at - LEAGUE_GAMES, 0)

    def of_league(name: str) -> Floats:
        return league.since(league.column(name), begin)

    def of_opponent(name: str) -> Floats:
        return total(opponent.column(name), GAMES)[opponent.at]

    possessions = {"opponent": of_opponent("possessions"), "league": of_league("possessions")}
    given_up = {
        f"{zone}_given_up": quotient(
            quotient(of_opponent(f"{zone}_allowed"), possessions["opponent"]),
            quotient(of_league(f"{zone}_allowed"), possessions["league"]),
        )
        - 1
        for zone in ZONES
    }
    return (
        team_form(own, "team")
        | team_form(opponent, "opponent_team")
        | travel(slates, own)
        | given_up
        | counts_per_48(own, "team", "")
        | counts_per_48(opponent, "opponent_allowed", "_allowed")
        | shooting_allowed(opponent)
        | season_ratings(own, opponent)
        | {
            "opponent_rest_days": _days_off(opponent),
            "team_games_season": own.since(own.held, own.before_season()),
            "league_pace": quotient(48 * possessions["league"], 100 * of_league("game_minutes")),
        }
    )


def counts_per_48(history: History, side: str, suffix: str) -> dict[str, Floats]:
    """Return what teams, or their opponents, did in the last 20 games: each statistic of a box score per 48 minutes."""
    minutes = total(history.column("game_minutes"), GAMES)[history.at]
    return {
        f"{side}_{name}_per_48": quotient(48 * total(history.column(f"{name}{suffix}"), GAMES)[history.at], minutes)
        for name in STATISTICS
    }


def shooting_allowed(opponent: History) -> dict[str, Floats]:
    """Return the shares of two-pointers and three-pointers that opponents of a team made in its last 20 games."""

    def allowed(name: str) -> Floats:
        return total(opponent.column(f"{name}_allowed"), GAMES)[opponent.at]

    points = {"fg2": (2, "two", "fga2"), "fg3": (3, "three", "fga3")}
    return {
        f"opponent_allowed_{name}_pct": quotient(allowed(scored), worth * allowed(attempted))
        for name, (worth, scored, attempted) in points.items()
    }


def season_ratings(own: History, opponent: History) -> dict[str, Floats]:
    """Return the season to date: pace of both teams, and how the opponent defends; NaN before its first game.

    Three-pointers allowed are per 100 possessions; the rebound rate is defensive rebounds over all under the opponent's basket,
    the assist rate assists allowed per field goal allowed (basketball-reference.com's glossary for the first two).
    """

    def of_season(history: History, *names: str) -> list[Floats]:
        begin = history.before_season()
        return [history.since(history.column(name), begin) for name in names]

    pace = [
        quotient(48 * possessions, 100 * minutes)
        for possessions, minutes in (of_season(team, "possessions", "game_minutes") for team in (own, opponent))
    ]
    names = ("possessions", "opponent_pts", "fga3_allowed", "dreb", "oreb_allowed", "ast_allowed", "fgm_allowed")
    possessions, points, threes, defensive, offensive, assists, made = of_season(opponent, *names)
    return {
        "season_pace_team": pace[0],
        "season_pace_opp": pace[1],
        "opp_def_rating": quotient(10_000 * points, possessions),
        "opp_def_3pa_allowed": quotient(10_000 * threes, possessions),
        "opp_def_reb_rate": quotient(defensive, defensive + offensive),
        "opp_def_ast_rate": quotient(assists, made),
    }


def zone_mismatch() -> pl.Expr:
    """Return `shot_zone_mismatch_score`: extra points in per cent that the opponent gives up where the player shoots.

    100 x the sum over two-pointers, three-pointers and free throws of the player's share of scoring attempts (2PA, 3PA,
    0.44 FTA; exponential means) x what the opponent gives up there beyond the league. Comparing shot distributions with a
    defence's is Kirk Goldsberry's idea, CourtVision (MIT Sloan Sports Analytics Conference, 2012); zones of play-by-play
    are not used because not every season has them, and a feature must mean one thing.
    """
    fga, fg3a, free = pl.col("fga_ewma"), pl.col("fg3a_ewma"), 0.44 * pl.col("fta_ewma")
    attempts = {"two": fga - fg3a, "three": fg3a, "free": free}
    extra = pl.sum_horizontal(*(part * pl.col(f"{zone}_given_up") for zone, part in attempts.items()), ignore_nulls=False)
    return pl.when(fga + free > 0).then(100 * extra / (fga + free))


def allowed_to_position(rows: pl.DataFrame, box_scores: pl.DataFrame, players: pl.DataFrame) -> dict[str, Floats]:
    """Return points per 36 minutes of players of the same position against the opponent in its last 20 games with one.

    Args:
        rows: columns player_id, opponent_team_id, game_date, season.
        box_scores: one version each.
        players: player_id and position_primary, which is PG, SG, SF, PF or C.
    """
    positions = pl.Enum(POSITIONS)
    known = players.filter(pl.col("position_primary").is_in(positions.categories.to_list())).select(
        "player_id", position=pl.col("position_primary").cast(positions).to_physical().cast(pl.Int64)
    )
    owner = 10 * pl.col("opponent_team_id") + pl.col("position")
    games = (
        box_scores.join(known, on="player_id")
        .group_by("season", "game_date", "game_id", owner=owner)
        .agg(pl.col("pts", "minutes").sum())
    )
    asked = rows.join(known, on="player_id", how="left", maintain_order="left").with_columns(owner=owner.fill_null(0))
    history = History(games, asked, "owner")
    points, minutes = (total(history.column(name), GAMES)[history.at] for name in ("pts", "minutes"))
    return {"opponent_points_allowed_to_position": quotient(36 * points, minutes)}


def travel(rows: pl.DataFrame, own: History) -> dict[str, Floats]:
    """Return miles from the arena of the team's last game, the arena's altitude, and days off of the team.

    A neutral site counts as the arena of the team that is at home there. More than 14 days off are 14.
    """
    arena = pl.when("is_home").then("team_id").otherwise("opponent_team_id")
    here = rows.select(arena=arena)["arena"]
    before = own.last("arena").fill_null(here)
    return {
        "travel_miles": ARENA_MILES[(before - FIRST_TEAM).to_numpy(), (here - FIRST_TEAM).to_numpy()],
        "altitude": here.replace_strict(ALTITUDE_BY_ID, return_dtype=pl.Float64).to_numpy(),
        "team_rest_days": _days_off(own),
    }


def _days_off(history: History) -> Floats:
    days = history.last_day().cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return np.minimum(days - 1, MOST_REST_DAYS)
