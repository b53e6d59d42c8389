"""A trained minutes model as files, read back, and what it predicts of feature rows."""

from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from nba_assets.calendar import DECISIONS
from nba_assets.modelling.bundles import Bundle, Meta, by_decision, damaged, load
from nba_assets.modelling.distributions import HIGH, LOW, MIDDLE
from nba_assets.modelling.fitting import at_tip, expected_minutes
from nba_assets.modelling.learners import Model, ModelFileError
from nba_assets.modelling.matrix import FeatureMatrix, matrix
from nba_assets.stores.artifacts import Artifacts

PREDICTED = ("play_prob", "minutes_around", "minutes_mean", "minutes_p10", "minutes_p50", "minutes_p90")


def play_file(decision: str) -> str:
    """Return the name of the file of a decision's model of the chance to play."""
    return f"play_{decision}.txt"


def folder_of(meta: Meta) -> str:
    """Return the folder of a cutoff's bundles; the hash of the content follows."""
    return f"bundles/{meta.model_id}/{meta.training_cutoff}"


@dataclass(frozen=True)
class MinutesBundle:
    """A minutes model of a cutoff: minutes given that a player plays, with their distribution, and the chance to play."""

    minutes: Bundle
    play: Model

    def predict(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the columns PREDICTED for feature rows, in their order.

        `play_prob` is 0 for who is reported out, null for who is on no roster. Quantiles never cross.
        """
        if rows.is_empty():
            return pl.DataFrame(schema=dict.fromkeys(PREDICTED, pl.Float64))
        features = self.minutes.meta.features
        predicted = self.minutes.predict(FeatureMatrix(rows, features))
        expected, late = expected_minutes(rows), at_tip(rows)
        quantiles = self.minutes.distribution.quantiles(predicted, expected, late)
        chance = pl.Series(self.play.predict(matrix(rows, features)))
        found = pl.DataFrame(
            {
                "play_prob": chance,
                "minutes_around": predicted,
                "minutes_mean": self.minutes.distribution.expected(predicted, expected, late),
                "minutes_p10": quantiles[:, LOW],
                "minutes_p50": quantiles[:, MIDDLE],
                "minutes_p90": quantiles[:, HIGH],
            }
        )
        known = pl.when(rows["is_out"]).then(0.0).when(rows["on_roster"]).then("play_prob")
        return found.with_columns(play_prob=known)


@lru_cache(maxsize=32)
def load_minutes(artifacts: Artifacts, path: str) -> MinutesBundle:
    """Load a minutes bundle. It is kept in memory: a path contains the hash of its content.

    Raises:
        ArtifactError: a file is missing, or the files are not the ones that were written.
    """
    minutes = load(artifacts, path)
    files = artifacts.get(path)
    names = [play_file(decision) for decision in DECISIONS]
    if missing := set(names) - files.keys():
        raise damaged(path, f"{', '.join(sorted(missing))} missing")
    try:
        return MinutesBundle(minutes, by_decision(minutes.meta, [files[name] for name in names]))
    except ModelFileError as error:
        raise damaged(path, str(error)) from error
