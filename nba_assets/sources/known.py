"""When a fact from a site counts as known, and which of the answers about it are versions.

What was asked while it was news is known when it was first seen. What was asked long after has the nominal time that an archive
would give it: so a season that is fetched today serves a backfill. A later answer that differs is known when it was seen.
"""

from datetime import timedelta

import polars as pl

from nba_assets.tables.contracts import Table
from nba_assets.tables.facts import ROSTERS
from nba_assets.tables.versions import fact_key

# Who looks within a day sees news; who comes later reads an archive.
NEWS = timedelta(hours=24)


def versions(seen: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return the versions of facts among all that was seen.

    Args:
        seen: columns of `table` but `known_at`; `seen_at`; and `nominal`, the time that an archive would give the fact.
        table: contract of the facts.

    Returns:
        Rows that differ from the answer before, with `known_at`.
    """
    key = fact_key(table)
    rows = seen.sort(*key, "seen_at", maintain_order=True).with_columns(first=pl.struct(key).is_first_distinct())
    if not rows["first"].all():
        values = [name for name in table.names if name not in (*key, "known_at")]
        differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in values)
        rows = rows.filter(pl.col("first") | differs)
    is_archive = pl.col("first") & (pl.col("seen_at") > pl.col("nominal") + NEWS)
    known_at = pl.when(is_archive).then("nominal").otherwise("seen_at")
    return rows.with_columns(known_at=known_at).select(table.names)


def moves(listed: pl.DataFrame) -> pl.DataFrame:
    """Return what rosters that were seen one after the other say of who came and who went.

    A player came to the team on whose roster the player is new; and left if its next one does not have the player, and no other
    team's roster has got the player since. Whom a third roster has all the while is there again.

    Args:
        listed: one row per player of each roster that was seen: team_id, player_id, player_name, seen_at (UTC).

    Returns:
        The facts `rosters`.
    """
    seen = listed.select("team_id", "seen_at").unique().sort("team_id", "seen_at")
    place, after = pl.int_range(pl.len()).over("team_id"), pl.col("seen_at").shift(-1).over("team_id")
    rows = listed.join(seen.with_columns(place=place, after=after), on=["team_id", "seen_at"])
    rows = rows.sort("team_id", "player_id", "place")
    stint = ("team_id", "player_id")
    is_first = (pl.col("place") - pl.col("place").shift(1).over(stint)).ne_missing(1)
    is_last = (pl.col("place").shift(-1).over(stint) - pl.col("place")).ne_missing(1)
    began, ended = rows.filter(is_first), rows.filter(is_last)
    # One row per stint: from the first to the last of answers in a row that have the player.
    stints = began.select("player_id", "player_name", "team_id", known_at="seen_at").with_columns(ended["after"].alias("until"))
    left = stints.filter(pl.col("until").is_not_null()).with_columns(known_at="until")
    there = left.join(stints, on="player_id", suffix="_else").filter(
        (pl.col("team_id_else") != pl.col("team_id"))
        & (pl.col("known_at_else") < pl.col("known_at"))
        & (pl.col("until_else") > pl.col("known_at")).fill_null(value=True)
    )
    again = there.sort("known_at_else").unique(["player_id", "known_at", "team_id"], keep="last")
    left = left.join(
        again.select("player_id", "known_at", "team_id", then="team_id_else"),
        on=["player_id", "known_at", "team_id"],
        how="left",
    )
    who = ("player_id", "player_name", "team_id", "known_at")
    events = pl.concat(
        [stints.select(*who, came=pl.lit(value=True), then="team_id"), left.select(*who, came=pl.lit(value=False), then="then")]
    ).sort("player_id", "known_at", "came", maintain_order=True)
    holder = pl.when("came").then("team_id").forward_fill().over("player_id")
    return (
        events.filter(pl.col("came") | (holder == pl.col("team_id")))
        .with_columns(team_id="then")
        .unique(["player_id", "known_at"], keep="last", maintain_order=True)
        .select(ROSTERS.names)
    )
