"""The raw store: every response as it was received, kept before anything parses it. Parsing belongs to the sources.

One file per response: a gzipped WARC record (ISO 28500, the format of web archives) with URL, headers, time and SHA-256, which
standard tools read. Keys are not in it: `web` takes them out of the URL before a response gets here.
"""

# pyright: reportMissingTypeStubs=false

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import groupby
from typing import Any, NamedTuple, cast

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from nba_assets.errors import NbaAssetsError
from nba_assets.stores.artifacts import FileArtifacts

STAMP = "%Y%m%dT%H%M%S%fZ"
SUFFIX = ".warc.gz"
# Of no use later, and cookies are nobody's business.
FORGOTTEN_HEADERS = {"set-cookie", "content-encoding", "content-length", "transfer-encoding", "connection"}
# When the answer was made; the same facts in an answer of another minute are the same answer.
VOLATILE = "meta"


class RawError(NbaAssetsError):
    """A kept response that cannot be read."""


class Kept(NamedTuple):
    """A response that is kept: where it is, without having been read.

    Attributes:
        source: who was asked.
        endpoint: for what.
        folder: the game date, or the season, as text.
        subject: the game, team or part that it is about.
        asked_at: when (UTC).
    """

    source: str
    endpoint: str
    folder: str
    subject: str
    asked_at: datetime

    @property
    def path(self) -> str:
        """Return the path below the store."""
        return f"{self.source}/{self.endpoint}/{self.folder}/{self.subject}@{self.asked_at:{STAMP}}{SUFFIX}"


@dataclass(frozen=True)
class Response:
    """A response as it was received.

    Attributes:
        kept: what it answers, and when.
        url: with its parameters, without keys.
        headers: of the response.
        body: decompressed.
        status: of HTTP.
    """

    kept: Kept
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: str = "200 OK"


class RawStore:
    """Responses in a folder, local or gs://.

    Args:
        url: of the folder; a local one is created on first use.
    """

    def __init__(self, url: str) -> None:
        """Remember the folder; nothing is opened yet."""
        self.url = url.rstrip("/")
        self._files = FileArtifacts(self.url)

    def keep(self, response: Response) -> None:
        """Write a response, whole or not at all."""
        headers = [(name, value) for name, value in response.headers if name.lower() not in FORGOTTEN_HEADERS]
        about = {
            "WARC-Date": f"{response.kept.asked_at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "SHA-256": hashlib.sha256(response.body).hexdigest(),
        }
        written = BytesIO()
        writer: Any = WARCWriter(written, gzip=True)
        record: Any = writer.create_warc_record(
            response.url,
            "response",
            payload=BytesIO(response.body),
            http_headers=StatusAndHeaders(response.status, headers, protocol="HTTP/1.1"),
            warc_headers_dict=about,
        )
        writer.write_record(record)
        self._files.write(response.kept.path, written.getvalue())

    def folders(self, source: str, endpoint: str) -> list[str]:
        """Return the folders that an endpoint has responses in, in order."""
        return self._files.names(f"{source}/{endpoint}")

    def kept(self, source: str, endpoint: str, folder: str) -> list[Kept]:
        """Return the responses of one folder, by subject and time."""
        found: list[Kept] = []
        for name in self._files.names(f"{source}/{endpoint}/{folder}"):
            subject, at, stamp = name.removesuffix(SUFFIX).rpartition("@")
            if at and name.endswith(SUFFIX):
                found.append(Kept(source, endpoint, folder, subject, datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)))
        return sorted(found)

    def read(self, kept: Kept) -> Response:
        """Return a response.

        Raises:
            RawError: the file is damaged.
        """
        content = self._files.read(kept.path)
        record: Any
        try:
            for record in cast("Iterator[Any]", ArchiveIterator(BytesIO(content))):
                body = bytes(record.content_stream().read())
                headers = tuple((str(name), str(value)) for name, value in record.http_headers.headers)
                if hashlib.sha256(body).hexdigest() == record.rec_headers.get_header("SHA-256"):
                    url, status = record.rec_headers.get_header("WARC-Target-URI"), record.http_headers.statusline
                    return Response(kept, str(url), headers, body, str(status))
        except (ArchiveLoadFailed, EOFError, OSError) as error:
            raise _damaged(self.url, kept) from error
        raise _damaged(self.url, kept)

    def everything(self) -> Iterator[Kept]:
        """Yield all that is kept, in order."""
        for source in self._files.names(""):
            for endpoint in self._files.names(source):
                for folder in self.folders(source, endpoint):
                    yield from self.kept(source, endpoint, folder)

    def prune(self) -> tuple[int, int]:
        """Delete repeated answers and return how many of how many: the first of equal ones, and the newest, stay."""
        removed = total = 0
        for _, group in groupby(self.everything(), key=lambda kept: kept[:4]):
            answers = list(group)
            total += len(answers)
            before = b""
            for number, kept in enumerate(answers):
                content = _lasting(self.read(kept).body)
                if content == before and number < len(answers) - 1:
                    self._files.remove(kept.path)
                    removed += 1
                before = content
        return removed, total


def _lasting(body: bytes) -> bytes:
    """What an answer says, without when it was made."""
    try:
        document: Any = json.loads(body)
    except ValueError:
        return body
    if isinstance(document, dict):
        document = {**cast("dict[str, Any]", document), VOLATILE: None}
    return json.dumps(document, sort_keys=True).encode()


def _damaged(url: str, kept: Kept) -> RawError:
    remedy = "delete the file and fetch the date again"
    return RawError("is damaged: its content is not what was received", source=f"{url}/{kept.path}", remedy=remedy)
