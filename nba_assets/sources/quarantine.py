"""Bad games: those whose rows cannot be true. They are set aside whole, with the reason; their dates stay incomplete."""

from collections.abc import Mapping

import polars as pl

from nba_assets.calendar import box_score_known_at
from nba_assets.tables import facts
from nba_assets.tables.archive import BOX_SCORE_COUNTS
from nba_assets.tables.contracts import conform

REGULATION, OVERTIME, TEAM_MINUTES = 48, 5, 240
# Minutes are rounded one by one: real teams are off by up to 4 in all, real players by less than five from their seconds.
ROUNDED_TEAM_MINUTES, ROUNDED_SECONDS = 12, 300
MADE_OF = (("fgm", "fga"), ("fg3m", "fg3a"), ("ftm", "fta"), ("fg3m", "fgm"))


def bad_games(rows: pl.DataFrame, schedule: pl.DataFrame) -> pl.DataFrame:
    """Return the facts `quarantine`: one row a bad game and reason.

    Args:
        rows: a row a game, team and player: season, game_date, team_id, minutes, seconds_played, counts of the box score.
        schedule: game_id, game_date, home_team_id, away_team_id; a game may be on several dates.
    """
    days = schedule.group_by("game_id").agg(pl.col("game_date").unique().sort().alias("scheduled"))
    teams = schedule.select("game_id", home="home_team_id", away="away_team_id").unique("game_id")
    seen = rows.join(days, on="game_id", how="left", maintain_order="left").join(
        teams, on="game_id", how="left", maintain_order="left"
    )
    found = [
        seen.filter(wrong)
        .group_by("game_id", maintain_order=True)
        .agg(
            pl.col("game_date").first(),
            reason=pl.lit(reason),
            detail=pl.format("{}; {} rows", pl.format(text, *parts).first(), pl.len()),
        )
        for reason, (wrong, text, parts) in _faults().items()
    ]
    known = pl.concat(found).with_columns(known_at=box_score_known_at(pl.col("game_date")))
    return conform(known.sort("game_date", "game_id", "reason"), facts.QUARANTINE, "bad games")


def _faults() -> Mapping[str, tuple[pl.Expr, str, tuple[str | pl.Expr, ...]]]:
    """Of each reason: which rows, and what to say of the first one."""
    counts = [column.name for column in BOX_SCORE_COUNTS if column.name != "plus_minus"]
    points = 2 * pl.col("fgm") + pl.col("fg3m") + pl.col("ftm")
    team_minutes = pl.col("minutes").sum().over("game_id", "team_id")
    overtimes = ((team_minutes.min().over("game_id") - TEAM_MINUTES) / (5 * OVERTIME)).round().clip(0)
    longest = REGULATION + OVERTIME * overtimes + 1
    misread = (60 * pl.col("minutes") - pl.col("seconds_played")).abs() > ROUNDED_SECONDS
    short = team_minutes < TEAM_MINUTES - ROUNDED_TEAM_MINUTES
    year = pl.col("season").str.slice(0, 4).cast(pl.Int64)
    out_of_season = ~pl.col("game_date").is_between(pl.date(year, 9, 1), pl.date(year + 1, 10, 31))
    off_schedule = ~pl.col("game_date").is_in(pl.col("scheduled")).fill_null(value=False)
    who = ("player_name", "player_id")
    return {
        "points_do_not_add_up": (
            pl.col("pts") != points,
            "{} ({}) has {} points, his shots make {}",
            (*who, "pts", points),
        ),
        "impossible_numbers": (
            pl.any_horizontal(*(pl.col(name) < 0 for name in counts), *(pl.col(few) > pl.col(many) for few, many in MADE_OF)),
            "{} ({}) made more than he attempted, or less than nothing",
            who,
        ),
        "impossible_minutes": (
            (pl.col("minutes") < 0) | (pl.col("minutes") > longest) | misread.fill_null(value=False) | short,
            "{} ({}) has {} minutes, his team {}",
            (*who, "minutes", team_minutes),
        ),
        "one_team": (
            pl.col("team_id").n_unique().over("game_id") < 2,
            "{} ({}) has no opponent: rows of one team only",
            who,
        ),
        "player_on_both_teams": (
            pl.col("team_id").n_unique().over("game_id", "player_id") > 1,
            "{} ({}) plays for two teams",
            who,
        ),
        "team_not_in_the_game": (
            (pl.col("team_id") != pl.col("home")) & (pl.col("team_id") != pl.col("away")),
            "{} ({}) plays for team {} in a game of {} and {}",
            (*who, "team_id", "home", "away"),
        ),
        "date_contradicts_schedule": (
            off_schedule | out_of_season | (pl.col("game_date").n_unique().over("game_id") > 1),
            "{} ({}) played on {}, the schedule says {}",
            (*who, "game_date", pl.col("scheduled").cast(pl.List(pl.String)).list.join(", ").fill_null("nothing")),
        ),
    }
