"""Contracts of what websites, scripts and the page read: tables of the relational database, written date by date."""

from nba_assets.tables.contracts import Column, Table
from nba_assets.tables.minutes import NO_BUNDLE
from nba_assets.tables.predictions import BETTING, OLDER
from nba_assets.tables.rates import COUNTS, NO_CHANCE, NO_RATE

# Of documents.
NAMES = ("models", "leaderboard", "calibration", "promotions", "data", "lineups", "night")
OUTCOMES = ("predicted", "started", "completed", "refused")
NOT_OVER = "the game is not graded yet"
# Of `projections`, given that the player plays.
_SERVED = ("fga2", "fga3", "fta", "fgm3", "pts", "reb", "ast", "stl", "blk", "tov", "pra", "draftkings", "fanduel")
PROJECTED = {name: meaning for name, meaning in COUNTS if name in _SERVED}

ROW = (
    Column("game_date", "DATE", "the day of the game in New York"),
    Column("game_id", "STRING", "NBA.com's game id"),
    Column("player_id", "INT64", "NBA.com's player id"),
    Column("decision", "STRING", "noon or tip", allowed=("noon", "tip")),
)
ROW_KEY = tuple(column.name for column in ROW)

SERVED_SLATES = Table(
    "served_slates",
    "database",
    "one row per game, player of the slate and decision: who may play, for how long, and the expected box score",
    ROW_KEY,
    (
        *ROW,
        Column("player_name", "STRING", "the player's name"),
        Column("player_lookup", "STRING", "the name in plain letters without spaces, as 'nikolajokic'"),
        Column("team", "STRING", "three letters of the player's team"),
        Column("opponent", "STRING", "three letters of the other team"),
        Column("is_home", "BOOL", "whether the player's team plays at home"),
        Column("tip_off", "TIMESTAMP", "start of the game, as known at the decision", "UTC"),
        Column("decision_at", "TIMESTAMP", "when the decision is taken: nothing that became known later is in the row", "UTC"),
        Column("on_roster", "BOOL", "on the roster at the decision; false: the player then appeared"),
        Column("is_out", "BOOL", "reported out at the decision"),
        Column("starter", "BOOL", "announced as a starter", null_when="the five are not announced"),
        Column("play_probability", "FLOAT64", "chance to play by reports alone: 0 out, 1 in no report"),
        Column("play_prob", "FLOAT64", "chance that the player plays", null_when=f"{NO_BUNDLE}, or not on the roster"),
        Column("minutes_mean", "FLOAT64", "expected minutes given that the player plays", "minutes", NO_BUNDLE),
        *(
            Column(f"minutes_p{level}", "FLOAT64", f"{level}% quantile of the same", "minutes", NO_BUNDLE)
            for level in (10, 50, 90)
        ),
        Column("minutes_cutoff", "DATE", "cutoff of the training of what predicted minutes and chance", null_when=NO_BUNDLE),
        Column("usage_avg_last_10", "FLOAT64", "usage percentage of the last 10 games", "%", "no earlier game"),
        *(
            Column(name, "FLOAT64", f"expected {meaning}, given that the player plays", null_when=NO_RATE)
            for name, meaning in PROJECTED.items()
        ),
        Column("rates_cutoff", "DATE", "cutoff of the training of what the expected box score is from", null_when=NO_RATE),
        Column("pts_unconditional", "FLOAT64", "expected points times the chance to play", null_when=NO_CHANCE),
        Column("minutes_played", "FLOAT64", "as it happened; 0: did not play", "minutes", "the game has no box score yet"),
    ),
)

SERVED_PREDICTIONS = Table(
    "served_predictions",
    "database",
    "one row per market, game, player, decision and model: the champion's of all dates, those of all models of the newest 30",
    (*ROW_KEY, "market", "model_id"),
    (
        *ROW,
        Column("market", "STRING", "what is predicted, as 'player_points'"),
        Column("model_id", "STRING", "the model, as 'lightgbm_v2'"),
        Column("is_champion", "BOOL", "whether the model was the market's champion when it was predicted"),
        Column("origin", "STRING", "live: made before tip-off; backfill: made afterwards", allowed=("live", "backfill")),
        Column("predicted_at", "TIMESTAMP", "the decision's instant in a backfill, the true time live", "UTC"),
        Column("training_cutoff", "DATE", "cutoff of the bundle that served", null_when="the model is one file or a table"),
        Column("distribution_path", "STRING", "where the distribution is, below the artifact store"),
        Column("predicted", "FLOAT64", "predicted median of the market, given that the player plays"),
        Column("expected", "FLOAT64", "predicted mean of the same", null_when=OLDER),
        *(Column(f"p{level}", "FLOAT64", f"{level}% quantile of the same") for level in (10, 50, 90)),
        Column("form", "FLOAT64", "the exponential mean of the player's earlier games", null_when="a first game"),
        Column("expected_minutes", "FLOAT64", "that the distribution depends on", "minutes", "nothing is known of the player"),
        *BETTING,
        Column("outcome", "STRING", "played, or void: the player did not play", null_when=NOT_OVER, allowed=("played", "void")),
        Column("actual", "FLOAT64", "the result", null_when=f"{NOT_OVER}, or void"),
    ),
)

SERVED_DATES = Table(
    "served_dates",
    "database",
    "one row per date that is served: what its rows are, in one word",
    ("game_date",),
    (
        Column("game_date", "DATE", "the day of the games in New York"),
        Column("version", "STRING", "a hash of the date's rows: another one says that something has changed"),
        Column("games", "INT64", "games of the date"),
        Column("published_at", "TIMESTAMP", "when these rows were written", "UTC"),
    ),
    wall_clock=("published_at",),
)

SERVED_DOCUMENTS = Table(
    "served_documents",
    "database",
    "one row per document of no date; night: where the facts of tonight's slate are",
    ("name",),
    (
        Column("name", "STRING", "which", allowed=NAMES),
        Column("version", "STRING", "a hash of the body"),
        Column("body", "STRING", "JSON"),
        Column("published_at", "TIMESTAMP", "when it was written", "UTC"),
    ),
    scope=("name",),
    date_column=None,
    wall_clock=("published_at",),
)

REFUSED = "the message was refused, or asked for no prediction"
NOT_GIVEN = "the message does not say, or cannot be read"

SERVED_REQUESTS = Table(
    "served_requests",
    "database",
    "one row per message: of who asked for a prediction or a slate, or said that one has arrived",
    ("message_id",),
    (
        Column("message_id", "STRING", "the sender's id, or a hash of a message that has none"),
        Column("received_at", "TIMESTAMP", "when it came first", "UTC"),
        Column("outcome", "STRING", "predicted, started or completed; or refused: it makes no sense", allowed=OUTCOMES),
        Column("detail", "STRING", "why it was refused", null_when="it was not"),
        Column("game_date", "DATE", "the day of the game in New York", null_when=NOT_GIVEN),
        Column("game_id", "STRING", "NBA.com's game id, as the message has it", null_when=NOT_GIVEN),
        Column("player_lookup", "STRING", "the player's name, as the message has it", null_when=NOT_GIVEN),
        Column("batch_id", "STRING", "the sender's batch", null_when=NOT_GIVEN),
        Column("correlation_id", "STRING", "what the sender follows it by", null_when=NOT_GIVEN),
        Column("player_id", "INT64", "NBA.com's player id", null_when=REFUSED),
        Column("model_id", "STRING", "the champion that had predicted the player", null_when=REFUSED),
        Column("predicted", "FLOAT64", "its median of the points, given that the player plays", null_when=REFUSED),
        Column(
            "chances",
            "STRING",
            "JSON: by line, the model's own chance of the over (plays, no push)",
            null_when=REFUSED,
        ),
    ),
    scope=("message_id",),
    date_column=None,
    wall_clock=("received_at",),
)

SERVED_BATCHES = Table(
    "served_batches",
    "database",
    "one row per request that a slate be predicted",
    ("batch_id",),
    (
        Column("batch_id", "STRING", "a hash of what the request is known by: the same request is the same batch"),
        Column("received_at", "TIMESTAMP", "when it came first", "UTC"),
        Column("game_date", "DATE", "the day of the games in New York"),
        Column("run_id", "STRING", "Dagster's run that predicts the date; of several requests it may be the same"),
        Column("min_minutes", "FLOAT64", "who is expected to play less does not count in the status", "minutes", "all count"),
        Column("correlation_id", "STRING", "what the sender follows it by", null_when="none was given"),
    ),
    scope=("batch_id",),
    date_column=None,
    wall_clock=("received_at",),
)

OF_DATES = (SERVED_SLATES, SERVED_PREDICTIONS)
ALL = (*OF_DATES, SERVED_DATES, SERVED_DOCUMENTS, SERVED_REQUESTS, SERVED_BATCHES)
