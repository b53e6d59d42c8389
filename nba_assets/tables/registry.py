"""Contracts of the registry of models: who may predict, who serves, what was changed, and what was decided."""

from nba_assets.tables.contracts import Column, Table

UNSAID = "whoever registered the model did not give it"
PER_BUNDLE = f"{UNSAID}, or each bundle has its own"
BUNDLES, DERIVED, TABLE = "bundles", "derived", "table"
MODEL_TYPES = ("catboost", "xgboost", "lightgbm", "ensemble", DERIVED)
EVENTS = ("added", "removed", "enabled", "disabled", "path", "promoted")

ML_MODEL_REGISTRY = Table(
    "ml_model_registry",
    "nba_predictions",
    "one row per model and market: where the model is, what it takes, whether it predicts; a row may be added by INSERT",
    ("model_id", "market"),
    (
        Column("model_id", "STRING", "the model, as 'catboost_v9'"),
        Column("model_name", "STRING", "a name for people", null_when=UNSAID),
        Column("model_type", "STRING", f"{', '.join(MODEL_TYPES)} (predictions that another asset's table holds)"),
        Column("model_version", "STRING", "as 'v9'", null_when=UNSAID),
        Column(
            "model_path",
            "STRING",
            "a file: gs:// URL, absolute path, or path below the artifact store; 'bundles': trained here at every cutoff;"
            " of a derived model its table, as 'nba_predictions.projections'",
        ),
        Column("model_format", "STRING", "cbm, json, ubj, txt, bundles, or table"),
        Column("feature_version", "STRING", "the list of features it takes, as 'v1_33features'", null_when="a derived model"),
        Column("feature_count", "INT64", "how many these are", null_when=UNSAID),
        Column("market", "STRING", "what it predicts", null_when="player_points"),
        Column("training_start_date", "DATE", "first game it was trained on", null_when=PER_BUNDLE),
        Column("training_end_date", "DATE", "last game it was trained on", null_when=PER_BUNDLE),
        Column("training_rows", "INT64", "rows it was trained on", null_when=PER_BUNDLE),
        Column(
            "library_version", "STRING", "version of the library that trained it", null_when=f"{UNSAID}, or the file records it"
        ),
        Column("test_mae", "FLOAT64", "mean absolute error, as reported by whoever registered it", "points", UNSAID),
        Column("enabled", "BOOL", "whether it predicts"),
        Column("is_production", "BOOL", "whether it serves its market"),
        Column("is_baseline", "BOOL", "whether grades compare the other models with it", null_when=UNSAID),
        Column("created_at", "TIMESTAMP", "when it was registered", "UTC"),
        Column("updated_at", "TIMESTAMP", "when a command last changed it", "UTC", "no command has"),
        Column("notes", "STRING", "for people", null_when=UNSAID),
    ),
    scope=("model_id", "market"),
    date_column=None,
    wall_clock=("created_at", "updated_at"),
)

ML_MODEL_AUDIT = Table(
    "ml_model_audit",
    "nba_predictions",
    "one row per change of the registry; changes by plain SQL are found at the next run",
    ("number",),
    (
        Column("number", "INT64", "of the change: 1, 2, …"),
        Column("model_id", "STRING", "the model"),
        Column(
            "market",
            "STRING",
            "what it predicts",
            initial=(
                "COALESCE((SELECT MIN(r.market) FROM nba_predictions.ml_model_registry AS r"
                " WHERE r.model_id = ml_model_audit.model_id), 'player_points')"
            ),
        ),
        Column("event", "STRING", "what changed", allowed=EVENTS),
        Column("old_value", "STRING", "path before; of a promotion the champion before", null_when="there was none"),
        Column("new_value", "STRING", "path now; of a promotion the champion now", null_when="there is none"),
        Column("changed_by", "STRING", "a user's name, 'promotion', or 'sql': found, not reported"),
        Column("reason", "STRING", "why, in the words of who changed it", null_when="nobody gave one"),
        Column("changed_at", "TIMESTAMP", "when it was changed, or found to be", "UTC"),
    ),
    scope=(),
    date_column=None,
    wall_clock=("changed_at",),
    append_only=True,
)

DECIDED = ("kept", "proposed", "promoted")
TOO_FEW = "too few dates or rows to compare"
CHAMPION_DECISION = Table(
    "champion_decision",
    "nba_predictions",
    "one row per graded night, market and challenger: who was compared with the champion on what, and what was decided",
    ("game_date", "market", "challenger"),
    (
        Column("game_date", "DATE", "the graded night"),
        Column("market", "STRING", "what is predicted"),
        Column("champion", "STRING", "who served when it was decided", null_when="nobody served"),
        Column("challenger", "STRING", "the model compared with it; 'nobody': there is none"),
        Column("dates", "INT64", "game dates that both were graded on"),
        Column("row_count", "INT64", "player-games and decisions that both were graded on"),
        Column(
            "difference",
            "FLOAT64",
            "the champion's mean absolute error less the challenger's: above zero, the challenger is better",
            "points",
            "they have no rows in common",
        ),
        Column("difference_low", "FLOAT64", "lower end of its 95% interval, dates as clusters", "points", TOO_FEW),
        Column("difference_high", "FLOAT64", "upper end of its 95% interval", "points", TOO_FEW),
        Column("p_value", "FLOAT64", "chance of a difference as far from zero if there were none", null_when=TOO_FEW),
        Column("decision", "STRING", "what became of the challenger", allowed=DECIDED),
        Column("reason", "STRING", "why, in one sentence"),
        Column("news", "STRING", "what somebody should be told, with the command to type", null_when="nothing"),
        Column("decided_at", "TIMESTAMP", "when it was decided", "UTC"),
    ),
    wall_clock=("decided_at",),
)

ALL = (ML_MODEL_REGISTRY, ML_MODEL_AUDIT, CHAMPION_DECISION)
