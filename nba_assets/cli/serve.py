"""`nba-assets serve`: the service that websites, scripts and the page ask."""

from typing import Annotated

import typer

from nba_assets.cli.common import HomeOption, errors
from nba_assets.cli.printing import say

commands = typer.Typer()
# Seconds that requests have to end when the service is stopped.
GRACE = 10


@commands.command()
def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="port")] = 8000,
    host: Annotated[str, typer.Option(help="address; 0.0.0.0 lets other machines ask")] = "127.0.0.1",
    home: HomeOption = None,
) -> None:
    """Show slates, players and models on a page, and answer programs over HTTP, from what the graph has written."""
    with errors():
        import logging
        import os

        import uvicorn

        from nba_assets.serving.app import build_app
        from nba_assets.settings import load_settings

        settings = load_settings(home or context.obj)
        # A line a request, as JSON; uvicorn's own would be a second one.
        logging.basicConfig(format="%(message)s", level=logging.INFO)
        say(f"the page: http://{host}:{port}/app; what programs can ask: http://{host}:{port}/openapi.json")
        uvicorn.run(
            build_app(settings, os.environ),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE,
        )
