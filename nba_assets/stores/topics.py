"""Topics of Google Cloud Pub/Sub, on which others are told what has happened here."""

import json
from collections.abc import Mapping

from nba_assets.errors import NbaAssetsError

# The client tries again for so long what can pass.
SECONDS = 30.0


class TopicError(NbaAssetsError):
    """A topic that does not exist, cannot be reached, or takes no message."""


def tell(topic: str, message: Mapping[str, object], **attributes: str) -> str:
    """Publish a message, and return the id that Pub/Sub gives it.

    Where PUBSUB_EMULATOR_HOST is set, it goes there instead; else the credentials are the machine's own.

    Args:
        topic: as 'projects/mine/topics/ready'.
        message: its data, as JSON.
        attributes: by which subscriptions may filter.

    Raises:
        TopicError: it is not published, or nobody knows.
    """
    # Half a second to import, for those who use it.
    from google.api_core.exceptions import GoogleAPIError
    from google.api_core.retry import Retry
    from google.auth.exceptions import GoogleAuthError
    from google.cloud import pubsub_v1

    try:
        client = pubsub_v1.PublisherClient()
        try:
            data = json.dumps(message).encode()
            sent = client.publish(topic, data, retry=Retry(deadline=SECONDS), timeout=SECONDS, **attributes)
            return str(sent.result(2 * SECONDS))
        finally:
            client.stop()
    except (GoogleAPIError, GoogleAuthError, TimeoutError, ValueError) as error:
        raise TopicError(f"it takes no message: {error or type(error).__name__}", source=f"topic {topic}") from error
