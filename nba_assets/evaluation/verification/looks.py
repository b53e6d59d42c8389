"""Do features see what they could not know? Fresh builds, changed futures, absences derived again, and negative controls."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl

from nba_assets.calendar import EASTERN, Dates
from nba_assets.evaluation.verification.verdicts import Examined, Verdict, leaked
from nba_assets.features.leakage.controls import NEGATIVE_CONTROLS
from nba_assets.features.leakage.harness import KEPT, Harness, difference
from nba_assets.features.questionable import YEAR
from nba_assets.features.store import build
from nba_assets.sources.absences import availability
from nba_assets.tables import facts
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.versions import as_of

MOMENTS, SEEDS = 4, 3
# With fewer, a leak may have nothing to show.
FEW_DATES = 14
PLAYER_GAME = ["game_id", "player_id"]


def of_features(examined: Examined, harness: Harness) -> Iterator[Verdict]:
    """Yield the verdicts on features and on the facts that are derived for them."""
    rows = f"{harness.rows.height:,} feature rows"
    stored = examined.warehouse.read(ML_FEATURE_STORE, examined.dates)
    yield leaked("stored features are a fresh build", rows, difference("stored", stored, harness.rows))
    if examined.derives_absences:
        yield from _absences(examined, harness)
    yield from _blindness(harness, rows)
    yield from _caught(harness)


def _absences(examined: Examined, harness: Harness) -> Iterator[Verdict]:
    """Reports that were derived from box scores are derived again: from what is stored, and after later box scores changed.

    What is announced shortly before tip-off is derived from tonight's box score, because archives have no other record of it;
    so tonight's `tip` is not compared, but its `noon` is.
    """
    boxes = as_of(examined.warehouse.read(facts.BOX_SCORES), facts.BOX_SCORES)
    notes = examined.warehouse.read(facts.INJURY_REPORTS)

    def derived(known: pl.DataFrame, dates: Dates) -> pl.DataFrame:
        return availability(known, notes, told=examined.told).filter(pl.col("game_date").is_between(*dates))

    again = _same_season(boxes)
    there = examined.warehouse.read(facts.AVAILABILITY, examined.dates).join(again, on=PLAYER_GAME, how="semi")
    key, fresh = facts.AVAILABILITY.names, derived(boxes, examined.dates).join(again, on=PLAYER_GAME, how="semi")
    pairs = ((there, fresh), (fresh, there))
    off = pl.concat(one.join(other, on=key, how="anti", nulls_equal=True) for one, other in pairs)
    fault = f"{off.height:,} reports differ, first {off.row(0)}" if off.height else ""
    yield Verdict("absences are those that box scores give", f"{there.height:,} reports", fault)
    moments, rng, leak = harness.moments(MOMENTS, seed=0), np.random.default_rng(0), None
    reported = Dates(examined.dates.first - timedelta(days=YEAR), examined.dates.last)
    rows = build(replace(harness.known, availability=derived(boxes, reported)), harness.dates)
    for moment in moments:
        later = (boxes["known_at"] > moment).to_numpy()
        kept = boxes.filter(pl.Series(~later | (rng.random(boxes.height) < KEPT)))
        kept = kept.filter(pl.col("game_date") <= examined.dates.last)
        changed = replace(harness.known, box_scores=kept, availability=derived(kept, reported))
        earlier = (pl.col("decision") == "noon") | (pl.col("game_date") < moment.astimezone(EASTERN).date())
        known = (pl.col("decision_at") <= moment) & earlier
        decided = (frame.filter(known) for frame in (build(changed, harness.dates), rows))
        if leak := difference("derived", *decided, table="box_scores"):
            break
    yield leaked("absences derived from changed box scores", f"{len(moments)} instants", leak)


def _same_season(boxes: pl.DataFrame) -> pl.DataFrame:
    """Games of players who had played for the team in the season before: of others, summer notes may not have been landed."""
    first = boxes.group_by("season", "team_id", "player_id").agg(first=pl.col("game_date").min())
    games = boxes.select("season", "team_id", "game_id", "game_date").unique()
    later = games.join(first, on=["season", "team_id"]).filter(pl.col("game_date") > pl.col("first"))
    return later.select(PLAYER_GAME)


def _blindness(harness: Harness, rows: str) -> Iterator[Verdict]:
    moments = harness.moments(MOMENTS, seed=0)
    for seed in range(SEEDS):
        leaks = (leak for moment in moments if harness.future(moment, seed) for leak in harness.blamed(moment, seed))
        yield leaked(f"later facts changed at random, seed {seed}", f"{rows}, {len(moments)} instants", next(leaks, None))
    cut = (leak for moment in moments if (leak := harness.truncation(moment)))
    yield leaked("later facts cut away", f"{rows}, {len(moments)} instants", next(cut, None))
    days = sorted({moment.date() for moment in moments} & set(harness.rows["game_date"]))
    alone = (leak for day in days if (leak := harness.one_date(day)))
    yield leaked("a date built alone", f"{len(days)} dates", next(alone, None))


def _caught(harness: Harness) -> Iterator[Verdict]:
    """A negative control that is not caught is a fault of the harness; some have nothing to leak in a few dates."""
    moments = harness.moments(MOMENTS, seed=0)
    for control in NEGATIVE_CONTROLS:
        leaky = Harness.of(harness.known, harness.dates, control)
        name = f"negative control is caught: {control.__name__.replace('_', ' ')}"
        leaks = (leaky.future(moment, seed) or leaky.truncation(moment) for seed in range(SEEDS) for moment in moments)
        leak = next((leak for leak in leaks if leak), None)
        nothing = difference("control", leaky.rows, harness.rows) is None or harness.rows["game_date"].n_unique() < FEW_DATES
        yield Verdict(name, str(leak or "nothing to leak here"), "" if leak or nothing else "it was not caught")
