"""A stand-in for Pub/Sub that speaks its protocol over gRPC, as Google's emulator does: publishing only."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.pubsub_v1.types import PublishRequest, PublishResponse

SERVICE = "google.pubsub.v1.Publisher"


class PubSub:
    """Topics that exist, and what was published on them."""

    def __init__(self, topics: list[str]) -> None:
        self.topics, self.published = topics, []

    def publish(self, request: Any, context: grpc.ServicerContext) -> Any:
        if request.topic not in self.topics:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Resource not found (resource={request.topic}).")
        before = len(self.published)
        self.published += [(request.topic, message.data, dict(message.attributes)) for message in request.messages]
        return PublishResponse(message_ids=[str(before + place) for place in range(len(request.messages))])


@contextmanager
def pubsub(*topics: str) -> Iterator[tuple[str, PubSub]]:
    """Yield its address, as PUBSUB_EMULATOR_HOST has it, and what was published."""
    held = PubSub(list(topics))
    method = grpc.unary_unary_rpc_method_handler(held.publish, PublishRequest.deserialize, PublishResponse.serialize)
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Publish": method}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}", held
    finally:
        server.stop(None)
