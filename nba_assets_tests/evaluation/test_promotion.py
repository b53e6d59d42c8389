"""Who is promoted: only on live rows, the same for both, with dates as clusters and a correction for many challengers."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from nba_assets.evaluation.promotion import PromotionRule, decide_promotion
from nba_assets.evaluation.promotion_study import Season, promotion_study
from nba_assets.modelling.sequential import anytime_p_values, half_width
from nba_assets.tables.grades import GRADED_PREDICTIONS
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
    # Sums by date 2, 2.2, 1.8, 2 vary by 0.163: an e-value of 1 / p, as test_sequential has it by hand.
    assert one.p_value == pytest.approx(float(anytime_p_values(np.array([2.0, 2.2, 1.8, 2.0]), 4)[-1]))
    assert one.p_value < 0.01
    assert one.half_width == pytest.approx(half_width(np.array([2.0, 2.2, 1.8, 2.0]), first_look=4) / 2)
    assert found.reason.startswith("b against a: error lower by 1.000 on 8 rows of 4 dates, p = 0.00")


def test_a_challenger_that_is_better_on_one_day_only_is_not() -> None:
    found = decide_promotion(pl.concat([grades("a", CHAMPION), grades("b", shifted(4.0, 0.0, 0.1, -0.1))]), "a", SMALL)
    assert found.promote is None
    assert found.reason.startswith("nobody is better beyond chance (b against a: error lower by 1.000")


def test_a_challenger_that_is_worse_every_day_is_not() -> None:
    found = decide_promotion(pl.concat([grades("a", CHAMPION), grades("b", shifted(-1.0, -1.1, -0.9, -1.0))]), "a", SMALL)
    assert found.promote is None
    assert found.comparisons[0].p_value == 1.0


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


def test_all_dates_since_the_champion_was_promoted_count() -> None:
    before = [[9.0, 9.0]] * 4
    rows = pl.concat([grades("a", before + CHAMPION), grades("b", [[0.0, 0.0]] * 4 + shifted(-1.0, -1.1, -0.9, -1.0))])
    since = FIRST + timedelta(days=4)
    found = decide_promotion(rows, "a", SMALL, since)
    assert (found.promote, found.comparisons[0].dates) == (None, 4)
    assert found.comparisons[0].difference == pytest.approx(-1.0)
    assert decide_promotion(rows, "a", SMALL).comparisons[0].dates == 8


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


def test_looking_every_night_hardly_anybody_is_promoted_by_luck_and_a_real_gain_is_found() -> None:
    found = promotion_study(400, seed=3)
    assert found["false_promotions"] <= 0.05
    assert found["false_promotions"] <= found["false_promotions_two_seasons"] <= 0.06
    gains = found["gains"]
    assert gains["2%"]["median_dates"] <= gains["1%"]["median_dates"] <= 40
    assert gains["1%"]["found"] > 0.99
    wide = promotion_study(200, seed=3, season=Season(spread=0.3))
    assert wide["gains"]["1%"]["median_dates"] > gains["1%"]["median_dates"]
    assert wide["false_promotions"] <= 0.06
