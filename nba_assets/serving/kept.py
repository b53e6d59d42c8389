"""Answers that are kept whole: while nothing is written and no other model is loaded, the same request has the same answer."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from http import HTTPStatus
from typing import Any, NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What is asked for by GET below these, and by POST at those, is made of the database and the loaded models alone.
READ = ("/predictions/", "/players/", "/usage/", "/models/", "/lineups/", "/app")
COMPUTED = ("/usage/predict", "/what-if")
STATUSES = (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
# Bytes of a request that are worth remembering.
LONGEST = 2**13
# Bytes of an answer beside its body: headers, messages, the entry itself.
OVERHEAD = 2000
Asked = tuple[bytes | str, ...]


class Answer(NamedTuple):
    """What is sent, and the route that has made it."""

    messages: list[Message]
    route: Any
    size: int


class Kept:
    """ASGI middleware that answers what it has seen before.

    Args:
        app: what answers.
        state: changes whenever answers may; None: nobody knows, so nothing is kept.
        most: bytes of answers; those that were not asked for longest are forgotten.
    """

    def __init__(self, app: ASGIApp, state: Callable[[], Hashable | None], most: int = 2**26) -> None:
        """Keep nothing yet."""
        self.app, self._state, self._most, self._size = app, state, most, 0
        self._at: Hashable | None = None
        self._answers: OrderedDict[Asked, Answer] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as before if nothing has changed since."""
        at = self._state() if _is_kept(scope) else None
        if at is None:
            await self.app(scope, receive, send)
            return
        if at != self._at:
            self._at, self._size = at, 0
            self._answers.clear()
        body = await receive()
        if body.get("more_body") or len(body.get("body", b"")) > LONGEST:
            await self.app(scope, _first(body, receive), send)
            return
        asked = _asked(scope, body.get("body", b""))
        found = self._answers.get(asked)
        if found is None:
            await self._made(scope, _first(body, receive), send, asked)
            return
        self._answers.move_to_end(asked)
        scope["route"] = found.route
        for message in found.messages:
            # A copy of the headers: what is around adds its own.
            await send({**message, "headers": list(message["headers"])} if "headers" in message else message)

    async def _made(self, scope: Scope, receive: Receive, send: Send, asked: Asked) -> None:
        """Answer, and keep what was answered unless something has changed meanwhile."""
        at, messages = self._at, list[Message]()

        async def noted(message: Message) -> None:
            copied = {**message, "headers": list(message["headers"])} if "headers" in message else message
            messages.append(copied)
            await send(message)

        await self.app(scope, receive, noted)
        size = OVERHEAD + sum(len(message.get("body", b"")) for message in messages) + sum(len(part) for part in asked)
        if messages and messages[0].get("status") in STATUSES and self._at == at and self._state() == at:
            before = self._answers.pop(asked, None)
            self._answers[asked] = Answer(messages, scope.get("route"), size)
            self._size += size - (before.size if before else 0)
            while self._size > self._most:
                self._size -= self._answers.popitem(last=False)[1].size


def _is_kept(scope: Scope) -> bool:
    if scope["type"] != "http":
        return False
    path = scope["path"]
    return (scope["method"] == "GET" and path.startswith(READ)) or (scope["method"] == "POST" and path in COMPUTED)


def _asked(scope: Scope, body: bytes) -> Asked:
    headers = Headers(scope=scope)
    about = [headers.get(name, "") for name in ("if-none-match", "content-type")]
    zipped = "zipped" if "gzip" in headers.get("accept-encoding", "") else ""
    return scope["method"], scope["raw_path"], scope["query_string"], *about, zipped, body


def _first(body: Message, receive: Receive) -> Receive:
    """Give the part that was read already, then what comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return body

    return again
