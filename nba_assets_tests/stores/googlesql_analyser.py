"""The real GoogleSQL analyser (ZetaSQL), as a server on loopback: npm package @fivetrandevelopers/zetasql."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Columns = dict[str, dict[str, dict[str, str]]]
PACKAGE = "node_modules/@fivetrandevelopers/zetasql/lib/zetasql"
FOLDER = Path(os.environ.get("NBA_ASSETS_ZETASQL", Path(__file__).parents[2] / ".tools" / PACKAGE))
STATEMENTS = (
    "RESOLVED_QUERY_STMT",
    "RESOLVED_INSERT_STMT",
    "RESOLVED_UPDATE_STMT",
    "RESOLVED_DELETE_STMT",
    "RESOLVED_CREATE_VIEW_STMT",
    "RESOLVED_CREATE_TABLE_STMT",
)
KINDS = {
    "INT64": "TYPE_INT64",
    "STRING": "TYPE_STRING",
    "BOOL": "TYPE_BOOL",
    "FLOAT64": "TYPE_DOUBLE",
    "DATE": "TYPE_DATE",
    "TIMESTAMP": "TYPE_TIMESTAMP",
}
START_SECONDS = 20


class Analyser:
    """Analyses statements against tables and views: for each dataset and name the columns and their types."""

    def __init__(self, stub: Any, messages: Any, columns: Columns) -> None:
        """Keep the connection, the message types and what there is."""
        self._stub, self._messages, self._columns = stub, messages, columns

    def analyse(self, statement: str) -> None:
        """Raise grpc.RpcError where a statement is not valid GoogleSQL over our tables."""
        request = self._messages.AnalyzeRequest(sql_statement=statement, simple_catalog=self._catalog())
        language = request.options.language_options
        features, nodes = (
            language.DESCRIPTOR.fields_by_name[name].enum_type.values_by_name
            for name in ("enabled_language_features", "supported_statement_kinds")
        )
        enabled = ("FEATURE_V_1", "FEATURE_CREATE", "FEATURE_ANALYTIC")
        language.enabled_language_features.extend(kind.number for name, kind in features.items() if name.startswith(enabled))
        language.supported_statement_kinds.extend(nodes[name].number for name in STATEMENTS)
        request.simple_catalog.builtin_function_options.language_options.CopyFrom(language)
        self._stub.Analyze(request, timeout=START_SECONDS)

    def _catalog(self) -> Any:
        catalog = self._messages.AnalyzeRequest().simple_catalog
        catalog.name = "project"
        for dataset, tables in self._columns.items():
            inner = catalog.catalog.add(name=dataset)
            for name, columns in tables.items():
                target = inner.table.add(name=name)
                for column, kind in columns.items():
                    added = target.column.add(name=column)
                    kinds = added.type.DESCRIPTOR.fields_by_name["type_kind"].enum_type
                    added.type.type_kind = kinds.values_by_name[KINDS[kind]].number
        return catalog


@contextmanager
def running_analyser(columns: Columns) -> Iterator[Analyser]:
    """Start the server, yield an analyser, stop the server."""
    import grpc

    sys.path.insert(0, str(FOLDER / "protos"))
    messages, services = grpc.protos_and_services("local_service.proto")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([FOLDER / "remote_server.so", "localhost", str(port)], stdout=subprocess.DEVNULL)
    try:
        with grpc.insecure_channel(f"localhost:{port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=START_SECONDS)
            yield Analyser(services.ZetaSqlLocalServiceStub(channel), messages, columns)
    finally:
        server.kill()
        server.wait()
