"""Slates on request: which run of Dagster predicts a date, and how far it is."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from threading import Lock
from typing import Any, Literal
from uuid import uuid4

import sqlalchemy as sa
from pydantic import BaseModel, Field

from nba_assets.calendar import EASTERN, FIRST_GAME_DATE
from nba_assets.reference.names import lookup
from nba_assets.registry.catalog import DEFAULT_MARKET
from nba_assets.serving import reading
from nba_assets.serving.messages import PoisonError, data_of, id_of, now
from nba_assets.serving.problems import ProblemError
from nba_assets.serving.reading import Row
from nba_assets.serving.runs import SECONDS, DagsterRun, Runs, RunsError
from nba_assets.serving.schema import BATCHES
from nba_assets.serving.shapes import Text
from nba_assets.stores.database import Database

MOST_MINUTES = 70
STATES = {
    **dict.fromkeys(("QUEUED", "NOT_STARTED"), "queued"),
    **dict.fromkeys(("STARTING", "STARTED", "CANCELING"), "running"),
    **dict.fromkeys(("FAILURE", "CANCELED"), "failed"),
    "SUCCESS": "complete",
}


class StartAsked(BaseModel):
    """Which slate is to be predicted; all of it, whatever the least minutes are."""

    model_config = {"extra": "forbid"}

    game_date: date | Literal["TODAY", "TOMORROW"] = Field("TODAY", description="the day of the games in New York")
    min_minutes: float | None = Field(None, ge=0, le=MOST_MINUTES, description="who plays less does not count in the status")
    correlation_id: Text | None = Field(None, description="what you follow it by; the same one on the same date is one batch")


class Completed(BaseModel):
    """What a message to `/complete` says, as JSON in base64; further members do no harm."""

    batch_id: Text | None = None
    game_date: date | None = None
    player_lookup: Text | None = None
    game_id: Text | None = None
    correlation_id: Text | None = None


class Coordinator:
    """Starts runs and knows their batches.

    Args:
        database: with the tables of batches and of messages.
        runs: of Dagster.
        clock: the true time.
    """

    def __init__(self, database: Database, runs: Runs, clock: Callable[[], datetime] = now) -> None:
        """Start nothing yet."""
        self._database, self._runs, self._clock = database, runs, clock
        self._starting = Lock()

    def start(self, asked: StartAsked, message_id: str | None = None) -> Row:
        """Return the batch of a request; a run that predicts the date already is joined, else one is started.

        Args:
            asked: by the request.
            message_id: of a message, which may come twice.

        Raises:
            ProblemError: the date is not one that can be predicted.
            RunsError: Dagster does not answer; then no batch is recorded.
            DatabaseError: the batch cannot be recorded.
        """
        day, known_by = self._day(asked.game_date), asked.correlation_id or message_id or uuid4().hex
        batch_id = sha256(f"{day} {known_by}".encode()).hexdigest()[:32]

        if known := reading.batch(self._database, batch_id):
            return known
        # While one is started no other writes: whether Dagster answers is found out before.
        running = self._runs.unfinished(day)
        job = self._runs.job()

        def claimed(connection: sa.Connection) -> None:
            # One at a time, of all coordinators: SQLite has one writer anyway.
            if not self._database.is_sqlite:
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('nba_assets start'))"))
            if connection.scalar(sa.select(BATCHES.c.run_id).where(BATCHES.c.batch_id == batch_id)) is None:
                run = running or self._runs.unfinished(day) or self._runs.launch(day, job)
                about = {"min_minutes": asked.min_minutes, "correlation_id": asked.correlation_id, "run_id": run.run_id}
                row = {"batch_id": batch_id, "received_at": self._clock(), "game_date": day, **about}
                connection.execute(sa.insert(BATCHES).values(**row))

        if not self._starting.acquire(timeout=SECONDS):
            raise RunsError("other runs are being started")
        try:
            self._database.write(claimed)
        finally:
            self._starting.release()
        return reading.batch(self._database, batch_id) or {}

    def status(self, batch_id: str) -> Row:
        """Return how far a batch is: its run, and of the players who count how many are predicted and confirmed.

        Raises:
            ProblemError: there is no such batch.
            RunsError: Dagster does not answer.
        """
        batch = reading.batch(self._database, batch_id)
        if batch is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"no batch has the id {batch_id!r}; POST /start gives one")
        run = self._runs.of(batch["run_id"])
        counted = self._counted(batch["game_date"], batch["min_minutes"] or 0.0)
        confirmed = reading.confirmed(self._database, batch_id)
        return {**batch, "status": _state(run), "run_status": run and run.status, **counted, "confirmed": confirmed}

    def started(self, message: Mapping[str, Any]) -> Row:
        """Start what a message asks for, and return what is recorded of it.

        Raises:
            PoisonError: it makes no sense.
            RunsError: Dagster does not answer.
            DatabaseError: the database does not answer.
        """
        try:
            batch = self.start(data_of(message, StartAsked), id_of(message))
        except ProblemError as error:
            raise PoisonError(error.detail) from error
        return {"outcome": "started", **{name: batch[name] for name in ("batch_id", "game_date", "correlation_id")}}

    def _day(self, asked: date | str) -> date:
        today = self._clock().astimezone(EASTERN).date()
        tomorrow = today + timedelta(days=1)
        day = {"TODAY": today, "TOMORROW": tomorrow}.get(asked) if isinstance(asked, str) else asked
        if day is None or not FIRST_GAME_DATE <= day <= tomorrow:
            detail = f"{asked} cannot be predicted: dates from {FIRST_GAME_DATE} to tomorrow in New York, {tomorrow}, can"
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        return day

    def _counted(self, day: date, least: float) -> Row:
        """Who counts, of the slate as it is published, and who of them is predicted; null: nothing is published."""
        if reading.version(self._database, day) is None:
            return {"expected": None, "predicted": None}
        expected = reading.expected(self._database, day, least)
        predicted = {row["player_id"] for row in reading.predictions(self._database, day, DEFAULT_MARKET)}
        return {"expected": len(expected), "predicted": len(expected & predicted)}


def completed(message: Mapping[str, Any]) -> Row:
    """Return what is recorded of a message that predictions have arrived. Raises PoisonError: it makes no sense."""
    told = data_of(message, Completed)
    if told.batch_id is None and told.game_date is None:
        raise PoisonError("it names neither batch_id nor game_date")
    who = lookup(told.player_lookup) if told.player_lookup else None
    return {"outcome": "completed", **told.model_dump(), "player_lookup": who}


def _state(run: DagsterRun | None) -> str:
    return STATES.get(run.status, "running") if run else "unknown"
