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

ALL = (MINUTES_BUNDLES, MINUTES_PREDICTIONS)
