"""Asking politely: one session for all sites, spaced, with bounded tries. What is asked for belongs to the sources.

A failure that may pass (no connection, 429, a server's fault, a broken body) is tried again after a pause that grows, or that
the server asks for; what will not pass (404, a refused key) is not. A site that failed several times in a row is left alone for
some minutes. Keys are added last and are in nothing that is kept, logged or raised.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from random import uniform
from time import monotonic, sleep
from typing import NamedTuple, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import requests
from polars.exceptions import PolarsError
from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from nba_assets.sources.raw import Kept, RawStore, Response

TIMEOUT_SECONDS = 30
# The Odds API's word for it.
SPENT = "OUT_OF_USAGE_CREDITS"
# What a server may ask us to wait within one fetch; if it asks for more, the next fetch tries again.
LONGEST_WAIT, LONGEST_BACK_OFF = 60.0, 30.0
# Ends the name under which answers with another status than 200 are kept: nobody reads facts there.
REFUSALS, HIDDEN = " refused", "..."
FAILURES, LEFT_ALONE = 3, timedelta(minutes=10)
LASTING = {400: "refused", 401: "refused", 403: "refused", 404: "gone", 405: "refused", 410: "gone", 422: "refused"}


@dataclass(frozen=True)
class Request:
    """What is asked of a site.

    Attributes:
        source: who is asked, as `nba_stats`.
        endpoint: for what.
        folder: the game date, or the season, as text.
        subject: the game, team or part that it is about.
        url: without parameters.
        parameters: of the query, without keys.
        headers: that the site expects.
        key: name and value of the parameter with the user's key.
        cost: credits that the answer costs at most.
        form: of the body, `json` or `pdf`.
    """

    source: str
    endpoint: str
    folder: str
    subject: str
    url: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    key: tuple[str, SecretStr] | None = None
    cost: int = 0
    form: str = "json"

    @property
    def public_url(self) -> str:
        """Return the URL with its parameters, without keys."""
        return f"{self.url}?{urlencode(sorted(self.parameters.items()))}" if self.parameters else self.url


class Asked(NamedTuple):
    """What became of a request.

    Attributes:
        request: that was sent.
        asked_at: when (UTC).
        outcome: one of `tables.facts.OUTCOMES`.
        detail: the same in words; empty if all is well.
        tries: how many.
        seconds: that it took, pauses included.
        response: if there is one; it is in the raw store, whatever the outcome.
    """

    request: Request
    asked_at: datetime
    outcome: str
    detail: str = ""
    tries: int = 0
    seconds: float = 0.0
    response: Response | None = None


class Unusable(Exception):
    """An answer, or its absence, that is no fact: a named outcome."""

    def __init__(self, outcome: str, detail: str) -> None:
        """Keep both."""
        super().__init__(detail)
        self.outcome, self.detail = outcome, detail


class Passing(Unusable):
    """A failure that may pass; `wait`: seconds that the server asks for."""

    wait: float | None = None


Read = TypeVar("Read")


def understood(response: Response, read: Callable[[Response], Read]) -> Read:
    """Return what a reader makes of an answer.

    Raises:
        Unusable: the answer is no fact; a value that the reader trips over (a date in other words, a row of another length)
            is an answer of another shape.
    """
    try:
        return read(response)
    except (PolarsError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unusable("wrong_shape", f"{response.url}: {type(error).__name__}: {error}") from error


class Web:
    """The session of all sources.

    Args:
        raw: where responses are kept.
        clock: the true time.
        spacing: least and most seconds between two requests to one site.
        tries: of one request.
        proxy: URL of a proxy for all sites.
        pause: waits; tests count instead.
    """

    def __init__(
        self,
        raw: RawStore,
        clock: Callable[[], datetime],
        spacing: tuple[float, float] = (0.6, 1.0),
        tries: int = 4,
        proxy: SecretStr | None = None,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        """Open nothing yet."""
        self._raw, self._clock, self._spacing, self._tries, self._pause = raw, clock, spacing, tries, pause
        self._session = requests.Session()
        # At that level the library logs addresses, with the key in them.
        logging.getLogger("urllib3.connectionpool").addFilter(_no_addresses)
        if proxy:
            self._session.proxies = dict.fromkeys(("http", "https"), proxy.get_secret_value())
        self._next: dict[str, float] = {}
        # By site: how often it failed in a row, and when it did last.
        self._failed: dict[str, tuple[int, datetime]] = {}

    def ask(self, request: Request, check: Callable[[Response], object] | None = None) -> Asked:
        """Send a request, keep its answer, and return what became of it; nothing is raised for what a site does.

        Args:
            request: what is asked.
            check: reads the answer; an Unusable that it raises is the outcome.
        """
        began, tries, asked_at = monotonic(), 0, self._clock()
        kept: Response | None = None

        def once() -> None:
            nonlocal tries, asked_at, kept
            tries += 1
            self._wait_in_turn(urlsplit(request.url).netloc)
            asked_at = self._clock()
            kept = self._send(request, asked_at)
            self._raw.keep(kept)
            _check_form(request, kept)
            if check:
                understood(kept, check)

        site = urlsplit(request.url).netloc
        failures, failed_at = self._failed.get(site, (0, asked_at))
        if failures >= FAILURES and asked_at - failed_at < LEFT_ALONE:
            detail = f"{site} failed {failures} times in a row and is left alone for {LEFT_ALONE.total_seconds():.0f} s"
            return Asked(request, asked_at, "left_alone", detail)
        try:
            self._patiently()(once)
        except Unusable as fault:
            if isinstance(fault, Passing):
                self._failed[site] = failures + 1, asked_at
            return Asked(request, asked_at, fault.outcome, fault.detail, tries, monotonic() - began, kept)
        self._failed.pop(site, None)
        return Asked(request, asked_at, "ok", "", tries, monotonic() - began, kept)

    def _patiently(self) -> Retrying:
        least, most = self._spacing
        backed_off = wait_exponential_jitter(multiplier=2 * least, max=LONGEST_BACK_OFF, jitter=most)

        def wait(state: RetryCallState) -> float:
            fault = state.outcome.exception() if state.outcome else None
            asked_for = fault.wait if isinstance(fault, Passing) else None
            return asked_for if asked_for is not None else backed_off(state)

        return Retrying(
            retry=retry_if_exception(_soon),
            stop=stop_after_attempt(self._tries),
            wait=wait,
            sleep=self._pause,
            reraise=True,
        )

    def _wait_in_turn(self, site: str) -> None:
        if (wait := self._next.get(site, 0.0) - monotonic()) > 0:
            self._pause(wait)
        self._next[site] = monotonic() + uniform(*self._spacing)  # noqa: S311 (manners, not secrets)

    def _send(self, request: Request, asked_at: datetime) -> Response:
        """Send once. Raises Unusable; no message of the library gets out, because it has the URL with the key."""
        key = {request.key[0]: request.key[1].get_secret_value()} if request.key else {}
        try:
            answer = self._session.get(
                request.url,
                params=sorted({**request.parameters, **key}.items()),
                headers={name: value for name, value in request.headers.items() if name.lower() != "host"},
                timeout=TIMEOUT_SECONDS,
            )
        except requests.exceptions.ChunkedEncodingError as error:
            raise Passing("truncated", f"the body of {request.public_url} broke off") from error.__cause__
        except requests.RequestException as error:
            raise Passing("unavailable", f"{request.public_url}: {type(error).__name__}") from None
        kept = Kept(request.source, request.endpoint, request.folder, request.subject, asked_at)
        said = _without(Response(kept, request.public_url, tuple(answer.headers.items()), answer.content), *key.values())
        if answer.status_code != requests.codes.ok:
            status = f"{answer.status_code} {answer.reason}"
            apart = kept._replace(endpoint=f"{kept.endpoint}{REFUSALS}")
            self._raw.keep(replace(said, kept=apart, status=status))
            _check_status(request, answer)
        return said


def _no_addresses(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def _without(said: Response, *keys: str) -> Response:
    """The response without a key: error pages, and addresses to go on to, may quote the URL."""
    for secret in (form for key in keys if key for form in (key, quote(key, safe=""))):
        headers = tuple((name, value.replace(secret, HIDDEN)) for name, value in said.headers)
        said = replace(said, headers=headers, body=said.body.replace(secret.encode(), HIDDEN.encode()))
    return said


def _check_status(request: Request, answer: requests.Response) -> None:
    """Raise what a status other than 200 means."""
    status, said = answer.status_code, f"{request.public_url} answered {answer.status_code} {answer.reason}"
    if SPENT in answer.text:
        raise Unusable("out_of_budget", f"{said}: the credits of the key are spent")
    if outcome := LASTING.get(status):
        raise Unusable(outcome, said)
    fault = Passing("rate_limited" if status == requests.codes.too_many_requests else "unavailable", said)
    fault.wait = _retry_after(answer)
    if not _soon(fault):
        fault.detail += f", to be asked again in {fault.wait:.0f} s"
    raise fault


def _soon(fault: BaseException) -> bool:
    """Whether it may pass within this fetch."""
    return isinstance(fault, Passing) and (fault.wait or 0) <= LONGEST_WAIT


def _retry_after(answer: requests.Response) -> float | None:
    """Seconds of the Retry-After header: a number or a date (RFC 9110, section 10.2.3)."""
    text = answer.headers.get("Retry-After", "")
    if text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
        now = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, TypeError, ValueError):
        return None
    return max((at - now).total_seconds(), 0.0)


def _check_form(request: Request, response: Response) -> None:
    body = response.body.strip()
    if request.form == "pdf":
        if not body.startswith(b"%PDF"):
            raise Unusable("gone", f"{request.public_url} is not a PDF")
        if b"%%EOF" not in body[-1024:]:
            raise Passing("truncated", f"the PDF of {request.public_url} broke off")
        return
    if body.startswith(b"<"):
        raise Passing("not_json", f"{request.public_url} answered a web page where JSON was asked for")
    if not body:
        raise Unusable("empty", f"{request.public_url} answered nothing")
    try:
        json.loads(body)
    except ValueError as error:
        raise Passing("truncated", f"{request.public_url} answered JSON that breaks off: {error}") from error
