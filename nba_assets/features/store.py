"""`ml_feature_store`: one function builds it for training, backfill and live.

Box scores that come late or are corrected split time into epochs: within one epoch every decision sees the same versions
of the past, so all its rows are computed together. Without corrections there is one epoch.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl
import polars.selectors as cs

from nba_assets.arrays import Floats
from nba_assets.calendar import FIRST_GAME_DATE, Dates, box_score_known_at
from nba_assets.features import context, teams
from nba_assets.features.form import player_form, player_history
from nba_assets.features.history import History, at_once
from nba_assets.features.injuries import NOTE_DAYS, injury_features
from nba_assets.features.questionable import MEANT, YEAR, chances_to_play
from nba_assets.features.rates import player_rates, rate_history, tracking_features
from nba_assets.features.slate import rosters, slate
from nba_assets.features.teammates import teammate_features
from nba_assets.league.lines import POINTS, PREDICTION, betting_lines
from nba_assets.sources.protocol import Source
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts
from nba_assets.tables.contracts import Table
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.versions import as_of, as_of_each, fact_key

STARTERS = 5
ASKED = ("game_date", "season", "player_id", "opponent_team_id", "team_games_missed")
SLATE = ("game_id", "game_date", "decision")


@dataclass(frozen=True)
class Facts:
    """All versions of the facts that features read.

    Box scores and tracking are of all dates up to the slates, availability of a year before them, injury reports of 30 days
    before them, players, rosters and tracked seasons of all time; the others are of the slates.
    """

    schedule_notices: pl.DataFrame
    box_scores: pl.DataFrame
    availability: pl.DataFrame
    game_lines: pl.DataFrame
    prop_lines: pl.DataFrame
    injury_reports: pl.DataFrame
    tracking_games: pl.DataFrame
    tracking_seasons: pl.DataFrame
    players: pl.DataFrame
    rosters: pl.DataFrame

    def until(self, at: datetime) -> "Facts":
        """Return the facts that were known at an instant; what is known at all times has no `known_at`."""
        return replace(self, **{table.name: getattr(self, table.name).filter(pl.col("known_at") <= at) for table in TIMED})


READ = tuple(facts.BY_NAME[field.name] for field in fields(Facts))
TIMED = tuple(table for table in READ if table.versions)


def read_facts(source: Source | Warehouse, dates: Dates) -> Facts:
    """Return the facts that the features of some dates read, from a warehouse or from a source."""
    noted = Dates(dates.first - timedelta(days=NOTE_DAYS), dates.last)
    reported = Dates(dates.first - timedelta(days=YEAR), dates.last)
    since = {
        facts.BOX_SCORES: Dates(FIRST_GAME_DATE, dates.last),
        facts.TRACKING_GAMES: Dates(FIRST_GAME_DATE, dates.last),
        facts.INJURY_REPORTS: noted,
        facts.AVAILABILITY: reported,
    }
    return Facts(**{table.name: source.read(table, since.get(table, dates)) for table in READ})


def build(known: Facts, dates: Dates) -> pl.DataFrame:
    """Return `ml_feature_store` for a range of slates, both decisions.

    Every row is a function of the facts with known_at <= its decision_at, except for which players have a row with
    on_roster = false. A row is equal to the last bit whichever range it is built in.

    Args:
        known: facts; what lies after the slates is not looked at.
        dates: the slates.
    """
    return build_slate(known, slate(known.schedule_notices, dates))


def build_slate(known: Facts, games: pl.DataFrame) -> pl.DataFrame:
    """Return `ml_feature_store` for the games of a slate, at the instants of their decisions.

    Args:
        known: facts; what is known after a decision, or lies after the slates, is not looked at.
        games: rows of `slate.slate` or `slate.slate_as_of`.
    """
    return present(past(known, games), games, known)


class Epoch(NamedTuple):
    """Rows whose decisions all see the same versions of the past, with what that tells; nothing of their own night.

    Attributes:
        boxes: box scores as those decisions see them.
        rows: one per game, player and decision.
    """

    boxes: pl.DataFrame
    rows: pl.DataFrame


def past(known: Facts, games: pl.DataFrame) -> Iterator[Epoch]:
    """Yield what earlier games tell of the players of a slate; of most slates there is one epoch. Arguments: `build_slate`."""
    for of_epoch, boxes, tracking in _epochs(games, known):
        yield Epoch(boxes, _past(of_epoch, boxes, tracking, known))


def present(epochs: Iterable[Epoch], games: pl.DataFrame, known: Facts) -> pl.DataFrame:
    """Return `ml_feature_store`: the past, with what is known of the night itself.

    Args:
        epochs: of `past`; of a part of the games, or with other reports of the night in `known`, they stay as they are.
        games: as of `build_slate`.
        known: as of `build_slate`.
    """
    asked = games.select(*SLATE, "decision_at").unique()
    parts = [each.rows.hstack(_availability(each, asked, known.availability)) for each in epochs]
    if not parts:
        return ML_FEATURE_STORE.empty()
    # More than one part is rare: a part is sorted.
    rows = parts[0] if len(parts) == 1 else pl.concat(parts).sort(ML_FEATURE_STORE.key)
    rows = _with_the_night(rows, asked, known)
    return rows.select(pl.col(name).cast(kind) for name, kind in ML_FEATURE_STORE.schema.items())


def _epochs(games: pl.DataFrame, known: Facts) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]]:
    """Split decisions so that within a part all see the same box scores and tracked games of earlier dates.

    A version is regular if it is known by 02:00 ET after its game (after the earliest date that any version gives it):
    every decision of a later date sees it. The arrivals of the others are where epochs begin.
    """
    versions = (known.box_scores, facts.BOX_SCORES), (known.tracking_games, facts.TRACKING_GAMES)
    parted = [_regular_and_late(*each) for each in versions]
    begins = pl.concat([late["known_at"] for _, late, _ in parted]).unique().sort()
    number = np.searchsorted(begins.to_physical().to_numpy(), games["decision_at"].to_physical().to_numpy(), "right")
    for epoch in np.unique(number):
        until = begins[int(epoch) - 1] if epoch else None
        boxes, tracking = (_seen_by(*each, until) for each in parted)
        yield games.filter(pl.Series(number == epoch)), boxes, tracking


def _regular_and_late(versions: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, pl.DataFrame, Table]:
    earliest = pl.col("game_date").min().over(fact_key(table))
    is_regular = pl.col("known_at") <= box_score_known_at(earliest)
    return versions.filter(is_regular), versions.filter(~is_regular), table


def _seen_by(regular: pl.DataFrame, late: pl.DataFrame, table: Table, until: datetime | None) -> pl.DataFrame:
    arrived = late.filter(pl.col("known_at") <= until) if until else late.clear()
    return as_of(pl.concat([regular, arrived]), table)


def _past(games: pl.DataFrame, boxes: pl.DataFrame, tracking: pl.DataFrame, known: Facts) -> pl.DataFrame:
    """Who may play, and what box scores and tracking tell: one version of each, of which earlier dates are looked at."""
    # In key order, but by number: text is slow to sort.
    number = pl.struct("game_date", "game_id").rle_id()
    games = games.with_columns(number.alias("number"), **_series(teams.team_features(games, boxes)))
    rows = _players(games, boxes, known).sort("number", "player_id", "decision")
    # Both decisions of a game look back on the same past: it is computed once.
    each = rows.select(pl.struct("number", "player_id").rle_id()).to_series().to_numpy()
    asked = rows.select(ASKED)[np.flatnonzero(np.diff(each, prepend=-1))]
    players = History(player_history(boxes), asked, "player_id")
    missed = asked["team_games_missed"]
    rated = rate_history(boxes, tracking)
    past = at_once(
        lambda: player_form(players) | context.load(players),
        lambda: context.since_absence(players, missed) | context.attendance(players, missed),
        lambda: context.against_opponent(asked, boxes) | teams.allowed_to_position(asked, boxes, known.players),
        lambda: player_rates(rated, asked) | tracking_features(rated, asked, known.tracking_seasons),
    )
    dates = pl.DataFrame({"last_played": players.last("game_date"), "season_began": _season_began(asked, boxes)})
    return rows.hstack(pl.DataFrame(past).with_columns(cs.float().fill_nan(None)).hstack(dates)[each])


def _with_the_night(rows: pl.DataFrame, asked: pl.DataFrame, known: Facts) -> pl.DataFrame:
    """Tonight's lines and injured lists; and what they and the reports make of the past.

    Args:
        rows: in key order, which stays.
        asked: game_id, game_date, decision and decision_at of the slates.
        known: facts.
    """
    rows = _with_lines(rows, asked, known).with_columns(
        **context.calendar(),
        **context.scores(),
        **_in_role(),
        shot_zone_mismatch_score=teams.zone_mismatch(),
        home=pl.col("is_home").cast(pl.Int64),
        at_tip=(pl.col("decision") == "tip").cast(pl.Int64),
        bench_tier=context.bench_tier(),
        **context.bodies(rows, known.players),
    )
    found = at_once(
        lambda: teammate_features(rows, known.players),
        lambda: injury_features(rows, known.injury_reports),
    )
    return rows.with_columns(**_series(found))


def _players(games: pl.DataFrame, boxes: pl.DataFrame, known: Facts) -> pl.DataFrame:
    """The rosters, and with on_roster = false the others who then appeared."""
    listed = rosters(games, boxes, known.rosters).with_columns(on_roster=pl.lit(value=True))
    who = ("game_id", "game_date", "team_id", "player_id")
    first = known.box_scores.sort("known_at", "team_id").unique(["game_id", "game_date", "player_id"], keep="first")
    appeared = games.join(first.select(*who, "player_name"), on=["game_id", "game_date", "team_id"])
    others = appeared.join(listed, on=[*SLATE, "player_id"], how="anti").with_columns(
        team_games_missed=pl.lit(None, pl.Int64), on_roster=pl.lit(value=False)
    )
    return pl.concat([listed, others.select(listed.columns)])


def _availability(epoch: Epoch, asked: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """Who is reported out or questionable, and the chance to play; who starts, once all five of the team are announced."""
    of_slates = reports.join(asked, on=["game_id", "game_date"], how="semi")
    reported = _known(asked, of_slates, facts.AVAILABILITY).rename({"known_at": "reported_at"})
    starters = reported.filter(pl.col("status") == "starter").group_by(*SLATE, "team_id").len()
    announced = starters.filter(pl.col("len") == STARTERS).select(*SLATE, "team_id", announced=pl.lit(value=True))
    # Narrow: the rows are wide by now.
    asking = epoch.rows.select(*SLATE, "team_id", "player_id", "season", "team_games_missed")
    rows = _joined(asking, reported.select(*SLATE, "player_id", "status", "reason", "reported_at"), "player_id")
    rows = _joined(rows, announced, "team_id")
    chance = np.where(rows["status"].eq_missing("out").to_numpy(), 0.0, 1.0)
    unsure = np.flatnonzero(rows["status"].is_in(MEANT).fill_null(value=False).to_numpy())
    chance[unsure] = chances_to_play(rows[unsure], epoch.boxes, reports)
    starts = pl.col("status").eq_missing("starter").cast(pl.Int64)
    return rows.with_columns(
        is_out=pl.col("status").eq_missing("out"),
        play_probability=pl.Series(chance),
        starter=pl.when("announced").then(starts),
    ).drop(asking.columns)


def _with_lines(rows: pl.DataFrame, asked: pl.DataFrame, known: Facts) -> pl.DataFrame:
    """Spread and total as the median of the bookmakers, seen from the player's team; the line on the player's points."""
    middle = _known(asked, known.game_lines, facts.GAME_LINES).group_by(SLATE).agg(pl.col("home_spread", "total").median())
    on_points = betting_lines(rows, known.prop_lines, POINTS).select(*PREDICTION, vegas_points_line="betting_line")
    spread = pl.when("is_home").then("home_spread").otherwise(-pl.col("home_spread"))
    return _joined(_joined(rows, middle), on_points, "player_id").with_columns(
        spread=spread, implied_team_total=(pl.col("total") - spread) / 2
    )


def _joined(rows: pl.DataFrame, found: pl.DataFrame, *more: str) -> pl.DataFrame:
    return rows.join(found, on=[*SLATE, *more], how="left", maintain_order="left")


def _known(asked: pl.DataFrame, versions: pl.DataFrame, table: Table) -> pl.DataFrame:
    return as_of_each(asked, versions, table, on=("game_id", "game_date"))


def _season_began(rows: pl.DataFrame, boxes: pl.DataFrame) -> pl.Series:
    """The first date of the season on which a game was played; the day itself if there is none before it."""
    first = boxes.group_by("season").agg(first=pl.col("game_date").min())
    began = pl.min_horizontal("game_date", "first")
    return (
        rows.select("season", "game_date")
        .join(first, on="season", how="left", maintain_order="left")
        .select(began)["game_date"]
    )


def _in_role() -> dict[str, pl.Expr]:
    """Form in tonight's role, once that is known; in any role where the player never had this one."""
    starts = pl.when(pl.col("starter") == 1)
    return {
        f"{name}_in_role": pl.when(pl.col("starter").is_not_null()).then(
            pl.coalesce(starts.then(f"{name}_as_starter_ewma").otherwise(f"{name}_off_bench_ewma"), f"{name}_ewma")
        )
        for name in ("minutes", "points")
    }


def _series(values: dict[str, Floats]) -> dict[str, pl.Series]:
    """Numbers as columns; what is not a number is null."""
    return {name: pl.Series(found, dtype=pl.Float64).fill_nan(None) for name, found in values.items()}
