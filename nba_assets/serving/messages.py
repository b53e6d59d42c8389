"""Messages that Pub/Sub pushes, of which each leaves one row of `served_requests`; and those that ask for a prediction."""

import binascii
import json
import logging
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.dialects import postgresql, sqlite

from nba_assets.calendar import EASTERN
from nba_assets.reference.names import lookup
from nba_assets.registry.catalog import DEFAULT_MARKET
from nba_assets.serving import reading
from nba_assets.serving.problems import ProblemError, unavailable
from nba_assets.serving.reading import Row
from nba_assets.serving.runs import RunsError
from nba_assets.serving.schema import REQUESTS
from nba_assets.serving.service import Service
from nba_assets.serving.shapes import LONGEST, Text
from nba_assets.stores.artifacts import ArtifactError
from nba_assets.stores.database import Database, DatabaseError
from nba_assets.stores.topics import TopicError, tell

MOST_LINES = 50
Shape = TypeVar("Shape", bound=BaseModel)


def now() -> datetime:
    """Return the true time."""
    return datetime.now(UTC)


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


class Inbox:
    """Answers messages, and leaves one row of `served_requests` of each.

    Args:
        database: with that table.
        dead_letters: topic that is told of messages that make no sense; None: nobody is.
        clock: the true time.
    """

    def __init__(self, database: Database, dead_letters: str | None, clock: Callable[[], datetime] = now) -> None:
        """Answer nothing yet."""
        self._database, self._dead_letters, self._clock = database, dead_letters, clock

    def take(self, message: Mapping[str, Any], answer: Callable[[Mapping[str, Any]], Row], kind: str = "") -> None:
        """Answer a message, and record what became of it; of one that was there before nothing changes.

        Args:
            message: as Pub/Sub has it.
            answer: returns the row's outcome and what belongs to it. Raises PoisonError: the message makes no sense.
            kind: goes before the id of messages other than requests for predictions, which another topic numbers.

        Raises:
            ProblemError: 500, so that it is sent again: the slate is not predicted yet, or something does not answer.
        """
        message_id = f"{kind} {id_of(message)}".strip()
        try:
            if self._is_there(message_id):
                return
            try:
                row = answer(message)
            except PoisonError as error:
                row = {"outcome": "refused", "detail": str(error)}
            self._keep({"message_id": message_id, "received_at": self._clock(), **row}, message)
        except (DatabaseError, ArtifactError, RunsError, TopicError) as error:
            logging.getLogger(__name__).error("%s", error)  # noqa: TRY400 (it is expected: no trace)
            raise passing(unavailable(error)) from error

    def _is_there(self, message_id: str) -> bool:
        asked = sa.select(REQUESTS.c.message_id).where(REQUESTS.c.message_id == message_id)
        return self._database.read(lambda connection: connection.scalar(asked)) is not None

    def _keep(self, row: Row, message: Mapping[str, Any]) -> None:
        if row["outcome"] == "refused" and self._dead_letters:
            tell(self._dead_letters, message, detail=row["detail"])
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        new = insert(REQUESTS).values(**row).on_conflict_do_nothing()
        self._database.write(lambda connection: connection.execute(new))


def answered(service: Service, message: Mapping[str, Any], clock: Callable[[], datetime] = now) -> Row:
    """Return what the champion has predicted of the player of a message.

    Raises:
        PoisonError: the message makes no sense.
        ProblemError: 500: the slate is not predicted yet.
        DatabaseError: the database does not answer.
        ArtifactError: the distribution is gone.
    """
    wanted = data_of(message, Wanted)
    about = wanted.model_dump(exclude={"line_values"})
    if reading.version(service.database, wanted.game_date) is None:
        if wanted.game_date >= clock().astimezone(EASTERN).date():
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


def passing(detail: str) -> ProblemError:
    """Return what makes Pub/Sub send a message again."""
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, f"{detail}; send the message again")
