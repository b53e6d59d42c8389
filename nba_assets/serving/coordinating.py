"""Requests that a slate be predicted: `/start`, `/status` and `/complete`."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from nba_assets.serving.coordinator import Coordinator, StartAsked, completed
from nba_assets.serving.messages import Inbox, Pushed
from nba_assets.serving.shapes import LONGEST, PLAIN
from nba_assets.serving.tokens import only_of_sender

RECORDED: dict[int | str, dict[str, Any]] = {204: {"description": "the message is recorded, or makes no sense"}}


class Batch(BaseModel):
    """A request that a slate be predicted, and the run that does it."""

    batch_id: str
    game_date: date
    run_id: str
    min_minutes: float | None
    correlation_id: str | None
    received_at: datetime


class BatchStatus(Batch):
    """How far a batch is."""

    status: Literal["queued", "running", "complete", "failed", "unknown"] = Field(description="unknown: Dagster forgot the run")
    run_status: str | None = Field(description="in Dagster's words")
    expected: int | None = Field(description="players of the slate who count; null: nothing of the date is published yet")
    predicted: int | None = Field(description="of them, predicted by the champion of points")
    confirmed: int = Field(description="players of whom POST /complete has said that the prediction has arrived")


def install(app: FastAPI, coordinator: Coordinator, inbox: Inbox) -> None:
    """Let an application answer them."""

    @app.post(
        "/start",
        summary="have a slate predicted: by the run that does so already, or by a new one",
        status_code=HTTPStatus.ACCEPTED,
        response_model=Batch,
        responses=RECORDED,
    )
    def start(request: Request, asked: Pushed | StartAsked) -> Response:
        if isinstance(asked, Pushed):
            only_of_sender(request)
            inbox.take(asked.message, coordinator.started, "start")
            return Response(status_code=HTTPStatus.NO_CONTENT)
        batch = Batch.model_validate(coordinator.start(asked))
        headers = {"Location": f"/status?batch_id={batch.batch_id}"}
        return JSONResponse(jsonable_encoder(batch), HTTPStatus.ACCEPTED, headers)

    @app.get("/status", summary="how far a batch is", response_model=BatchStatus)
    def status(batch_id: Annotated[str, Query(max_length=LONGEST, pattern=PLAIN)]) -> Any:
        return coordinator.status(batch_id)

    @app.post(
        "/complete",
        summary="a message of Pub/Sub that a prediction has arrived",
        status_code=HTTPStatus.NO_CONTENT,
        responses=RECORDED,
    )
    def complete(request: Request, pushed: Pushed) -> Response:
        only_of_sender(request)
        inbox.take(pushed.message, completed, "complete")
        return Response(status_code=HTTPStatus.NO_CONTENT)
