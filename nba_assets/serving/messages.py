"""Messages that Pub/Sub pushes: each asks for one player's prediction, and leaves one row of `served_requests`."""

import binascii
import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.dialects import postgresql, sqlite

from nba_assets.calendar import EASTERN
from nba_assets.reference.names import lookup
from nba_assets.registry.catalog import DEFAULT_MARKET
from nba_assets.serving import reading
from nba_assets.serving.problems import ProblemError
from nba_assets.serving.schema import REQUESTS
from nba_assets.serving.service import Service
from nba_assets.serving.shapes import LONGEST, Text
from nba_assets.stores.artifacts import ArtifactError
from nba_assets.stores.database import Database, DatabaseError

MOST_LINES = 50
Shape = TypeVar("Shape", bound=BaseModel)


class Wanted(BaseModel):
    """What a message asks, as JSON in base64; further members do no harm."""

    player_lookup: Text
    game_date: date
    game_id: Text
    line_values: list[Annotated[float, Field(ge=0, le=300)]] = Field(default=[], max_length=MOST_LINES)
    batch_id: Text | None = None
    correlation_id: Text | None = None


class Pushed(BaseModel):
    """A push request of Pub/Sub. What is in it is looked at later: a message that makes no sense is accepted, and recorded."""

    message: dict[str, Any] = Field(examples=[{"data": "eyJwbGF5ZXJfbG9va3VwIjogIm5pa29sYWpva2ljIn0=", "messageId": "1"}])
    subscription: str | None = None


class PoisonError(Exception):
    """A message that will make no more sense the next time."""


def receive(service: Service, pushed: Pushed, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """Answer a message, and record what became of it; one that was there before changes nothing.

    Raises:
        ProblemError: 500, so that it is sent again: the slate is not predicted yet, or a store does not answer.
    """
    message = pushed.message
    try:
        row = _answered(service, message, clock())
    except PoisonError as error:
        row = {"outcome": "refused", "detail": str(error)}
    except (DatabaseError, ArtifactError) as error:
        raise passing("a store does not answer") from error
    try:
        record(service.database, {"message_id": id_of(message), "received_at": clock(), **row})
    except DatabaseError as error:
        raise passing("the request cannot be recorded") from error


def _answered(service: Service, message: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    wanted = data_of(message, Wanted)
    about = wanted.model_dump(exclude={"line_values"})
    if reading.version(service.database, wanted.game_date) is None:
        if wanted.game_date >= now.astimezone(EASTERN).date():
            raise passing(f"{wanted.game_date} is not predicted yet")
        return {**about, "outcome": "refused", "detail": f"no game of {wanted.game_date} was predicted"}
    found = [
        row
        for row in reading.predictions(service.database, wanted.game_date, DEFAULT_MARKET)
        if row["game_id"] == wanted.game_id and row["player_lookup"] == lookup(wanted.player_lookup)
    ]
    if len(found) != 1:
        whose = f"{wanted.player_lookup!r} in game {wanted.game_id!r} of {wanted.game_date}"
        return {**about, "outcome": "refused", "detail": f"{len(found) or 'no'} predictions are of {whose}"}
    row = found[0]
    chances = {str(line): service.chances(row, line)["prob_over"] for line in wanted.line_values}
    answer = {"model_id": row["model_id"], "predicted": row["predicted"], "chances": json.dumps(chances)}
    return {**about, "outcome": "predicted", "player_id": row["player_id"], **answer}


def data_of(message: Mapping[str, Any], shape: type[Shape]) -> Shape:
    """Return what a message says. Raises PoisonError: it is not what is asked for."""
    try:
        return shape.model_validate_json(b64decode(message["data"], validate=True))
    except KeyError as error:
        raise PoisonError("the message has no data") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise PoisonError(f"its data are not what is asked for: {faults}"[: 10 * LONGEST]) from error
    except (binascii.Error, TypeError, ValueError) as error:
        raise PoisonError("its data are not base64") from error


def id_of(message: Mapping[str, Any]) -> str:
    """Return the sender's id of a message, or a hash of one that has none."""
    given = message.get("messageId") or message.get("message_id")
    if isinstance(given, str) and given.isprintable() and len(given) <= LONGEST:
        return given
    return sha256(json.dumps(message, sort_keys=True).encode()).hexdigest()


def record(database: Database, row: Mapping[str, Any]) -> None:
    """Add a row of `served_requests`; one that is there stays. Raises DatabaseError."""
    insert = sqlite.insert if database.is_sqlite else postgresql.insert
    database.write(lambda connection: connection.execute(insert(REQUESTS).values(**row).on_conflict_do_nothing()))


def passing(detail: str) -> ProblemError:
    """Return what makes Pub/Sub send a message again."""
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, f"{detail}; send the message again")
