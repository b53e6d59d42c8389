"""A smoke test that the cloud can carry what is built: a replace and users' statements, on a local BigQuery emulator."""

import io
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests

from nba_assets.stores.googlesql import create_table, datasets, sql_files
from nba_assets.tables import TABLES
from nba_assets.tables.contracts import Table
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS
from nba_assets.tables.registry import ML_MODEL_REGISTRY
from nba_assets_tests.cli.test_models import INSERT
from nba_assets_tests.rows import of

SERVER = Path(os.environ.get("NBA_ASSETS_BQEMULATOR", Path(__file__).parents[2] / ".tools/bqemulator/bin/bqemulator"))
PROJECT = "nba"
pytestmark = pytest.mark.skipif(not SERVER.exists(), reason="no BigQuery emulator: `make tools` installs it")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A client of an empty emulator with all datasets and tables."""
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    with socket.socket() as rest, socket.socket() as grpc:
        for free in (rest, grpc):
            free.bind(("127.0.0.1", 0))
        ports = [free.getsockname()[1] for free in (rest, grpc)]
    words = [str(SERVER), "start", "--rest-port", str(ports[0]), "--grpc-port", str(ports[1]), "--project", PROJECT]
    # DuckDB looks for its extensions below the home folder.
    environment = os.environ | {"HOME": str(SERVER.parents[1])}
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        address = f"http://127.0.0.1:{ports[0]}"
        _wait_for(address, server)
        options = ClientOptions(api_endpoint=address)
        found = bigquery.Client(PROJECT, AnonymousCredentials(), client_options=options)
        for dataset in datasets():
            found.create_dataset(dataset)
        for table in TABLES.values():
            found.query_and_wait(create_table(table))
        yield found
        found.close()
        server.terminate()
        server.wait(10)


def _wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, "the emulator ended"
        try:
            requests.get(f"{address}/bigquery/v2/projects/{PROJECT}/datasets", timeout=5)
        except requests.ConnectionError:
            continue
        return
    raise AssertionError("the emulator does not answer")


def replace(client: Any, table: Table, frame: pl.DataFrame, where: str, parameters: list[object]) -> None:
    """What `Warehouse.replace` is in BigQuery: a Parquet load beside the table, and a MERGE that deletes and inserts."""
    from google.cloud import bigquery

    staging = f"{PROJECT}.{table.dataset}.staging"
    client.delete_table(staging, not_found_ok=True)
    client.query_and_wait(create_table(table).replace(table.qualified, f"{table.dataset}.staging", 1))
    file = io.BytesIO()
    frame.write_parquet(file)
    file.seek(0)
    config = bigquery.LoadJobConfig(source_format="PARQUET")
    client.load_table_from_file(file, staging, job_config=config).result()
    names = ", ".join(table.names)
    # One statement is one transaction, and takes parameters: what is in the scope goes, what is in the frame comes.
    merge = (
        f"MERGE {table.qualified} USING {table.dataset}.staging ON FALSE"
        f" WHEN NOT MATCHED BY SOURCE AND {where} THEN DELETE WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({names})"
    )
    client.query_and_wait(merge, job_config=bigquery.QueryJobConfig(query_parameters=parameters))


def test_a_replace_touches_its_scope_only_and_twice_is_once(client: Any) -> None:
    from google.cloud.bigquery import ArrayQueryParameter, ScalarQueryParameter

    day = date(2024, 1, 1)
    where = "game_date BETWEEN ? AND ? AND decision IN UNNEST(?) AND model_id = ? AND market = ? AND origin = ?"
    for model, points in (("m", 1.0), ("n", 2.0), ("m", 3.0), ("m", 3.0)):
        row = {"model_id": model, "game_date": day, "decision": "tip", "origin": "live", "predicted_points": points}
        parameters: list[object] = [
            *(ScalarQueryParameter(None, "DATE", day) for _ in range(2)),
            ArrayQueryParameter(None, "STRING", ["tip"]),
            *(ScalarQueryParameter(None, "STRING", value) for value in (model, "player_points", "live")),
        ]
        replace(client, ML_MODEL_PREDICTIONS, of(ML_MODEL_PREDICTIONS, row), where, parameters)
    rows = client.query_and_wait("SELECT model_id, predicted_points FROM nba_predictions.ml_model_predictions ORDER BY 1")
    assert [tuple(row.values()) for row in rows] == [("m", 3.0), ("n", 2.0)]


def test_the_statements_that_users_know_run_as_they_are(client: Any) -> None:
    client.query_and_wait(INSERT)
    client.query_and_wait("UPDATE nba_predictions.ml_model_registry SET is_production = FALSE WHERE is_production = TRUE")
    client.query_and_wait("UPDATE nba_predictions.ml_model_registry SET is_production = TRUE WHERE model_id = 'catboost_v9'")
    found = client.query_and_wait(f"SELECT model_id, is_production, feature_count FROM {ML_MODEL_REGISTRY.qualified}")
    assert [tuple(row.values()) for row in found] == [("catboost_v9", True, 36)]


def test_every_view_can_be_made_and_asked(client: Any) -> None:
    for path in sql_files():
        client.query_and_wait(path.read_text())
    views = [re.search(r"VIEW (\S+) AS", path.read_text())[1] for path in sql_files()]  # type: ignore[index]
    for view in views:
        client.query_and_wait(f"SELECT COUNT(*) FROM {view}")
