"""The `nba_stats` source: NBA.com's own endpoints, as the package nba_api declares them."""

from nba_assets.sources.nba_stats.source import NbaStatsSource as NbaStatsSource
