"""Every table's contract: the only place where columns are named with type, unit and meaning."""

from nba_assets.tables import facts, features, grades, league, lineups, minutes, predictions, rates, registry, usage

TABLES = {
    table.name: table
    for table in (
        *facts.BY_NAME.values(),
        *league.DAILY,
        features.ML_FEATURE_STORE,
        features.FEATURE_COVERAGE,
        *usage.ALL,
        *minutes.ALL,
        *rates.ALL,
        *lineups.ALL,
        *registry.ALL,
        *predictions.ALL,
        *grades.ALL,
    )
}
