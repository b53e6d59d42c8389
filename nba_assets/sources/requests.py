"""What was asked of sites, and what became of it, as rows."""

import hashlib
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from nba_assets.tables import facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    # The definitions load without what asks.
    from nba_assets.sources.web import Asked

# Outcomes that are nobody's fault: a game that goes on, a list that is not out yet.
USUAL = ("ok", "running")
# What is asked for before it is sure to be there.
EARLY = ("live_lineups", "pdf")


def recorded(day: date, asked: "Iterable[Asked]") -> pl.DataFrame:
    """Return `source_requests`: one row per request made for a date."""
    rows = [
        {
            "source": each.request.source,
            "endpoint": each.request.endpoint,
            "folder": each.request.folder,
            "subject": each.request.subject,
            "game_date": day,
            "asked_at": each.asked_at,
            "outcome": each.outcome,
            "detail": each.detail or None,
            "url": each.request.public_url,
            "tries": each.tries,
            "seconds": round(each.seconds, 3),
            "bytes": len(each.response.body) if each.response else None,
            "sha256": hashlib.sha256(each.response.body).hexdigest() if each.response else None,
            "credits": each.request.cost if each.response else 0,
        }
        for each in asked
    ]
    return pl.DataFrame(rows, schema=facts.SOURCE_REQUESTS.schema)


def failed(requests: pl.DataFrame) -> pl.DataFrame:
    """Return the requests whose outcome somebody should know of: source, endpoint, subject, outcome and detail."""
    early = pl.col("endpoint").is_in(EARLY) & pl.col("outcome").is_in(["gone", "empty"])
    columns = ("outcome", "detail", "source", "endpoint", "subject")
    return requests.filter(~pl.col("outcome").is_in(USUAL) & ~early).select(columns)
