"""`python -m nba_assets.cli`."""

from nba_assets.cli.app import app

app()
