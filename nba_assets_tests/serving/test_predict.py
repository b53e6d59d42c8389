"""Features and messages that come in: what the models make of them, and what is recorded."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import psycopg2
import pytest
import requests
import sqlalchemy as sa
from pydantic import SecretStr

from nba_assets.calendar import Dates
from nba_assets.home import Home
from nba_assets.serving.publishing import publish
from nba_assets.settings import Settings
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables.features import FEATURE_VERSIONS, ML_FEATURE_STORE
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS
from nba_assets_tests.postgres import PostgresServer
from nba_assets_tests.rows import DAY
from nba_assets_tests.serving.night import NOW
from nba_assets_tests.serving.served import Ask, detail, pushed, serving, with_a_night, with_models

# Rows of wide features in a body of less than a megabyte.
PART = 100
INFER = "/v2/models/xgboost_v1/infer"
NAMES = FEATURE_VERSIONS["v1_33features"]
WANTED = {"player_lookup": "nikolajokic", "game_date": DAY.isoformat(), "game_id": "g"}
ROLE = Path(__file__).parents[2] / "sql" / "serving_role.sql"


def recorded(database: Database) -> list[dict[str, Any]]:
    asked = sa.text("SELECT * FROM served_requests ORDER BY received_at")
    found = database.read(lambda connection: connection.execute(asked).mappings().all())
    return [dict(row) for row in found]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all tests that add rows of requests only."""
    folder = tmp_path_factory.mktemp("served")
    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb", lock_timeout=0.5)
    return with_models(with_a_night(folder / "home", warehouse), warehouse)


@pytest.fixture(scope="module")
def database(shared: Path) -> Database:
    return Database(f"sqlite:///{shared / 'usage.db'}")


@pytest.fixture(scope="module")
def asked(shared: Path) -> Iterator[Ask]:
    with serving(shared) as found:
        yield found


def send(ask: Ask, body: object, path: str = "/predict") -> requests.Response:
    return ask(path, "POST", json=body)


def test_features_in_any_order_are_predicted_by_name(asked: Ask) -> None:
    row = {name: float(place % 7) for place, name in enumerate(NAMES)}
    turned = dict(reversed(row.items()))
    mine = send(asked, {"rows": [row, turned]}).json()
    assert mine["model"] == "xgboost_v1" and mine["market"] == "player_points"
    assert len(mine["predictions"]) == 2 and mine["predictions"][0] == mine["predictions"][1] > 0
    tensors = [{"name": name, "datatype": "FP64", "shape": [1], "data": [value]} for name, value in turned.items()]
    theirs = send(asked, {"id": "7", "inputs": tensors}, INFER).json()
    assert theirs["id"] == "7" and theirs["model_version"] == mine["hash"]
    assert theirs["outputs"] == [{"name": "player_points", "datatype": "FP64", "shape": [1], "data": mine["predictions"][:1]}]


def test_missing_and_further_features_are_listed(asked: Ask) -> None:
    row = dict.fromkeys(NAMES[1:], 1.0) | {"shoe_size": 50.0}
    for answer in (
        send(asked, {"rows": [dict.fromkeys(NAMES, 1.0), row]}),
        send(asked, {"inputs": [{"name": n, "shape": [1], "data": [v]} for n, v in row.items()]}, INFER),
    ):
        found = detail(answer, 422)
        assert found["missing"] == [NAMES[0]] and found["unknown"] == ["shoe_size"]
        assert NAMES[0] in found["detail"] and "shoe_size" in found["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"rows": []}, 422),
        ({"rows": [{"a": "many"}]}, 422),
        ({"rows": [{"a": 1}], "model": "nobody"}, 404),
        ({"rows": [dict.fromkeys(NAMES, 1)], "model": "gone"}, 503),
        ({"rows": [dict.fromkeys(NAMES, 1)], "modle": "gone"}, 422),
        ([], 422),
        ({}, 422),
        (None, 422),
    ],
)
def test_bodies_that_make_no_sense_are_refused(asked: Ask, body: object, status: int) -> None:
    detail(send(asked, body), status)


def test_numbers_that_are_none_are_refused_and_null_is_no_value(asked: Ask) -> None:
    detail(asked("/predict", "POST", data='{"rows": [{"a": NaN}]}', headers={"content-type": "application/json"}), 422)
    assert send(asked, {"rows": [dict.fromkeys(NAMES)]}).json()["predictions"][0] > 0


def test_tensors_of_another_shape_are_refused(asked: Ask) -> None:
    inputs = [{"name": name, "shape": [1], "data": [1.0]} for name in NAMES]
    detail(send(asked, {"inputs": [{**inputs[0], "shape": [2]}, *inputs[1:]]}, INFER), 422)
    detail(send(asked, {"inputs": [{**inputs[0], "shape": [2], "data": [1.0, 2.0]}, *inputs[1:]]}, INFER), 422)
    assert "twice" in detail(send(asked, {"inputs": [*inputs, inputs[0]]}, INFER), 422)["detail"]


def test_a_message_is_answered_and_recorded_once(asked: Ask, database: Database) -> None:
    body = pushed({**WANTED, "line_values": [20.5, 30], "batch_id": "b", "correlation_id": "c", "more": 1}, "1")
    answers = [send(asked, body) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    (row,) = recorded(database)
    assert (row["message_id"], row["outcome"], row["model_id"], row["predicted"]) == ("1", "predicted", "best", 26.5)
    assert (row["player_id"], row["batch_id"], row["correlation_id"]) == (1, "b", "c")
    chances = json.loads(row["chances"])
    assert chances["20.5"] == asked("/players/1/distribution?line=20.5").json()["prob_over"]
    assert chances.keys() == {"20.5", "30.0"} and chances["30.0"] < chances["20.5"]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({}, "the message has no data"),
        ({"data": None}, "not base64"),
        ({"data": "%%%"}, "not base64"),
        ({"data": "é"}, "not base64"),
        (pushed(b"{not json")["message"], "Invalid JSON"),
        (pushed([])["message"], "not what is asked for"),
        (pushed({"player_lookup": "x"})["message"], "game_date: Field required"),
        (pushed({**WANTED, "line_values": [-1]})["message"], "line_values.0"),
        (pushed({**WANTED, "player_lookup": "x\x00"})["message"], "player_lookup"),
        (pushed({**WANTED, "game_date": "2001-01-01"})["message"], "no game of 2001-01-01"),
        (pushed({**WANTED, "player_lookup": "nobody"})["message"], "no predictions are of 'nobody' in game 'g'"),
        (pushed({**WANTED, "game_id": "other"})["message"], "in game 'other'"),
    ],
)
def test_a_message_that_makes_no_sense_is_recorded_and_not_sent_again(
    asked: Ask, database: Database, message: dict[str, Any], why: str
) -> None:
    before = len(recorded(database))
    answer = send(asked, {"message": message})
    assert answer.status_code == 204, answer.text
    (row,) = recorded(database)[before:]
    assert row["outcome"] == "refused" and why in row["detail"]


def test_a_message_without_an_id_is_known_by_its_content(asked: Ask, database: Database) -> None:
    before = len(recorded(database))
    for number in (None, "\x00", "x" * 101):
        for _ in range(2):
            assert send(asked, pushed(WANTED, number)).status_code == 204
    # The one that has none is known by all of itself, and so are those whose ids cannot be kept.
    assert len(recorded(database)) == before + 3


def test_a_slate_that_is_not_predicted_yet_is_asked_for_again(asked: Ask, database: Database) -> None:
    before = recorded(database)
    later = {**WANTED, "game_date": "2999-01-01"}
    assert "not predicted yet" in detail(send(asked, pushed(later)), 500)["detail"]
    assert recorded(database) == before


def test_a_role_that_may_only_record_is_enough(postgres: PostgresServer, shared: Path, fresh_postgres: Database) -> None:
    """With the rights of sql/serving_role.sql everything is answered, and nothing else can be written."""
    publish(DuckDBWarehouse(shared.parent / "warehouse.duckdb", lock_timeout=0.5), fresh_postgres, Dates(DAY, DAY), NOW)
    # All of the file at once, as psql would; text() would take colons for parameters.
    fresh_postgres.write(lambda connection: connection.exec_driver_sql(ROLE.read_text()))
    fresh_postgres.write(lambda connection: connection.execute(sa.text("ALTER ROLE nba_serving LOGIN PASSWORD 'of the role'")))
    url = sa.make_url(postgres.url()).set(username="nba_serving", password="of the role")  # noqa: S106 (of a test's server)
    shown = url.render_as_string(hide_password=False)
    with serving(shared, database_url=SecretStr(shown)) as ask:
        assert ask("/ready").status_code == 200 and ask(f"/predictions/{DAY}").json()["predictions"]
        assert [send(ask, pushed(WANTED, "1")).status_code for _ in range(2)] == [204, 204]
        assert [row["outcome"] for row in recorded(fresh_postgres)] == ["predicted"]
        with closing(psycopg2.connect(shown)) as connection, connection.cursor() as cursor:
            for statement in ("DELETE FROM served_slates", "DELETE FROM served_requests", "DROP TABLE served_dates"):
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(statement)
                connection.rollback()
        postgres.stop()
        try:
            assert "does not answer" in detail(send(ask, pushed(WANTED, "2")), 500)["detail"]
        finally:
            postgres.start()
        assert send(ask, pushed(WANTED, "2")).status_code == 204
    assert len(recorded(fresh_postgres)) == 2
    fresh_postgres.write(lambda connection: connection.execute(sa.text("DROP OWNED BY nba_serving")))
    fresh_postgres.write(lambda connection: connection.execute(sa.text("DROP ROLE nba_serving")))
    fresh_postgres.close()


@pytest.mark.slow
@pytest.mark.xdist_group("ran_home")
def test_the_service_predicts_what_the_graph_has_predicted(ran_home: Settings) -> None:
    """Features of a slate, sent to every model that takes features, give the predictions that the graph has stored."""
    night = Home(ran_home)
    stored = night.read(ML_MODEL_PREDICTIONS.name).filter(pl.col("market") == "player_points")
    (day,) = stored["game_date"].unique().sort()[-2:-1]
    rows = night.read(ML_FEATURE_STORE.name, (day, day)).sort("game_id", "player_id", "decision")
    seen = 0
    with serving(ran_home.home) as ask:
        for name, system in ask("/").json()["systems"].items():
            taken = [each["name"] for each in ask(f"/v2/models/{name}").json()["inputs"]] if not system["reason"] else []
            if not taken or system["market"] != "player_points":
                continue
            again: list[float] = []
            for part in rows.select(pl.col(taken).cast(pl.Float64)).iter_slices(PART):
                answer = send(ask, {"model": name, "rows": part.to_dicts()})
                assert answer.status_code == 200, answer.text
                found = answer.json()
                again += found["predictions"]
            key = rows.select("game_id", "player_id", "decision").with_columns(again=pl.Series(again))
            cutoff = pl.col("training_cutoff").cast(pl.String) == found["cutoff"] if found["cutoff"] else True
            both = stored.filter((pl.col("model_id") == name) & cutoff).join(key, on=["game_id", "player_id", "decision"])
            assert both.filter((pl.col("again") - pl.col("predicted_points")).abs() > 1e-9).is_empty(), name
            seen += both.height
    assert seen > 500
