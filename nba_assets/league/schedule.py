"""The schedule as it stands."""

import polars as pl

from nba_assets.calendar import tip_off_or_assumed
from nba_assets.reference.teams import abbreviation
from nba_assets.tables import facts, league
from nba_assets.tables.versions import as_of


def schedule(notices: pl.DataFrame) -> pl.DataFrame:
    """Return `schedule`: of each game and date the newest notice, with tip-off (19:00 ET where none was published).

    Args:
        notices: facts `schedule_notices`, all versions.
    """
    return (
        as_of(notices, facts.SCHEDULE_NOTICES)
        .with_columns(published="tip_off")
        .with_columns(
            season_year=pl.col("season").str.slice(0, 4).cast(pl.Int64),
            home_team=abbreviation("home_team_id"),
            away_team=abbreviation("away_team_id"),
            tip_off=tip_off_or_assumed(pl.col("tip_off"), pl.col("game_date")),
        )
        .with_columns(tip_off_assumed=pl.col("tip_off").ne_missing(pl.col("published")))
        .select(league.SCHEDULE.names)
        .sort(league.SCHEDULE.key)
    )
