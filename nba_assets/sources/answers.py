"""Reading answers: the fields that a source needs, by name.

A field that is not named may come and go; one that is missing is reported by name.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

import polars as pl
from polars.exceptions import PolarsError

from nba_assets.sources.raw import Response
from nba_assets.sources.web import Unusable

Record = Mapping[str, Any]


def document(response: Response) -> Record:
    """Return the JSON object of an answer.

    Raises:
        Unusable: it is none.
    """
    try:
        found: Any = json.loads(response.body)
    except ValueError as error:
        raise Unusable("not_json", f"{response.url} did not answer JSON: {error}") from error
    if not isinstance(found, dict):
        raise Unusable("wrong_shape", f"{response.url} answered {type(found).__name__} where an object was expected")
    return cast("Record", found)


def part(record: Record, *names: str) -> Any:
    """Return what is at a path of names.

    Raises:
        Unusable: something is not there; the detail has the path.
    """
    found: Any = record
    for number, name in enumerate(names):
        if not isinstance(found, dict) or name not in found:
            raise Unusable("wrong_shape", f"{'.'.join(names[: number + 1])} is not there any more")
        found = cast("Any", found[name])
    return found


def table(rows: Iterable[Record], fields: Mapping[str, str], schema: Mapping[str, pl.DataType], what: str) -> pl.DataFrame:
    """Return one row per record.

    Args:
        rows: records; further fields are ignored.
        fields: by our column, the field that it is read from.
        schema: types of our columns, in order; text that is a number is read as one.
        what: what the records are of, for the detail.

    Raises:
        Unusable: a field is missing, or a value is not of its type.
    """
    found = list(rows)
    for row in found:
        if missing := [field for field in fields.values() if field not in row]:
            raise Unusable("wrong_shape", f"{what}: column {missing[0]} is not there any more; there are {', '.join(row)}")
    columns: list[pl.Series] = []
    for column, field in fields.items():
        values = [row[field] for row in found]
        try:
            series = pl.Series(column, values, strict=False, dtype=None if values else pl.Null)
            columns.append(series.cast(schema[column], strict=True))
        except (PolarsError, TypeError) as error:
            raise Unusable("wrong_shape", f"{what}: column {field} is not {schema[column]}: {error}") from error
    return pl.DataFrame(columns)


def result_set(record: Record, name: str) -> list[Record]:
    """Return the rows of one of the result sets of stats.nba.com's older answers.

    Raises:
        Unusable: there is no such set.
    """
    sets = cast("list[Record]", record.get("resultSets", [record.get("resultSet", {})]))
    for found in sets:
        if found.get("name") == name:
            headers = cast("list[str]", part(found, "headers"))
            return [dict(zip(headers, row, strict=True)) for row in part(found, "rowSet")]
    raise Unusable("wrong_shape", f"result set {name} is not there any more")
