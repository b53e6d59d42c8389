"""What reports say of players, as facts: names become ids, teams and dates become games."""

from collections.abc import Sequence

import polars as pl

from nba_assets.calendar import TIMESTAMP
from nba_assets.reference.names import Names
from nba_assets.reference.teams import UnknownTeamError, team_id
from nba_assets.sources.known import versions
from nba_assets.tables import facts

# A report of a team names all who may miss its game: `reported_at`, `game_date`, `team_id`, `player`, `status`, `reason`, and
# where it is written: `source`, `source_table`, `row_number`.
STATEMENT = {
    "reported_at": TIMESTAMP,
    "game_date": pl.Date(),
    "team_id": pl.Int64(),
    "player": pl.String(),
    "status": pl.String(),
    "reason": pl.String(),
    "source": pl.String(),
    "source_table": pl.String(),
    "row_number": pl.Int64(),
}
UNRESOLVED = {"unknown": "unknown_player", "ambiguous": "ambiguous_player"}


def resolved(statements: pl.DataFrame, names: Names) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the statements whose player one person is, with player_id, and `quarantined_rows` of the others."""
    written = statements.select("player", "team_id").unique(maintain_order=True)
    found = [names.resolve(player, team) for player, team in written.iter_rows()]
    who = written.with_columns(
        player_id=pl.Series([each.player_id for each in found], dtype=pl.Int64),
        how=pl.Series([each.how for each in found], dtype=pl.String),
        candidates=pl.Series([", ".join(each.candidates) for each in found], dtype=pl.String),
    )
    rows = statements.join(who, on=["player", "team_id"], how="left", maintain_order="left", nulls_equal=True)
    is_clear = pl.col("player_id").is_not_null() & pl.col("team_id").is_not_null()
    # Of a name that is on every report of a day one row is enough.
    unknown = rows.filter(~is_clear).unique(["source", "player"], keep="first", maintain_order=True)
    aside = unknown.with_columns(
        reason=pl.col("how").replace_strict(UNRESOLVED, default="unknown_team", return_dtype=pl.String),
        detail=pl.format("{} is {}: {}", "player", "how", "candidates").str.strip_suffix(": "),
    )
    return rows.filter(is_clear), aside.select(facts.QUARANTINED_ROWS.names)


def availability(statements: pl.DataFrame, slate: pl.DataFrame) -> pl.DataFrame:
    """Return the facts `availability`: what changed from one report of a team to the next.

    Args:
        statements: with player_id, of all reports of these games.
        slate: game_id, game_date, home_team_id, away_team_id.

    Returns:
        Whoever is on a team's report and not on its next one is available.
    """
    sides = pl.concat(slate.select("game_id", "game_date", team_id=f"{side}_team_id") for side in ("home", "away"))
    said = statements.join(sides, on=["game_date", "team_id"]).sort("reported_at", "source", "row_number", maintain_order=True)
    said = said.unique(["game_id", "player_id", "reported_at"], keep="last", maintain_order=True)
    reports = said.select("game_id", "team_id", "reported_at").unique()
    # Each player at each report of the team since the first that has the player.
    first = said.group_by("game_id", "game_date", "team_id", "player_id").agg(since=pl.col("reported_at").min())
    each = first.join(reports, on=["game_id", "team_id"]).filter(pl.col("reported_at") >= pl.col("since"))
    told = each.join(said, on=["game_id", "player_id", "reported_at"], how="left")
    told = told.with_columns(pl.col("status").fill_null("available"), seen_at="reported_at", nominal="reported_at")
    return versions(told, facts.AVAILABILITY)


def team_ids(names: Sequence[str]) -> list[int | None]:
    """Return the ids of teams as reports print them; None where a name is no team's. Some print names without spaces."""
    return [_team(name) for name in names]


def _team(name: str) -> int | None:
    spaced = "".join(f" {letter}" if letter.isupper() and number else letter for number, letter in enumerate(name))
    for text in (name, spaced):
        try:
            return team_id(text)
        except UnknownTeamError:
            continue
    return None
