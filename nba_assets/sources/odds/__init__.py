"""The `odds` source: bookmakers' lines from The Odds API, version 4."""

from nba_assets.sources.odds.source import OddsSource as OddsSource
