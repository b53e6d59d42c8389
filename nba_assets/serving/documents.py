"""What is served of no date: models, leaderboard, calibration, promotions, and how complete the data are; as JSON."""

import json
from datetime import date, datetime
from typing import Any

import polars as pl

from nba_assets.evaluation.chances import reliability
from nba_assets.evaluation.monitoring import missing_now
from nba_assets.reference.teams import abbreviation
from nba_assets.registry.catalog import DEFAULT_MARKET
from nba_assets.serving import reading
from nba_assets.stores.database import Database
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts, league, predictions, registry
from nba_assets.tables.contracts import Table
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.lineups import LINEUP_RATINGS
from nba_assets.tables.minutes import MINUTES_PREDICTIONS
from nba_assets.tables.rates import PROJECTIONS

BUNDLE = ("model_id", "training_cutoff", "path", "content_hash", "last_game_date")
REGISTERED = ("model_id", "market", "model_name", "model_type", "model_path", "model_format", "feature_version")
REGISTERED += ("training_end_date", "library_version", "enabled", "is_production")
BOARD = "SELECT * FROM nba_predictions.v_ml_model_board ORDER BY market, decision, mae, model_id"
# From facts to grades.
FRESH: tuple[Table, ...] = (
    *(facts.SCHEDULE_NOTICES, facts.BOX_SCORES, facts.AVAILABILITY, facts.PROP_LINES, league.PLAYER_GAMES, ML_FEATURE_STORE),
    *(MINUTES_PREDICTIONS, PROJECTIONS, predictions.ML_MODEL_PREDICTIONS, GRADED_PREDICTIONS),
)
# Of what is listed, the newest.
MOST = 50
# All that is known before a game.
BEST_KNOWN = "tip"
# Tenths of fewer lines say nothing.
LEAST_OUTCOMES = 200


def documents(warehouse: Warehouse, now: datetime) -> dict[str, str]:
    """Return bodies by name: models (registered, with their newest bundle), leaderboard, promotions, data, lineups."""
    bundles = warehouse.read(predictions.MODEL_BUNDLES, columns=list(BUNDLE))
    newest = bundles.sort("training_cutoff").unique("model_id", keep="last")
    registered = warehouse.read(registry.ML_MODEL_REGISTRY, columns=list(REGISTERED))
    models = registered.join(newest, on="model_id", how="left").sort("market", "model_id")
    return {
        "models": models.write_json(),
        "leaderboard": warehouse.query(BOARD).write_json(),
        "promotions": _promotions(warehouse),
        "data": _data(warehouse, now),
        "lineups": _lineups(warehouse),
    }


def _promotions(warehouse: Warehouse) -> str:
    """Who became champion, the newest first; and the newest decision on every challenger."""
    audit = warehouse.read(registry.ML_MODEL_AUDIT).filter(pl.col("event") == "promoted").sort("number", descending=True)
    decided = warehouse.read(registry.CHAMPION_DECISION)
    newest = decided.filter(pl.col("game_date") == pl.col("game_date").max()).sort("market", "challenger")
    return _json({"promoted": audit.head(MOST).to_dicts(), "decided": newest.to_dicts()})


def _data(warehouse: Warehouse, now: datetime) -> str:
    """How far each table goes, what is missing of games that are over, and which games cannot be true."""
    tables: list[dict[str, object]] = []
    for table in FRESH:
        found = warehouse.summary(table)
        tables.append({"table": table.name, **found._asdict()})
    missing = missing_now(warehouse, now).sort("game_date", "missing", descending=True)
    bad = warehouse.read(facts.QUARANTINE).sort("known_at", descending=True).unique(["game_id", "reason"], maintain_order=True)
    listed = {"missing": missing.head(MOST).to_dicts(), "quarantine": bad.head(MOST).to_dicts()}
    return _json({"tables": tables, "missing_count": missing.height, "quarantine_count": bad.height, **listed})


def _lineups(warehouse: Warehouse) -> str:
    """Lineups of the newest season that has any rated, with the players' names, who played most first."""
    rated = warehouse.read(LINEUP_RATINGS)
    newest = rated.filter(pl.col("season") == pl.col("season").max())
    games = warehouse.read(league.PLAYER_GAMES, columns=["game_date", "player_id", "player_name"]).sort("game_date")
    names = dict(games.unique("player_id", keep="last").select("player_id", "player_name").iter_rows())
    rows = newest.with_columns(abbreviation("team_id").alias("team")).sort(
        "team", "possessions", "lineup", descending=[False, True, False]
    )
    found = [
        {**row, "players": [names.get(int(player), player) for player in row["lineup"].split("-")]}
        for row in rows.drop("team_id").to_dicts()
    ]
    return _json({"lineups": found})


def calibration(database: Database) -> str:
    """Return how the champions' points came out at tip-off, as JSON, from what is served.

    Returns:
        state: of all dates, in one word; nights: of `reading.nights`; tenths: of the chance of the over, as of
        `evaluation.chances.reliability`, of at least 200 lines.
    """
    state = reading.state(database)
    nights = reading.nights(database, DEFAULT_MARKET, BEST_KNOWN)
    rows = reading.chances(database, DEFAULT_MARKET, BEST_KNOWN)
    tenths: list[dict[str, object]] = []
    if len(rows) >= LEAST_OUTCOMES:
        frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(model_id=pl.lit("champion"))
        tenths = reliability(frame).to_dicts()
    return _json({"state": state, "nights": nights, "tenths": tenths})


def calibrated(database: Database) -> str | None:
    """Return the state of all dates that the calibration is of; None: there is none yet."""
    found = reading.document(database, "calibration")
    return json.loads(found[1]).get("state") if found else None


def _json(body: dict[str, Any]) -> str:
    return json.dumps(body, default=_text)


def _text(value: object) -> str:
    assert isinstance(value, date)
    return value.isoformat()
