"""A seeded league, possession by possession, whose truth is known: data to run on without network or files."""

from nba_assets.sources.simulated.source import SimulatedSource

__all__ = ["SimulatedSource"]
