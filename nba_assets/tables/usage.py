"""Usage when teammates are out: coefficients by cutoff, and how they held up in the month after."""

from nba_assets.tables.contracts import Column, Table

NONE, ALONE = "no teammate has a coefficient", "nobody was"

USAGE_COEFFICIENTS = Table(
    "usage_coefficients",
    "nba_predictions",
    "one row a training cutoff, model version, player of a rotation and teammate, or group of teammates always out together",
    ("training_cutoff", "model_version", "player_id", "team_name", "teammate_ids"),
    (
        Column("training_cutoff", "DATE", "only games before this day were used"),
        Column("model_version", "STRING", "additive_v1 or shrunk_v1"),
        Column("player_id", "INT64", "NBA.com's player id"),
        Column("player_name", "STRING", "the player's name"),
        Column("team_name", "STRING", "his team at the cutoff, three letters"),
        Column("teammate_ids", "STRING", "id of the teammate; of a group all, joined by '+'; empty: none has a coefficient"),
        Column("teammate_name", "STRING", "name of the teammate; of a group all, joined by ' + '", null_when=NONE),
        Column("usage_delta", "FLOAT64", "what is added when he is out", "percentage points", NONE),
        Column("standard_error", "FLOAT64", "of the delta", "percentage points", "none, or no degrees of freedom are left"),
        Column("delta_low", "FLOAT64", "lower end of its 90% interval", "percentage points", "as standard_error"),
        Column("delta_high", "FLOAT64", "upper end", "percentage points", "as standard_error"),
        Column(
            "p_value",
            "FLOAT64",
            "additive_v1: chance of a delta as far from zero if there were none; shrunk_v1: twice the chance of the other sign",
            null_when="as standard_error; of shrunk_v1 where they never played apart",
        ),
        Column("baseline_usage", "FLOAT64", "usage percentage with all teammates in", "%"),
        Column("games_used", "INT64", "his games: with this team this season; of shrunk_v1 all of this season and the last"),
        Column("games_together", "INT64", "of these with the teammate on court too", null_when=NONE),
        Column("games_apart", "INT64", "of these without him", null_when=NONE),
        Column("joint_with", "STRING", "of shrunk_v1: who was out in exactly the same games", null_when=ALONE),
        Column("joint_delta", "FLOAT64", "what is added when all of these are out", "percentage points", ALONE),
        Column("joint_standard_error", "FLOAT64", "of that", "percentage points", ALONE),
        Column("r_squared", "FLOAT64", "share of his games' variance that is explained", null_when="his usage never varied"),
        Column("season", "STRING", "his season to date, as '2023-24'"),
        Column("minutes_per_game", "FLOAT64", "in that season", "minutes"),
        Column("season_usage", "FLOAT64", "his usage percentage in that season, whoever was out, minutes-weighted", "%"),
        Column("training_start", "DATE", "first of these games"),
        Column("training_end", "DATE", "last game before the cutoff"),
    ),
    scope=("training_cutoff",),
    date_column="training_cutoff",
)

USAGE_EVALUATION = Table(
    "usage_evaluation",
    "nba_predictions",
    "one row a season, model version and another one: out of time, in the month after each cutoff, on the same rows",
    ("season", "model_version", "against"),
    (
        Column("season", "STRING", "season, as '2023-24'"),
        Column(
            "model_version",
            "STRING",
            "a version, `shrunk_v1 normalised` (teams add up to 100), `baseline`, or `proportional` (shares)",
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
            "lower end of its 95% interval, game dates as clusters",
            "percentage points",
            "one date",
        ),
        Column("difference_high", "FLOAT64", "upper end", "percentage points", "one date"),
    ),
    scope=(),
    date_column=None,
)

ALL = (USAGE_COEFFICIENTS, USAGE_EVALUATION)
