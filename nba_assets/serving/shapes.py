"""Answers in shape: JSON or CSV, with a tag by which a client need not read the same twice; and what they are, for OpenAPI."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from io import BytesIO
from typing import Any, Literal

import polars as pl
from fastapi import Request, Response
from pydantic import BaseModel, Field, create_model
from pydantic_core import to_json

from nba_assets.tables.contracts import Column

Form = Literal["json", "csv"]
TYPES: dict[str, type] = {"STRING": str, "INT64": int, "FLOAT64": float, "BOOL": bool, "DATE": date, "TIMESTAMP": datetime}
MEDIA: dict[Form, str] = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


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
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=_headers(tag)) if {tag, "*"} & held else None


def answered(body: bytes, form: Form, tag: str) -> Response:
    """Return a body with its tag."""
    return Response(body, media_type=MEDIA[form], headers=_headers(tag))


def as_json(document: Mapping[str, Any]) -> bytes:
    """Return a document as JSON; a number that is none is null."""
    return to_json(document, inf_nan_mode="null")


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as CSV with a header; no rows are an empty file."""
    written = BytesIO()
    pl.DataFrame(rows, infer_schema_length=None).write_csv(written)
    return written.getvalue()


def _headers(tag: str) -> dict[str, str]:
    # Kept by the client, and asked about again: a slate changes with every report.
    return {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
