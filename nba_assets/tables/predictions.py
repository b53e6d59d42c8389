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
OTHER = f"{OFF}, or another market"
NO_PRICE = "no book has a line on him, or it has no price"
NO_FLOOR = "void, or no bundle of lightgbm_v1 has served"
BET_OUTCOMES = ("WIN", "LOSS", "PUSH", "VOID")
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
        Column("content_hash", "STRING", "SHA-256 over its files but meta.json"),
        Column("feature_version", "STRING", "the list of features it was trained on"),
        Column("first_game_date", "DATE", "first game of the training window"),
        Column("last_game_date", "DATE", "last game of the training window"),
        Column("row_count", "INT64", "rows it was trained on"),
        Column("library_version", "STRING", "of the library that trained it", null_when="an ensemble"),
        Column("rounds", "INT64", "trees; 0: an ensemble has none of its own"),
        Column("held_out_rows", "INT64", "rows of the last fifth of the dates, which told when to stop"),
        Column("held_out_mae", "FLOAT64", "mean absolute error there, fitted without them", "points"),
        Column("training_mae", "FLOAT64", "that of the same fit on the rows before", "points", "an ensemble"),
        Column("trained_at", "TIMESTAMP", "when it was trained", "UTC"),
    ),
    scope=("model_id", "training_cutoff"),
    date_column="training_cutoff",
    wall_clock=("trained_at",),
)

BETTING = (
    Column("betting_line", "FLOAT64", "of the books' main lines at the decision the middle one", "points", NO_LINE),
    Column("bookmaker", "STRING", "whose line that is", null_when=NO_LINE),
    Column("over_price", "INT64", "its price of more than the line", "American odds", NO_PRICE),
    Column("under_price", "INT64", "its price of less", "American odds", NO_PRICE),
    Column("no_vig_over", "FLOAT64", "chance of more that both prices imply without the book's margin", null_when=NO_PRICE),
    Column(
        "prob_over", "FLOAT64", "the model's chance of more; on a line that can be hit: of those that decide", null_when=NO_LINE
    ),
    Column("edge", "FLOAT64", "prob_over less no_vig_over", null_when=NO_PRICE),
    Column(
        "recommendation",
        "STRING",
        "the side that is worth more than its price (-110 where there is none); PASS: neither is",
        null_when=NO_LINE,
        allowed=("OVER", "UNDER", "PASS"),
    ),
    Column("kelly_stake", "FLOAT64", "a quarter of Kelly's share of the bankroll on that side", null_when=NO_PRICE),
)

PREDICTION = (
    *PREDICTED,
    Column("market", "STRING", "what is predicted, as 'player_points'"),
    Column("prediction_id", "STRING", "UUID version 5 of model, player, game, decision and origin"),
    Column("player_name", "STRING", "the player's name"),
    Column("player_lookup", "STRING", "his name in plain letters without spaces, as 'nikolajokic'"),
    Column("team_id", "INT64", "NBA.com's id of his team"),
    Column("tip_off", "TIMESTAMP", "start of the game, as known when it was predicted", "UTC"),
    Column(
        "training_cutoff", "DATE", "cutoff of the bundle that served", null_when="the model is one file, not a bundle a cutoff"
    ),
    Column("bundle_is_current", "BOOL", "false: an older bundle stood in for a missing one"),
    Column("is_out_of_sample", "BOOL", "false: made after the game, and nothing says that the model was not trained on it"),
    Column("distribution_path", "STRING", "where the distribution is, below the artifact store"),
    Column(
        "expected_minutes",
        "FLOAT64",
        "what could be expected at the decision: the distribution tells players apart by it",
        "minutes",
        "nothing is known of him",
    ),
    Column("predicted_points", "FLOAT64", "predicted points if he plays", "points"),
    *(
        Column(f"p{level}", "FLOAT64", f"points that he scores at most with a chance of {level}%", "points")
        for level in (10, 50, 90)
    ),
    *BETTING,
    Column("predicted_at", "TIMESTAMP", "when: the decision's instant in a backfill, the true time live", "UTC"),
)

ML_MODEL_PREDICTIONS = Table(
    "ml_model_predictions",
    "nba_predictions",
    "one row a model, game, player, decision and origin: points if he plays; a live row freezes at tip-off",
    PREDICTED_KEY,
    PREDICTION,
    scope=("game_date", "decision", "model_id", "origin"),
)

PLAYER_PROP_PREDICTIONS = Table(
    "player_prop_predictions",
    "nba_predictions",
    "one row a game, player and decision: what the champion says; a row of before tip-off freezes then",
    ("game_date", "game_id", "player_id", "decision"),
    PREDICTION,
    scope=("game_date", "decision"),
)

ML_MODEL_SKIPS = Table(
    "ml_model_skips",
    "nba_predictions",
    "one row a game date, decision and enabled model that did not predict it, and why",
    ("game_date", "decision", "model_id", "stage"),
    (
        Column("game_date", "DATE", "the slate"),
        Column("decision", "STRING", "noon or tip", allowed=("noon", "tip")),
        Column("model_id", "STRING", "the model"),
        Column(
            "stage",
            "STRING",
            "what stood in the way: its registration, its file, its training window, or it failed to predict",
            allowed=("registration", "file", "window", "prediction"),
        ),
        Column("reason", "STRING", "why, and what to do"),
        Column("skipped_at", "TIMESTAMP", "when", "UTC"),
    ),
    scope=("game_date", "decision"),
    wall_clock=("skipped_at",),
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
        Column("market", "STRING", "what was predicted, as 'player_points'"),
        Column("outcome", "STRING", "played, or void: he did not play", allowed=("played", "void")),
        Column("is_out_of_sample", "BOOL", "as it was predicted"),
        Column("predicted_points", "FLOAT64", "what was predicted", "points"),
        Column("actual_points", "FLOAT64", "what he scored", "points", "void"),
        Column("error", "FLOAT64", "predicted minus actual", "points", "void"),
        Column("prediction_error", "FLOAT64", "absolute error", "points", "void"),
        Column("crps", "FLOAT64", "continuous ranked probability score of the distribution", "points", "void"),
        Column("inside_80", "BOOL", "whether he scored from p10 to p90", null_when="void"),
        Column("expected_minutes", "FLOAT64", "his form in minutes at the decision", "minutes", "he has no earlier game"),
        Column(
            "season_average", "FLOAT64", "baseline: points a game this season (last 20 games in his first)", "points", OTHER
        ),
        Column("last_10", "FLOAT64", "baseline: points a game in his last 10 games", "points", OTHER),
        Column(
            "ewma",
            "FLOAT64",
            "baseline: exponential mean of what is predicted",
            "points",
            f"{OFF}, or his first of another market",
        ),
        Column(
            "crps_last_20", "FLOAT64", "baseline: score of his last 20 games as a distribution", "points", "void, or his first"
        ),
        Column("known_minutes_points", "FLOAT64", "a model that is told the real minutes: the floor", "points", NO_FLOOR),
        Column("betting_line", "FLOAT64", "the line at the decision, as it was predicted", "points", NO_LINE),
        Column(
            "closing_line",
            "FLOAT64",
            "the line at tip-off, by the same rule",
            "points",
            "there is no line, or no book said anything after the decision",
        ),
        Column(
            "closing_line_value", "FLOAT64", "how far the line moved towards the bet", "points", "there is no bet, or no line"
        ),
        Column("bet_outcome", "STRING", "of the recommendation", null_when="there is none", allowed=BET_OUTCOMES),
        Column(
            "bet_return", "FLOAT64", "gain of one unit staked, at the book's price", "units", "there is no bet, or no price"
        ),
        Column(
            "beat_baseline",
            "BOOL",
            "closer than the season average (another market: than the exponential mean)",
            null_when="void",
        ),
        Column("beat_vegas", "BOOL", "closer than the line", null_when="void, or there is no line"),
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
                ("crps", "score of the distribution, of players with an earlier game"),
                ("crps_last_20", "score of their last 20 games as a distribution"),
                ("mae_on_line_rows", "error where a book has a line"),
                ("mae_line", "error of the line there"),
                ("mae_blend", "error of the mean of prediction and line there"),
                ("over_line", "the model's error less the line's there"),
                ("over_line_low", "lower end of its 95% interval"),
                ("over_line_high", "upper end of its 95% interval"),
            )
        ),
        Column("within_3", "FLOAT64", "share of errors of at most 3 points", null_when=NO_ROWS),
        Column("inside_80", "FLOAT64", "share of results from p10 to p90", null_when=NO_ROWS),
        Column("n_line", "INT64", "player-games on which a book has a line"),
    ),
    scope=(),
    date_column=None,
)

ALL = (MODEL_BUNDLES, ML_MODEL_PREDICTIONS, ML_MODEL_SKIPS, PLAYER_PROP_PREDICTIONS, GRADED_PREDICTIONS, POINTS_EVALUATION)
