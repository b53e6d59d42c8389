"""Contracts of bundles and predictions, and of who was skipped. Grades are in `grades`."""

from nba_assets.tables.contracts import Column, Table

PREDICTED = (
    Column("model_id", "STRING", "the model, as 'lightgbm_v2'"),
    Column("market", "STRING", "what is predicted, as 'player_points'", initial="'player_points'"),
    Column("game_date", "DATE", "the day of the game in New York"),
    Column("game_id", "STRING", "NBA.com's game id"),
    Column("player_id", "INT64", "NBA.com's player id"),
    Column("decision", "STRING", "the decision it was made for", allowed=("noon", "tip")),
    Column("origin", "STRING", "live: made before tip-off; backfill: made afterwards", allowed=("live", "backfill")),
)
PREDICTED_KEY = tuple(column.name for column in PREDICTED)
# The market of a model, for rows that were written before tables had the column.
MARKET_OF_MODEL = (
    "COALESCE((SELECT MIN(r.market) FROM nba_predictions.ml_model_registry AS r WHERE r.model_id = {}.model_id),"
    " 'player_points')"
)
OLDER = "written before the column existed"
NO_LINE = "no book has a line on the player"
OFF = "the game was called off"
NO_PRICE = "no book has a line on the player, or it has no price"

MODEL_BUNDLES = Table(
    "model_bundles",
    "nba_predictions",
    "one row per model and training cutoff",
    ("model_id", "training_cutoff"),
    (
        Column("model_id", "STRING", "the model, as 'lightgbm_v2'"),
        Column("training_cutoff", "DATE", "only facts known before this day (00:00 ET) were used"),
        Column("path", "STRING", "where the bundle is, below the artifact store"),
        Column("content_hash", "STRING", "SHA-256 over its files except meta.json"),
        Column("feature_version", "STRING", "the list of features it was trained on"),
        Column("first_game_date", "DATE", "first game of the training window"),
        Column("last_game_date", "DATE", "last game of the training window"),
        Column("row_count", "INT64", "rows it was trained on"),
        Column("library_version", "STRING", "version of the library that trained it", null_when="an ensemble"),
        Column("rounds", "INT64", "boosting rounds; 0: an ensemble has none of its own"),
        Column("held_out_rows", "INT64", "validation rows: the last fifth of the dates, which stopped the training"),
        Column("held_out_mae", "FLOAT64", "mean absolute error on them, fitted without them", "points"),
        Column("training_mae", "FLOAT64", "error of the same fit on the rows before", "points", "an ensemble"),
        Column("trained_at", "TIMESTAMP", "when it was trained", "UTC"),
    ),
    scope=("model_id", "training_cutoff"),
    date_column="training_cutoff",
    wall_clock=("trained_at",),
)

BETTING = (
    Column("betting_line", "FLOAT64", "the median of the books' main lines at the decision", "points", NO_LINE),
    Column("bookmaker", "STRING", "the book whose line that is", null_when=NO_LINE),
    Column("over_price", "INT64", "its price of the over", "American odds", NO_PRICE),
    Column("under_price", "INT64", "its price of the under", "American odds", NO_PRICE),
    Column(
        "line_is_ambiguous",
        "BOOL",
        "another number was as near to the books' median and priced as evenly, or the book has several main lines",
        null_when=NO_LINE,
    ),
    Column("no_vig_over", "FLOAT64", "chance of the over that both prices imply without the vig", null_when=NO_PRICE),
    Column(
        "model_prob_over",
        "FLOAT64",
        "the chance of the over by the model's distribution alone; on a whole-number line, among outcomes that are not a push",
        null_when=NO_LINE,
    ),
    Column(
        "prob_over",
        "FLOAT64",
        "the market's chance of the over, moved towards the model's as far as lines settled before this week support",
        null_when=NO_LINE,
    ),
    Column("edge", "FLOAT64", "prob_over less no_vig_over", null_when=NO_PRICE),
    Column(
        "recommendation",
        "STRING",
        "the side with positive expected value at its price (-110 where there is none); PASS: neither has",
        null_when=NO_LINE,
        allowed=("OVER", "UNDER", "PASS"),
    ),
    Column(
        "kelly_stake",
        "FLOAT64",
        "share of the bankroll on that side: quarter-Kelly, scaled down so that a night stakes at most NBA_ASSETS_EXPOSURE",
        null_when=NO_PRICE,
    ),
)

PREDICTION = (
    *PREDICTED,
    Column("prediction_id", "STRING", "UUID version 5 of model, player, game, decision and origin (and of another market)"),
    Column("player_name", "STRING", "the player's name"),
    Column("player_lookup", "STRING", "the name in plain letters without spaces, as 'nikolajokic'"),
    Column("team_id", "INT64", "NBA.com's id of the player's team"),
    Column("tip_off", "TIMESTAMP", "start of the game, as known at the time of the prediction", "UTC"),
    Column("training_cutoff", "DATE", "cutoff of the bundle that served", null_when="the model is one file or a table"),
    Column("bundle_is_current", "BOOL", "false: an older bundle stood in for a missing one"),
    Column(
        "is_out_of_sample", "BOOL", "false: made after the game by a model that may have been trained on it; it never counts"
    ),
    Column("distribution_path", "STRING", "where the distribution is, below the artifact store"),
    Column(
        "expected_minutes",
        "FLOAT64",
        "minutes that could be expected at the decision; the distribution depends on them",
        "minutes",
        "nothing is known of the player",
    ),
    Column(
        "play_probability",
        "FLOAT64",
        "chance that the player plays, as reported by the decision; the prediction is given that the player does",
        null_when=OLDER,
    ),
    Column("on_roster", "BOOL", "on the roster before the game; false: only the box score told of the player", null_when=OLDER),
    Column("form", "FLOAT64", "the exponential mean of the player's earlier games", "points", "a first game"),
    Column("predicted_points", "FLOAT64", "predicted median of the market, given that the player plays", "points"),
    Column("expected_points", "FLOAT64", "predicted mean, given that the player plays", "points", OLDER),
    *(
        Column(
            f"p{level}",
            "FLOAT64",
            f"{level}% quantile; whole-number results count as spread over the unit around them",
            "points",
        )
        for level in (10, 50, 90)
    ),
    *BETTING,
    Column("predicted_at", "TIMESTAMP", "the decision's instant in a backfill, the true time live", "UTC"),
)

ML_MODEL_PREDICTIONS = Table(
    "ml_model_predictions",
    "nba_predictions",
    "one row per model, market, game, player, decision and origin: the prediction given that the player plays; a live row"
    " freezes at tip-off",
    PREDICTED_KEY,
    PREDICTION,
    scope=("game_date", "decision", "model_id", "market", "origin"),
)

PLAYER_PROP_PREDICTIONS = Table(
    "player_prop_predictions",
    "nba_predictions",
    "one row per market, game, player and decision: the champion's prediction; one made before tip-off freezes then",
    ("game_date", "game_id", "player_id", "decision", "market"),
    PREDICTION,
    scope=("game_date", "decision"),
)

ML_MODEL_SKIPS = Table(
    "ml_model_skips",
    "nba_predictions",
    "one row per game date, decision, market and enabled model that did not predict it, with the reason",
    ("game_date", "decision", "model_id", "market", "stage"),
    (
        Column("game_date", "DATE", "the slate"),
        Column("decision", "STRING", "noon or tip", allowed=("noon", "tip")),
        Column("model_id", "STRING", "the model"),
        Column("market", "STRING", "what it would have predicted", initial=MARKET_OF_MODEL.format("ml_model_skips")),
        Column(
            "stage",
            "STRING",
            "what failed: its registration, its file, its training window, or its prediction",
            allowed=("registration", "file", "window", "prediction"),
        ),
        Column("reason", "STRING", "why, and what to do"),
        Column("skipped_at", "TIMESTAMP", "when", "UTC"),
    ),
    scope=("game_date", "decision"),
    wall_clock=("skipped_at",),
)

ALL = (
    MODEL_BUNDLES,
    ML_MODEL_PREDICTIONS,
    ML_MODEL_SKIPS,
    PLAYER_PROP_PREDICTIONS,
)
