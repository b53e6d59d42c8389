"""Requests in which features come in, or messages: `/predict` and `/v2/models/{id}/infer`."""

from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from nba_assets.registry.catalog import DEFAULT_MARKET
from nba_assets.serving.inference import by_feature, predicted, tensors
from nba_assets.serving.messages import Inbox, Pushed, answered
from nba_assets.serving.problems import ProblemError
from nba_assets.serving.service import Service
from nba_assets.serving.shapes import ModelId, Text
from nba_assets.serving.tokens import only_of_sender

MOST_ROWS, MOST_FEATURES = 2000, 1000
Value = Annotated[float | None, Field(allow_inf_nan=False)]


class Rows(BaseModel):
    """Rows of features, by name; null: the feature has no value."""

    model_config = {"extra": "forbid"}

    rows: list[dict[str, Value]] = Field(min_length=1, max_length=MOST_ROWS, examples=[[{"points_avg_last_5": 21.4}]])
    model: Text | None = Field(None, description="a model's id; none: the champion of points", examples=["xgboost_v1"])


class Predicted(BaseModel):
    """One prediction per row, in the unit of the market."""

    model: str
    market: str
    hash: str | None = Field(description="of the model's content")
    cutoff: str | None = Field(description="of its training; null: not known")
    predictions: list[float | None]


class Tensor(BaseModel):
    """One feature of all rows, as the Open Inference Protocol has it."""

    name: Text
    datatype: Literal["FP64", "FP32", "INT64", "INT32"] = "FP64"
    shape: list[Annotated[int, Field(ge=0)]] = Field(max_length=2, examples=[[1]])
    data: list[Value] = Field(max_length=MOST_ROWS)


class Inference(BaseModel):
    """An inference request of the Open Inference Protocol: one input per feature."""

    id: Text | None = None
    inputs: list[Tensor] = Field(max_length=MOST_FEATURES)


def install(app: FastAPI, service: Service, inbox: Inbox) -> None:
    """Let an application answer them."""

    @app.post(
        "/predict",
        summary="features in, points out; or a message that Pub/Sub pushes",
        response_model=Predicted,
        responses={204: {"description": "the message is recorded, whether it could be answered or makes no sense"}},
    )
    def predict(request: Request, asked: Rows | Pushed) -> Response:
        if isinstance(asked, Pushed):
            only_of_sender(request)
            inbox.take(asked.message, partial(answered, service))
            return Response(status_code=HTTPStatus.NO_CONTENT)
        system = service.system(asked.model) if asked.model else service.champion(DEFAULT_MARKET)
        about = {
            "model": system.model_id,
            "market": system.market,
            "hash": system.content_hash,
            "cutoff": system.training_cutoff,
        }
        return JSONResponse({**about, "predictions": predicted(system, by_feature(system, asked.rows))})

    @app.post("/v2/models/{model_id}/infer", summary="features in, predictions out (Open Inference Protocol)")
    def infer(model_id: ModelId, asked: Inference) -> dict[str, Any]:
        for given in asked.inputs:
            rows = given.shape[0] if given.shape else 1
            if len(given.data) != rows or given.shape[1:] not in ([], [1]):
                detail = f"{given.name}: shape {given.shape} is not that of {len(given.data)} rows of one value"
                raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        columns = {given.name: given.data for given in asked.inputs}
        if len(columns) < len(asked.inputs):
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "a feature is given twice")
        return {**tensors(service.system(model_id), columns), **({"id": asked.id} if asked.id else {})}
