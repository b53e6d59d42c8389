"""What injured lists say of those who may play: notes since the last game."""

import polars as pl

from nba_assets.arrays import Floats
from nba_assets.reference.names import CERTAINTY, Names, Person
from nba_assets.sources.absences import OFF_THE_LIST

NOTE_DAYS = 30
TEAM = ("game_id", "game_date", "decision", "team_id")


def injury_features(rows: pl.DataFrame, reports: pl.DataFrame) -> dict[str, Floats]:
    """Return `injury_listed` and `injury_note_days` from the notes of 30 days that a decision knew.

    injury_listed: 1 if the newest note is of the list (day-to-day too) and is newer than the player's last game.
    injury_note_days: days since the newest note of the list; null if there is none.
    Notes of days before the season's first game do not count: a season begins with those who are fit.

    Args:
        rows: game_id, game_date, decision, decision_at, team_id, player_id, player_name, on_roster, last_played,
            season_began.
        reports: facts `injury_reports`, all versions.
    """
    columns = (*TEAM, "decision_at", "player_id", "player_name", "last_played", "season_began")
    numbered = rows.select(*columns, "on_roster").with_row_index("row")
    noted = (
        _whose(numbered.filter("on_roster").drop("on_roster"), reports)
        .filter((pl.col("known_at") <= pl.col("decision_at")) & (pl.col("report_date") >= pl.col("season_began")))
        .sort("row", "report_date", "known_at", "note")
    )
    on = ~pl.col("note").str.contains(OFF_THE_LIST)
    since = pl.col("last_played").is_null() | (pl.col("report_date") > pl.col("last_played"))
    newest = noted.group_by("row", maintain_order=True).agg(
        listed=(on & since).last(), noted_on=pl.col("report_date").filter(on).last()
    )
    found = numbered.join(newest, on="row", how="left", maintain_order="left")
    days = (found["game_date"] - found["noted_on"]).dt.total_days()
    return {
        "injury_listed": found["listed"].fill_null(value=False).cast(pl.Float64).to_numpy(),
        "injury_note_days": days.cast(pl.Float64).fill_null(float("nan")).to_numpy(),
    }


def _whose(rows: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """Rows with the notes on them: of a team's roster the one player whom the name fits best; nobody if several do."""
    people = rows.select("team_id", "player_id", "player_name").unique()
    names = {
        team: Names(Person(player, name) for player, name in of_team.select("player_id", "player_name").iter_rows())
        for (team,), of_team in people.group_by("team_id")
    }
    fits = [
        (team, printed, person.player_id, person.name, CERTAINTY.index(how))
        for team, printed in reports.select("team_id", "player_name").unique().iter_rows()
        if team in names
        for how, person in names[team].matches(printed)
    ]
    # By the name in the latest game: a later spelling is not known yet.
    player = {"player_id": pl.Int64, "player_name": pl.String}
    pairs = pl.DataFrame(fits, {"team_id": pl.Int64, "printed": pl.String, **player, "certainty": pl.Int64}, orient="row")
    several = pl.col("player_id").n_unique().over("team_id", "printed") > 1
    same_name = pl.col("player_name") == pl.col("player_name_right")
    whose = [
        rows.join(found, on=["team_id", "player_id"]).filter(same_name)
        for found in (pairs.filter(~several), pairs.filter(several))
    ]
    fit, together = pl.col("certainty"), (*TEAM, "printed")
    surest = whose[1].filter(fit == fit.min().over(together)).filter(pl.len().over(together) == 1)
    # Notes meet rows of their own and the next 30 days only: a join of all of a player's notes would be ten times as long.
    notes = reports.select("team_id", "report_date", "note", "known_at", _period("report_date"), printed="player_name")
    near = pl.concat([notes, notes.with_columns(pl.col("period") + 1)])
    age = pl.col("game_date") - pl.col("report_date")
    return (
        pl.concat([whose[0], surest])
        .with_columns(_period("game_date"))
        .join(near, on=["period", "team_id", "printed"])
        .filter(age.is_between(pl.duration(days=0), pl.duration(days=NOTE_DAYS)))
    )


def _period(day: str) -> pl.Expr:
    return (pl.col(day).cast(pl.Int32) // NOTE_DAYS).alias("period")
