"""A seeded league at box-score level: data to run on without network or files. Not part of the product's methods."""

from nba_assets.sources.simulated.source import SimulatedSource

__all__ = ["SimulatedSource"]
