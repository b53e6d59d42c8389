"""Answers in shape: JSON or CSV, with a tag by which a client need not read the same twice; and what they are, for OpenAPI."""

import gzip
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from io import BytesIO
from threading import Lock
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import Path, Request, Response
from pydantic import BaseModel, Field, create_model
from pydantic_core import to_json

from nba_assets.serving.problems import ProblemError
from nba_assets.tables.contracts import Column

# Of rows that change while they are read.
TRIES = 3
# Of gzip: a slate in ten milliseconds, once.
LEVEL = 6
Form = Literal["json", "csv"]
# Letters of any alphabet, and no control characters: Postgres takes no NUL.
PLAIN, LONGEST = r"^[^\x00-\x1f]*$", 100
Text = Annotated[str, Field(max_length=LONGEST, pattern=PLAIN)]
ModelId = Annotated[str, Path(max_length=LONGEST, pattern=PLAIN, description="a model's id", examples=["xgboost_v1"])]
Short = Annotated[str, Path(pattern="^[A-Z]{3}$", description="three letters of a team", examples=["DEN"])]
TYPES: dict[str, type] = {"STRING": str, "INT64": int, "FLOAT64": float, "BOOL": bool, "DATE": date, "TIMESTAMP": datetime}
MEDIA: dict[Form, str] = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


class Bodies:
    """Answers with tags, and the newest of their bodies, up to so many bytes together.

    Args:
        release: another one may render the same rows in another shape.
        most: bytes.
    """

    def __init__(self, release: str, most: int = 2**26) -> None:
        """Keep nothing yet."""
        self._release, self._most, self._size, self._lock = release, most, 0, Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def answer(
        self, request: Request, form: Form, version: Callable[[], str], render: Callable[[], Mapping[str, Any]], rows: str
    ) -> Response:
        """Answer from what is kept, or render it.

        Args:
            request: that is answered.
            form: that it asks for.
            version: reads what the rows are in one word; if it changes while they are read, they are read again.
            render: reads the document.
            rows: of the document are the rows of a CSV.

        Raises:
            ProblemError: they are being written.
        """
        for _ in range(TRIES):
            held = version()
            tag = f'"{held}.{form}.{self._release}"'
            if found := unchanged(request, tag):
                return found
            body = self.get(request, tag)
            if body is None:
                document = render()
                if version() != held:
                    continue
                body = self.put(request, tag, as_csv(document[rows]) if form == "csv" else as_json(document))
            return answered(request, body, MEDIA[form], tag)
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "what is asked for is being written; try again")

    def get(self, request: Request, tag: str) -> bytes | None:
        """Return a body, zipped if the client takes it so; None: it is not kept (any more)."""
        key = _key(request, tag)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, request: Request, tag: str, body: bytes) -> bytes:
        """Keep a body, zipped if the client takes it so, and return it; those that were not asked for longest are forgotten."""
        key, body = _key(request, tag), gzip.compress(body, LEVEL, mtime=0) if _zipped(request) else body
        with self._lock:
            self._size += len(body) - len(self._kept.pop(key, b""))
            self._kept[key] = body
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1])
        return body


def _key(request: Request, tag: str) -> str:
    zipped = "zipped" if _zipped(request) else "plain"
    return f"{request.url.path}?{sorted(request.query_params.items())} {tag} {zipped}"


def _zipped(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def row_model(name: str, columns: Sequence[Column]) -> type[BaseModel]:
    """Return the model of a row, for the OpenAPI document: names, types and meanings are those of contracts."""
    fields: dict[str, Any] = {}
    for column in columns:
        kind = TYPES[column.type]
        unit = f" [{column.unit}]" if column.unit else ""
        never = f"; null: {column.null_when}" if column.null_when else ""
        about = Field(description=f"{column.meaning}{unit}{never}")
        fields[column.name] = (kind | None if column.null_when else kind, about)
    return create_model(name, **fields)


def unchanged(request: Request, tag: str) -> Response | None:
    """Return 304 if the client has what it asks for already."""
    held = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=tagged(tag)) if {tag, "*"} & held else None


def answered(request: Request, body: bytes, media: str, tag: str) -> Response:
    """Return a body of `Bodies` with its tag."""
    return Response(body, media_type=media, headers=tagged(tag) | ({"Content-Encoding": "gzip"} if _zipped(request) else {}))


def as_json(document: Mapping[str, Any]) -> bytes:
    """Return a document as JSON; a number that is none is null."""
    return to_json(document, inf_nan_mode="null")


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as CSV with a header; no rows are an empty file."""
    written = BytesIO()
    frame = pl.DataFrame(rows, infer_schema_length=None)
    frame.with_columns(pl.selectors.by_dtype(pl.List(pl.String)).list.join(", ")).write_csv(written)
    return written.getvalue()


def tagged(tag: str) -> dict[str, str]:
    """Return the headers of a body with a tag: weak, since the zipped body and the plain one share it."""
    # Kept by the client, and asked about again: a slate changes with every report.
    return {"ETag": f"W/{tag}", "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
