"""Every enabled model on the same slates, from the same features: predictions, and who was left out and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import NamedTuple, Protocol, Self
from uuid import NAMESPACE_DNS, uuid5

import numpy as np
import polars as pl

from nba_assets.forecasting.betting import bets, prob_over
from nba_assets.league.lines import POINTS, PREDICTION, betting_lines
from nba_assets.modelling import distributions as distribution
from nba_assets.modelling.bundles import DISTRIBUTION, PredictionError, Predictor, Slate, load, read_distribution
from nba_assets.modelling.distributions import HIGH, LOW, MIDDLE, Distribution, TooFewResidualsError
from nba_assets.modelling.serving import serving_cutoff
from nba_assets.points.fit import distribution_of
from nba_assets.reference.names import lookup
from nba_assets.registry.loader import FileModel
from nba_assets.stores.artifacts import ArtifactError, LocalArtifacts
from nba_assets.tables.predictions import ML_MODEL_PREDICTIONS, ML_MODEL_SKIPS, PREDICTED_KEY

PREDICTION_IDS = uuid5(NAMESPACE_DNS, "nba_assets.ml_model_predictions")
# Of a feature row, in a prediction.
CARRIED = (*PREDICTION, "player_name", "team_id", "tip_off", "origin", "predicted_at")
IDENTITY = ("model_id", "player_id", "game_id", "decision", "origin")


class SkippedError(Exception):
    """A model that does not predict a slate: at which stage, and why."""

    def __init__(self, stage: str, reason: str) -> None:
        """Keep both."""
        super().__init__(reason)
        self.stage = stage


class Served(NamedTuple):
    """What predicts a slate for a model."""

    predictor: Predictor
    distribution: Distribution
    distribution_path: str
    cutoff: date | None
    current: bool


class Past(NamedTuple):
    """Feature rows with `target` of the year before a month, as known when it began, and a hash of what they are."""

    rows: pl.DataFrame
    known: str

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Self:
        """Hash rows, so that what becomes known of a month later gives another hash."""
        return cls(rows, sha256(rows.select("player_id", "target").cast(pl.Int64).to_numpy().tobytes()).hexdigest()[:16])


class Contender(Protocol):
    """A model of the registry."""

    @property
    def model_id(self) -> str:
        """The model."""
        ...

    @property
    def market(self) -> str:
        """What it predicts."""
        ...

    @property
    def trained_until(self) -> date | None:
        """The last game that it was trained on; None if nobody said; `date.min` where each date has a bundle of its own."""
        ...

    def serving(self, day: date) -> Served:
        """Return what predicts a date. Raises SkippedError."""
        ...


@dataclass(frozen=True)
class Bundles:
    """A model that is trained here, a bundle a cutoff.

    Attributes:
        windows: all training cutoffs, in order.
        paths: where the bundles are, by cutoff.
    """

    model_id: str
    windows: Sequence[date]
    paths: Mapping[date, str]
    artifacts: LocalArtifacts
    market: str = POINTS
    trained_until: date | None = date.min

    def serving(self, day: date) -> Served:
        """Return the bundle of the date's window, or the newest older one."""
        serving = serving_cutoff(day, self.windows, sorted(self.paths))
        if serving is None:
            raise SkippedError("window", f"no bundle of {self.model_id} was trained before {day}; `train` makes them")
        path = self.paths[serving.cutoff]
        try:
            bundle = load(self.artifacts, path)
        except ArtifactError as error:
            raise SkippedError("file", str(error)) from error
        return Served(bundle, bundle.distribution, path, serving.cutoff, serving.current)


@dataclass(frozen=True)
class File:
    """A model in one file. Its distribution is fitted on the year before each month, without what it was trained on.

    Attributes:
        past: of a month and market.
        stand_in: whose distribution serves where nobody said what it was trained on, or while there are too few such rows.
    """

    file: FileModel
    artifacts: LocalArtifacts
    past: Callable[[date, str], Past]
    stand_in: Bundles

    @property
    def model_id(self) -> str:
        """The model."""
        return self.file.model_id

    @property
    def market(self) -> str:
        """What it predicts."""
        return self.file.market

    @property
    def trained_until(self) -> date | None:
        """The last game that it was trained on."""
        return self.file.training_end

    def serving(self, day: date) -> Served:
        """Return the model with the distribution of the date's month."""
        month, until = day.replace(day=1), self.file.training_end
        if until is None:
            return self._stood_in(day)
        past = self.past(month, self.market)
        folder = f"distributions/{self.file.content_hash[:16]}/{self.market}/{until}/{month}/{past.known}"
        try:
            path = self.artifacts.find(folder) or self._fitted(past.rows.filter(pl.col("game_date") > until), folder)
            return Served(self.file, read_distribution(self.artifacts, path), path, None, current=True)
        except PredictionError as error:
            raise SkippedError("prediction", str(error)) from error
        except ArtifactError as error:
            raise SkippedError("file", str(error)) from error
        except TooFewResidualsError:
            return self._stood_in(day)

    def _fitted(self, rows: pl.DataFrame, folder: str) -> str:
        fitted = distribution_of(rows, self.file.predict(Slate(rows)))
        return self.artifacts.put(folder, {DISTRIBUTION: distribution.to_file(fitted)})

    def _stood_in(self, day: date) -> Served:
        served = self.stand_in.serving(day)
        return Served(self.file, served.distribution, served.distribution_path, None, current=True)


def predict(
    features: pl.DataFrame, prop_lines: pl.DataFrame, contenders: Sequence[Contender], windows: Sequence[date], now: datetime
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `ml_model_predictions` and `ml_model_skips` of feature rows: everyone but those who are said to be out.

    A row made before tip-off is `live` and carries the true time; a later one is `backfill` and carries the instant of
    its decision. Before tip-off there is no `tip` row until that decision has come; `noon` may be asked for early.

    Args:
        features: rows of `ml_feature_store`, with tip_off as the schedule has it now.
        prop_lines: facts `prop_lines` of their dates, all versions.
        contenders: the models.
        windows: all training cutoffs, in order.
        now: the true time.
    """
    due = (pl.col("decision") == "noon") | (pl.col("decision_at") <= now)
    rows = features.filter(~pl.col("is_out") & due)
    markets = {contender.market for contender in contenders}
    lines = {market: betting_lines(rows, prop_lines, market) for market in markets}
    live = pl.col("tip_off") > now
    rows = rows.with_columns(
        origin=pl.when(live).then(pl.lit("live")).otherwise(pl.lit("backfill")),
        predicted_at=pl.when(live).then(pl.lit(now)).otherwise(pl.col("decision_at")),
    )
    made: list[pl.DataFrame] = []
    left_out: list[pl.DataFrame] = [ML_MODEL_SKIPS.empty()]
    for part in _parts(rows, windows):
        slate = Slate(part)
        listed = {
            market: part.select(CARRIED).join(lines[market], on=PREDICTION, how="left", maintain_order="left")
            for market in markets
        }
        for contender in contenders:
            try:
                made.append(_said(contender, slate, listed[contender.market]))
            except SkippedError as skipped:
                left_out.append(skips(part, contender.model_id, skipped.stage, str(skipped), now))
            else:
                until = contender.trained_until
                if until and part["game_date"][0] <= until:
                    reason = f"{contender.model_id} was trained on games up to {until}"
                    left_out.append(skips(part.filter(pl.col("game_date") <= until), contender.model_id, "window", reason, now))
    return _finished(made), pl.concat(left_out)


def skips(rows: pl.DataFrame, model_id: str, stage: str, reason: str, now: datetime) -> pl.DataFrame:
    """Return `ml_model_skips` of a model that was left out: a row a date and decision."""
    slates = rows.select("game_date", "decision").unique().sort("game_date", "decision")
    return slates.with_columns(
        model_id=pl.lit(model_id), stage=pl.lit(stage), reason=pl.lit(reason), skipped_at=pl.lit(now, pl.Datetime("us", "UTC"))
    ).select(ML_MODEL_SKIPS.names)


def _parts(rows: pl.DataFrame, windows: Sequence[date]) -> Iterator[pl.DataFrame]:
    """Split rows by training window and month: within a part each model is served by one thing."""
    starts = pl.DataFrame({"_window": sorted(windows)}, schema={"_window": pl.Date})
    parted = rows.sort("game_date", maintain_order=True).join_asof(
        starts, left_on="game_date", right_on="_window", strategy="backward"
    )
    yield from parted.with_columns(_month=pl.col("game_date").dt.truncate("1mo")).partition_by(
        "_window", "_month", maintain_order=True, include_key=False
    )


def _said(contender: Contender, slate: Slate, rows: pl.DataFrame) -> pl.DataFrame:
    """What a model says of a slate that it was not trained on.

    Args:
        contender: the model.
        slate: the rows.
        rows: what is carried over of them, and the lines of the model's market.
    """
    served = contender.serving(rows["game_date"][0])
    try:
        points = served.predictor.predict(slate)
    except PredictionError as error:
        raise SkippedError("prediction", str(error)) from error
    minutes = slate.column("expected_minutes")
    quantiles = served.distribution.quantiles(points, minutes)
    until, line = contender.trained_until, rows["betting_line"].fill_null(float("nan")).to_numpy()
    has_line = ~np.isnan(line)
    over = np.full(len(points), np.nan)
    over[has_line] = prob_over(quantiles[has_line], line[has_line])
    said = rows.with_columns(
        pl.lit(contender.model_id).alias("model_id"),
        pl.lit(contender.market).alias("market"),
        pl.lit(served.cutoff, pl.Date).alias("training_cutoff"),
        pl.lit(served.current).alias("bundle_is_current"),
        pl.lit(until is not None).alias("is_out_of_sample"),
        pl.lit(served.distribution_path).alias("distribution_path"),
        pl.Series("predicted_points", points),
        pl.Series("expected_minutes", minutes).fill_nan(None),
        pl.Series("p10", quantiles[:, LOW]),
        pl.Series("p50", quantiles[:, MIDDLE]),
        pl.Series("p90", quantiles[:, HIGH]),
        pl.Series("prob_over", over),
    )
    return said if until is None or rows["game_date"][0] > until else said.filter(pl.col("game_date") > until)


def _finished(made: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """All rows with their bets, ids and plain names, in key order."""
    if not made:
        return ML_MODEL_PREDICTIONS.empty()
    rows = pl.concat(made).with_columns(
        pl.col("prob_over").fill_nan(None), is_out_of_sample=pl.col("is_out_of_sample") | (pl.col("origin") == "live")
    )
    ids = [str(uuid5(PREDICTION_IDS, text)) for text in rows.select(pl.concat_str(IDENTITY, separator="|")).to_series()]
    names = rows["player_name"].unique()
    plain = pl.Series([lookup(name) for name in names], dtype=pl.String)
    return (
        rows.with_columns(
            **bets(),
            prediction_id=pl.Series(ids, dtype=pl.String),
            player_lookup=pl.col("player_name").replace_strict(names, plain, return_dtype=pl.String),
        )
        .select(pl.col(name).cast(kind) for name, kind in ML_MODEL_PREDICTIONS.schema.items())
        .sort(PREDICTED_KEY)
    )
