"""Is the feature store as it should be: coverage by season, features that never change, days unlike their season."""

import numpy as np
import polars as pl

from nba_assets.tables.feature import Feature
from nba_assets.tables.features import FEATURE_COVERAGE, FEATURES, ML_FEATURE_STORE

NAMES = tuple(feature.name for feature in FEATURES)
FEWEST_DATES = 30
UNUSUAL_Z = 8.0
UNUSUAL_NULLS = 0.5


def coverage(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `feature_coverage` of rows of `ml_feature_store`."""
    parts = rows.sort(ML_FEATURE_STORE.key).group_by("season", "decision", maintain_order=True)
    records = [
        {"season": season, "decision": decision, "dates": part["game_date"].n_unique(), "row_count": part.height, **figures}
        for (season, decision), part in parts
        for figures in map(_figures, part.select(NAMES).iter_columns(), FEATURES)
    ]
    return pl.DataFrame(records, FEATURE_COVERAGE.schema).sort(FEATURE_COVERAGE.key)


def _figures(column: pl.Series, feature: Feature) -> dict[str, object]:
    # numpy adds in one order, so that the same rows give the same mean.
    values = column.drop_nulls().to_numpy()
    return {
        "feature": feature.name,
        "coverage": len(values) / len(column),
        "distinct_values": len(np.unique(values)),
        "mean": float(values.mean()) if len(values) else None,
        "std": float(values.std(ddof=1)) if len(values) > 1 else None,
        "null_when": feature.null_when,
    }


def constant_features(found: pl.DataFrame) -> pl.DataFrame:
    """Return the features that have one value only over a season of at least 30 dates, both decisions together.

    A decision that cannot know a feature has none, which is not a value.

    Args:
        found: `feature_coverage`.
    """
    may_vary = pl.col("feature").is_in([feature.name for feature in FEATURES if not feature.steady])
    known = found.filter((pl.col("dates") >= FEWEST_DATES) & (pl.col("coverage") > 0) & may_vary)
    by_season = known.group_by("season", "feature", maintain_order=True).agg(
        pl.col("distinct_values").max(), values=pl.col("mean").n_unique(), value=pl.col("mean").first()
    )
    return by_season.filter((pl.col("distinct_values") == 1) & (pl.col("values") == 1)).select("season", "feature", "value")


def unusual_features(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the features whose newest date is unlike the other dates of its season.

    The day's mean is compared with the means of the other dates, in standard deviations of these (more than 8), and the
    share of rows without a value with their share (more than half of the rows more or fewer).

    Args:
        rows: rows of `ml_feature_store` of one season.

    Returns:
        decision, feature, value (of the day), usual (of the other dates), z; empty before 30 dates are there.
    """
    if rows["game_date"].n_unique() < FEWEST_DATES:
        return pl.DataFrame(schema={"decision": pl.String, "feature": pl.String, "value": pl.Float64, "z": pl.Float64})
    by = ("game_date", "decision")
    means = rows.group_by(by).agg(pl.col(NAMES).mean()).unpivot(index=by, variable_name="feature", value_name="mean")
    nulls = rows.group_by(by).agg(pl.col(NAMES).is_null().mean())
    daily = means.join(nulls.unpivot(index=by, variable_name="feature", value_name="nulls"), on=[*by, "feature"])
    today = pl.col("game_date") == rows["game_date"].max()
    others = (
        daily.filter(~today)
        .group_by("decision", "feature")
        .agg(usual=pl.col("mean").mean(), spread=pl.col("mean").std(), usual_nulls=pl.col("nulls").mean())
    )
    compared = daily.filter(today).join(others, on=["decision", "feature"])
    compared = compared.with_columns(z=(pl.col("mean") - pl.col("usual")) / pl.col("spread"))
    gone = (pl.col("nulls") - pl.col("usual_nulls")).abs() > UNUSUAL_NULLS
    unusual = compared.filter((pl.col("z").is_finite() & (pl.col("z").abs() > UNUSUAL_Z)) | gone)
    return unusual.select("decision", "feature", "usual", "z", "nulls", "usual_nulls", value="mean").sort("decision", "feature")
