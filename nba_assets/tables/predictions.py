"""Contracts of bundles, predictions, their grades and what was concluded from them."""

from nba_assets.tables.contracts import Column, Table

PREDICTED = (
    Column("model_id", "STRING", "the model, as 'lightgbm_v1'"),
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
OTHER = f"{OFF}, or the market has no such baseline"
NO_CLOSE = "the book changed nothing after the decision"
NO_PRICE = "no book has a line on the player, or it has no price"
NO_ORACLE = "void, or no bundle with an oracle-minutes model has served"
BET_OUTCOMES = ("WIN", "LOSS", "PUSH", "VOID")
NO_ROWS = "there are no (or too few) such rows"

MODEL_BUNDLES = Table(
    "model_bundles",
    "nba_predictions",
    "one row per model and training cutoff",
    ("model_id", "training_cutoff"),
    (
        Column("model_id", "STRING", "the model, as 'lightgbm_v1'"),
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

GRADED_PREDICTIONS = Table(
    "graded_predictions",
    "nba_predictions",
    "one row per prediction and version of its grade; a stat correction adds a version, the old one stays",
    (*PREDICTED_KEY, "version"),
    (
        *PREDICTED,
        Column("version", "INT64", "1, and one more for each correction"),
        Column("season", "STRING", "season, as '2023-24'"),
        Column("season_type", "STRING", "regular season or playoffs"),
        Column("outcome", "STRING", "played, or void: the player did not play", allowed=("played", "void")),
        Column("is_out_of_sample", "BOOL", "as it was predicted"),
        Column("on_roster", "BOOL", "as it was predicted", null_when=OLDER),
        Column("predicted_points", "FLOAT64", "the prediction", "points"),
        Column("actual_points", "FLOAT64", "the result", "points", "void"),
        Column("error", "FLOAT64", "predicted minus actual", "points", "void"),
        Column("prediction_error", "FLOAT64", "absolute error", "points", "void"),
        Column("expected_error", "FLOAT64", "predicted mean minus actual", "points", f"void, or {OLDER}"),
        Column("crps", "FLOAT64", "continuous ranked probability score of the distribution", "points", "void"),
        Column("log_score", "FLOAT64", "negative logarithm of the result's chance, at least 1 in a million", null_when="void"),
        Column(
            "pit_low",
            "FLOAT64",
            "chance of a result below this one: lower end of the probability integral transform",
            null_when="void",
        ),
        Column("pit_high", "FLOAT64", "chance of a result up to this one: its upper end", null_when="void"),
        Column("inside_80", "BOOL", "whether the result is within p10 … p90", null_when="void"),
        Column("expected_minutes", "FLOAT64", "the player's form in minutes at the decision", "minutes", "a first game"),
        Column(
            "season_average",
            "FLOAT64",
            "baseline: season average (last 20 games in the first game of a season)",
            "points",
            OTHER,
        ),
        Column("last_10", "FLOAT64", "baseline: mean of the last 10 games", "points", OTHER),
        Column("ewma", "FLOAT64", "baseline: exponential mean", "points", f"{OFF}, or a first game in another market"),
        Column(
            "crps_last_20",
            "FLOAT64",
            "baseline: score of the player's last 20 games as a distribution",
            "points",
            "void, or a first game",
        ),
        Column(
            "crps_ewma",
            "FLOAT64",
            "baseline: score of the exponential mean with a distribution fitted as a model's",
            "points",
            f"{NO_ORACLE}, or a first game in another market",
        ),
        Column(
            "known_minutes_points",
            "FLOAT64",
            "prediction of a model that is given the actual minutes: the oracle-minutes bound",
            "points",
            NO_ORACLE,
        ),
        Column("betting_line", "FLOAT64", "the line at the decision, as predicted against", "points", NO_LINE),
        Column("bookmaker", "STRING", "the book whose line that is", null_when=NO_LINE),
        Column("line_is_ambiguous", "BOOL", "as it was predicted", null_when=NO_LINE),
        Column("no_vig_over", "FLOAT64", "as it was predicted", null_when=NO_PRICE),
        Column("model_prob_over", "FLOAT64", "as it was predicted", null_when=NO_LINE),
        Column("prob_over", "FLOAT64", "as it was predicted", null_when=NO_LINE),
        Column("kelly_stake", "FLOAT64", "as it was predicted", null_when=NO_PRICE),
        Column("closing_line", "FLOAT64", "the same book's line at tip-off", "points", NO_CLOSE),
        Column(
            "closing_line_value",
            "FLOAT64",
            "no-vig chance of the bet at the same book at tip-off, less that at the decision; a line that moved is brought back"
            " by the model's distribution to the one that was bet",
            null_when=f"there is no bet or price, or {NO_CLOSE}",
        ),
        Column("bet_outcome", "STRING", "of the recommendation", null_when="there is none", allowed=BET_OUTCOMES),
        Column("bet_return", "FLOAT64", "profit of one unit staked at the book's price", "units", "there is no bet or price"),
        Column(
            "beat_baseline",
            "BOOL",
            "closer than the model marked is_baseline in the registry; where none is marked or it did not predict, closer"
            " than the season average (in another market: than the exponential mean)",
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
    "one row per season, part of it, model, market, decision and population: errors beside the baselines, the line and the"
    " oracle-minutes bound on the same rows",
    ("season", "season_type", "model_id", "market", "decision", "population"),
    (
        Column("season", "STRING", "season, as '2023-24'"),
        Column("season_type", "STRING", "regular season or playoffs"),
        Column("model_id", "STRING", "the model, as 'lightgbm_v1'"),
        Column("market", "STRING", "what is predicted", initial=MARKET_OF_MODEL.format("points_evaluation")),
        Column("decision", "STRING", "noon or tip"),
        Column("population", "STRING", "which player-games are counted"),
        Column("n", "INT64", "player-games"),
        *(
            Column(name, "FLOAT64", meaning, "points", NO_ROWS)
            for name, meaning in (
                ("mae", "mean absolute error"),
                ("mae_low", "lower end of its 95% interval, dates and players as clusters"),
                ("mae_high", "upper end of its 95% interval"),
                ("rmse", "root mean squared error"),
                ("bias", "mean of predicted (a median) minus actual"),
                ("bias_expected", "mean of the predicted mean minus actual"),
                ("mae_season_average", "error of the season average"),
                ("mae_last_10", "error of the mean of the last 10 games"),
                ("mae_ewma", "error of the exponential mean"),
                ("mae_known_minutes", "error of a model that is given the actual minutes"),
                ("less_ewma", "the model's error less that of the exponential mean, for players with an earlier game"),
                ("less_ewma_low", "lower end of its 95% interval"),
                ("less_ewma_high", "upper end of its 95% interval"),
                ("crps", "score of the distribution, for players with an earlier game"),
                ("crps_last_20", "score of their last 20 games as a distribution"),
                ("crps_ewma_conformal", "score of the exponential mean with a distribution fitted as a model's"),
                ("mae_on_line_rows", "error where a book has a line"),
                ("mae_line", "error of the line there"),
                ("mae_blend", "error of the mean of prediction and line there"),
                ("over_line", "the model's error less the line's there"),
                ("over_line_low", "lower end of its 95% interval"),
                ("over_line_high", "upper end of its 95% interval"),
                ("blend_over_line", "the error of that mean less the line's there"),
                ("blend_over_line_low", "lower end of its 95% interval"),
                ("blend_over_line_high", "upper end of its 95% interval"),
            )
        ),
        *(
            Column(name, "FLOAT64", meaning, null_when=NO_ROWS)
            for name, meaning in (
                ("log_score", "mean negative logarithm of the result's chance"),
                ("pit_deviation", "mean distance of the tenths of the probability integral transform from 10%"),
                ("slope", "slope of outcomes on the log-odds of prob_over: 1 is right, below 1 overconfident"),
                ("slope_low", "lower end of its 95% interval"),
                ("slope_high", "upper end of its 95% interval"),
                ("log_loss", "log loss of prob_over"),
                ("log_loss_model", "log loss of the model's own chance"),
                ("log_loss_no_vig", "log loss of the prices without the vig; without prices a coin"),
                ("log_loss_less_no_vig", "log loss of prob_over less that of the prices"),
                ("log_loss_less_no_vig_low", "lower end of its 95% interval"),
                ("log_loss_less_no_vig_high", "upper end of its 95% interval"),
                ("return_sportsbook", "profit per unit bet at sportsbooks' prices"),
                ("return_sportsbook_low", "lower end of its 95% interval"),
                ("return_sportsbook_high", "upper end of its 95% interval"),
                ("return_pickem", "profit per unit bet with pick'em operators, which pay the same for either side"),
                ("return_pickem_low", "lower end of its 95% interval"),
                ("return_pickem_high", "upper end of its 95% interval"),
                ("most_staked", "largest share of the bankroll that was staked in a night"),
                ("bankroll", "what one unit of bankroll became with the stored stakes"),
                ("drawdown", "its largest loss from a peak"),
            )
        ),
        *(
            Column(name, "INT64", meaning, initial="0")
            for name, meaning in (
                ("n_outcomes", "lines whose outcome was no push"),
                ("bets_sportsbook", "bets at sportsbooks"),
                ("bets_pickem", "bets with pick'em operators"),
            )
        ),
        Column("within_3", "FLOAT64", "share of errors of at most 3 points", null_when=NO_ROWS),
        Column("inside_80", "FLOAT64", "share of results within p10 … p90", null_when=NO_ROWS),
        Column("n_line", "INT64", "player-games on which a book has a line"),
    ),
    scope=(),
    date_column=None,
)

ALL = (
    MODEL_BUNDLES,
    ML_MODEL_PREDICTIONS,
    ML_MODEL_SKIPS,
    PLAYER_PROP_PREDICTIONS,
    GRADED_PREDICTIONS,
    POINTS_EVALUATION,
)
