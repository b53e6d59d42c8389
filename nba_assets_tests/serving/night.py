"""One night in a small warehouse: a star who is to play, a teammate who is out, two models."""

from datetime import UTC, date, datetime

from nba_assets.reference.teams import TEAMS
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables import league
from nba_assets.tables.contracts import Table
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.grades import GRADED_PREDICTIONS
from nba_assets.tables.minutes import MINUTES_PREDICTIONS
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, PLAYER_PROP_PREDICTIONS
from nba_assets.tables.rates import PROJECTIONS
from nba_assets_tests.rows import DAY, of

NOW = datetime(2024, 1, 5, tzinfo=UTC)
HOME, AWAY = TEAMS[0], TEAMS[1]
SLATE = {"game_id": "g", "decision": "tip"}
STAR = {"player_id": 1, "player_name": "Nikola Jokić"}


def put(warehouse: DuckDBWarehouse, table: Table, *rows: dict[str, object], day: date = DAY) -> None:
    """Replace a date's rows of a table."""
    rows, scope = tuple({"game_date": day, **row} for row in rows), {"game_date": day}
    whole = {
        name: sorted({row.get(name, of(table, row)[name][0]) for row in rows}) for name in table.scope if name != "game_date"
    }
    warehouse.replace(table, of(table, *rows), {**scope, **whole})  # type: ignore[arg-type]


def one_night(warehouse: DuckDBWarehouse, distribution_path: str = "x", out_name: str = "Out", day: date = DAY) -> None:
    """A star who is to play, and a teammate who is out; predicted by the champion and by another model."""
    teams = {"team_id": HOME.team_id, "opponent_team_id": AWAY.team_id, "home": 1.0, "on_roster": True}
    star = {**SLATE, **STAR, **teams, "play_probability": 0.75, "starter": 1.0}
    put(warehouse, ML_FEATURE_STORE, star, {**SLATE, **teams, "player_id": 2, "player_name": out_name, "is_out": True}, day=day)
    put(warehouse, MINUTES_PREDICTIONS, {**SLATE, **STAR, "minutes_mean": 34.5, "play_prob": 0.8}, day=day)
    put(warehouse, PROJECTIONS, {**SLATE, **STAR, "pts": 27.0, "ast": 9.5}, day=day)
    mine = {
        **SLATE,
        "player_id": 1,
        "model_id": "best",
        "origin": "backfill",
        "predicted_points": 26.5,
        "expected_points": 27.1,
        "form": 24.0,
        "betting_line": 25.5,
        "prob_over": 0.55,
        "distribution_path": distribution_path,
    }
    put(warehouse, PLAYER_PROP_PREDICTIONS, mine, day=day)
    others = {**mine, "model_id": "other", "predicted_points": 25.0}
    put(warehouse, ML_MODEL_PREDICTIONS, mine, others, day=day)
    warehouse.replace(
        ML_MODEL_PREDICTIONS,
        of(ML_MODEL_PREDICTIONS, {**others, "game_date": day, "origin": "live", "predicted_points": 24.0}),
        {"game_date": day, "decision": "tip", "model_id": "other", "market": "player_points", "origin": "live"},
    )


def played(warehouse: DuckDBWarehouse, points: float, version: int = 1) -> None:
    """The game is over, and graded."""
    put(warehouse, league.PLAYER_GAMES, {"game_id": "g", "player_id": 1, "minutes": 36, "seconds_played": 2172})
    grade = {**SLATE, "player_id": 1, "model_id": "best", "outcome": "played", "actual_points": points, "version": version}
    warehouse.append(GRADED_PREDICTIONS, of(GRADED_PREDICTIONS, grade))
