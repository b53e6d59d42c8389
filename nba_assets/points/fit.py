"""Which points models are trained at a cutoff: those that the registry has not switched off."""

import polars as pl

from nba_assets.modelling.at_cutoffs import Room
from nba_assets.points.spec import ENSEMBLE_V2, SPECS


def enabled_models(registry: pl.DataFrame) -> Room:
    """Return the models that the registry enables; an enabled ensemble brings its members along.

    Args:
        registry: rows of `ml_model_registry`; a model that it has never held is as its spec says.
    """
    enabled = dict(registry.select("model_id", "enabled").iter_rows())
    ensemble = bool(enabled.get(ENSEMBLE_V2.model_id, ENSEMBLE_V2.enabled))
    members = ENSEMBLE_V2.members if ensemble else ()
    specs = [spec for spec in SPECS if enabled.get(spec.model_id, spec.enabled) or spec.model_id in members]
    return Room(specs, [ENSEMBLE_V2] if ensemble else [])
