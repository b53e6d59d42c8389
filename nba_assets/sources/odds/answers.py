"""Answers of The Odds API, checked against what its version 4 publishes; of its fields those that lines are made of."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, NamedTuple

import polars as pl
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from nba_assets.calendar import TIMESTAMP
from nba_assets.sources.raw import Response
from nba_assets.sources.web import Unusable

REMAINING = "x-requests-remaining"


def _whole(price: object) -> object:
    """American prices are whole; some come as 110.0."""
    return int(price) if isinstance(price, float) and price.is_integer() else price


class Outcome(BaseModel):
    """One side of an offer; `description` is the player's name as books write it."""

    model_config = ConfigDict(allow_inf_nan=False)

    name: str
    price: Annotated[int, BeforeValidator(_whole)]
    point: float | None = None
    description: str | None = None


class Market(BaseModel):
    """What a bookmaker offers in one market."""

    key: str
    last_update: AwareDatetime | None = None
    outcomes: list[Outcome]


class Bookmaker(BaseModel):
    """A bookmaker's offers on a game."""

    title: str
    last_update: AwareDatetime | None = None
    markets: list[Market]


class Event(BaseModel):
    """A game, with offers if they were asked for."""

    id: str
    commence_time: AwareDatetime
    home_team: str
    away_team: str
    bookmakers: list[Bookmaker] = []


class Snapshot(BaseModel):
    """What was known at an instant of the past."""

    timestamp: AwareDatetime
    data: list[Event] | Event


_LIVE, _PAST = TypeAdapter[list[Event] | Event](list[Event] | Event), TypeAdapter(Snapshot)
OFFER = {
    "event": pl.String(),
    "bookmaker": pl.String(),
    "market": pl.String(),
    "side": pl.String(),
    "player": pl.String(),
    "point": pl.Float64(),
    "price": pl.Int64(),
    "stamp": TIMESTAMP,
}
GAME = {"event": pl.String(), "starts": TIMESTAMP, "home": pl.String(), "away": pl.String()}


class Offers(NamedTuple):
    """What an answer says.

    Attributes:
        games: event, starts (UTC), home and away (names in full).
        offers: one row per side: event, bookmaker, market, side, player, point, price, stamp (UTC; when the book changed it
            last, or when it was seen).
    """

    games: pl.DataFrame
    offers: pl.DataFrame


def offers(response: Response) -> Offers:
    """Read an answer.

    Raises:
        Unusable: it is not of the published shape; the detail has the first field that is not.
    """
    past = response.kept.endpoint.startswith("past_")
    try:
        if past:
            snapshot = _PAST.validate_json(response.body)
            seen_at, data = snapshot.timestamp, snapshot.data
        else:
            seen_at, data = response.kept.asked_at, _LIVE.validate_json(response.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Unusable("wrong_shape", f"{where}: {first['msg']} ({error.error_count()} faults)") from error
    events = data if isinstance(data, list) else [data]
    games = [(event.id, event.commence_time, event.home_team, event.away_team) for event in events]
    found = [row for event in events for row in _sides(event, seen_at)]
    return Offers(pl.DataFrame(games, schema=GAME, orient="row"), pl.DataFrame(found, schema=OFFER, orient="row"))


def remaining(response: Response) -> int | None:
    """Return the credits that are left, or None if the answer does not say."""
    said = {name.lower(): value for name, value in response.headers}.get(REMAINING)
    return int(float(said)) if said else None


Side = tuple[str, str, str, str, str | None, float | None, int, datetime]


def _sides(event: Event, seen_at: datetime) -> Iterator[Side]:
    for book in event.bookmakers:
        for market in book.markets:
            # A book that says when it changed an offer last is believed, unless that is yet to come.
            stamp = min(market.last_update or book.last_update or seen_at, seen_at)
            for side in market.outcomes:
                yield event.id, book.title, market.key, side.name, side.description, side.point, side.price, stamp
