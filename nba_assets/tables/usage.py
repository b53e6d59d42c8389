"""Contracts of usage when teammates are out: coefficients by cutoff, what is served of them, and how they did afterwards."""

from nba_assets.tables.contracts import Column, Table

NONE, ALONE = "no teammate has a coefficient", "nobody was"
NO_ERROR = "there is no delta, or no degrees of freedom are left"

USAGE_COEFFICIENTS = Table(
    "usage_coefficients",
    "nba_predictions",
    "one row per training cutoff, model version, rotation player and teammate, or group of teammates always out together",
    ("training_cutoff", "model_version", "player_id", "team_name", "teammate_ids"),
    (
        Column("training_cutoff", "DATE", "only games before this day were used"),
        Column("model_version", "STRING", "additive_v1 or shrunk_v1"),
        Column("player_id", "INT64", "NBA.com's player id"),
        Column("player_name", "STRING", "the player's name"),
        Column("team_name", "STRING", "the player's team at the cutoff, three letters"),
        Column("teammate_ids", "STRING", "id of the teammate; of a group all, joined by '+'; empty: none has a coefficient"),
        Column("teammate_name", "STRING", "name of the teammate; of a group all, joined by ' + '", null_when=NONE),
        Column("usage_delta", "FLOAT64", "what the teammate's absence adds", "percentage points", NONE),
        Column("standard_error", "FLOAT64", "of the delta", "percentage points", NO_ERROR),
        Column("delta_low", "FLOAT64", "lower end of its 90% interval", "percentage points", "as standard_error"),
        Column("delta_high", "FLOAT64", "upper end", "percentage points", "as standard_error"),
        Column(
            "p_value",
            "FLOAT64",
            "additive_v1: chance of a delta as far from zero if there were none; shrunk_v1: chance of games that show one as"
            " far from the usual effect of an absence if the pair had that",
            null_when="as standard_error; of shrunk_v1 where the two played apart in fewer than five games",
        ),
        Column(
            "sign_probability",
            "FLOAT64",
            "posterior probability that the effect has the sign of the delta",
            null_when="another version than shrunk_v1, or written before the column existed",
        ),
        Column(
            "baseline_usage",
            "FLOAT64",
            "usage percentage with all teammates in; of shrunk_v1 by the form of the newest games before the cutoff",
            "%",
        ),
        Column(
            "fitted_baseline",
            "FLOAT64",
            "of shrunk_v1: the same as fitted on all games",
            "%",
            "another version, or written before the column existed",
        ),
        Column(
            "games_used",
            "INT64",
            "the player's games: with this team this season; of shrunk_v1 all of this season and the last",
        ),
        Column("games_together", "INT64", "those of them in which the teammate played too", null_when=NONE),
        Column("games_apart", "INT64", "those in which the teammate did not", null_when=NONE),
        Column("joint_with", "STRING", "of shrunk_v1: who was out in exactly the same games", null_when=ALONE),
        Column("joint_delta", "FLOAT64", "what the absence of all of these adds", "percentage points", ALONE),
        Column("joint_standard_error", "FLOAT64", "of that", "percentage points", ALONE),
        Column(
            "r_squared",
            "FLOAT64",
            "share of the variance of the player's games that is explained",
            null_when="usage never varied",
        ),
        Column("season", "STRING", "the season to date, as '2023-24'"),
        Column("minutes_per_game", "FLOAT64", "in that season", "minutes"),
        Column("season_usage", "FLOAT64", "usage percentage in that season, whoever was out, minutes-weighted", "%"),
        Column("training_start", "DATE", "first of these games"),
        Column("training_end", "DATE", "last game before the cutoff"),
    ),
    scope=("training_cutoff",),
    date_column="training_cutoff",
)

# In the database that websites read (SQLite or Postgres), not in the warehouse.
SERVED_COEFFICIENTS = Table(
    "usage_model_coefficients",
    "database",
    "one row per model version, player of a team and teammate, or group of teammates always out together: the newest"
    " coefficients of each model version, in the database that websites read",
    ("model_version", "player_key", "team_name", "teammate_key"),
    (
        Column("model_version", "STRING", "additive_v1, shrunk_v1, or a version that somebody saved"),
        Column("player_key", "STRING", "the player's id where it is known, else the plain name"),
        Column("team_name", "STRING", "three letters, or as it was saved"),
        Column("teammate_key", "STRING", "as player_key; empty: the player has no coefficient, only a baseline"),
        Column("player_name", "STRING", "the player's name"),
        Column("player_lookup", "STRING", "the name in plain letters without spaces"),
        Column("player_id", "INT64", "NBA.com's player id", null_when="not known"),
        Column("teammate_name", "STRING", "the teammate's name", null_when=NONE),
        Column("teammate_id", "INT64", "NBA.com's id of the teammate", null_when="not known, or a group"),
        Column("usage_delta", "FLOAT64", "what the teammate's absence adds", "percentage points", NONE),
        Column("baseline_usage", "FLOAT64", "usage percentage with all teammates in", "%", "not saved"),
        Column("p_value", "FLOAT64", "as in usage_coefficients", null_when="not known"),
        Column("sign_probability", "FLOAT64", "as in usage_coefficients", null_when="not known"),
        Column("games_used", "INT64", "the player's games behind it"),
        Column("r_squared", "FLOAT64", "of the regression", null_when="not known"),
        Column("timestamp", "TIMESTAMP", "when it was saved", "UTC"),
        Column("standard_error", "FLOAT64", "of the delta", "percentage points", "not known"),
        Column("delta_low", "FLOAT64", "lower end of its 90% interval", "percentage points", "not known"),
        Column("delta_high", "FLOAT64", "upper end", "percentage points", "not known"),
        Column("games_together", "INT64", "games in which the teammate played too", null_when="not known"),
        Column("games_apart", "INT64", "games in which the teammate did not", null_when="not known"),
        Column("joint_with", "STRING", "who was out in exactly the same games", null_when=ALONE),
        Column("joint_delta", "FLOAT64", "what the absence of all of these adds", "percentage points", ALONE),
        Column("joint_standard_error", "FLOAT64", "of that", "percentage points", ALONE),
        Column("training_cutoff", "DATE", "only games before this day were used", null_when="somebody saved it"),
        Column("training_start", "DATE", "first of these games", null_when="somebody saved it"),
        Column("training_end", "DATE", "last of these games", null_when="somebody saved it"),
    ),
    scope=(),
    date_column=None,
)

USAGE_EVALUATION = Table(
    "usage_evaluation",
    "nba_predictions",
    "one row per season, model version and another version: out of time, in the month after each cutoff, on the same rows",
    ("season", "model_version", "against"),
    (
        Column("season", "STRING", "season, as '2023-24'"),
        Column(
            "model_version",
            "STRING",
            "a version, `shrunk_v1 normalised` (teams add up to 100), `fresh form` (exponential mean to last night),"
            " `baseline` (season to the cutoff), or `proportional` (shares)",
        ),
        Column("against", "STRING", "the other one"),
        Column(
            "n", "INT64", "player-games of rotation players in games whose absentees had changed since the team's last game"
        ),
        Column("dates", "INT64", "game dates of these"),
        Column("minutes_weighted_mae", "FLOAT64", "mean absolute error, weighted by minutes", "percentage points"),
        Column("difference", "FLOAT64", "that less the other's", "percentage points"),
        Column(
            "difference_low",
            "FLOAT64",
            "lower end of its 95% interval, dates and players as clusters",
            "percentage points",
            "one date",
        ),
        Column("difference_high", "FLOAT64", "upper end", "percentage points", "one date"),
    ),
    scope=(),
    date_column=None,
)

ALL = (USAGE_COEFFICIENTS, USAGE_EVALUATION)
