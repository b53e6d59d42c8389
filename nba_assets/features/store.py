"""`ml_feature_store`: one function builds it for training, backfill and live.

Box scores that come late or are corrected split time into epochs: within one epoch every decision sees the same versions
of the past, so all its rows are computed together. Without corrections there is one epoch.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from nba_assets.calendar import Dates, box_score_known_at
from nba_assets.features.form import player_form, player_history, team_form, team_history
from nba_assets.features.history import History
from nba_assets.features.slate import rosters, slate
from nba_assets.features.teammates import teammate_features
from nba_assets.tables import facts
from nba_assets.tables.contracts import Table
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.versions import as_of, as_of_each, fact_key

MOST_REST_DAYS = 14
STARTERS = 5
SLATE = ("game_id", "game_date", "decision")
ORDER = ("game_date", "game_id", "decision", "player_id")


@dataclass(frozen=True)
class Facts:
    """All versions of the facts that features read: box scores of all dates up to the slates, the others of the slates."""

    schedule_notices: pl.DataFrame
    box_scores: pl.DataFrame
    availability: pl.DataFrame
    game_lines: pl.DataFrame


def build(known: Facts, dates: Dates) -> pl.DataFrame:
    """Return `ml_feature_store` for a range of slates, both decisions.

    Every row is a function of the facts with known_at <= its decision_at, but for which players have a row with
    on_roster = false. A row is equal to the last bit whichever range it is built in.

    Args:
        known: facts; what lies after the slates is not looked at.
        dates: the slates.
    """
    games = slate(known.schedule_notices, dates)
    parts = [_rows(decided, boxes, known) for decided, boxes in _epochs(games, known.box_scores)]
    return pl.concat([ML_FEATURE_STORE.empty(), *parts]).sort(ML_FEATURE_STORE.key)


def _epochs(games: pl.DataFrame, versions: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Split decisions so that within a part all see the same versions of the box scores of earlier dates.

    A version is regular if it is known by 02:00 ET after its game (after the earliest date that any version gives it):
    every decision of a later date sees it. The arrivals of the others are where epochs begin.
    """
    earliest = pl.col("game_date").min().over(fact_key(facts.BOX_SCORES))
    is_regular = pl.col("known_at") <= box_score_known_at(earliest)
    regular, late = versions.filter(is_regular), versions.filter(~is_regular)
    begins = late["known_at"].unique().sort()
    number = np.searchsorted(begins.to_physical().to_numpy(), games["decision_at"].to_physical().to_numpy(), "right")
    for epoch in np.unique(number):
        arrived = late.filter(pl.col("known_at") <= begins[int(epoch) - 1]) if epoch else late.clear()
        yield games.filter(pl.Series(number == epoch)), as_of(pl.concat([regular, arrived]), facts.BOX_SCORES)


def _rows(games: pl.DataFrame, boxes: pl.DataFrame, known: Facts) -> pl.DataFrame:
    """The rows of one epoch: `boxes` holds one version of each box score, of which earlier dates are looked at."""
    rows = _players(games, boxes, known.box_scores)
    rows = _with_availability(rows, known.availability)
    rows = _with_lines(rows, known.game_lines).sort(ORDER)
    players = History.before(rows, player_history(boxes), "player_id")
    teams = team_history(boxes)
    own = History.before(rows, teams, "team_id")
    opponents = rows.select("game_date", "season", team_id="opponent_team_id")
    days_off = (rows["game_date"] - players.last("game_date")).dt.total_days() - 1
    rows = rows.with_columns(
        **player_form(players),
        **team_form(own, "team"),
        **team_form(History.before(opponents, teams, "team_id"), "opponent"),
        team_games_season=pl.Series(own.season_games),
        rest_days=days_off.clip(0, MOST_REST_DAYS),
        home=pl.col("is_home").cast(pl.Int64),
        at_tip=(pl.col("decision") == "tip").cast(pl.Int64),
    )
    rows = rows.with_columns(**teammate_features(rows))
    return rows.select(pl.col(name).cast(kind) for name, kind in ML_FEATURE_STORE.schema.items())


def _players(games: pl.DataFrame, boxes: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """The rosters, and with on_roster = false the others who then appeared."""
    listed = rosters(games, boxes).with_columns(on_roster=pl.lit(value=True))
    who = ("game_id", "game_date", "team_id", "player_id")
    appeared = versions.sort("known_at").unique(who, keep="first").select(*who, "player_name")
    others = (
        games.join(appeared, on=["game_id", "game_date", "team_id"])
        .join(listed, on=[*SLATE, "player_id"], how="anti")
        .with_columns(team_games_missed=pl.lit(None, pl.Int64), on_roster=pl.lit(value=False))
    )
    return pl.concat([listed, others.select(listed.columns)])


def _with_availability(rows: pl.DataFrame, availability: pl.DataFrame) -> pl.DataFrame:
    """Who is said to be out; who starts, once all five of his team are announced."""
    said = _known(rows, availability, facts.AVAILABILITY)
    starters = said.filter(pl.col("status") == "starter")
    teams = starters.group_by(*SLATE, "team_id").len().filter(pl.col("len") == STARTERS)
    rows = rows.join(said.select(*SLATE, "player_id", "status"), on=[*SLATE, "player_id"], how="left")
    rows = rows.join(teams.select(*SLATE, "team_id", announced=pl.lit(value=True)), on=[*SLATE, "team_id"], how="left")
    starts = pl.col("status").eq_missing("starter").cast(pl.Int64)
    return rows.with_columns(is_out=pl.col("status").eq_missing("out"), starter=pl.when("announced").then(starts))


def _with_lines(rows: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Spread and total as the median of the bookmakers, seen from the player's team."""
    middle = _known(rows, lines, facts.GAME_LINES).group_by(SLATE).agg(pl.col("home_spread", "total").median())
    spread = pl.when("is_home").then("home_spread").otherwise(-pl.col("home_spread"))
    return rows.join(middle, on=SLATE, how="left").with_columns(
        spread=spread, implied_team_total=(pl.col("total") - spread) / 2
    )


def _known(rows: pl.DataFrame, versions: pl.DataFrame, table: Table) -> pl.DataFrame:
    asked = rows.select(*SLATE, "decision_at").unique()
    return as_of_each(asked, versions, table, on=("game_id", "game_date"))
