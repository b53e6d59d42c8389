"""Training of points models on what was known before a cutoff; the last fifth of its dates tells when to stop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
import polars as pl

from nba_assets.features.history import Floats
from nba_assets.league.lines import POINTS, POINTS_REBOUNDS_ASSISTS, counted
from nba_assets.modelling import distributions as distribution
from nba_assets.modelling import learners
from nba_assets.modelling.bundles import (
    DISTRIBUTION,
    ENSEMBLE,
    FLOOR,
    FORM,
    REAL_MINUTES,
    HeldOut,
    Meta,
    Slate,
    Window,
    combined,
    matrix,
    model_file,
    to_files,
)
from nba_assets.modelling.learners import LIBRARIES, Labelled, Progress
from nba_assets.stores.artifacts import content_hash
from nba_assets.tables.features import FEATURE_VERSIONS

MIN_ROWS = 5_000
HELD_OUT_SHARE = 0.2
POPULATION = "all who played, regular season and playoffs, both decisions"


class Spec(NamedTuple):
    """A model that is trained here."""

    model_id: str
    library: str
    feature_version: str
    market: str = POINTS
    with_floor: bool = False
    enabled: bool = True

    @property
    def features(self) -> tuple[str, ...]:
        """What it takes, in order."""
        return FEATURE_VERSIONS[self.feature_version]


LIGHTGBM_V1 = Spec("lightgbm_v1", "lightgbm", "v2_wide", with_floor=True)
LIGHTGBM_PRA_V1 = Spec("lightgbm_pra_v1", "lightgbm", "v2_wide", POINTS_REBOUNDS_ASSISTS, with_floor=True, enabled=False)
MEMBERS = (LIGHTGBM_V1, Spec("catboost_v8", "catboost", "v2_wide"), Spec("xgboost_v1", "xgboost", "v1_33features"))
SPECS = (*MEMBERS, LIGHTGBM_PRA_V1)
ENSEMBLE_ID = "ensemble_v1"
BY_ID = {spec.model_id: spec for spec in SPECS}


class TooFewRowsError(ValueError):
    """Too little is known before a cutoff to train on."""


class Trained(NamedTuple):
    """What was trained: what it says of itself, its files, and what it said of the rows held out."""

    meta: Meta
    files: dict[str, bytes]
    held_out: Floats


@dataclass(frozen=True)
class TrainingSet:
    """Feature rows of players who played, with `target` and `real_minutes`, all known before the cutoff, by date."""

    cutoff: date
    rows: pl.DataFrame

    def parts(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the rows to fit on, and those of the last fifth of the dates."""
        days = self.rows["game_date"].unique().sort()
        first_held_out = days[int(len(days) * (1 - HELD_OUT_SHARE))]
        earlier = pl.col("game_date") < first_held_out
        return self.rows.filter(earlier), self.rows.filter(~earlier)


def training_set(features: pl.DataFrame, outcomes: pl.DataFrame, cutoff: date, market: str = POINTS) -> TrainingSet:
    """Return the rows that a bundle of this cutoff may learn from.

    Args:
        features: rows of `ml_feature_store`.
        outcomes: box scores as of the cutoff.
        cutoff: the first day that is not known.
        market: what is to be predicted.
    """
    played = outcomes.select("game_id", "game_date", "player_id", target=counted(market), **{REAL_MINUTES: "minutes"})
    rows = features.join(played, on=["game_id", "game_date", "player_id"]).sort("game_date", "game_id", "player_id", "decision")
    return TrainingSet(cutoff, rows)


def train(spec: Spec, data: TrainingSet, progress: Progress = learners.quiet) -> Trained:
    """Return a bundle of one library's model, both decisions in one.

    Fitted on the first four fifths of the dates until the error on the last fifth falls no more; what it says of them makes
    its distribution. Then fitted on all, with as many trees. The floor is the same on the same rows, told the real minutes.

    Raises:
        TooFewRowsError: fewer than 5,000 rows, or too few held out for a distribution.
    """
    check_rows(spec.model_id, data)
    earlier, held = data.parts()
    stopped = learners.fit(
        spec.library, labelled(earlier, spec.features), spec.features, held_out=labelled(held, spec.features), progress=progress
    )
    model = learners.read(spec.library, stopped.file, LIBRARIES[spec.library].formats[0])
    said = np.maximum(model.predict(matrix(held, spec.features)), 0.0)
    learned = np.maximum(model.predict(matrix(earlier, spec.features)), 0.0)
    features = spec.features
    whole = learners.fit(spec.library, labelled(data.rows, features), features, rounds=stopped.rounds)
    files = {model_file(spec.library): whole.file}
    if spec.with_floor:
        told = (*features, REAL_MINUTES)
        files[FLOOR] = learners.fit(spec.library, labelled(data.rows, told), told, rounds=stopped.rounds).file
    files[DISTRIBUTION] = distribution.to_file(distribution_of(held, said))
    meta = Meta(
        model_id=spec.model_id,
        training_cutoff=data.cutoff,
        library=spec.library,
        feature_version=spec.feature_version,
        features=features,
        rounds=whole.rounds,
        window=window(data.rows),
        held_out=_held_out(held, said, float(np.abs(learned - _target(earlier)).mean())),
        libraries={**_versions(), spec.library: LIBRARIES[spec.library].version},
        content_hash=content_hash(files),
    )
    return Trained(meta, to_files(meta, files), said)


def combine(trained: Mapping[str, Trained], paths: Mapping[str, str], data: TrainingSet) -> Trained:
    """Return the ensemble's bundle: weights of its members and of the exponential mean, learned on the rows held out.

    The weights are not negative, add up to one, and make the mean absolute error smallest; one may be zero.

    Args:
        trained: the members, by model.
        paths: where their bundles are.
        data: what they were trained on.
    """
    _, held = data.parts()
    slate, said = Slate(held), {name: member.held_out for name, member in trained.items()}
    systems = {name: combined({name: 1.0}, said, slate) for name in (*said, FORM)}
    weights = blend(systems, _target(held))
    together = combined(weights, said, slate)
    files = {DISTRIBUTION: distribution.to_file(distribution_of(held, together))}
    meta = Meta(
        model_id=ENSEMBLE_ID,
        training_cutoff=data.cutoff,
        library=ENSEMBLE,
        feature_version=LIGHTGBM_V1.feature_version,
        features=LIGHTGBM_V1.features,
        rounds=0,
        window=window(data.rows),
        held_out=_held_out(held, together, None),
        libraries=_versions(),
        weights=weights,
        members=dict(paths),
        content_hash=content_hash(files),
    )
    return Trained(meta, to_files(meta, files), together)


def blend(systems: Mapping[str, Floats], actual: Floats) -> dict[str, float]:
    """Return weights, in hundredths, that are not negative, add up to one, and make the mean absolute error small.

    A convex problem, solved by sequential least squares (Kraft, 1988); hundredths are all that the rows can tell.
    """
    from scipy.optimize import LinearConstraint, minimize

    said = np.column_stack(list(systems.values()))
    count = said.shape[1]

    def loss(weights: Floats) -> tuple[float, Floats]:
        error = said @ weights - actual
        return float(np.abs(error).mean()), np.asarray(np.sign(error) @ said) / len(actual)

    found = minimize(  # pyright: ignore[reportUnknownVariableType]
        loss,
        np.full(count, 1 / count),
        jac=True,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * count,
        constraints=LinearConstraint(np.ones(count), 1.0, 1.0),
    )
    hundredths = np.round(np.asarray(found.x, dtype=np.float64) * 100).astype(int)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    hundredths[int(np.argmax(hundredths))] += 100 - int(hundredths.sum())
    return {name: int(weight) / 100 for name, weight in zip(systems, hundredths, strict=True)}


def distribution_of(rows: pl.DataFrame, predicted: Floats) -> distribution.Distribution:
    """Return the distribution around predictions of feature rows with `target` that the model was not fitted on."""
    return distribution.fit(predicted, _target(rows), expected_minutes(rows))


def expected_minutes(rows: pl.DataFrame) -> Floats:
    """Return what a distribution tells players apart by: the minutes to be expected of each, NaN where unknown."""
    return matrix(rows, ("expected_minutes",))[:, 0]


def labelled(rows: pl.DataFrame, features: Sequence[str]) -> Labelled:
    """Return what a model learns from: feature rows with `target`."""
    return Labelled(matrix(rows, tuple(features)), _target(rows))


def check_rows(model_id: str, data: TrainingSet) -> None:
    """Refuse to train on too little. Raises TooFewRowsError."""
    if data.rows.height < MIN_ROWS:
        raise TooFewRowsError(f"{model_id} at {data.cutoff}: {data.rows.height} rows known before it, needs {MIN_ROWS}")


def _target(rows: pl.DataFrame) -> Floats:
    return np.asarray(rows["target"].cast(pl.Float64).to_numpy())


def window(rows: pl.DataFrame) -> Window:
    """Return what feature rows a model was trained on, in words and dates."""
    days = rows["game_date"].sort()
    return Window(POPULATION, days[0], days[-1], rows.height)


def _held_out(held: pl.DataFrame, said: Floats, training_mae: float | None) -> HeldOut:
    error, days = said - _target(held), held["game_date"]
    return HeldOut(
        first_game_date=days[0],
        last_game_date=days[-1],
        row_count=held.height,
        mae=float(np.abs(error).mean()),
        within_3=float((np.abs(error) <= 3).mean()),
        bias=float(error.mean()),
        training_mae=training_mae,
    )


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("numpy", "polars")}
