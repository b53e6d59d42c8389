"""Running the graph from the command line: the same jobs as in the UI, in this process, season by season."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from time import perf_counter

import dagster as dg

from nba_assets.calendar import FIRST_GAME_DATE, Dates
from nba_assets.definitions import build_defs
from nba_assets.graph import GAME_DATES, SECONDS, training_cutoffs
from nba_assets.home import dagster_instance
from nba_assets.points.training import MIN_ROWS
from nba_assets.resources import build_source, build_warehouse
from nba_assets.settings import Settings
from nba_assets.tables import facts

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
        self._defs = build_defs(settings)
        self._source = build_source(settings)
        self._warehouse = build_warehouse(settings)
        self._cutoffs = training_cutoffs(settings.cutoff_cron)

    def backfill(self, dates: Dates) -> None:
        """Take a range of dates from facts to grades.

        Facts, league tables and features cover all that the source has up to the last date, so that the first season
        predicted has a past. Predictions and grades cover the range.

        Raises:
            SourceError: the source has a structural fault; nothing was written.
            RunError: the source has nothing in the range.
        """
        if dates.first > dates.last:
            raise RunError(f"--from {dates.first} is after --to {dates.last}")
        spans = [span.dates.overlap(Dates(FIRST_GAME_DATE, dates.last)) for span in self._source.seasons()]
        for remark in self._source.remarks():
            self.report(f"note: {remark}")
        history = [span for span in spans if span]
        wanted = [overlap for span in history if (overlap := span.overlap(dates))]
        if not wanted:
            raise RunError(f"source {self._source.name} has no games in {dates}")
        self.settings.save()
        for span in history:
            self._run("prepare", span)
        cutoffs = self._trainable(wanted)
        if cutoffs:
            self._run("train", Dates(cutoffs[0], cutoffs[-1]))
        else:
            self.report("no bundle can be trained: too few games before the first cutoff; give an earlier history")
        for span in wanted:
            self._run("forecast", span)

    def predict(self, day: date) -> None:
        """Land a date's facts, build its features and predict it with the bundle that serves it."""
        self._run("predict", self._one(day))

    def grade(self, day: date) -> None:
        """Land a date's results and grade what was predicted for it."""
        self._run("grade", self._one(day))

    def _one(self, day: date) -> Dates:
        if day.isoformat() not in set(GAME_DATES.get_partition_keys()):
            raise RunError(f"{day} is not a date that can be predicted or graded: from {FIRST_GAME_DATE} to today in New York")
        return Dates(day, day)

    def _trainable(self, wanted: list[Dates]) -> list[date]:
        """The cutoffs whose windows hold a wanted date and before which enough is known."""
        starts = [date.fromisoformat(key) for key in self._cutoffs.get_partition_keys()]
        ends = [start - timedelta(days=1) for start in starts[1:]] + [date.max]
        windows = [Dates(*window) for window in zip(starts, ends, strict=True)]
        serving = [window.first for window in windows if any(window.overlap(span) for span in wanted)]
        played = self._warehouse.read(facts.BOX_SCORES, columns=["game_date"])["game_date"]
        return [cutoff for cutoff in serving if ROWS_A_PLAYER_GAME * (played < cutoff).sum() >= MIN_ROWS]

    def _run(self, job: str, dates: Dates) -> None:
        """Run one job over a range of partitions, in this process."""
        self.report(f"{job} {dates}")
        began = perf_counter()
        with dagster_instance(self.settings) as instance:
            result = self._defs.resolve_job_def(job).execute_in_process(
                instance=instance,
                run_config={"loggers": {"steps": {}}},
                tags={RANGE_START: dates.first.isoformat(), RANGE_END: dates.last.isoformat()},
                raise_on_error=True,
            )
        seconds = perf_counter() - began
        work, recorded = _work(result)
        self.effort.work += work
        self.effort.total += seconds
        self.effort.recorded += recorded
        for check in result.get_asset_check_evaluations():
            if not check.passed:
                found = {name: value.value for name, value in check.metadata.items()}
                self.report(
                    f"warning: {check.asset_key.to_user_string()} {check.check_name}: {found['rows']} rows, first {found['first']}"
                )
        self.report(f"{job} {dates}: {seconds:.1f} s, of which {work:.1f} s work")


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
