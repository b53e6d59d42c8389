"""Running the graph from the command line: the same jobs as in the UI, in this process, season by season."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from time import perf_counter
from typing import Any

import dagster as dg
import polars as pl
from sqlalchemy.exc import OperationalError

from nba_assets.calendar import FIRST_GAME_DATE, MIDNIGHT, Dates, eastern
from nba_assets.definitions import build_defs
from nba_assets.orchestration.automation import PREPARE
from nba_assets.orchestration.factory import GAME_DATES, SECONDS, training_cutoffs
from nba_assets.orchestration.instance import dagster_instance
from nba_assets.orchestration.locks import alone
from nba_assets.orchestration.resources import build_resources
from nba_assets.orchestration.signals import noticing_interrupts
from nba_assets.points.fit import MIN_ROWS
from nba_assets.settings import Settings, remembered
from nba_assets.tables import facts, league
from nba_assets.tables.versions import as_of

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
ROWS_A_PLAYER_GAME = 2
Report = Callable[[str], None]


class RunError(RuntimeError):
    """A request that cannot be run: says why and what to do."""


@dataclass
class Effort:
    """What runs took: seconds of the assets' own work, seconds in all, and how many asset partitions were recorded."""

    work: float = 0.0
    total: float = 0.0
    recorded: int = 0

    @property
    def bookkeeping_ms(self) -> float:
        """Milliseconds of Dagster's bookkeeping an asset and date."""
        return 1000 * (self.total - self.work) / max(self.recorded, 1)


class Runner:
    """Runs jobs of a home folder.

    Args:
        settings: of the home.
        report: called with a line for each job that is begun or done.
    """

    def __init__(self, settings: Settings, report: Report) -> None:
        """Build the definitions; open nothing yet."""
        self.settings = settings
        self.report = report
        self.effort = Effort()
        self.errors: list[str] = []
        self._resources: dict[str, Any] = build_resources(settings)
        self._source: Any = self._resources["source"]
        self._warehouse: Any = self._resources["warehouse"]
        self._defs = build_defs(settings, self._resources)
        self._cutoffs = training_cutoffs(settings.cutoff_cron)
        self._usage_cutoffs = training_cutoffs(settings.usage_cron)

    def backfill(self, dates: Dates) -> None:
        """Take a range of dates from facts to grades.

        Facts, league tables and features cover all that the source has up to the last date, so that the first season
        predicted has a past. Predictions and grades cover the range.

        Raises:
            SourceError: the source has a structural fault; nothing was written.
            RunError: the source has nothing in the range, or the home holds data of another source.
        """
        if dates.first > dates.last:
            raise RunError(f"--from {dates.first} is after --to {dates.last}")
        self._refuse_mixture()
        self.report(f"read source {self._source.name}")
        history = self._spans(Dates(FIRST_GAME_DATE, dates.last))
        wanted = [overlap for span in history if (overlap := span.overlap(dates))]
        if not wanted:
            raise RunError(f"source {self._source.name} has no games in {dates}")
        for remark in self._source.remarks():
            self.report(f"note: {remark}")
        with alone(self.settings):
            self.settings.save()
            self._forecast(history, wanted)

    def _forecast(self, history: list[Dates], wanted: list[Dates]) -> None:
        """Prepare all of history, train what serves the wanted dates, predict and grade them."""
        for span in history:
            self._run("prepare", span)
        cutoffs = self._trainable(wanted)
        if cutoffs:
            self._run("train", Dates(cutoffs[0], cutoffs[-1]))
        else:
            self.report("no bundle can be trained: too few games before the first cutoff; give an earlier history")
        if months := self._serving(self._usage_cutoffs, wanted):
            self._run("train_usage", Dates(months[0], months[-1]))
        for span in wanted:
            self._run("forecast", span)
        self._run("review")

    def predict(self, day: date) -> None:
        """Land a date's facts, build its features and predict it with the bundle that serves it."""
        self._day("predict", day)

    def grade(self, day: date) -> None:
        """Land a date's results and grade what was predicted for it."""
        self._day("grade", day)

    def _day(self, job: str, day: date) -> None:
        """Run a job for one date, after what is missing before it: features look back."""
        if day.isoformat() not in set(GAME_DATES.get_partition_keys()):
            raise RunError(f"{day} is not a date that can be predicted or graded: from {FIRST_GAME_DATE} to today in New York")
        self._refuse_mixture()
        with alone(self.settings):
            for span in self._missing_before(day):
                self._run("prepare", span)
            self._run(job, Dates(day, day))

    @contextmanager
    def _recorded(self) -> Iterator[dg.DagsterInstance]:
        """The home's Dagster instance; a full disk is said in one line."""
        try:
            with dagster_instance(self.settings) as instance:
                yield instance
        except OperationalError as error:
            raise RunError(f"Dagster's records in {self.settings.home} cannot be written: {error.orig}") from error

    def _missing_before(self, day: date) -> list[Dates]:
        """What is to be prepared before a date: all from the first date on that misses something, because features look back.

        Missing is a date with games that some asset has not recorded, or a box score (or correction) that is known and not
        in the league.
        """
        yesterday = day - timedelta(days=1)
        before = Dates(FIRST_GAME_DATE, yesterday)
        scheduled = self._source.read(facts.SCHEDULE_NOTICES, before)["game_date"].unique().to_list()
        known = self._source.read(facts.BOX_SCORES, before).filter(pl.col("known_at") <= self._resources["clock"]())
        version = ["game_id", "game_date", "player_id", "known_at"]
        played = self._warehouse.read(league.PLAYER_GAMES, before, version)
        late = as_of(known, facts.BOX_SCORES).join(played, on=version, how="anti")["game_date"].unique().to_list()
        with self._recorded() as instance:
            keys = (instance.get_materialized_partitions(dg.AssetKey(name)) for name in PREPARE if name != facts.PLAYERS.name)
            recorded = set.intersection(*map(set, keys))
        missing = sorted({*late, *(game_date for game_date in scheduled if game_date.isoformat() not in recorded)})
        return self._spans(Dates(missing[0], yesterday)) if missing else []

    def _spans(self, dates: Dates) -> list[Dates]:
        """The parts of a range, up to today, for which the source has anything: a season each."""
        until_today = Dates(dates.first, min(dates.last, date.fromisoformat(GAME_DATES.get_last_partition_key() or "")))
        parts = (span.dates.overlap(until_today) for span in self._source.seasons())
        return [part for part in parts if part]

    def _refuse_mixture(self) -> None:
        """Facts of two sources in one home would be neither's. An archive's folder may move or grow."""
        held, chosen = remembered(self.settings.home), self.settings.model_dump()
        names = ["source", *(("seed", "first_season") if chosen["source"] == "simulated" else ())]
        other = {name: held[name] for name in names if name in held and held[name] != chosen[name]}
        if other:
            what = ", ".join(f"{name} {value}" for name, value in other.items())
            raise RunError(f"{self.settings.home} holds data of {what}; name another folder with --home DIR, or delete it")

    def _trainable(self, wanted: list[Dates]) -> list[date]:
        """The cutoffs of bundles whose windows hold a wanted date and before which enough is known."""
        serving = self._serving(self._cutoffs, wanted)
        known_at = self._warehouse.read(facts.BOX_SCORES, columns=["known_at"])["known_at"]
        known = {cutoff: (known_at < eastern(cutoff, MIDNIGHT)).sum() for cutoff in serving}
        return [cutoff for cutoff in serving if ROWS_A_PLAYER_GAME * known[cutoff] >= MIN_ROWS]

    def _serving(self, cutoffs: dg.TimeWindowPartitionsDefinition, wanted: list[Dates]) -> list[date]:
        """The cutoffs whose windows hold a wanted date."""
        starts = [date.fromisoformat(key) for key in cutoffs.get_partition_keys()]
        ends = [start - timedelta(days=1) for start in starts[1:]] + [date.max]
        windows = [Dates(*window) for window in zip(starts, ends, strict=True)]
        return [window.first for window in windows if any(window.overlap(span) for span in wanted)]

    def _run(self, job: str, dates: Dates | None = None) -> None:
        """Run one job, over a range of partitions if it has any, in this process."""
        name = f"{job} {dates}" if dates else job
        span = {RANGE_START: dates.first.isoformat(), RANGE_END: dates.last.isoformat()} if dates else {}
        self.report(name)
        began = perf_counter()
        with noticing_interrupts(), self._recorded() as instance, _interrupts_as_everywhere():
            result = self._defs.resolve_job_def(job).execute_in_process(
                instance=instance,
                run_config={"loggers": {"steps": {}}},
                tags=span,
                raise_on_error=True,
            )
        seconds = perf_counter() - began
        work, recorded = _work(result)
        self.effort.work += work
        self.effort.total += seconds
        self.effort.recorded += recorded
        for check in result.get_asset_check_evaluations():
            if not check.passed:
                failed = f"{check.asset_key.to_user_string()} {check.check_name}"
                rows, first = (check.metadata[key].value for key in ("rows", "first"))
                is_error = check.severity is dg.AssetCheckSeverity.ERROR
                self.report(f"{'ERROR' if is_error else 'warning'}: {failed}: {rows} rows, first {first}")
                if is_error and failed not in self.errors:
                    self.errors.append(failed)
        self.report(f"{name}: {seconds:.1f} s, of which {work:.1f} s work")


@contextmanager
def _interrupts_as_everywhere() -> Iterator[None]:
    """Dagster has an exception of its own for Ctrl-C."""
    try:
        yield
    except dg.DagsterExecutionInterruptedError as error:
        raise KeyboardInterrupt from error


def _work(result: dg.ExecuteInProcessResult) -> tuple[float, int]:
    """Seconds that the assets worked, and the number of materializations that were recorded."""
    seconds: dict[str, float] = {}
    recorded = 0
    for event in result.all_events:
        if event.is_step_materialization:
            recorded += 1
            metadata = event.step_materialization_data.materialization.metadata
            seconds[event.step_key or ""] = float(str(metadata[SECONDS].value))
    return sum(seconds.values()), recorded
