"""Targets: what a model predicts. One frozen value per market, or per quantity that no book offers. No model is named here."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

OUTCOME, REAL_MINUTES = "target", "real_minutes"


@dataclass(frozen=True)
class Target:
    """A quantity to predict, with its unit and the naive baselines that every model of it is compared with.

    Attributes:
        name: the market as books name it, as 'player_points'; of a quantity that is no market a name of its own.
        unit: of predictions, errors and lines, as 'points'.
        counts: box-score columns whose sum is the outcome.
        form: features whose sum is the exponential mean, the strongest simple baseline.
        season_average: features of the season average, the first one that has a value; empty: the target has none.
        last_10: feature of the mean of the last 10 games; None: the target has none.
        debut: what players score in their first game, the baseline of a player without any; None: a first game has none.
    """

    name: str
    unit: str
    counts: tuple[str, ...]
    form: tuple[str, ...]
    season_average: tuple[str, ...] = ()
    last_10: str | None = None
    debut: float | None = None

    def outcome(self) -> pl.Expr:
        """Return the outcome of a box-score row."""
        return pl.sum_horizontal(self.counts)

    def baselines(self) -> dict[str, pl.Expr]:
        """Return season_average, last_10 and ewma of a feature row; null where the baseline has no value.

        A row without features (no `decision_at`) has no baseline.
        """
        first = pl.when(pl.col("decision_at").is_not_null()).then(pl.lit(self.debut, pl.Float64))
        return {
            "season_average": _first_of([*self.season_average], first),
            "last_10": _first_of([self.last_10] if self.last_10 else [], first),
            "ewma": pl.coalesce(self.exponential_mean(), first),
        }

    def exponential_mean(self) -> pl.Expr:
        """Return the exponential mean of the target, null where one of its parts has no value."""
        total = pl.col(self.form[0])
        for name in self.form[1:]:
            total = total + pl.col(name)
        return total


def _first_of(columns: Sequence[str], otherwise: pl.Expr) -> pl.Expr:
    return pl.coalesce(*columns, otherwise) if columns else pl.lit(None, pl.Float64)
