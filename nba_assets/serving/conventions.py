"""What holds for every request: an id, a largest body, a key and a rate where they are set, a count, a line in the log."""

import hashlib
import json
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from hmac import compare_digest
from http import HTTPStatus
from time import perf_counter, time
from uuid import uuid4

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nba_assets.serving.problems import problem
from nba_assets.serving.tokens import TokenError, Tokens, bearer

ACCESS = logging.getLogger("nba_assets.serving.access")
REQUEST_ID, KEY = "x-request-id", "x-api-key"
GIVEN_ID = re.compile(r"[\w-]{1,64}")
# Whoever watches the service needs no key.
WATCHED = ("/health", "/health/live", "/ready", "/metrics", "/v2/health/live", "/v2/health/ready")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0)


class TooLargeError(Exception):
    """A body above the limit."""


class Meters:
    """Counts and durations, for Prometheus."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("nba_assets_requests", "answered requests", labels, registry=self.registry)
        self.seconds = Histogram(
            "nba_assets_request_seconds", "time to the last byte", ("route",), buckets=BUCKETS, registry=self.registry
        )


class Conventions:
    """ASGI middleware around the service.

    Args:
        app: what answers.
        meters: that count.
        keys: SHA-256 of the keys that are let in; none: everybody is.
        rate: as '300/minute', of a key or an address; None: as often as one likes.
        largest: bytes of a body.
        tokens: that messages need; None: they need none.
    """

    def __init__(
        self, app: ASGIApp, meters: Meters, keys: Sequence[str], rate: str | None, largest: int, tokens: Tokens | None
    ) -> None:
        """Count nothing yet."""
        self.app, self._meters, self._largest, self._tokens = app, meters, largest, tokens
        self._keys = [key.lower() for key in keys]
        self._rate: RateLimitItem | None = parse(rate) if rate else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request, began, status = Request(scope), perf_counter(), HTTPStatus.INTERNAL_SERVER_ERROR.value
        asked = request.headers.get(REQUEST_ID, "")
        request.state.request_id = asked if GIVEN_ID.fullmatch(asked) else uuid4().hex

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request.state.request_id
            await send(message)

        try:
            await self._answered(request, receive, answer)
        finally:
            self._note(request, status, perf_counter() - began)

    async def _answered(self, request: Request, receive: Receive, send: Send) -> None:
        refusal = self._refusal(request) or await self._not_sent(request) or self._stranger(request)
        if refusal:
            await refusal(request.scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            """Bodies that do not announce their size are counted as they come."""
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._largest:
                raise TooLargeError
            return message

        async def unless_too_large(message: Message) -> None:
            # FastAPI turns our error into a 400 of its own: that is held back.
            if seen <= self._largest:
                await send(message)

        with suppress(TooLargeError):
            await self.app(request.scope, counted, unless_too_large)
        if seen > self._largest:
            await self._too_large(request)(request.scope, receive, send)

    async def _not_sent(self, request: Request) -> Response | None:
        """Note who has pushed a message; refuse a token that does not hold."""
        request.state.asks_for_tokens, request.state.sender = self._tokens is not None, ""
        token = bearer(request)
        if self._tokens and token is not None:
            try:
                request.state.sender = await run_in_threadpool(self._tokens.sender, token)
            except TokenError as error:
                ACCESS.warning("%s", error)
                return problem(request, HTTPStatus.UNAUTHORIZED, "the token of the push subscription does not hold")
        return None

    def _refusal(self, request: Request) -> Response | None:
        """Refuse what is too large or comes too often, before anything is looked at."""
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._largest:
            return self._too_large(request)
        if self._rate and request.url.path not in WATCHED:
            payer = self._known(request) or (request.client.host if request.client else "")
            if not self._limiter.hit(self._rate, payer):
                wait = max(1, round(self._limiter.get_window_stats(self._rate, payer).reset_time - time()))
                detail = f"more than {self._rate}; try again in {wait} s"
                return problem(request, HTTPStatus.TOO_MANY_REQUESTS, detail, {"Retry-After": str(wait)})
        return None

    def _stranger(self, request: Request) -> Response | None:
        """Refuse who has neither a key nor a token, where keys are set."""
        if self._keys and not self._known(request) and not request.state.sender and request.url.path not in WATCHED:
            return problem(request, HTTPStatus.UNAUTHORIZED, f"a valid key is needed, in the header {KEY}")
        return None

    def _known(self, request: Request) -> str:
        """The hash of a key that is let in, or nothing."""
        key = request.headers.get(KEY)
        who = hashlib.sha256(key.encode()).hexdigest() if key else ""
        # Every key is looked at, so that time tells nothing.
        return who if sum(compare_digest(who, each) for each in self._keys) else ""

    def _too_large(self, request: Request) -> Response:
        return problem(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {self._largest:,} bytes")

    def _note(self, request: Request, status: int, seconds: float) -> None:
        # By the pattern of the route: paths have players and dates in them.
        route = getattr(request.scope.get("route"), "path", "none")
        method = request.method if request.method in METHODS else "other"
        self._meters.requests.labels(method, route, status).inc()
        self._meters.seconds.labels(route).observe(seconds)
        about = {"request_id": request.state.request_id, "method": request.method, "path": request.url.path}
        ACCESS.info(json.dumps({**about, "status": status, "milliseconds": round(1000 * seconds, 2)}))
