"""Contracts of the rates room: what rates are learned from, bundles, and projected box scores."""

from nba_assets.tables.archive import GAME
from nba_assets.tables.contracts import Column, Table
from nba_assets.tables.feature import NOT_YET, STATISTICS
from nba_assets.tables.features import FEATURES, ROLE_FEATURES, TEAM_FEATURES, TEAMMATE_FEATURES
from nba_assets.tables.minutes import EVALUATED, NO_BUNDLE, SLATE_PLAYER, TOO_FEW
from nba_assets.tables.predictions import MODEL_BUNDLES
from nba_assets.tables.rate_features import (
    BODY_FEATURES,
    COUNTED,
    RATE_FEATURES,
    ROLE_IN_TEAM_FEATURES,
    SQUAD_FEATURES,
    TEAM_RATE_FEATURES,
    TRACKING_FEATURES,
)

TARGETS = tuple(f"{name}_per_min" for name in STATISTICS)
# Columns of the base that are features of the store under another name.
RENAMED = {
    "is_starter": "starter",
    "home_flag": "home",
    "spread_close": "spread",
    "total_close": "total",
    "team_itt": "implied_team_total",
    "num_rotation_players_out": "vacated_players",
    "team_minutes_vacated": "vacated_minutes",
    "team_usage_vacated": "vacated_usage_long",
}
FORM_NAMES = {
    *("points_avg_season", "minutes_avg_season", "minutes_trend", "usage_spike_score", "season_day", "at_tip", "back_to_back"),
    *("games_played", "games_on_record", "games_since_absence", "team_games_missed", "fatigue_score"),
}
FORM = tuple(
    feature
    for feature in FEATURES
    if feature.name in FORM_NAMES or feature.name.endswith(("_ewma", "_avg_last_5", "_std_last_10"))
)
_TAKEN = dict.fromkeys(
    column
    for column in (
        *BODY_FEATURES,
        *RATE_FEATURES,
        *TRACKING_FEATURES,
        *TEAM_RATE_FEATURES,
        *ROLE_IN_TEAM_FEATURES,
        *SQUAD_FEATURES,
        *ROLE_FEATURES,
        *TEAM_FEATURES,
        *TEAMMATE_FEATURES,
        *FORM,
    )
    if column.name not in RENAMED.values()
)
OF_STORE = tuple(column.name for column in _TAKEN)
OF_MINUTES = (
    Column("minutes_expected_p50", "FLOAT64", "median minutes given that the player plays", "minutes", NO_BUNDLE),
    Column("minutes_expected_mean", "FLOAT64", "expected minutes given that the player plays", "minutes", NO_BUNDLE),
    Column("minutes_spread", "FLOAT64", "p90 less p10 of the same", "minutes", NO_BUNDLE),
    Column("play_prob", "FLOAT64", "chance that the player plays", null_when=f"{NO_BUNDLE}, or no roster"),
)
_NAMED = tuple(
    Column(name, "FLOAT64", column.meaning, column.unit, column.null_when)
    for name, of in RENAMED.items()
    for column in FEATURES
    if column.name == of
)
RATE_FEATURE_COLUMNS = (
    *OF_MINUTES,
    *_NAMED,
    Column("days_rest", "FLOAT64", "days off since the player's last game; 3: three and more", "days", "no earlier game"),
    Column("opp_itt", "FLOAT64", "points of the opponent that spread and total imply", "points", NOT_YET),
    *(Column(column.name, "FLOAT64", column.meaning, column.unit, column.null_when) for column in _TAKEN),
)

RATES_TRAINING_BASE = Table(
    "rates_training_base",
    "nba_features",
    "one row per game, player who played for at least a second, and decision: rates per minute and what was known before",
    ("game_date", "game_id", "player_id", "decision"),
    (
        *GAME,
        Column("team_id", "INT64", "NBA.com's id of the player's team"),
        Column("opponent_id", "INT64", "NBA.com's id of the other team"),
        Column("player_id", "INT64", "NBA.com's player id"),
        Column("decision", "STRING", "noon or tip", allowed=("noon", "tip")),
        Column("minutes_actual", "FLOAT64", "minutes played: exact where the box score has seconds", "minutes"),
        *(Column(f"{name}_per_min", "FLOAT64", f"{COUNTED[name]} per minute played", "per minute") for name in STATISTICS),
        Column("fgm2", "INT64", "two-pointers made"),
        Column("fgm3", "INT64", "three-pointers made"),
        Column("ftm", "INT64", "free throws made"),
        Column("pts", "INT64", "points"),
        Column("position_primary", "STRING", "PG, SG, SF, PF or C", null_when="not known"),
        *RATE_FEATURE_COLUMNS,
    ),
)

RATES_BUNDLES = Table(
    "rates_bundles",
    "nba_predictions",
    "one row per training cutoff of the rates model",
    ("model_id", "training_cutoff"),
    (
        *(column for column in MODEL_BUNDLES.columns if column.name not in {"held_out_mae", "training_mae"}),
        Column("held_out_gain", "FLOAT64", "mean gain over the shrunk rate on them, in squared error weighted by minutes", "%"),
    ),
    scope=("model_id", "training_cutoff"),
    date_column="training_cutoff",
    wall_clock=("trained_at",),
)

NO_RATE = "no bundle of rates or minutes was trained before the game"
NO_CHANCE = f"{NO_RATE}, or no roster"
COUNTS = (
    ("minutes", "minutes"),
    ("fga2", "two-pointers attempted"),
    ("fga3", "three-pointers attempted"),
    ("fta", "free throws attempted"),
    ("fgm2", "two-pointers made"),
    ("fgm3", "three-pointers made"),
    ("ftm", "free throws made"),
    ("pts", "points"),
    ("reb", "rebounds"),
    ("oreb", "offensive rebounds"),
    ("dreb", "defensive rebounds"),
    ("ast", "assists"),
    ("stl", "steals"),
    ("blk", "blocked shots"),
    ("tov", "turnovers"),
    ("pra", "points, rebounds and assists"),
    ("draftkings", "DraftKings points"),
    ("fanduel", "FanDuel points"),
)

PROJECTIONS = Table(
    "projections",
    "nba_predictions",
    "one row per game, player of the slate and decision: the expected box score, given that the player plays and at all",
    ("game_date", "game_id", "player_id", "decision"),
    (
        *SLATE_PLAYER,
        Column("market", "STRING", "'player_points': what predicted_points is of"),
        Column("training_cutoff", "DATE", "cutoff of the bundle of rates that served", null_when=NO_RATE),
        Column("play_prob", "FLOAT64", "chance that the player plays", null_when=NO_CHANCE),
        *(
            Column(name, "FLOAT64", f"expected {meaning}, given that the player plays", null_when=NO_RATE)
            for name, meaning in COUNTS
        ),
        *(
            Column(f"{name}_unconditional", "FLOAT64", f"the same times the chance to play: {meaning}", null_when=NO_CHANCE)
            for name, meaning in COUNTS
        ),
        Column("predicted_points", "FLOAT64", "median points, given that the player plays", "points", NO_RATE),
    ),
)

RATES_EVALUATION = Table(
    "rates_evaluation",
    "nba_predictions",
    "one row per season, part of it, decision, population and target: rates beside each player's own shrunk rate",
    ("season", "season_type", "decision", "population", "target"),
    (
        *EVALUATED,
        Column("population", "STRING", "all, first_15_games of a season, new_team, or with a rotation teammate_out"),
        Column("target", "STRING", "as 'ast_per_min'"),
        Column("n", "INT64", "player-games that were played"),
        Column("mse_weighted", "FLOAT64", "squared error of the rate, weighted by minutes"),
        Column("mse_baseline", "FLOAT64", "of the shrunk rate"),
        Column("gain", "FLOAT64", "by how much the error lies below the shrunk rate's", "%"),
        Column("gain_low", "FLOAT64", "lower end of its 95% interval, dates and players as clusters", "%", TOO_FEW),
        Column("gain_high", "FLOAT64", "upper end of its 95% interval", "%", TOO_FEW),
        Column("deviance", "FLOAT64", "Poisson deviance of the count, given the actual minutes"),
        Column("deviance_baseline", "FLOAT64", "of the shrunk rate"),
        Column("bias", "FLOAT64", "mean of predicted less actual rate, weighted by minutes"),
    ),
    scope=("season",),
    date_column=None,
)

ALL = (RATES_TRAINING_BASE, RATES_BUNDLES, PROJECTIONS, RATES_EVALUATION)
