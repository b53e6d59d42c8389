"""Contracts of the lineups room: bundles, coefficients with their convergence, ratings of lineups, grades of games."""

from nba_assets.tables.contracts import Column, Table

NO_LINEUP = "no fit serves the season"

LINEUP_BUNDLES = Table(
    "lineup_bundles",
    "nba_predictions",
    "one row per season that lineup models serve: learned from seasons before it",
    ("season",),
    (
        Column("season", "STRING", "season that it serves, as '2023-24'"),
        Column("train", "STRING", "seasons learned from, joined by commas"),
        Column("possessions", "INT64", "possessions learned from"),
        Column("action", "STRING", "what became of the matchup model", allowed=("deploy", "mask", "simplified")),
        Column("model", "STRING", "model that answers"),
        Column("reason", "STRING", "why"),
        Column("masked_cells", "INT64", "matchups with fewer than 50 possessions a parameter"),
        Column("path", "STRING", "where the bundle is in the artifact store"),
    ),
    scope=("season",),
    date_column=None,
)

LINEUP_COEFFICIENTS = Table(
    "lineup_coefficients",
    "nba_predictions",
    "one row per season served, model, matchup and parameter",
    ("season", "model", "matchup", "parameter"),
    (
        Column("season", "STRING", "season that the fit serves"),
        Column("model", "STRING", "additive, simplified, hierarchical, top25 or matchup"),
        Column("matchup", "INT64", "6 x supercluster of the offence + that of the defence; -1: the same in all"),
        Column("parameter", "STRING", "intercept, or side and archetype"),
        Column("mean", "FLOAT64", "posterior mean", "points per point of skill; the intercept in points"),
        Column("sd", "FLOAT64", "posterior standard deviation"),
        Column("low", "FLOAT64", "lower end of the 90% interval"),
        Column("high", "FLOAT64", "upper end"),
        Column("r_hat", "FLOAT64", "rank-normalised R-hat; below 1.01 chains agree"),
        Column("ess_bulk", "FLOAT64", "effective sample size of the middle"),
        Column("ess_tail", "FLOAT64", "effective sample size of the 5% tails"),
        Column("possessions", "INT64", "possessions of the matchup, or of all"),
        Column("is_masked", "BOOL", "too few possessions: another model answers"),
    ),
    scope=("season",),
    date_column=None,
)

LINEUP_RATINGS = Table(
    "lineup_ratings",
    "nba_predictions",
    "one row per season and five players of a team with 100 possessions each way in it, playoffs included",
    ("season", "team_id", "lineup"),
    (
        Column("season", "STRING", "season, as '2023-24'"),
        Column("team_id", "INT64", "NBA.com's id of the team"),
        Column("lineup", "STRING", "five player ids, sorted, joined by '-'"),
        Column("possessions", "INT64", "possessions with the ball"),
        Column("possessions_against", "INT64", "possessions of the other teams"),
        Column("net_rating", "FLOAT64", "net points per 100 possessions as played", "points"),
        Column("net_expected", "FLOAT64", "net points per 100 possessions expected before the season, as played", "points"),
    ),
    scope=("season",),
    date_column=None,
)

LINEUP_GRADES = Table(
    "lineup_grades",
    "nba_predictions",
    "one row per game with play-by-play: the margin that lineups as played were expected to have",
    ("game_id",),
    (
        Column("game_id", "STRING", "NBA.com's game id"),
        Column("game_date", "DATE", "the day of the game in New York"),
        Column("season", "STRING", "season, as '2023-24'"),
        Column("home_team_id", "INT64", "NBA.com's id of the home team"),
        Column("possessions", "INT64", "possessions of both teams"),
        Column("margin", "INT64", "of the home team, without technical fouls", "points"),
        Column("expected_margin", "FLOAT64", "by the model that answers", "points", NO_LINEUP),
        Column("home_margin", "FLOAT64", "by home alone", "points", NO_LINEUP),
        Column("model", "STRING", "model that answers", null_when=NO_LINEUP),
        Column("path", "STRING", "bundle that serves the season", null_when=NO_LINEUP),
    ),
)

ALL = (LINEUP_BUNDLES, LINEUP_COEFFICIENTS, LINEUP_RATINGS, LINEUP_GRADES)
