"""Errors as clients get them: problem details (RFC 9457), without a stack trace and without a secret."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from nba_assets.errors import NbaAssetsError
from nba_assets.serving.runs import RunsError
from nba_assets.stores.artifacts import ArtifactError
from nba_assets.stores.database import DatabaseError
from nba_assets.stores.topics import TopicError
from nba_assets.usage.effects import CoefficientError

FORM = "application/problem+json"
# What is below it is for people.
PAGE = "/app"
# Seconds after which a client may try again.
SOON = "5"
UNAVAILABLE: dict[type[NbaAssetsError], str] = {
    DatabaseError: "the database does not answer, or has no slates yet",
    ArtifactError: "a file of a model cannot be read",
    TopicError: "a topic takes no message",
    RunsError: "Dagster does not answer, or does not take the run",
}


def unavailable(error: NbaAssetsError) -> str:
    """Return what a client is told of something that does not answer: without its host or path."""
    return next(said for kind, said in UNAVAILABLE.items() if isinstance(error, kind))


class ProblemError(Exception):
    """What a client did wrong, or cannot have.

    Args:
        status: of HTTP.
        detail: what is wrong with this request, and what would be right.
        more: members of the document beside the standard's.
    """

    def __init__(self, status: HTTPStatus, detail: str, **more: Any) -> None:
        """Keep them."""
        super().__init__(detail)
        self.status, self.detail, self.more = status, detail, more


def problem(request: Request, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """Return a problem as a response: to people as a page, to programs as a document."""
    if request.url.path.startswith(PAGE):
        return request.app.state.show_problem(status, detail, headers or {}, **more)
    title = HTTPStatus(status).phrase
    about = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": request.url.path}
    known = {"request_id": getattr(request.state, "request_id", None)}
    return JSONResponse({**about, **known, **more}, status, media_type=FORM, headers=headers)


def install(app: FastAPI) -> None:
    """Let an application answer its errors as problems."""
    handlers: dict[type[Exception], Any] = {
        ProblemError: _refused,
        RequestValidationError: _invalid,
        HTTPException: _http,
        CoefficientError: _unknown,
        DatabaseError: _unavailable,
        ArtifactError: _unavailable,
        RunsError: _unavailable,
        Exception: _broken,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _refused(request: Request, error: ProblemError) -> Response:
    return problem(request, error.status, error.detail, **error.more)


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    """What is wrong with which parameter; what was sent is not repeated."""
    faults = [{"where": ".".join(map(str, each["loc"])), "what": each["msg"]} for each in error.errors()]
    detail = "; ".join(f"{each['where']}: {each['what']}" for each in faults)
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=faults)


async def _http(request: Request, error: HTTPException) -> Response:
    return problem(request, error.status_code, str(error.detail), dict(error.headers or {}))


async def _unknown(request: Request, error: CoefficientError) -> Response:
    return problem(request, HTTPStatus.NOT_FOUND, error.message)


async def _unavailable(request: Request, error: NbaAssetsError) -> Response:
    """Which store it is, with its host or path, is for the log."""
    logging.getLogger(__name__).error("%s", error)
    return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, unavailable(error), {"Retry-After": SOON})


async def _broken(request: Request, error: Exception) -> Response:
    logging.getLogger(__name__).error("%s %s", request.method, request.url.path, exc_info=error)
    detail = "this is a fault of the service; its log has the request's id"
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail)
