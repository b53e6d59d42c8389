"""A trained run of rates as files, and the interface that other rooms and users' own models share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import numpy as np
import polars as pl
from pydantic import TypeAdapter, ValidationError

from nba_assets.arrays import Floats
from nba_assets.modelling.bundles import META, damaged
from nba_assets.modelling.learners import LIBRARIES, ModelFileError, read
from nba_assets.modelling.matrix import PredictionError, matrix
from nba_assets.modelling.medians import Line
from nba_assets.rates.model import Boosted, Moves, Prior, RateModel, Shrunk, TeamTotal
from nba_assets.rates.roles import Roles
from nba_assets.rates.shooting import Percentages
from nba_assets.rates.spec import LIBRARY, Kind, RatesSpec
from nba_assets.stores.artifacts import Artifacts, content_hash
from nba_assets.tables.feature import STATISTICS
from nba_assets.tables.rates import TARGETS

PRIORS, ROLES = "priors.json", "roles.json"
RUNS = "rates_v1/runs"
PRIORS_FILE, ROLES_FILE = TypeAdapter(dict[str, Prior]), TypeAdapter(Roles)


@dataclass(frozen=True)
class RatesMeta:
    """What a run records about itself in `meta.json`.

    Attributes:
        stage: 0 without tracking, 2 with it, 3 with tracking and roles.
        training_cutoff: only what was known before this day was used.
        feature_cols: the one feature list, in the models' order.
        kinds: by statistic, what its mean is the mean of.
        train_end, cal_end, val_end: last game date of each part.
        row_count: rows that the models were fitted on.
        moves: by statistic, how the models' mean is moved to the team's total and to the player's own rate.
        gains: by statistic, the gain over the shrunk rate on the validation rows, in per cent of its squared error.
        percentages: shares of shots made.
        median: by decision, a + b m + c sqrt(m): median points of mean points m, fitted on the calibration rows.
        content_hash: of the other files; a run whose files do not match is refused.
    """

    model_id: str
    stage: int
    training_cutoff: date
    feature_cols: tuple[str, ...]
    kinds: dict[str, tuple[Kind, ...]]
    train_end: date
    cal_end: date
    val_end: date
    first_game_date: date
    row_count: int
    held_out_rows: int
    moves: dict[str, Moves]
    gains: dict[str, float]
    percentages: Percentages
    median: dict[str, Line]
    libraries: dict[str, str] = field(default_factory=dict[str, str])
    content_hash: str = ""


META_FILE = TypeAdapter(RatesMeta)


@dataclass(frozen=True)
class RatesBundle:
    """Nine rates: what predicts each, the features that all of them take, and the record of the run.

    A second implementation, however it learns, is one of these: models that take a matrix of `feature_cols`.

    Attributes:
        models: by target, as 'ast_per_min'.
        feature_cols: columns of the matrix, in order.
        meta: of the run, or whatever another implementation records.
    """

    models: Mapping[str, RateModel]
    feature_cols: Sequence[str]
    meta: object

    def means(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return `<target>_mean` of feature rows, in their order.

        Raises:
            PredictionError: a feature is missing, or a model returns something other than one finite number per row.
        """
        if missing := [name for name in self.feature_cols if name not in rows.columns]:
            raise PredictionError(f"{len(missing)} features of the bundle are missing: {', '.join(missing[:5])}")
        if rows.is_empty():
            # Some libraries refuse to predict nothing.
            return pl.DataFrame(schema={f"{target}_mean": pl.Float64() for target in self.models})
        values = matrix(rows, tuple(self.feature_cols))
        return pl.DataFrame({f"{target}_mean": _finite(target, model.predict(values)) for target, model in self.models.items()})


def rate_file(statistic: str, kind: Kind) -> str:
    """Return the name of the file of one model."""
    return f"{statistic}.{kind}.{LIBRARIES[LIBRARY].formats[0]}"


def as_files(meta: RatesMeta, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a run with its record."""
    return {**files, META: META_FILE.dump_json(meta, indent=2)}


def folder_of(meta: RatesMeta) -> str:
    """Return the folder of the runs of a stage and cutoff; the hash of the content follows."""
    return f"{RUNS}/stage{meta.stage}-{meta.training_cutoff}"


def boosted(files: Mapping[str, bytes], spec: RatesSpec, moves: Mapping[str, Moves]) -> dict[str, Boosted]:
    """Return the models of files, by statistic.

    Args:
        files: of a run.
        spec: that it was trained with.
        moves: by statistic.

    Raises:
        KeyError: a file is missing.
        ModelFileError: one is not a model.
        ValidationError: priors or roles are not what they should be.
    """
    form = LIBRARIES[LIBRARY].formats[0]
    priors = PRIORS_FILE.validate_json(files[PRIORS])
    roles = ROLES_FILE.validate_json(files[ROLES]) if spec.with_roles else None
    return {
        name: Boosted(
            Shrunk(name, priors[name], spec.features),
            {kind: read(LIBRARY, files[rate_file(name, kind)], form) for kind in spec.kinds[name]},
            TeamTotal(name, spec.features, moves[name].level, moves[name].share),
            moves[name].trust,
            roles,
        )
        for name in STATISTICS
    }


@lru_cache(maxsize=16)
def load_run(artifacts: Artifacts, path: str) -> RatesBundle:
    """Load a run. It is kept in memory: a path contains the hash of its content.

    Raises:
        ArtifactError: a file is missing, or the files are not the ones that were written.
    """
    files = artifacts.get(path)
    try:
        meta = META_FILE.validate_json(files.pop(META))
        if content_hash(files) != meta.content_hash:
            raise damaged(path, "files differ from meta.json's content_hash")
        spec = RatesSpec(meta.stage, meta.kinds)
        if spec.features != tuple(meta.feature_cols):
            raise damaged(path, f"its {len(meta.feature_cols)} features are not the {len(spec.features)} of this version")
        models = boosted(files, spec, meta.moves)
    except KeyError as error:
        raise damaged(path, f"{error.args[0]} is missing") from error
    except (ValidationError, ModelFileError) as error:
        raise damaged(path, str(error).splitlines()[0]) from error
    return RatesBundle(dict(zip(TARGETS, models.values(), strict=True)), meta.feature_cols, meta)


def _finite(target: str, found: Floats) -> Floats:
    if found.ndim != 1 or not np.isfinite(found).all():
        raise PredictionError(f"{target}: {found.shape} values, all finite: {bool(np.isfinite(found).all())}")
    return np.maximum(found, 0.0)
