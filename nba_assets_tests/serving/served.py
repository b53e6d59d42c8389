"""The service over real HTTP, and homes for it to serve."""

import json
import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import requests
import sqlalchemy as sa
import uvicorn
import xgboost

from nba_assets.calendar import Dates
from nba_assets.modelling import distributions
from nba_assets.modelling.bundles import DISTRIBUTION
from nba_assets.serving.app import build_app
from nba_assets.serving.publishing import publish
from nba_assets.settings import load_settings
from nba_assets.stores.artifacts import FileArtifacts
from nba_assets.stores.database import Database
from nba_assets.stores.duckdb_warehouse import DuckDBWarehouse
from nba_assets.tables.features import FEATURE_VERSIONS
from nba_assets.tables.registry import ML_MODEL_REGISTRY
from nba_assets_tests.rows import DAY, of
from nba_assets_tests.serving.night import NOW, one_night

Ask = Callable[..., requests.Response]
NAMES = FEATURE_VERSIONS["v1_33features"]


@contextmanager
def serving(home: Path, environment: dict[str, str] | None = None, **chosen: Any) -> Iterator[Ask]:
    """A server on a free port; it is stopped at the end."""
    app = build_app(load_settings(home, **chosen), environment)
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive()
        port = server.servers[0].sockets[0].getsockname()[1]

        def ask(path: str, method: str = "GET", **more: Any) -> requests.Response:
            return requests.request(method, f"http://127.0.0.1:{port}{path}", timeout=20, **more)

        yield ask
    finally:
        server.should_exit = True
        thread.join()


def distribution() -> distributions.Distribution:
    rng = np.random.default_rng(3)
    predicted = rng.gamma(3, 5, 4000)
    minutes = rng.uniform(5, 38, 4000)
    return distributions.fit(predicted, rng.poisson(predicted).astype(float), minutes, (rng.random(4000) < 0.5).astype(float))


def with_a_night(home: Path, warehouse: DuckDBWarehouse, **chosen: str) -> Path:
    """A home whose one night is published."""
    path = FileArtifacts(str(home / "artifacts")).put("spread", {DISTRIBUTION: distributions.to_file(distribution())})
    one_night(warehouse, distribution_path=path, **chosen)
    publish(warehouse, Database(f"sqlite:///{home / 'usage.db'}"), Dates(DAY, DAY), NOW)
    return home


def model_file(depth: int) -> bytes:
    """A model of xgboost that takes the features of v1."""
    rng = np.random.default_rng(depth)
    rows = xgboost.DMatrix(rng.random((200, len(NAMES))), rng.random(200), feature_names=list(NAMES))
    return bytes(xgboost.train({"max_depth": depth, "nthread": 1}, rows, 2).save_raw("json"))


def with_models(home: Path, warehouse: DuckDBWarehouse) -> Path:
    """The home with models in its registry: one in a file, one whose file is gone, one untrained, one that is not enabled."""
    (home / "artifacts" / "x.json").write_bytes(model_file(2))
    file = {"model_type": "xgboost", "model_format": "json", "feature_version": "v1_33features", "enabled": True}
    rows = (
        {**file, "model_id": "xgboost_v1", "model_path": "x.json", "is_production": True},
        {**file, "model_id": "gone", "model_path": "gone.json"},
        {**file, "model_id": "untrained", "model_path": "bundles", "model_format": "bundles"},
        {**file, "model_id": "off", "model_path": "x.json", "enabled": False},
    )
    scope = {"model_id": [row["model_id"] for row in rows], "market": "player_points"}
    warehouse.replace(ML_MODEL_REGISTRY, of(ML_MODEL_REGISTRY, *rows), scope)
    publish(warehouse, Database(f"sqlite:///{home / 'usage.db'}"), Dates(DAY, DAY), NOW)
    return home


def detail(answer: requests.Response, status: int) -> dict[str, Any]:
    """The problem that an answer is."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == status and found["request_id"] == answer.headers["x-request-id"]
    return found


def pushed(data: object, number: str | None = None) -> dict[str, Any]:
    """A push request of Pub/Sub."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return {"message": {"data": b64encode(raw).decode(), "messageId": number}, "subscription": "projects/p/subscriptions/s"}


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def rows(database: Database, table: sa.Table) -> list[dict[str, object]]:
    """All rows of a table."""
    found = database.read(lambda connection: connection.execute(sa.select(table)).mappings().all())
    return [dict(row) for row in found]
