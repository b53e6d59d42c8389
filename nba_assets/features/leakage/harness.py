"""The leak harness: does any feature see what its decision could not know?

A builder is any function that makes feature rows of facts. The harness changes facts that become known after an
instant (values are exchanged, facts deleted, corrections and cancellations added), builds again, and compares the rows
that were decided before it, to the last bit. It also builds with the future cut away, and each date alone. Negative
controls, builders with a known leak, show that it can fail.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from nba_assets.calendar import Dates
from nba_assets.features.store import TIMED, Facts, build
from nba_assets.tables.archive import BOX_SCORE_COUNTS
from nba_assets.tables.contracts import Table
from nba_assets.tables.features import ML_FEATURE_STORE

Builder = Callable[[Facts, Dates], pl.DataFrame]
CHANGED = {
    "box_scores": ("starter", "minutes", *(column.name for column in BOX_SCORE_COUNTS)),
    "availability": ("status",),
    "game_lines": ("home_spread", "total"),
    "prop_lines": ("american_price",),
    "injury_reports": ("note",),
    "schedule_notices": ("status",),
    "tracking_games": ("touches", "time_of_possession", "drives"),
    "rosters": ("team_id",),
    "tracking_seasons": ("touches", "time_of_possession", "drives"),
}
KEPT, CORRECTED = 0.7, 0.1
NAMED_COLUMNS = 5


@dataclass(frozen=True)
class Leak:
    """Rows that differ though nothing that they could know does.

    Attributes:
        check: the comparison: future, truncation, one date.
        table: whose later facts moved them, as far as that is known.
        columns: which features differ.
        rows: how many rows.
        first: the first of them.
    """

    check: str
    table: str
    columns: tuple[str, ...]
    rows: int
    first: str

    def __str__(self) -> str:
        """Render as a line for people."""
        named = ", ".join(self.columns[:NAMED_COLUMNS]) + (" …" if len(self.columns) > NAMED_COLUMNS else "")
        return f"{self.check}: {self.rows} rows moved by {self.table or 'facts'}: {named}; first {self.first}"


@dataclass(frozen=True)
class Harness:
    """A builder, what it is given and what it makes of it.

    Attributes:
        known: facts of the dates.
        dates: the slates to build.
        builder: makes the rows.
        rows: what it made.
    """

    known: Facts
    dates: Dates
    builder: Builder
    rows: pl.DataFrame

    @classmethod
    def of(cls, known: Facts, dates: Dates, builder: Builder = build) -> "Harness":
        """Build the rows that the others are compared with."""
        return cls(known, dates, builder, builder(known, dates))

    def future(self, moment: datetime, seed: int) -> Leak | None:
        """Change all that becomes known after an instant; rows decided by then must not move.

        Args:
            moment: an instant.
            seed: of the random changes.
        """
        changed = self.known
        for table in TIMED:
            changed = perturbed(changed, table, moment, seed)
        return self._compared("future", changed, moment)

    def blamed(self, moment: datetime, seed: int) -> list[Leak]:
        """Change one kind of fact at a time, to name the one whose later versions move rows."""
        found = (self._compared("future", perturbed(self.known, table, moment, seed), moment, table.name) for table in TIMED)
        return [leak for leak in found if leak]

    def truncation(self, moment: datetime) -> Leak | None:
        """Cut away all that becomes known after an instant; rows decided by then must not move."""
        return self._compared("truncation", self.known.until(moment), moment)

    def one_date(self, day: date) -> Leak | None:
        """Build a date alone; its rows must be those of the range."""
        alone = self.builder(self.known, Dates(day, day))
        return difference("one date", alone, self.rows.filter(pl.col("game_date") == day))

    def moments(self, number: int, seed: int) -> list[datetime]:
        """Return decision instants within the dates, drawn at random and spread evenly."""
        decided = self.rows["decision_at"].unique().sort()
        if decided.is_empty():
            return []
        parts = np.array_split(np.arange(decided.len()), min(number, decided.len()))
        rng = np.random.default_rng(seed)
        return [decided[int(rng.choice(part))] for part in parts if len(part)]

    def _compared(self, check: str, changed: Facts, moment: datetime, table: str = "") -> Leak | None:
        decided = (rows.filter(pl.col("decision_at") <= moment) for rows in (self.builder(changed, self.dates), self.rows))
        return difference(check, *decided, table=table)


def perturbed(known: Facts, table: Table, moment: datetime, seed: int) -> Facts:
    """Return facts in which those of one table that become known after `moment` are changed at random.

    Three in ten are deleted; the values of the others are exchanged among them; and of what was known, some get a
    correction that arrives a second later (a game is called off, a player out, a box score another player's).
    """
    versions: pl.DataFrame = getattr(known, table.name)
    rng = np.random.default_rng(seed)
    before, after = versions.filter(pl.col("known_at") <= moment), versions.filter(pl.col("known_at") > moment)
    kept = after.filter(pl.Series(rng.random(after.height) < KEPT, dtype=pl.Boolean))
    late = before.filter(pl.Series(rng.random(before.height) < CORRECTED, dtype=pl.Boolean))
    late = late.with_columns(known_at=pl.lit(moment + timedelta(seconds=1)).cast(before.schema["known_at"]))
    return replace(known, **{table.name: pl.concat([before, _exchanged(kept, table, rng), _exchanged(late, table, rng)])})


def _exchanged(rows: pl.DataFrame, table: Table, rng: np.random.Generator) -> pl.DataFrame:
    order = rng.permutation(rows.height)
    changed = {name: rows[name][order] for name in CHANGED[table.name]}
    if table.name == "schedule_notices":
        changed["status"] = pl.Series(rng.choice(["scheduled", "postponed"], rows.height), dtype=pl.String)
    if table.name == "availability":
        changed["status"] = pl.Series(rng.choice(["starter", "out"], rows.height), dtype=pl.String)
    return rows.with_columns(**changed)


def difference(check: str, found: pl.DataFrame, expected: pl.DataFrame, table: str = "") -> Leak | None:
    """Return the leak that two builds of the same rows show, or None.

    Rosters must have the same rows; of the others only who has one may differ, not what is in it.
    """
    key = list(ML_FEATURE_STORE.key)
    listed = [frame.filter("on_roster").select(key) for frame in (found, expected)]
    missing = pl.concat([listed[0].join(listed[1], on=key, how="anti"), listed[1].join(listed[0], on=key, how="anti")])
    if missing.height:
        return Leak(check, table, ("who is on the slate",), missing.height, str(missing.row(0)))
    for frame in (found, expected):
        if twice := frame.filter(pl.struct(key).is_duplicated()).height:
            return Leak(check, table, ("rows that are there twice",), twice, str(frame.select(key).row(0)))
    one, two = (frame.join(other, on=key, how="semi").sort(key) for frame, other in ((found, expected), (expected, found)))
    columns = tuple(name for name in ML_FEATURE_STORE.names if not one[name].equals(two[name], null_equal=True))
    if not columns:
        return None
    rows = two.filter(pl.any_horizontal(one[name].ne_missing(two[name]) for name in columns))
    return Leak(check, table, columns, rows.height, str(rows.select(key).row(0)))
