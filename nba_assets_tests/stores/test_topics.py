"""Messages that are told to others, through a server that speaks Pub/Sub's protocol."""

import json

import pytest

from nba_assets.stores.topics import TopicError, tell
from nba_assets_tests.pubsub import pubsub

READY = "projects/p/topics/ready"


def test_a_message_arrives_with_its_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    with pubsub(READY) as (address, held):
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)
        assert [tell(READY, {"game_date": "2024-01-31"}, kind="ready") for _ in range(2)] == ["0", "1"]
    topic, data, attributes = held.published[0]
    assert (topic, json.loads(data), attributes["kind"]) == (READY, {"game_date": "2024-01-31"}, "ready")


def test_a_topic_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pubsub(READY) as (address, held):
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)
        with pytest.raises(TopicError, match=r"topic projects/p/topics/other: .*not found"):
            tell("projects/p/topics/other", {})
        with pytest.raises(TopicError, match="topic nonsense"):
            tell("nonsense", {})
    assert held.published == []
