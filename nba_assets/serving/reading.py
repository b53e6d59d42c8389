"""What is asked of the database: slates, predictions, players and documents. Reads only, one statement each."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from nba_assets.calendar import EASTERN
from nba_assets.reference.names import Person
from nba_assets.serving.schema import BATCHES, DATES, DOCUMENTS, PREDICTIONS, REQUESTS, SLATES
from nba_assets.stores.database import Database
from nba_assets.tables.serving import ROW_KEY

Row = dict[str, Any]
P, S = PREDICTIONS.c, SLATES.c
# Of the player in the game; the rest of a row is of the prediction.
OF_PLAYER = ("player_name", "player_lookup", "team", "opponent", "is_home", "tip_off", "decision_at", "on_roster")
OF_PLAYER += ("play_prob", "minutes_mean", "minutes_p10", "minutes_p50", "minutes_p90", "minutes_played")
# Of who is reported out.
OUT = ("game_id", "player_id", "player_name", "team", "decision")
OF_PREDICTION = tuple(column.name for column in PREDICTIONS.columns if column.name not in ROW_KEY)
SLATE_AND_PREDICTION = sa.and_(*(S[name] == P[name] for name in ROW_KEY))


def version(database: Database, day: date) -> str | None:
    """Return the version of a date's rows; None: nothing is served of it."""
    return database.read(lambda connection: connection.scalar(sa.select(DATES.c.version).where(DATES.c.game_date == day)))


def tonight(database: Database, now: datetime) -> date | None:
    """Return the first served date from today on, in New York, or else the newest; None: there is none."""
    return database.read(lambda connection: connection.scalar(sa.select(_first(DATES.c.game_date, now))))


def _first(days: "sa.ColumnElement[date]", now: datetime, *chosen: "sa.ColumnElement[bool]") -> "sa.ColumnElement[Any]":
    """The first of some dates from today on, or else the last one."""
    later = sa.select(sa.func.min(days)).where(days >= now.astimezone(EASTERN).date(), *chosen)
    return sa.func.coalesce(later.scalar_subquery(), sa.select(sa.func.max(days)).where(*chosen).scalar_subquery())


def beside(database: Database, day: date) -> tuple[date | None, date | None]:
    """Return the served dates before and after a day, as far as there are any."""
    before = sa.select(sa.func.max(DATES.c.game_date)).where(DATES.c.game_date < day)
    after = sa.select(sa.func.min(DATES.c.game_date)).where(DATES.c.game_date > day)
    asked = sa.select(before.scalar_subquery(), after.scalar_subquery())
    row = database.read(lambda connection: connection.execute(asked).one())
    return row[0], row[1]


def dates(database: Database, most: int | None = None, since: date = date.min) -> list[Row]:
    """Return the newest served dates, the newest first: games, version and when they were written."""
    return _rows(database, sa.select(DATES).where(DATES.c.game_date >= since).order_by(DATES.c.game_date.desc()).limit(most))


def predictions(database: Database, day: date, market: str, decision: str | None = None, model: str | None = None) -> list[Row]:
    """Return the predictions of a date with who plays where, games by tip-off, players by prediction.

    Args:
        database: where from.
        day: of the games.
        market: as 'player_points'.
        decision: None: each game's last one.
        model: None: the champion's.
    """
    asked = (
        sa.select(*(P[name] for name in ROW_KEY), *(S[name] for name in OF_PLAYER), *(P[name] for name in OF_PREDICTION))
        .join(SLATES, SLATE_AND_PREDICTION)
        .where(P.game_date == day, P.market == market, P.is_champion if model is None else P.model_id == model)
        .order_by(S.tip_off, P.game_id, P.predicted.desc(), P.player_id)
    )
    return _decided(_rows(database, asked), decision)


def decided(database: Database, day: date) -> list[Row]:
    """Return the last decision of each game of a date: game_id and decision."""
    asked = sa.select(S.game_date, S.game_id, S.decision).distinct().where(S.game_date == day)
    return [{"game_id": row["game_id"], "decision": row["decision"]} for row in _decided(_rows(database, asked), None)]


def out(database: Database, day: date, decision: str | None = None) -> list[Row]:
    """Return who is reported out on a date, games by tip-off. Arguments as of `predictions`."""
    asked = sa.select(*(S[name] for name in OUT), S.game_date, S.is_out).where(S.game_date == day)
    rows = _decided(_rows(database, asked.order_by(S.tip_off, S.game_id, S.team, S.player_id)), decision)
    return [{name: row[name] for name in OUT} for row in rows if row["is_out"]]


def nights(database: Database, market: str, decision: str) -> list[Row]:
    """Return the champion's errors by date, of those who played and had played before: sums, and of those with a line."""
    error, lined = sa.func.abs(P.predicted - P.actual), P.betting_line.is_not(None)
    asked = (
        sa.select(
            P.game_date,
            sa.func.count().label("played"),
            sa.func.sum(sa.func.abs(P.form - P.actual) - error).label("less_than_form"),
            sa.func.sum(sa.case((lined, 1), else_=0)).label("lined"),
            sa.func.sum(sa.case((lined, sa.func.abs(P.betting_line - P.actual) - error), else_=0.0)).label("less_than_line"),
        )
        .where(P.market == market, P.decision == decision, P.is_champion, P.outcome == "played", P.form.is_not(None))
        .group_by(P.game_date)
        .order_by(P.game_date)
    )
    return _rows(database, asked)


def chances(database: Database, market: str, decision: str) -> list[Row]:
    """Return what the champion said of lines, and what happened, of those who played; as `evaluation.chances` reads it."""
    named = {"game_date": P.game_date, "player_id": P.player_id, "betting_line": P.betting_line, "actual_points": P.actual}
    named |= {"prob_over": P.prob_over, "no_vig_over": P.no_vig_over, "market": P.market, "decision": P.decision}
    asked = sa.select(*(column.label(name) for name, column in named.items())).where(
        P.market == market, P.decision == decision, P.is_champion, P.outcome == "played", P.prob_over.is_not(None)
    )
    return _rows(database, asked)


def team(database: Database, short: str, now: datetime) -> list[Row]:
    """Return a team's slate tonight (or its next one, or else the newest) at its last decision, who plays most first.

    Nothing: no slate has the team.
    """
    asked = sa.select(SLATES).where(S.team == short, S.game_date == _first(S.game_date, now, S.team == short))
    return _decided(_rows(database, asked.order_by(S.minutes_mean.desc().nulls_last(), S.player_id)), None)


def history(database: Database, player_id: int, market: str, games: int) -> list[Row]:
    """Return a player's newest predictions by the champion at each game's last decision, the newest first."""
    asked = (
        sa.select(*(P[name] for name in ROW_KEY), *(S[name] for name in OF_PLAYER), *(P[name] for name in OF_PREDICTION))
        .join(SLATES, SLATE_AND_PREDICTION)
        .where(P.player_id == player_id, P.market == market, P.is_champion)
        .order_by(P.game_date.desc(), P.game_id, P.decision)
        .limit(2 * games)
    )
    return _decided(_rows(database, asked), None)[:games]


def projection(database: Database, player_id: int) -> Row | None:
    """Return a player's newest row of a slate, at its last decision."""
    asked = sa.select(SLATES).where(S.player_id == player_id).order_by(S.game_date.desc(), S.decision.desc()).limit(1)
    return next(iter(_rows(database, asked)), None)


def state(database: Database) -> str | None:
    """Return what all dates are, in one word: another one if any has changed; None: nothing is served."""
    asked = sa.select(sa.func.count(), sa.func.max(DATES.c.published_at))
    count, newest = database.read(lambda connection: connection.execute(asked).one())
    return f"{count}.{newest.timestamp()}" if count else None


def people(database: Database) -> list[Person]:
    """Return everybody who was on a served slate, by the names that they had there, the newest name last."""
    newest = sa.func.max(S.game_date)
    asked = sa.select(S.player_id, S.player_name).group_by(S.player_id, S.player_name).order_by(newest)
    return [Person(*row) for row in database.read(lambda connection: connection.execute(asked).tuples().all())]


def document(database: Database, name: str) -> tuple[str, str] | None:
    """Return the version and the JSON of a document; None: there is none yet."""
    asked = sa.select(DOCUMENTS.c.version, DOCUMENTS.c.body).where(DOCUMENTS.c.name == name)
    row = database.read(lambda connection: connection.execute(asked).first())
    return (row.version, row.body) if row else None


def document_versions(database: Database) -> list[str]:
    """Return the versions of all documents, by name."""
    asked = sa.select(DOCUMENTS.c.version).order_by(DOCUMENTS.c.name)
    return list(database.read(lambda connection: connection.scalars(asked).all()))


def expected(database: Database, day: date, least: float) -> set[int]:
    """Return the players of a date who are not out and are expected to play at least so many minutes, if they play."""
    asked = sa.select(S.game_date, S.game_id, S.player_id, S.decision, S.is_out, S.minutes_mean).where(S.game_date == day)
    rows = _decided(_rows(database, asked), None)
    return {row["player_id"] for row in rows if not row["is_out"] and (row["minutes_mean"] or 0.0) >= least}


def batch(database: Database, batch_id: str) -> Row | None:
    """Return a batch; None: there is none of this id."""
    return next(iter(_rows(database, sa.select(BATCHES).where(BATCHES.c.batch_id == batch_id))), None)


def confirmed(database: Database, batch_id: str) -> int:
    """Return of how many players messages have said that their prediction of a batch has arrived."""
    asked = sa.select(sa.func.count(sa.distinct(REQUESTS.c.player_lookup)))
    of_batch = (REQUESTS.c.batch_id == batch_id) & (REQUESTS.c.outcome == "completed")
    return database.read(lambda connection: connection.scalar(asked.where(of_batch))) or 0


def _rows(database: Database, asked: "sa.Select[Any]") -> list[Row]:
    found = database.read(lambda connection: connection.execute(asked).mappings().all())
    instants = [column.name for column in asked.selected_columns if isinstance(column.type, sa.DateTime)]
    return [{**row, **{name: _utc(row[name]) for name in instants}} for row in found]


def _utc(instant: datetime | None) -> datetime | None:
    """SQLite forgets the zone, and Postgres has the session's."""
    return instant and (instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC))


def _decided(rows: Sequence[Row], decision: str | None) -> list[Row]:
    """Rows of a decision; of none given, each game's last one."""
    if decision is not None:
        return [row for row in rows if row["decision"] == decision]
    late = {_game(row) for row in rows if row["decision"] == "tip"}
    return [row for row in rows if row["decision"] == "tip" or _game(row) not in late]


def _game(row: Mapping[str, Any]) -> tuple[Any, Any]:
    return row["game_date"], row["game_id"]
