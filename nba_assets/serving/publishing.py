"""From the warehouse to the database that is read by many: date by date, all of a date or nothing."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

import polars as pl
import sqlalchemy as sa

from nba_assets.calendar import Dates
from nba_assets.serving import documents, nights, reading, slates
from nba_assets.serving.schema import DATES, DOCUMENTS, PREDICTIONS, SLATES
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.database import Database
from nba_assets.stores.fingerprint import fingerprint
from nba_assets.stores.relational import migrate
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables.serving import SERVED_PREDICTIONS, SERVED_SLATES

# Characters of a hash that tell versions apart.
VERSION = 16


class Published(NamedTuple):
    """What a run published.

    Attributes:
        slates: rows of `served_slates` of its dates.
        predictions: rows of `served_predictions`.
        changed: the dates that are not what they were.
    """

    slates: pl.DataFrame
    predictions: pl.DataFrame
    changed: list[date]


class Slate(NamedTuple):
    """What is served of one date."""

    day: date
    version: str
    players: pl.DataFrame
    predictions: pl.DataFrame


def publish(warehouse: Warehouse, database: Database, dates: Dates, now: datetime) -> Published:
    """Bring the served rows of some dates to what the warehouse says, and the documents of no date.

    A reader sees a date as it was or as it is. A date whose rows are the same is not written.

    Args:
        warehouse: with features, predictions and grades.
        database: that is read by many.
        dates: that may have changed.
        now: the true time.

    Raises:
        DatabaseError: it cannot be written; all stays as it was.
    """
    migrate(database)
    newest = slates.newest_dates(warehouse)
    players, predicted = slates.slates(warehouse, dates, now), slates.predictions(warehouse, dates, newest)
    found = list(_by_date(players, predicted))
    bodies = documents.documents(warehouse, now)

    def write(connection: sa.Connection) -> list[date]:
        within = DATES.c.game_date.between(*dates)
        asked = sa.select(DATES.c.game_date, DATES.c.version).where(within)
        served = dict(connection.execute(asked).tuples().all())
        changed = [slate for slate in found if served.get(slate.day) != slate.version]
        gone = served.keys() - {slate.day for slate in found}
        _replace(connection, changed, [*gone, *(slate.day for slate in changed)], now)
        _forget_others(connection, newest)
        _keep_documents(connection, bodies, now)
        return sorted([*gone, *(slate.day for slate in changed)])

    changed = database.write(write, exclusive_on=DATES.name)
    if changed or documents.calibrated(database) != reading.state(database):
        calibration = documents.calibration(database)
        database.write(lambda connection: _keep_documents(connection, {"calibration": calibration}, now))
    return Published(players, predicted, changed)


def publish_night(warehouse: Warehouse, artifacts: Artifacts, database: Database, dates: Dates, now: datetime) -> date | None:
    """Keep the facts of tonight's slate for what-ifs, if it is one of some dates; those of earlier ones are deleted.

    Without games today it is the next slate that is served, or else the newest.

    Args:
        warehouse: with the facts.
        artifacts: where they are kept.
        database: that is read by many, after `publish`.
        dates: that may have changed.
        now: the true time.

    Returns:
        The slate; None: it is not one of the dates.

    Raises:
        ArtifactError: it cannot be written; what-ifs stay those of the slate before.
        DatabaseError: as above.
    """
    day = reading.tonight(database, now)
    if day is None or not dates.first <= day <= dates.last:
        return None
    document = nights.keep(warehouse, artifacts, day)
    database.write(lambda connection: _keep_documents(connection, {"night": document}, now))
    nights.forget_others(artifacts, document)
    return day


def _by_date(players: pl.DataFrame, predicted: pl.DataFrame) -> Iterator[Slate]:
    """Each date's rows, and their version: of what is served for ever, and after a dot of the other models."""
    of_day = predicted.partition_by("game_date", as_dict=True)
    for (day,), rows in sorted(players.partition_by("game_date", as_dict=True).items()):
        assert isinstance(day, date)
        every = of_day.get((day,), predicted.clear())
        champion, others = every.filter("is_champion"), every.filter(~pl.col("is_champion"))
        lasting = fingerprint(rows, SERVED_SLATES) + fingerprint(champion, SERVED_PREDICTIONS)
        version = hashlib.sha256(lasting.encode()).hexdigest()[:VERSION]
        if others.height:
            version = f"{version}.{fingerprint(others, SERVED_PREDICTIONS)[:VERSION]}"
        yield Slate(day, version, rows, every)


def _replace(connection: sa.Connection, slates_: list[Slate], days: list[date], now: datetime) -> None:
    for table in (SLATES, PREDICTIONS, DATES):
        if days:
            connection.execute(sa.delete(table).where(table.c.game_date.in_(days)))
    for table, rows in ((SLATES, [each.players for each in slates_]), (PREDICTIONS, [each.predictions for each in slates_])):
        if written := [row for frame in rows for row in frame.iter_rows(named=True)]:
            connection.execute(sa.insert(table), written)
    about = [
        {"game_date": each.day, "version": each.version, "games": each.players["game_id"].n_unique(), "published_at": now}
        for each in slates_
    ]
    if about:
        connection.execute(sa.insert(DATES), about)


def _forget_others(connection: sa.Connection, newest: date) -> None:
    """Of dates that are not among the newest any more only the champion's predictions stay."""
    if newest == date.max:
        return
    older = DATES.c.game_date < newest
    asked = sa.select(DATES.c.game_date, DATES.c.version).where(older, DATES.c.version.contains("."))
    for day, version in connection.execute(asked).all():
        others = (PREDICTIONS.c.game_date == day) & ~PREDICTIONS.c.is_champion
        connection.execute(sa.delete(PREDICTIONS).where(others))
        lasting = version.partition(".")[0]
        connection.execute(sa.update(DATES).where(DATES.c.game_date == day).values(version=lasting))


def _keep_documents(connection: sa.Connection, bodies: dict[str, str], now: datetime) -> None:
    for name, body in bodies.items():
        version = hashlib.sha256(body.encode()).hexdigest()[:VERSION]
        if connection.scalar(sa.select(DOCUMENTS.c.version).where(DOCUMENTS.c.name == name)) == version:
            continue
        connection.execute(sa.delete(DOCUMENTS).where(DOCUMENTS.c.name == name))
        connection.execute(sa.insert(DOCUMENTS).values(name=name, version=version, body=body, published_at=now))
