"""Which dates and cutoffs a run covers. Pure: a backfill from the UI and one from the command line ask the same functions."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from nba_assets.calendar import MIDNIGHT, Dates, SeasonSpan, eastern
from nba_assets.modelling.time_splits import MIN_ROWS

# A player-game has a feature row for each decision.
ROWS_PER_PLAYER_GAME = 2


def season_parts(seasons: Sequence[SeasonSpan], dates: Dates, newest: date) -> list[Dates]:
    """Return the parts of a range, up to the newest date, of which a source has anything: one a season; summers cost time."""
    until = Dates(dates.first, min(dates.last, newest))
    parts = (span.dates.overlap(until) for span in seasons)
    return [part for part in parts if part]


def serving_windows(cutoffs: Sequence[date], wanted: Sequence[Dates]) -> list[date]:
    """Return the cutoffs whose windows hold a wanted date.

    Args:
        cutoffs: all of them, in order; a window lasts until the next one.
        wanted: ranges of game dates.
    """
    ends = [cutoff - timedelta(days=1) for cutoff in cutoffs[1:]] + [date.max]
    windows = [Dates(*window) for window in zip(cutoffs, ends, strict=True)]
    return [window.first for window in windows if any(window.overlap(span) for span in wanted)]


def trainable(cutoffs: Sequence[date], known_at: pl.Series) -> list[date]:
    """Return the cutoffs before which enough is known to train a bundle.

    Args:
        cutoffs: to choose from.
        known_at: instants at which box-score rows became known.
    """
    known = {cutoff: int((known_at < eastern(cutoff, MIDNIGHT)).sum()) for cutoff in cutoffs}
    return [cutoff for cutoff in cutoffs if ROWS_PER_PLAYER_GAME * known[cutoff] >= MIN_ROWS]


def first_missing(scheduled: Sequence[date], recorded: set[str], late: Sequence[date]) -> date | None:
    """Return the first date that has to be prepared again; None: nothing is missing.

    Args:
        scheduled: dates with games.
        recorded: dates, as ISO text, that every asset has recorded.
        late: dates of which a box score or correction is known but not in the league.
    """
    missing = {*late, *(day for day in scheduled if day.isoformat() not in recorded)}
    return min(missing, default=None)
