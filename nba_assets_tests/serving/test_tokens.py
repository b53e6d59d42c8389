"""Tokens of push subscriptions: real signatures, and the keys from a real server."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from google.auth import crypt, jwt

from nba_assets.serving.schema import REQUESTS
from nba_assets.serving.tokens import TokenError, Tokens
from nba_assets.settings import SettingsError, load_settings
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets_tests.serving.served import Ask, detail, free_port, pushed, rows, serving, with_a_night

AUDIENCE, ACCOUNT, KEY = "https://nba.example.org", "push@mine.iam.gserviceaccount.com", "of a program"
TOLD = {"batch_id": "b", "player_lookup": "x"}
Signed = Callable[..., dict[str, str]]


def signer_and_certificate() -> tuple[crypt.RSASigner, str]:
    key = rsa.generate_private_key(65537, 2048)
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")]), datetime.now(UTC)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    text = certificate.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return crypt.RSASigner.from_string(plain, "1"), text


@pytest.fixture(scope="module")
def mine() -> tuple[crypt.RSASigner, str]:
    return signer_and_certificate()


@pytest.fixture(scope="module")
def keys(mine: tuple[crypt.RSASigner, str]) -> Iterator[tuple[str, list[str]]]:
    """The address of the keys, and how often it was asked."""
    asked: list[str] = []

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps({"1": mine[1]}).encode()
            self.send_response(200)
            for name, value in (("Cache-Control", "public, max-age=3600"), ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/certs", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def signed(mine: tuple[crypt.RSASigner, str]) -> Signed:
    def header(signer: crypt.RSASigner = mine[0], **other: Any) -> dict[str, str]:
        now = int(datetime.now(UTC).timestamp())
        claims = {"iss": "https://accounts.google.com", "aud": AUDIENCE, "email": ACCOUNT, "email_verified": True}
        token = jwt.encode(signer, {**claims, "iat": now - 10, "exp": now + 600, **other})
        return {"Authorization": f"Bearer {token.decode()}"}

    return header


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    return with_a_night(folder, DuckDBWarehouse(folder / "warehouse.duckdb", lock_timeout=0.5))


@pytest.fixture(scope="module")
def ask(home: Path, keys: tuple[str, list[str]]) -> Iterator[Ask]:
    of_push = {"push_audience": AUDIENCE, "push_account": ACCOUNT, "push_keys_url": keys[0]}
    with serving(home, serve_keys=(sha256(KEY.encode()).hexdigest(),), **of_push) as found:
        yield found


def test_a_push_needs_no_key_but_its_token(ask: Ask, home: Path, signed: Signed, keys: tuple[str, list[str]]) -> None:
    for number in range(3):
        answer = ask("/complete", "POST", json=pushed(TOLD, f"t{number}"), headers=signed())
        assert answer.status_code == 204, answer.text
    assert len(rows(Database(f"sqlite:///{home / 'usage.db'}"), REQUESTS)) == 3
    assert len(keys[1]) == 1, "the keys are kept"
    detail(ask("/complete", "POST", json=pushed(TOLD, "n")), 401)
    # A key is not enough for a message, and a token is not enough for anything else.
    assert (
        "push subscription"
        in detail(ask("/complete", "POST", json=pushed(TOLD, "n"), headers={"X-API-Key": KEY}), 401)["detail"]
    )
    detail(ask("/", headers=signed()), 401)
    assert ask("/", headers={"X-API-Key": KEY}).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://other.example.org"},
        {"email": "other@mine.iam.gserviceaccount.com"},
        {"email_verified": False},
        {"iss": "https://accounts.example.org"},
        {"exp": 1_000_000_000, "iat": 999_999_000},
    ],
)
def test_a_token_that_does_not_hold_lets_nobody_in(ask: Ask, signed: Signed, claims: dict[str, Any]) -> None:
    for path in ("/predict", "/start", "/complete"):
        found = detail(ask(path, "POST", json=pushed(TOLD, "n"), headers=signed(**claims)), 401)
        assert found["detail"] == "the token of the push subscription does not hold"


def test_a_token_of_another_key_or_of_nothing_lets_nobody_in(ask: Ask, signed: Signed) -> None:
    stranger, _ = signer_and_certificate()
    for headers in (
        signed(stranger),
        {"Authorization": "Bearer x"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic eA=="},
    ):
        detail(ask("/complete", "POST", json=pushed(TOLD, "n"), headers=headers), 401)


def test_what_is_sent_as_a_token_is_not_in_the_log(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        detail(ask("/complete", "POST", json=pushed(TOLD, "n"), headers={"Authorization": "Bearer se.cret"}), 401)
    assert "the token does not hold" in caplog.text and "se.cret" not in caplog.text


def test_an_audience_without_an_account_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="belong together"):
        load_settings(tmp_path, push_audience=AUDIENCE)


def test_keys_that_cannot_be_had_are_not_asked_for_again_at_once(signed: Signed) -> None:
    tokens, token = Tokens(AUDIENCE, ACCOUNT, f"http://127.0.0.1:{free_port()}/certs"), signed()["Authorization"].split()[1]
    for said in ("cannot be had", "could not be had just now"):
        with pytest.raises(TokenError, match=said):
            tokens.sender(token)
