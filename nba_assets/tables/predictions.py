"""Bundles, predictions and their grades."""

from nba_assets.tables.contracts import Column, Table

PREDICTED = (
    Column("model_id", "STRING", "the model, as 'lightgbm_v1'"),
    Column("game_date", "DATE", "the day of the game in New York"),
    Column("game_id", "STRING", "NBA.com's game id"),
    Column("player_id", "INT64", "NBA.com's player id"),
    Column("decision", "STRING", "when it was decided", allowed=("noon", "tip")),
    Column("origin", "STRING", "made before tip-off, or by a backfill", allowed=("live", "backfill")),
)
PREDICTED_KEY = tuple(column.name for column in PREDICTED)
NO_LINE = "no book has a line on him"
OFF = "the game was called off"
NO_ROWS = "there are no (or too few) such rows"

MODEL_BUNDLES = Table(
    "model_bundles",
    "nba_predictions",
    "one row a model and training cutoff",
    ("model_id", "training_cutoff"),
    (
        Column("model_id", "STRING", "the model, as 'lightgbm_v1'"),
        Column("training_cutoff", "DATE", "only facts known before this day (00:00 ET) were used"),
        Column("path", "STRING", "where the bundle is, below the artifact store"),
        Column("content_hash", "STRING", "SHA-256 over the model files"),
        Column("feature_version", "STRING", "the list of features it was trained on"),
        Column("first_game_date", "DATE", "first game of the training window"),
        Column("last_game_date", "DATE", "last game of the training window"),
        Column("row_count", "INT64", "rows it was trained on"),
        Column("trained_at", "TIMESTAMP", "when it was trained", "UTC"),
    ),
    scope=("model_id", "training_cutoff"),
    date_column="training_cutoff",
    wall_clock=("trained_at",),
)

ML_MODEL_PREDICTIONS = Table(
    "ml_model_predictions",
    "nba_predictions",
    "one row a model, game, player, decision and origin: points if he plays; a live row freezes at tip-off",
    PREDICTED_KEY,
    (
        *PREDICTED,
        Column("player_name", "STRING", "the player's name"),
        Column("team_id", "INT64", "NBA.com's id of his team"),
        Column("tip_off", "TIMESTAMP", "start of the game, as known when it was predicted", "UTC"),
        Column("training_cutoff", "DATE", "cutoff of the bundle that served"),
        Column("bundle_is_current", "BOOL", "false: an older bundle stood in for a missing one"),
        Column("predicted_points", "FLOAT64", "predicted points if he plays", "points"),
        Column("predicted_at", "TIMESTAMP", "when: the decision's instant in a backfill, the true time live", "UTC"),
    ),
    scope=("game_date", "decision", "model_id", "origin"),
)

GRADED_PREDICTIONS = Table(
    "graded_predictions",
    "nba_predictions",
    "one row a prediction and version of its grade; a stat correction adds a version, the old one stays",
    (*PREDICTED_KEY, "version"),
    (
        *PREDICTED,
        Column("version", "INT64", "1, and one more for each correction"),
        Column("season", "STRING", "season, as '2023-24'"),
        Column("season_type", "STRING", "regular season or playoffs"),
        Column("outcome", "STRING", "played, or void: he did not play", allowed=("played", "void")),
        Column("predicted_points", "FLOAT64", "what was predicted", "points"),
        Column("actual_points", "FLOAT64", "what he scored", "points", "void"),
        Column("error", "FLOAT64", "predicted minus actual", "points", "void"),
        Column("prediction_error", "FLOAT64", "absolute error", "points", "void"),
        Column("expected_minutes", "FLOAT64", "his form in minutes at the decision", "minutes", "he has no earlier game"),
        Column("season_average", "FLOAT64", "baseline: points a game this season (last 20 games in his first)", "points", OFF),
        Column("last_10", "FLOAT64", "baseline: points a game in his last 10 games", "points", OFF),
        Column("ewma", "FLOAT64", "baseline: exponential mean of points", "points", OFF),
        Column("known_minutes_points", "FLOAT64", "a model that is told the real minutes: the floor", "points", "void"),
        Column("betting_line", "FLOAT64", "median of the books' points lines at the decision", "points", NO_LINE),
        Column("graded_at", "TIMESTAMP", "when it was graded", "UTC"),
    ),
    scope=(),
    wall_clock=("graded_at",),
    append_only=True,
)

POINTS_EVALUATION = Table(
    "points_evaluation",
    "nba_predictions",
    "one row a season, part of it, model, decision and population: errors beside baselines, line and floor on the same rows",
    ("season", "season_type", "model_id", "decision", "population"),
    (
        Column("season", "STRING", "season, as '2023-24'"),
        Column("season_type", "STRING", "regular season or playoffs"),
        Column("model_id", "STRING", "the model, as 'lightgbm_v1'"),
        Column("decision", "STRING", "when it was decided"),
        Column("population", "STRING", "which player-games are counted"),
        Column("n", "INT64", "player-games"),
        *(
            Column(name, "FLOAT64", meaning, "points", NO_ROWS)
            for name, meaning in (
                ("mae", "mean absolute error"),
                ("mae_low", "lower end of its 95% interval, dates as clusters"),
                ("mae_high", "upper end of its 95% interval"),
                ("rmse", "root mean squared error"),
                ("bias", "mean of predicted minus actual"),
                ("mae_season_average", "error of the season average"),
                ("mae_last_10", "error of the last 10 games' mean"),
                ("mae_ewma", "error of the exponential mean"),
                ("mae_known_minutes", "error of a model that is told the real minutes"),
                ("mae_on_line_rows", "error where a book has a line"),
                ("mae_line", "error of the line there"),
            )
        ),
        Column("within_3", "FLOAT64", "share of errors of at most 3 points", null_when=NO_ROWS),
        Column("n_line", "INT64", "player-games on which a book has a line"),
    ),
    scope=(),
    date_column=None,
)

ALL = (MODEL_BUNDLES, ML_MODEL_PREDICTIONS, GRADED_PREDICTIONS, POINTS_EVALUATION)
