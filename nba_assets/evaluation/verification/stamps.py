"""Are the time stamps of facts plausible? What was known too early is an alarm, with what was observed."""

from collections.abc import Iterator

import polars as pl

from nba_assets.calendar import NOON, eastern_expr, tip_off_or_assumed
from nba_assets.evaluation.verification.verdicts import Examined, Verdict
from nba_assets.league.schedule import schedule
from nba_assets.tables import facts

# With fewer reports, all may have been early by chance; of so many, real ones always have some that came late.
MANY_REPORTS, ALMOST_ALL = 100, 0.98
GAME = ["game_id", "game_date"]
SHORTEST_GAME = pl.duration(minutes=90)


def of_stamps(examined: Examined) -> Iterator[Verdict]:
    """Yield the verdicts on when facts say that they were known."""
    read, dates = examined.warehouse.read, examined.dates
    notices = read(facts.SCHEDULE_NOTICES, dates)
    starts = schedule(notices).select(*GAME, start=tip_off_or_assumed(pl.col("tip_off"), pl.col("game_date")))
    absent = read(facts.AVAILABILITY, dates).filter(pl.col("status") == "out").join(starts, on=GAME)
    noon = eastern_expr(pl.col("game_date"), NOON)
    early = absent.filter(pl.col("known_at") <= noon).height
    foreseen = absent.height >= MANY_REPORTS and early > ALMOST_ALL * absent.height
    fault = (
        f"{early:,} of {absent.height:,} absences were announced by noon: real lists have late scratches" if foreseen else ""
    )
    yield Verdict("some absences are announced late", _observed(absent), fault)
    for name, table in (("lines on players", facts.PROP_LINES), ("lines on games", facts.GAME_LINES)):
        lines = read(table, dates).join(starts, on=GAME)
        late = lines.filter(pl.col("known_at") > pl.col("start"))
        fault = f"{late.height:,} of {lines.height:,} are stamped after tip-off, first {late.row(0)}" if late.height else ""
        yield Verdict(f"{name} are from before tip-off", _observed(lines), fault)
    boxes = read(facts.BOX_SCORES, dates).join(starts, on=GAME)
    soon = boxes.filter(pl.col("known_at") < pl.col("start") + SHORTEST_GAME)
    fault = (
        f"{soon.height:,} of {boxes.height:,} were known before the game was over, first {soon.row(0)}" if soon.height else ""
    )
    yield Verdict("box scores are known after the game", _observed(boxes), fault)


def _observed(rows: pl.DataFrame) -> str:
    """How many hours before the start of their games facts were known: tenths and the middle."""
    hours = ((rows["start"] - rows["known_at"]).dt.total_minutes() / 60).drop_nulls()
    if hours.is_empty():
        return "none"
    low, middle, high = (hours.quantile(level) for level in (0.1, 0.5, 0.9))
    return f"{len(hours):,}; hours before tip-off, 10%, 50%, 90%: {low:.1f}, {middle:.1f}, {high:.1f}"
