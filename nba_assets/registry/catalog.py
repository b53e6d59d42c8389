"""Every target, and every model that is trained here: the one list to which a model room adds its own."""

from nba_assets.modelling.fitting import EnsembleSpec, Spec
from nba_assets.points import spec as points
from nba_assets.rates.spec import MODEL_ID as RATES_MODEL
from nba_assets.tables.features import FEATURES
from nba_assets.tables.rates import PROJECTIONS

TARGETS = {target.name: target for target in points.TARGETS}
# Tables that other rooms fill day by day, each row by what had not seen its date; on by default.
DERIVED_HERE = {RATES_MODEL: PROJECTIONS.qualified}
DEFAULT_MARKET = points.PLAYER_POINTS.name
TRAINED_HERE: dict[str, Spec | EnsembleSpec] = {spec.model_id: spec for spec in (*points.SPECS, points.ENSEMBLE_V2)}
# Who serves a market until somebody promotes another model.
FIRST_CHAMPIONS = {points.PLAYER_POINTS.name: points.FIRST_CHAMPION}
# By market, the model whose bundles have an oracle-minutes bound, and whose distribution serves where a file has none.
REFERENCE_MODELS = {
    spec.target.name: spec.model_id for spec in TRAINED_HERE.values() if isinstance(spec, Spec) and spec.with_oracle
}
# What models of the registry may take.
FEATURE_NAMES = tuple(feature.name for feature in FEATURES)
# What a baseline feature is worth in a player's first game.
FALLBACKS = {target.form[0]: target.debut for target in TARGETS.values() if target.debut is not None}
