"""Who is promoted: only on live rows, the same for both, with dates as clusters and a correction for many challengers."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from nba_assets.evaluation.promotion import PromotionRule, decide_promotion
from nba_assets.tables.predictions import GRADED_PREDICTIONS
from nba_assets_tests.evaluation.test_grading import of

FIRST = date(2024, 1, 1)
SMALL = PromotionRule(dates=4, rows=8)


def grades(model: str, errors: list[list[float]], origin: str = "live", version: int = 1) -> pl.DataFrame:
    """Graded predictions of a model: absolute errors of its players, by date."""
    return of(
        GRADED_PREDICTIONS,
        *(
            {"model_id": model, "game_date": FIRST + timedelta(days=day), "game_id": "g", "player_id": player}
            | {"decision": "tip", "origin": origin, "version": version, "outcome": "played", "prediction_error": error}
            for day, of_day in enumerate(errors)
            for player, error in enumerate(of_day)
        ),
    )


CHAMPION = [[5.0, 6.0], [4.0, 7.0], [6.0, 5.0], [5.0, 5.0]]


def shifted(*by: float) -> list[list[float]]:
    return [[error - shift for error in day] for day, shift in zip(CHAMPION, by, strict=True)]


def test_a_challenger_that_is_better_every_day_is_promoted() -> None:
    found = decide_promotion(pl.concat([grades("a", CHAMPION), grades("b", shifted(1.0, 1.1, 0.9, 1.0))]), "a", SMALL)
    assert found.promote == "b"
    (one,) = found.comparisons
    assert (one.dates, one.rows, one.difference) == (4, 8, pytest.approx(1.0))
    # Sums of deviations by date: 0, 0.2, -0.2, 0: se = sqrt(0.08 * 4 / 3) / 8; t(3) = 24.49.
    assert one.p_value == pytest.approx(0.000149, abs=2e-6)
    assert one.half_width == pytest.approx(1.959964 * (0.08 * 4 / 3) ** 0.5 / 8)
    assert found.reason.startswith("b against a: error lower by 1.000 on 8 rows of 4 dates, p = 0.0001, 1 compared")


def test_a_challenger_that_is_better_on_one_day_only_is_not() -> None:
    found = decide_promotion(pl.concat([grades("a", CHAMPION), grades("b", shifted(4.0, 0.0, 0.1, -0.1))]), "a", SMALL)
    assert found.promote is None
    assert found.reason.startswith("nobody is better beyond chance (b against a: error lower by 1.000")


def test_a_challenger_that_is_worse_every_day_is_not() -> None:
    found = decide_promotion(pl.concat([grades("a", CHAMPION), grades("b", shifted(-1.0, -1.1, -0.9, -1.0))]), "a", SMALL)
    assert found.promote is None
    assert found.comparisons[0].p_value == pytest.approx(0.000149, abs=2e-6)


def test_a_backfill_promotes_nobody() -> None:
    rows = pl.concat([grades("a", CHAMPION), grades("b", shifted(1.0, 1.1, 0.9, 1.0), origin="backfill")])
    assert decide_promotion(rows, "a", SMALL).reason == "no live grades of any challenger"
    assert decide_promotion(rows, "z", SMALL).reason == "no live grades of champion z"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (PromotionRule(dates=5, rows=8), "too few rows to compare: b has 4 of 5 dates and 8 of 8 rows in common with a"),
        (PromotionRule(dates=4, rows=9), "too few rows to compare: b has 4 of 4 dates and 8 of 9 rows in common with a"),
    ],
)
def test_few_dates_or_rows_promote_nobody(rule: PromotionRule, reason: str) -> None:
    rows = pl.concat([grades("a", CHAMPION), grades("b", shifted(1.0, 1.1, 0.9, 1.0))])
    assert decide_promotion(rows, "a", rule).reason == reason


def test_only_the_newest_dates_count() -> None:
    before = [[9.0, 9.0]] * 4
    rows = pl.concat([grades("a", before + CHAMPION), grades("b", [[0.0, 0.0]] * 4 + shifted(-1.0, -1.1, -0.9, -1.0))])
    assert decide_promotion(rows, "a", SMALL).promote is None
    assert decide_promotion(rows, "a", SMALL).comparisons[0].difference == pytest.approx(-1.0)


def test_a_corrected_grade_counts_instead_of_the_old_one() -> None:
    better = shifted(1.0, 1.1, 0.9, 1.0)
    old = grades("b", [[99.0, 99.0]] * 4)
    assert decide_promotion(pl.concat([grades("a", CHAMPION), old]), "a", SMALL).promote is None
    assert decide_promotion(pl.concat([grades("a", CHAMPION), old, grades("b", better, version=2)]), "a", SMALL).promote == "b"


def test_equal_models_are_equal() -> None:
    found = decide_promotion(pl.concat([grades("a", CHAMPION), grades("b", CHAMPION)]), "a", SMALL)
    assert found.promote is None
    assert found.comparisons[0].p_value == 1.0


def test_many_challengers_have_to_be_better_each() -> None:
    """A difference that passes alone does not pass as one of twenty; of several that do, the best is promoted."""
    alone = grades("b", shifted(1.0, 0.3, 0.9, 0.5))
    champion = grades("a", CHAMPION)
    assert decide_promotion(pl.concat([champion, alone]), "a", SMALL).promote == "b"
    crowd = [grades(f"c{number:02d}", shifted(1.0, -1.0, 1.0, -1.0)) for number in range(19)]
    assert decide_promotion(pl.concat([champion, alone, *crowd]), "a", SMALL).promote is None
    best = grades("d", shifted(2.0, 2.01, 1.99, 2.0))
    assert decide_promotion(pl.concat([champion, alone, best, *crowd]), "a", SMALL).promote == "d"


def test_by_luck_hardly_anybody_is_promoted() -> None:
    """Five challengers no better than the champion, 100 times, players of a date alike: at most a few per cent."""
    rng = np.random.default_rng(5)
    rule = PromotionRule(dates=30, rows=300)
    blank = grades("a", [[0.0] * 10] * 30)

    def luck(model: str) -> pl.DataFrame:
        errors = 5 + rng.normal(0, 1, (30, 1)) + rng.normal(0, 1, (30, 10))
        return blank.with_columns(model_id=pl.lit(model), prediction_error=pl.Series(errors.ravel()))

    slates = (pl.concat(luck(model) for model in "abcdef") for _ in range(100))
    promoted = [decide_promotion(rows, "a", rule).promote for rows in slates]
    assert sum(model is not None for model in promoted) <= 8
