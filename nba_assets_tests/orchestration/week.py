"""Days of a home that asks sites: schedules and sensors are evaluated tick by tick by a fast clock, as the daemon does."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import dagster as dg
from pydantic import SecretStr

from nba_assets.calendar import EASTERN, NOON, Dates, eastern
from nba_assets.definitions import build_defs
from nba_assets.home import Home
from nba_assets.orchestration.build import build_deployment
from nba_assets.orchestration.instance import dagster_instance
from nba_assets.settings import Settings, load_settings
from nba_assets.sources.live import LiveSource
from nba_assets.sources.simulated import SimulatedSource
from nba_assets.tables import TABLES
from nba_assets_tests.sources.site import Clock, Site

SCHEDULES = {"noon_predictions": 12, "night_grades": 2}
SENSORS = ("due_fetches", "tip_predictions")
# Sensors are evaluated every five minutes; in quiet hours every half an hour is enough here.
STEP, QUIET = timedelta(minutes=5), timedelta(minutes=30)
BEFORE_NOON, BEFORE_TIP = timedelta(minutes=35), timedelta(minutes=45)
KEY = "the key of the week"


class Week:
    """A home whose past is simulated, and whose today is asked of a site.

    Args:
        past: a home with facts, features and bundles; it is copied, and all that is of the days or later is deleted. None: the
            home only fetches.
        folder: of the copy.
        league: whose games these are.
        site: that answers.
        clock: of both.
        days: that are lived through, and the night after the last.
    """

    def __init__(
        self, past: Settings | None, folder: Path, league: SimulatedSource, site: Site, clock: Clock, days: Dates
    ) -> None:
        self.sensors = SENSORS if past else SENSORS[:1]
        self.schedules = SCHEDULES if past else {}
        self.days, self.clock, self.site, self.tip_offs = days, clock, site, site.tip_offs()
        self.settings = _copy(past, folder, site, days)
        made = build_deployment(self.settings, clock)
        assert isinstance(made.source, LiveSource)
        self.deployment = replace(made, source=LiveSource(made.source.parts._replace(past=league, seam=days.first)))
        self.defs = build_defs(self.settings, self.deployment)
        self.home = Home(self.settings)
        self.runs: list[tuple[str, str, bool]] = []
        self._keys: set[str] = set()

    def live(self) -> None:
        """Evaluate every tick, and run what it asks for."""
        with dagster_instance(self.settings) as instance:
            for now in self._ticks():
                self.clock.now = now
                for job, request in [*self._scheduled(instance, now), *self._sensed(instance)]:
                    self._run(instance, job, request)

    def _ticks(self) -> Iterator[datetime]:
        now, end = eastern(self.days.first, NOON) - timedelta(hours=7), eastern(self.days.last, NOON) + timedelta(hours=15)
        while now <= end:
            yield now
            to_noon = eastern(now.astimezone(EASTERN).date(), NOON) - now
            soon = any(timedelta(0) < tip_off - now <= BEFORE_TIP for tip_off in self.tip_offs)
            now += STEP if soon or timedelta(0) < to_noon <= BEFORE_NOON else QUIET

    def _scheduled(self, instance: dg.DagsterInstance, now: datetime) -> Iterator[tuple[str, dg.RunRequest]]:
        for name, hour in self.schedules.items():
            at = eastern(now.astimezone(EASTERN).date(), NOON) + timedelta(hours=hour - 12)
            if not at <= now < at + STEP:
                continue
            context = dg.build_schedule_context(
                instance=instance,
                scheduled_execution_time=at,
                resources={"deployment": self.deployment},
                repository_def=self.defs.get_repository_def(),
            )
            schedule = self.defs.resolve_schedule_def(name)
            with context:
                yield from ((schedule.job_name, request) for request in schedule.evaluate_tick(context).run_requests or [])

    def _sensed(self, instance: dg.DagsterInstance) -> Iterator[tuple[str, dg.RunRequest]]:
        repository = self.defs.get_repository_def()
        for name in self.sensors:
            sensor = repository.get_sensor_def(name)
            resources = {"deployment": self.deployment}
            with dg.build_sensor_context(instance=instance, resources=resources, repository_def=repository) as context:
                for request in sensor.evaluate_tick(context).run_requests or []:
                    # As the daemon does: one run per key.
                    if request.run_key not in self._keys:
                        self._keys.add(str(request.run_key))
                        yield sensor.job_name, request

    def _run(self, instance: dg.DagsterInstance, job: str, request: dg.RunRequest) -> None:
        result = self.defs.resolve_job_def(job).execute_in_process(
            instance=instance,
            partition_key=request.partition_key,
            run_config={**request.run_config, "loggers": {"steps": {}}},
            tags=request.tags,
            raise_on_error=False,
        )
        self.runs.append((job, str(request.partition_key), result.success))


def _copy(past: Settings | None, folder: Path, site: Site, days: Dates) -> Settings:
    """A home with the same past, and nothing of the days or later."""
    if past:
        shutil.copytree(past.home, folder)
        (folder / "settings.json").unlink()
    settings = load_settings(
        folder,
        source="nba_stats",
        lines_source="odds",
        injuries_source="report",
        odds_key=SecretStr(KEY),
        odds_markets=("player_points",),
        sites=site.sites(),
        request_spacing=(0.0, 0.0),
    )
    for table in TABLES.values() if past else ():
        if table.date_column:
            later = f"{table.date_column} BETWEEN '{days.first}' AND '{date.max}'"
            Home(settings).sql(f"DELETE FROM {table.qualified} WHERE {later}")
    return settings
