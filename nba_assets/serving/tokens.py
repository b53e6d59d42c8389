"""Tokens that a push subscription of Pub/Sub sends (OpenID Connect): who has pushed a message."""

from http import HTTPStatus
from time import monotonic
from typing import Any

import requests
from cachecontrol import CacheControl
from fastapi import Request
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request as Transport
from google.oauth2.id_token import verify_token

from nba_assets.serving.problems import ProblemError

# Where messages may be pushed to.
PUSHED_TO = ("/predict", "/start", "/complete")
ISSUERS = ("accounts.google.com", "https://accounts.google.com")
SCHEME = "bearer "
# To fetch keys, and before that is tried again.
SECONDS, SOON = 5, 10


class TokenError(Exception):
    """A token that lets nobody in, and why."""


class Impatient(Transport):
    """A transport that waits a few seconds, not two minutes."""

    def __call__(self, url: str, method: str = "GET", *rest: Any, timeout: Any = SECONDS, **more: Any) -> Any:
        """Ask an address. Raises TransportError."""
        return super().__call__(url, method, *rest, timeout=timeout, **more)


class Tokens:
    """Knows a token that is Google's, for this service, and of the account that may push.

    Args:
        audience: that the subscription names.
        account: e-mail of the service account that it pushes as; of an audience alone anybody can have a token.
        keys_url: where the keys are that tokens are signed with; they are kept as long as that address says.
    """

    def __init__(self, audience: str, account: str, keys_url: str) -> None:
        """Fetch nothing yet."""
        self._audience, self._account, self._keys_url = audience, account, keys_url
        self._transport = Impatient(CacheControl(requests.Session()))
        self._unreachable_at = -SOON

    def sender(self, token: str) -> str:
        """Return the account that a token is of. Raises TokenError: it lets nobody in, or the keys cannot be had."""
        if monotonic() < self._unreachable_at + SOON:
            raise TokenError("the keys of tokens could not be had just now")
        try:
            claims = verify_token(token, self._transport, audience=self._audience, certs_url=self._keys_url)
        except TransportError as error:
            self._unreachable_at = monotonic()
            raise TokenError(f"the keys of tokens cannot be had: {error}") from error
        except (GoogleAuthError, ValueError) as error:
            # The library repeats in its message what it cannot read.
            raise TokenError(f"the token does not hold: {str(error).replace(token, '…') if token else error}") from error
        if claims.get("iss") not in ISSUERS:
            raise TokenError("the token is not of Google")
        if claims.get("email") != self._account or not claims.get("email_verified"):
            raise TokenError("the token is of an account that may not push")
        return self._account


def bearer(request: Request) -> str | None:
    """Return the token that a request to push has; None: it has none, or is no such request."""
    given = request.headers.get("authorization", "")
    return given[len(SCHEME) :] if request.url.path in PUSHED_TO and given.lower().startswith(SCHEME) else None


def only_of_sender(request: Request) -> None:
    """Let a message through if nobody is asked for a token, or its token held. Raises ProblemError."""
    if request.state.asks_for_tokens and not request.state.sender:
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "a message needs the token of its push subscription")
