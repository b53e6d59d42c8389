"""Runs the graph from the command line: the same jobs as in the UI, in this process, season by season."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from time import perf_counter
from typing import NamedTuple

import dagster as dg
import polars as pl
from sqlalchemy.exc import OperationalError

from nba_assets.calendar import FIRST_GAME_DATE, Dates
from nba_assets.definitions import build_defs
from nba_assets.errors import NbaAssetsError
from nba_assets.orchestration import planning
from nba_assets.orchestration.build import build_deployment
from nba_assets.orchestration.deployment import Deployment
from nba_assets.orchestration.factory import GAME_DATES, SECONDS, cutoff_dates
from nba_assets.orchestration.instance import dagster_instance
from nba_assets.orchestration.reporting import Reporter, Silent
from nba_assets.orchestration.signals import noticing_interrupts
from nba_assets.settings import Settings, remembered
from nba_assets.tables import facts, features, league
from nba_assets.tables.versions import as_of

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
# Tables of `prepare` that every date must have recorded before a later one looks back on it.
PREPARED = [table.name for table in (*facts.DAILY, *league.DAILY, features.ML_FEATURE_STORE)]
# Rough seconds, measured on two cores: only for the estimate of the time left.
SECONDS_PER_DATE = {"fetch": 25.0, "prepare": 0.08, "expect": 0.03, "predict": 0.2, "grade": 0.3, "forecast": 0.2}
SECONDS_PER_CUTOFF = {"train_minutes": 9.0, "train_rates": 40.0, "train": 60.0, "train_usage": 2.0}
REVIEW_SECONDS = 15.0
LOOKED_AT_AGAIN = timedelta(days=7)


class RunError(NbaAssetsError):
    """A request that cannot be run."""


class Step(NamedTuple):
    """One job of a plan.

    Attributes:
        dates: the range of its partitions; None: it has none.
        seconds: a rough estimate of how long it takes.
    """

    job: str
    dates: Dates | None
    seconds: float

    def __str__(self) -> str:
        """Render as in log lines."""
        return f"{self.job} {self.dates}" if self.dates else self.job


@dataclass
class RunTiming:
    """What runs took: seconds of the assets' own work, seconds in all, and how many asset partitions were recorded."""

    work: float = 0.0
    total: float = 0.0
    recorded: int = 0

    @property
    def bookkeeping_ms(self) -> float:
        """Milliseconds of Dagster's records per asset and date."""
        return 1000 * (self.total - self.work) / max(self.recorded, 1)


class Runner:
    """Runs jobs of a home folder.

    Args:
        settings: of the home.
        reporter: of what is begun and done.
        deployment: to run with; None: the home's own.
    """

    def __init__(self, settings: Settings, reporter: Reporter | None = None, deployment: Deployment | None = None) -> None:
        """Build the definitions; open nothing yet."""
        self.settings = settings
        self.timing = RunTiming()
        self.errors: list[str] = []
        self._reporter: Reporter = reporter or Silent()
        # Seconds of the running step that were announced as done before its end.
        self._announced = 0.0
        self._step = Step("", None, 0.0)
        self._deployment = replace(deployment or build_deployment(settings), advance=self._advance)
        self._source, self._warehouse = self._deployment.source, self._deployment.warehouse
        self._defs = build_defs(settings, self._deployment)

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
        self.fetch(dates)
        self._reporter.line(f"read source {self._source.name}")
        history = self._spans(Dates(FIRST_GAME_DATE, dates.last))
        wanted = [overlap for span in history if (overlap := span.overlap(dates))]
        if not wanted:
            raise RunError(f"source {self._source.name} has no games in {dates}")
        for remark in self._source.remarks():
            self._reporter.line(f"note: {remark}")
        with self._deployment.lock.command("backfill"):
            self.settings.save()
            self._forecast(history, wanted)

    def fetch(self, dates: Dates) -> None:
        """Ask sites for what is due for a range of dates; a home that asks nobody has nothing to do."""
        if self.settings.is_live:
            with self._deployment.lock.command("fetch"):
                self.settings.save()
                step = _dated("fetch", dates)
                self._reporter.plan(step.seconds)
                self._run(step)

    def reparse(self, dates: Dates) -> None:
        """Read facts of a range of dates again from what is kept, without network, and all that is made of them."""
        with self._deployment.lock.command("reparse"):
            for span in self._spans(dates):
                self._run(_dated("prepare", span))

    def _forecast(self, history: list[Dates], wanted: list[Dates]) -> None:
        """Prepare all of history, train what serves the wanted dates, predict and grade them."""
        cutoffs = planning.serving_windows(cutoff_dates(self.settings.cutoff_cron), wanted)
        months = planning.serving_windows(cutoff_dates(self.settings.usage_cron), wanted)
        earlier = planning.serving_windows(cutoff_dates(self.settings.cutoff_cron), history)
        prepare = [_dated("prepare", span) for span in history]
        expect = [_at_cutoffs("train_minutes", earlier), *(_dated("expect", span) for span in history)]
        train = [_at_cutoffs("train", cutoffs)] if cutoffs else []
        train_rates = [_at_cutoffs("train_rates", cutoffs)] if cutoffs else []
        train_usage = [_at_cutoffs("train_usage", months)] if months else []
        forecast = [*(_dated("forecast", span) for span in wanted), Step("review", None, REVIEW_SECONDS)]
        self._reporter.plan(sum(step.seconds for step in (*prepare, *expect, *train, *train_rates, *train_usage, *forecast)))
        for step in (*prepare, *expect):
            self._run(step)
        known_at = self._warehouse.read(facts.BOX_SCORES, columns=["known_at"])["known_at"]
        trainable = planning.trainable(cutoffs, known_at)
        if trainable:
            for step in (*train, *train_rates):
                self._run(_at_cutoffs(step.job, trainable)._replace(seconds=step.seconds))
        else:
            self._reporter.line("no bundle can be trained: too few games before the first cutoff; give an earlier history")
        for step in (*train_usage, *forecast):
            self._run(step)

    def predict(self, day: date) -> None:
        """Land a date's facts, build its features and predict it with the bundle that serves it."""
        self._day("predict", day)

    def grade(self, day: date) -> None:
        """Land a date's results and grade what was predicted for it."""
        self._day("grade", day)

    def _day(self, job: str, day: date) -> None:
        """Run a job for one date, after what is missing before it: features look back."""
        if day.isoformat() not in set(GAME_DATES.get_partition_keys()):
            raise RunError(f"{day} cannot be predicted or graded: dates from {FIRST_GAME_DATE} to tomorrow in New York can")
        self._refuse_mixture()
        with self._deployment.lock.command(job):
            missing = self._missing_before(day)
            steps = [*(_dated(step, span) for step in ("prepare", "expect") for span in missing), _dated(job, Dates(day, day))]
            self._reporter.plan(sum(step.seconds for step in steps))
            for step in steps:
                self._run(step)

    @contextmanager
    def _recorded(self) -> Iterator[dg.DagsterInstance]:
        """The home's Dagster instance; a full disk is reported in one line."""
        try:
            with dagster_instance(self.settings) as instance:
                yield instance
        except OperationalError as error:
            raise RunError(f"Dagster's records cannot be written: {error.orig}", source=self.settings.home) from error

    def _missing_before(self, day: date) -> list[Dates]:
        """What has to be prepared before a date: all from the first date on that misses something, because features look back.

        Missing is a date with games that some asset has not recorded, or a box score (or correction) that is known and not
        in the league.
        """
        yesterday = day - timedelta(days=1)
        before = Dates(FIRST_GAME_DATE, yesterday)
        scheduled = self._source.read(facts.SCHEDULE_NOTICES, before)["game_date"].unique().to_list()
        # Sites are asked about newest games only, and what they have answered takes long to read.
        near = Dates(day - LOOKED_AT_AGAIN, yesterday) if self.settings.is_live else before
        known = self._source.read(facts.BOX_SCORES, near).filter(pl.col("known_at") <= self._deployment.clock())
        version = ["game_id", "game_date", "player_id", "known_at"]
        played = self._warehouse.read(league.PLAYER_GAMES, before, version)
        late = as_of(known, facts.BOX_SCORES).join(played, on=version, how="anti")["game_date"].unique().to_list()
        with self._recorded() as instance:
            keys = (instance.get_materialized_partitions(dg.AssetKey(name)) for name in PREPARED)
            recorded = set.intersection(*map(set, keys))
        first = planning.first_missing(scheduled, recorded, late)
        return self._spans(Dates(first, yesterday)) if first else []

    def _spans(self, dates: Dates) -> list[Dates]:
        """The parts of a range, up to tomorrow, for which the source has anything."""
        tomorrow = date.fromisoformat(GAME_DATES.get_last_partition_key() or "")
        return planning.season_parts(self._source.seasons(), dates, tomorrow)

    def _refuse_mixture(self) -> None:
        """Facts of two sources in one home would be neither's. An archive's folder may move or grow."""
        held, chosen = remembered(self.settings.home), self.settings.model_dump()
        if self.settings.live_from and held.get("source") == "archive" and chosen["source"] == "nba_stats":
            # The archive goes on as the past of what is live.
            return
        names = ["source", *(("seed", "first_season") if chosen["source"] == "simulated" else ())]
        other = {name: held[name] for name in names if name in held and held[name] != chosen[name]}
        if other:
            what = ", ".join(f"{name} {value}" for name, value in other.items())
            remedy = "name another folder with --home DIR, or delete it"
            raise RunError(f"{self.settings.home} holds data of {what}", remedy=remedy)

    def _advance(self, share: float) -> None:
        """A step reports that a share of it is done."""
        seconds = share * self._step.seconds
        self._announced += seconds
        self._reporter.advance(seconds)

    def _run(self, step: Step) -> None:
        """Run one job, over a range of partitions if it has any, in this process."""
        dates = step.dates
        span = {RANGE_START: dates.first.isoformat(), RANGE_END: dates.last.isoformat()} if dates else {}
        self._reporter.line(str(step))
        self._step, self._announced = step, 0.0
        began = perf_counter()
        with noticing_interrupts(), self._recorded() as instance, _interrupts_as_everywhere():
            result = self._defs.resolve_job_def(step.job).execute_in_process(
                instance=instance,
                run_config={"loggers": {"steps": {}}},
                tags=span,
                raise_on_error=True,
            )
        seconds = perf_counter() - began
        work, recorded = _work(result)
        self.timing.work += work
        self.timing.total += seconds
        self.timing.recorded += recorded
        self._report_checks(result)
        self._reporter.line(f"{step}: {seconds:.1f} s, of which {work:.1f} s work")
        self._reporter.advance(step.seconds - self._announced)

    def _report_checks(self, result: dg.ExecuteInProcessResult) -> None:
        for check in result.get_asset_check_evaluations():
            if check.passed:
                continue
            failed = f"{check.asset_key.to_user_string()} {check.check_name}"
            rows, first = (check.metadata[key].value for key in ("rows", "first"))
            is_error = check.severity is dg.AssetCheckSeverity.ERROR
            self._reporter.line(f"{'ERROR' if is_error else 'warning'}: {failed}: {rows} rows, first {first}")
            if is_error and failed not in self.errors:
                self.errors.append(failed)


def _dated(job: str, span: Dates) -> Step:
    return Step(job, span, SECONDS_PER_DATE[job] * ((span.last - span.first).days + 1))


def _at_cutoffs(job: str, cutoffs: list[date]) -> Step:
    return Step(job, Dates(cutoffs[0], cutoffs[-1]), SECONDS_PER_CUTOFF[job] * len(cutoffs))


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
