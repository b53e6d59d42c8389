"""What was asked of sites, and what became of it, as rows."""

import hashlib
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

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


# What to do about an outcome.
REMEDIES = {
    "empty": "the site has nothing yet; the next fetch asks again",
    "half_slate": "`nba-assets fetch DATE` asks again",
    "gone": "if it stays, the endpoint has moved: update the package nba-api",
    "refused": "the site refuses this address or key: set NBA_ASSETS_PROXY, or correct NBA_ASSETS_ODDS_KEY",
    "rate_limited": "the next fetch asks again; if it stays, widen NBA_ASSETS_REQUEST_SPACING",
    "unavailable": "the next fetch asks again; if it stays, look at the network and NBA_ASSETS_PROXY",
    "not_json": "the site answers a web page, perhaps because it blocks this address: set NBA_ASSETS_PROXY",
    "truncated": "the next fetch asks again",
    "wrong_shape": "the answer is kept: update nba_assets, then `nba-assets reparse`",
    "out_of_budget": "buy credits, or lower NBA_ASSETS_ODDS_RESERVE",
    "left_alone": "the site failed several times in a row; the next fetch asks again",
}


class Health(NamedTuple):
    """How a source does.

    Attributes:
        source: which.
        answered_at: when it last answered with facts (UTC); None: never.
        failures: newest outcome of each thing asked for that failed: outcome, how many, and the first detail.
    """

    source: str
    answered_at: datetime | None
    failures: list[tuple[str, int, str]]


def health(requests: pl.DataFrame) -> list[Health]:
    """Return how each source does, by the newest request for each thing: what has been answered since is no failure.

    Args:
        requests: `source_requests` of the days that matter.
    """
    newest = requests.sort("asked_at", maintain_order=True).unique(["source", "endpoint", "folder", "subject"], keep="last")
    bad = failed(newest).group_by("source", "outcome").agg(pl.len(), pl.col("detail").sort().first()).sort("outcome")
    answered = requests.filter(pl.col("outcome") == "ok").group_by("source").agg(pl.col("asked_at").max())
    last = dict(answered.iter_rows())
    sources = requests["source"].unique().sort()
    return [
        Health(name, last.get(name), list(bad.filter(pl.col("source") == name).drop("source").iter_rows())) for name in sources
    ]


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


def causes(requests: pl.DataFrame) -> pl.DataFrame:
    """Return what failed and why, in one row for people; none if nothing failed."""
    counted = failed(requests).group_by("outcome").agg(pl.len(), pl.col("detail").sort().first()).sort("outcome")
    said = "; ".join(f"{outcome} ({count}): {detail}" for outcome, count, detail in counted.iter_rows())
    return pl.DataFrame({"causes": [said] if said else []}, schema={"causes": pl.String})
