"""Looks for other models and another slate while the service answers."""

import logging
from asyncio import sleep

from fastapi.concurrency import run_in_threadpool

from nba_assets.errors import NbaAssetsError
from nba_assets.serving.service import Service

# Between two looks for another champion, bundle or slate.
SECONDS = 5.0


async def watch(service: Service) -> None:
    """Look again and again, until it is cancelled."""
    while True:
        await sleep(SECONDS)
        await refreshed(service)


async def refreshed(service: Service) -> None:
    """Look once. What fails is tried again soon; what is held goes on serving."""
    for refresh in (service.models.refresh, service.what_ifs.refresh):
        try:
            await run_in_threadpool(refresh)
        except NbaAssetsError as error:
            logging.getLogger(__name__).error("%s", error)  # noqa: TRY400 (it is expected: no trace)
        except Exception:  # Stores and libraries raise what they like, and the watch is not to end.
            logging.getLogger(__name__).exception("what is served is not looked for")
