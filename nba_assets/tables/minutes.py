"""Contracts of the minutes room: bundles and, for everybody on the slate, the chance to play and the minutes given that."""

from nba_assets.tables.archive import GAME
from nba_assets.tables.contracts import Column, Table
from nba_assets.tables.predictions import MODEL_BUNDLES

NO_BUNDLE = "no bundle was trained before the game"

MINUTES_BUNDLES = Table(
    "minutes_bundles",
    "nba_predictions",
    "one row per training cutoff of the minutes model",
    ("model_id", "training_cutoff"),
    MODEL_BUNDLES.columns,
    scope=("model_id", "training_cutoff"),
    date_column="training_cutoff",
    wall_clock=("trained_at",),
)

SLATE_PLAYER = (
    *GAME,
    Column("player_id", "INT64", "NBA.com's player id"),
    Column("player_name", "STRING", "the player's name"),
    Column("team_id", "INT64", "NBA.com's id of the player's team"),
    Column("opponent_team_id", "INT64", "NBA.com's id of the other team"),
    Column("decision", "STRING", "noon or tip", allowed=("noon", "tip")),
    Column("on_roster", "BOOL", "on the roster before the game; false: only the box score told of the player"),
)

MINUTES_PREDICTIONS = Table(
    "minutes_predictions",
    "nba_predictions",
    "one row per game, player of the slate and decision: does the player play, and for how long if so",
    ("game_date", "game_id", "player_id", "decision"),
    (
        *SLATE_PLAYER,
        Column("training_cutoff", "DATE", "cutoff of the bundle that served", null_when=NO_BUNDLE),
        Column(
            "play_prob",
            "FLOAT64",
            "chance that the player plays; 0: reported out",
            null_when=f"{NO_BUNDLE}, or not on the roster",
        ),
        Column("minutes_around", "FLOAT64", "what the bundle's distribution of minutes is around", "minutes", NO_BUNDLE),
        Column("minutes_mean", "FLOAT64", "expected minutes given that the player plays", "minutes", NO_BUNDLE),
        *(
            Column(f"minutes_p{level}", "FLOAT64", f"{level}% quantile of the same", "minutes", NO_BUNDLE)
            for level in (10, 50, 90)
        ),
    ),
)

EVALUATED = (
    Column("season", "STRING", "season, as '2023-24'"),
    Column("season_type", "STRING", "regular season or playoffs"),
    Column("decision", "STRING", "noon or tip"),
)
NONE_PLAYED, NONE_ASKED, TOO_FEW = "nobody played", "nobody was asked about", "too few dates or players"
MINUTES_EVALUATION = Table(
    "minutes_evaluation",
    "nba_predictions",
    "one row per season, part of it, decision and bucket of expected minutes: minutes and chances beside simple baselines",
    ("season", "season_type", "decision", "bucket"),
    (
        *EVALUATED,
        Column("bucket", "STRING", "the feature store's expected minutes, 'all' or 'below 12'"),
        Column("n", "INT64", "player-games that were played"),
        *(
            Column(name, "FLOAT64", meaning, "minutes", null_when)
            for name, meaning, null_when in (
                ("mae_p50", "mean absolute error of the median", NONE_PLAYED),
                ("mae_p50_low", "lower end of its 95% interval, dates and players as clusters", TOO_FEW),
                ("mae_p50_high", "upper end of its 95% interval", TOO_FEW),
                ("mae_last_10", "error of the mean of the last 10 games", NONE_PLAYED),
                ("mae_less_last_10", "the median's error less that, on the same rows", NONE_PLAYED),
                ("mae_less_last_10_low", "lower end of its 95% interval", TOO_FEW),
                ("mae_less_last_10_high", "upper end of its 95% interval", TOO_FEW),
                ("bias", "mean of the predicted mean less the minutes", NONE_PLAYED),
                ("crps", "score of the distribution", NONE_PLAYED),
                ("pinball_10", "score of p10", NONE_PLAYED),
                ("pinball_90", "score of p90", NONE_PLAYED),
            )
        ),
        Column("inside_80", "FLOAT64", "share of minutes within p10 … p90", null_when=NONE_PLAYED),
        Column("n_asked", "INT64", "player-games on a roster and not reported out"),
        *(
            Column(name, "FLOAT64", meaning, null_when=null_when)
            for name, meaning, null_when in (
                ("brier", "Brier score of the chance to play", NONE_ASKED),
                ("brier_last_game", "of whether the player was in the team's last game", NONE_ASKED),
                ("brier_table", "of the rate table", NONE_ASKED),
                ("brier_less_table", "the model's less the table's", NONE_ASKED),
                ("brier_less_table_low", "lower end of its 95% interval", TOO_FEW),
                ("brier_less_table_high", "upper end of its 95% interval", TOO_FEW),
            )
        ),
    ),
    scope=("season",),
    date_column=None,
)

ALL = (MINUTES_BUNDLES, MINUTES_PREDICTIONS, MINUTES_EVALUATION)
