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
# The record is a hundred points.
MOST = 100
MADE_OF = (("fgm", "fga"), ("fg3m", "fg3a"), ("ftm", "fta"), ("fg3m", "fgm"))


def bad_games(rows: pl.DataFrame, schedule: pl.DataFrame) -> pl.DataFrame:
    """Return the facts `quarantine`: one row per bad game and reason.

    Args:
        rows: one row per game, team and player: season, game_date, team_id, minutes, seconds_played, counts of the box score.
        schedule: game_id, game_date, home_team_id, away_team_id; a game may be on several dates.
    """
    days = schedule.group_by("game_id").agg(pl.col("game_date").unique().sort().alias("scheduled"))
    teams = schedule.select("game_id", home="home_team_id", away="away_team_id").unique("game_id")
    seen = rows.join(days, on="game_id", how="left", maintain_order="left").join(
        teams, on="game_id", how="left", maintain_order="left"
    )
    found = pl.concat(_named(seen, reason, *fault) for reason, fault in _faults().items())
    # Of a game with a wrong date the other games of that day are innocent.
    twice = pl.col("game_id").n_unique().over("team_id", "game_date") > 1
    others = seen.join(found, on="game_id", how="anti", maintain_order="left")
    text = "{} ({}) played two games on {}"
    again = _named(others, "team_twice_a_day", twice, text, ("player_name", "player_id", "game_date"))
    known = pl.concat([found, again]).with_columns(known_at=box_score_known_at(pl.col("game_date")))
    return conform(known.sort("game_date", "game_id", "reason"), facts.QUARANTINE, "bad games")


def with_unreadable(bad: pl.DataFrame, unreadable: pl.DataFrame) -> pl.DataFrame:
    """Add to `quarantine` the games of which a row cannot be used.

    Args:
        bad: facts `quarantine`.
        unreadable: game_id, game_date, reason, detail.
    """
    known = unreadable.with_columns(known_at=box_score_known_at(pl.col("game_date")))
    both = pl.concat([bad, known.select(facts.QUARANTINE.names)])
    return both.sort("game_date", "game_id", "reason").unique(facts.QUARANTINE.key, keep="first", maintain_order=True)


def _named(rows: pl.DataFrame, reason: str, wrong: pl.Expr, text: str, parts: tuple[str | pl.Expr, ...]) -> pl.DataFrame:
    """One row per game with rows that are wrong."""
    return (
        rows.filter(wrong)
        .group_by("game_id", maintain_order=True)
        .agg(
            pl.col("game_date").first(),
            reason=pl.lit(reason),
            detail=pl.format("{}; {} rows", pl.format(text, *parts).first(), pl.len()),
        )
    )


WHO = ("player_name", "player_id")
# By reason: which rows are at fault, the text about the first one, and what the text is filled with.
Faults = Mapping[str, tuple[pl.Expr, str, tuple[str | pl.Expr, ...]]]


def _faults() -> Faults:
    """All faults that make a game impossible."""
    return {**_impossible_numbers(), **_impossible_minutes(), **_impossible_games()}


def _impossible_numbers() -> Faults:
    """Box scores that contradict themselves."""
    counts = [column.name for column in BOX_SCORE_COUNTS if column.name != "plus_minus"]
    points = 2 * pl.col("fgm") + pl.col("fg3m") + pl.col("ftm")
    out_of_range = (~pl.col(name).is_between(0, MOST) for name in counts)
    more_made = (pl.col(few) > pl.col(many) for few, many in MADE_OF)
    return {
        "points_do_not_add_up": (
            pl.col("pts") != points,
            "{} ({}) has {} points, but shots for {}",
            (*WHO, "pts", points),
        ),
        "impossible_numbers": (
            pl.any_horizontal(*out_of_range, *more_made),
            "{} ({}) has more made than attempted, less than nothing, or more than a hundred of something",
            WHO,
        ),
    }


def _impossible_minutes() -> Faults:
    """Minutes that a game of its length cannot have."""
    team_minutes = pl.col("minutes").sum().over("game_id", "team_id")
    overtimes = ((team_minutes.min().over("game_id") - TEAM_MINUTES) / (5 * OVERTIME)).round().clip(0)
    longest = REGULATION + OVERTIME * overtimes + 1
    misread = (60 * pl.col("minutes") - pl.col("seconds_played")).abs() > ROUNDED_SECONDS
    over = team_minutes - TEAM_MINUTES
    odd = (over - 5 * OVERTIME * (over / (5 * OVERTIME)).round().clip(0)).abs() >= ROUNDED_TEAM_MINUTES
    uneven = team_minutes.max().over("game_id") - team_minutes.min().over("game_id") > ROUNDED_TEAM_MINUTES
    return {
        "impossible_minutes": (
            (pl.col("minutes") < 0) | (pl.col("minutes") > longest) | misread.fill_null(value=False) | odd | uneven,
            "{} ({}) has {} minutes, the team {}",
            (*WHO, "minutes", team_minutes),
        ),
    }


def _impossible_games() -> Faults:
    """Teams, sides, scores and dates that do not fit together."""
    team_points = pl.col("pts").sum().over("game_id", "team_id")
    both = pl.col("team_id").n_unique().over("game_id") == 2
    tied = both & (team_points.max().over("game_id") == team_points.min().over("game_id"))
    one_side = pl.col("is_home").n_unique().over("game_id", "team_id") == 1
    both_at_home = pl.col("is_home").all().over("game_id")
    disagree = ~one_side | both_at_home | (pl.col("season_type").n_unique().over("game_id") > 1)
    year = pl.col("season").str.slice(0, 4).cast(pl.Int64)
    out_of_season = ~pl.col("game_date").is_between(pl.date(year, 9, 1), pl.date(year + 1, 10, 31))
    off_schedule = ~pl.col("game_date").is_in(pl.col("scheduled")).fill_null(value=False)
    scheduled = pl.col("scheduled").cast(pl.List(pl.String)).list.join(", ").fill_null("nothing")
    two_teams = pl.col("team_id").n_unique().over("game_id", "player_id") > 1
    third_team = (pl.col("team_id") != pl.col("home")) & (pl.col("team_id") != pl.col("away"))
    other_team = "{} ({}) plays for team {} in a game of {} and {}"
    other_date = "{} ({}) played on {}, the schedule says {}"
    return {
        "one_team": (pl.col("team_id").n_unique().over("game_id") < 2, "{} ({}) has no opponent: rows of one team only", WHO),
        "tied_score": (tied, "{} ({}) played in a game that nobody won", WHO),
        "rows_disagree": (disagree, "{} ({}): rows of the game differ in who is at home, or in the part of the season", WHO),
        "player_on_both_teams": (two_teams, "{} ({}) plays for two teams", WHO),
        "team_not_in_the_game": (third_team, other_team, (*WHO, "team_id", "home", "away")),
        "date_contradicts_schedule": (off_schedule, other_date, (*WHO, "game_date", scheduled)),
        "date_out_of_season": (out_of_season, "{} ({}) played on {}, which is not in {}", (*WHO, "game_date", "season")),
    }
