"""What is served of a date is what the warehouse says: all of it or what was there before, and the same twice is nothing."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from nba_assets.calendar import Dates
from nba_assets.serving.publishing import Published, publish
from nba_assets.serving.schema import DATES, DOCUMENTS, PREDICTIONS, SLATES
from nba_assets.serving.slates import NEWEST_DATES
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables.features import ML_FEATURE_STORE
from nba_assets.tables.predictions import PLAYER_PROP_PREDICTIONS
from nba_assets.tables.serving import NAMES
from nba_assets_tests.rows import DAY, of
from nba_assets_tests.serving.night import AWAY, HOME, NOW, SLATE, one_night, played, put


def served(database: Database, table: sa.Table) -> list[dict[str, object]]:
    asked = sa.select(table).order_by(*table.primary_key)
    return [dict(row) for row in database.read(lambda connection: connection.execute(asked).mappings().all())]


def publish_day(warehouse: DuckDBWarehouse, database: Database, now: datetime = NOW) -> Published:
    return publish(warehouse, database, Dates(DAY, DAY), now)


def test_a_night_is_served_as_the_warehouse_has_it(warehouse: DuckDBWarehouse, fresh: Database) -> None:
    one_night(warehouse)
    assert publish_day(warehouse, fresh).changed == [DAY]
    star, out = served(fresh, SLATES)
    expected = {"player_lookup": "nikolajokic", "team": HOME.abbreviation, "opponent": AWAY.abbreviation, "is_home": True}
    expected |= {"starter": True, "minutes_mean": 34.5, "play_prob": 0.8, "pts": 27.0, "ast": 9.5, "minutes_played": None}
    assert {name: star[name] for name in expected} == expected
    assert (out["player_id"], out["is_out"], out["minutes_mean"]) == (2, True, None)
    best, other = served(fresh, PREDICTIONS)
    assert (best["model_id"], best["is_champion"], best["predicted"], best["expected"]) == ("best", True, 26.5, 27.1)
    # Of the model that predicted before tip-off and again later, the live prediction is served.
    assert (other["is_champion"], other["origin"], other["predicted"], other["actual"]) == (False, "live", 24.0, None)
    (about,) = served(fresh, DATES)
    assert (about["games"], len(str(about["version"]))) == (1, 33)
    assert {row["name"] for row in served(fresh, DOCUMENTS)} == set(NAMES) - {"night"}


def test_the_same_twice_writes_nothing_and_a_result_changes_its_date(warehouse: DuckDBWarehouse, fresh: Database) -> None:
    one_night(warehouse)
    publish_day(warehouse, fresh)
    before = served(fresh, DATES)
    assert publish_day(warehouse, fresh, NOW + timedelta(days=1)).changed == []
    assert served(fresh, DATES) == before
    for version, points in enumerate((31.0, 30.0), start=1):
        played(warehouse, points, version)
        assert publish_day(warehouse, fresh).changed == [DAY]
        assert served(fresh, PREDICTIONS)[0]["actual"] == points
    assert served(fresh, DATES)[0]["version"] != before[0]["version"]
    star, out = served(fresh, SLATES)
    assert (star["minutes_played"], out["minutes_played"]) == (36.2, 0.0)


def test_of_older_dates_the_champion_alone_stays(warehouse: DuckDBWarehouse, fresh: Database) -> None:
    one_night(warehouse)
    publish_day(warehouse, fresh)
    lasting = str(served(fresh, DATES)[0]["version"]).partition(".")[0]
    later = [DAY + timedelta(days=number) for number in range(1, NEWEST_DATES + 1)]
    mine = {**SLATE, "player_id": 1, "model_id": "best"}
    for day in later:
        rows = of(PLAYER_PROP_PREDICTIONS, {**mine, "game_date": day})
        warehouse.replace(PLAYER_PROP_PREDICTIONS, rows, {"game_date": day, "decision": "tip"})
    publish(warehouse, fresh, Dates(later[-1], later[-1]), NOW)
    assert [row["model_id"] for row in served(fresh, PREDICTIONS)] == ["best"]
    assert served(fresh, DATES)[0]["version"] == lasting
    # Published again as it is now, nothing changes.
    assert publish_day(warehouse, fresh).changed == []


def test_a_date_without_games_any_more_goes(warehouse: DuckDBWarehouse, fresh: Database) -> None:
    one_night(warehouse)
    publish_day(warehouse, fresh)
    warehouse.replace(ML_FEATURE_STORE, ML_FEATURE_STORE.empty(), {"game_date": DAY})
    assert publish_day(warehouse, fresh).changed == [DAY]
    assert served(fresh, SLATES) == served(fresh, PREDICTIONS) == served(fresh, DATES) == []


def test_nothing_predicted_yet_is_an_empty_service(warehouse: DuckDBWarehouse, fresh: Database) -> None:
    assert publish_day(warehouse, fresh).changed == []
    assert served(fresh, DATES) == []


def test_a_decision_that_has_not_come_is_not_served(warehouse: DuckDBWarehouse, fresh: Database) -> None:
    """Features hold the rows of both decisions from the morning on; predictions and slates only what is decided."""
    one_night(warehouse)
    star = {**SLATE, "player_id": 1, "team_id": HOME.team_id, "opponent_team_id": AWAY.team_id, "home": 1.0, "on_roster": True}
    early, late = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    put(warehouse, ML_FEATURE_STORE, {**star, "decision": "noon", "decision_at": early}, {**star, "decision_at": late})
    publish_day(warehouse, fresh)
    assert [row["decision"] for row in served(fresh, SLATES)] == ["noon"]
    publish_day(warehouse, fresh, late)
    assert [row["decision"] for row in served(fresh, SLATES)] == ["noon", "tip"]
