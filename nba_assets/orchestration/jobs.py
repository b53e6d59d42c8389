"""Jobs: which assets run together. Selected by group, so that a new asset of a room belongs to its job."""

import dagster as dg

from nba_assets.tables import features, grades, lineups, minutes, rates, registry, usage

FEATURES = dg.AssetSelection.assets(features.ML_FEATURE_STORE.name)
# Of a home that asks sites.
FETCH = dg.AssetSelection.groups("sites")
FACTS = dg.AssetSelection.groups("sources")
PREPARE = FACTS | dg.AssetSelection.groups("league") | FEATURES
MINUTES = dg.AssetSelection.assets(minutes.MINUTES_PREDICTIONS.name)
EXPECT = MINUTES | dg.AssetSelection.assets(rates.RATES_TRAINING_BASE.name)
PROJECT = dg.AssetSelection.assets(rates.PROJECTIONS.name)
PREDICT = PROJECT | dg.AssetSelection.groups("registry", "forecasting")
GRADES = dg.AssetSelection.assets(grades.GRADED_PREDICTIONS.name, lineups.LINEUP_GRADES.name)
SERVE = dg.AssetSelection.groups("serving")

# A slate is predicted with corrections of earlier dates, which no other job lands in time.
FETCH_JOB = dg.define_asset_job(
    "fetch", selection=FETCH | FACTS, description="What is due is asked of sites, kept, and landed as facts."
)
PREPARE_JOB = dg.define_asset_job("prepare", selection=PREPARE, description="Facts, league tables and features.")
PREDICT_JOB = dg.define_asset_job(
    "predict",
    selection=FETCH | PREPARE | MINUTES | PREDICT | SERVE,
    description="Everything up to predictions, and what is served of them.",
)
GRADE_JOB = dg.define_asset_job(
    "grade",
    selection=FETCH | PREPARE | EXPECT | PREDICT | GRADES | SERVE,
    description="Results, rows for those who appeared unexpectedly, and the grades of what was predicted.",
)
FORECAST_JOB = dg.define_asset_job(
    "forecast",
    selection=PREDICT | GRADES | SERVE,
    description="Predictions and grades from existing features: the second half of a backfill.",
)
TRAIN_JOB = dg.define_asset_job("train", selection=dg.AssetSelection.groups("points"), description="Bundles of a cutoff.")
TRAIN_RATES_JOB = dg.define_asset_job(
    "train_rates",
    selection=dg.AssetSelection.assets(rates.RATES_BUNDLES.name),
    description="A run of rates of a cutoff: nine models.",
)
TRAIN_MINUTES_JOB = dg.define_asset_job(
    "train_minutes",
    selection=dg.AssetSelection.assets(minutes.MINUTES_BUNDLES.name),
    description="Minutes bundles of a cutoff; a backfill makes those of all history, which rates learn from.",
)
EXPECT_JOB = dg.define_asset_job(
    "expect",
    selection=EXPECT,
    description="Minutes of every slate, by bundles that had not seen it, and what rates are learned from.",
)
USAGE_JOB = dg.define_asset_job(
    "train_usage",
    selection=dg.AssetSelection.assets(usage.USAGE_COEFFICIENTS.name, usage.SERVED_COEFFICIENTS.name),
    description="Usage coefficients of a cutoff, published to the database.",
)
LINEUPS_JOB = dg.define_asset_job(
    "train_lineups",
    selection=dg.AssetSelection.assets(lineups.LINEUP_BUNDLES.name, lineups.LINEUP_COEFFICIENTS.name),
    description="Lineup models before a season, sampled by CmdStan: minutes. A backfill does not run it.",
)
CHAMPION_JOB = dg.define_asset_job(
    "decide_champion",
    selection=dg.AssetSelection.assets(registry.CHAMPION_DECISION.name) | SERVE,
    description="Whether a challenger is better than the champion, after a graded night; and what is served of it.",
)
REVIEW_JOB = dg.define_asset_job(
    "review",
    selection=dg.AssetSelection.assets(
        features.FEATURE_COVERAGE.name,
        grades.POINTS_EVALUATION.name,
        minutes.MINUTES_EVALUATION.name,
        rates.RATES_EVALUATION.name,
        usage.USAGE_EVALUATION.name,
        lineups.LINEUP_RATINGS.name,
    ),
    description="Coverage of features; errors of points, minutes, rates, usage and lineups, with pictures; missing dates.",
)
JOBS = [
    PREPARE_JOB,
    TRAIN_MINUTES_JOB,
    EXPECT_JOB,
    PREDICT_JOB,
    GRADE_JOB,
    FORECAST_JOB,
    TRAIN_JOB,
    TRAIN_RATES_JOB,
    USAGE_JOB,
    LINEUPS_JOB,
    CHAMPION_JOB,
    REVIEW_JOB,
]
