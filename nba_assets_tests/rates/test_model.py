"""Rates by hand: priors, a player's own shrunk rate, percentages, box scores, fantasy points and the deviance."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_assets.arrays import Floats
from nba_assets.evaluation.rates import deviance
from nba_assets.modelling.matrix import PredictionError
from nba_assets.rates.bundle import RatesBundle
from nba_assets.rates.fit import fitted_moves
from nba_assets.rates.model import Boosted, Prior, Shrunk, TeamTotal
from nba_assets.rates.projections import doubles_bonus
from nba_assets.rates.shooting import Percentages
from nba_assets.rates.spec import KINDS, SHRINKAGE, TEAM_SHARES
from nba_assets.reference.positions import POSITIONS

FLAGS = tuple(f"position_flags_{name}" for name in POSITIONS)
TOTALS = ("team_ast_per_48", "opponent_allowed_ast_per_48", "squad_ast_per_48")
FEATURES = ("ast_slow_per_min", "ast_slow_minutes", *FLAGS, *TOTALS)
PRIOR = Prior(0.1, {"PG": 0.2, "SG": 0.12, "SF": 0.1, "PF": 0.08, "C": 0.05})
SHRUNK = Shrunk("ast", PRIOR, FEATURES)
TEAM = TeamTotal("ast", FEATURES, 25.0, share=0.25)
UNKNOWN = (np.nan, np.nan, np.nan)


def values(rate: float, minutes: float, position: str | None, totals: tuple[float, float, float] = UNKNOWN) -> Floats:
    return np.array([[rate, minutes, *(float(name == position) for name in POSITIONS), *totals]])


def test_a_rate_is_shrunk_to_the_position() -> None:
    constant = SHRINKAGE["ast"]
    assert SHRUNK.predict(values(0.3, 3.0 * constant, "PG"))[0] == pytest.approx((0.3 * 3 + 0.2) / 4)


@pytest.mark.parametrize(("position", "prior"), [("PG", 0.2), ("C", 0.05), (None, 0.1)])
def test_who_has_no_history_has_the_prior(position: str | None, prior: float) -> None:
    assert SHRUNK.predict(values(np.nan, 0.0, position))[0] == prior
    unknown = values(np.nan, np.nan, None)
    unknown[:, 2:] = np.nan
    assert SHRUNK.predict(unknown)[0] == PRIOR.league


@given(rate=st.floats(0, 2), minutes=st.floats(0, 5000))
def test_a_shrunk_rate_lies_between_the_own_one_and_the_prior(rate: float, minutes: float) -> None:
    found = SHRUNK.predict(values(rate, minutes, "SF"))[0]
    assert min(rate, 0.1) - 1e-12 <= found <= max(rate, 0.1) + 1e-12


def test_a_prior_is_counts_over_minutes_by_position() -> None:
    base = pl.DataFrame(
        {
            "position_primary": ["PG", "PG", "C", None],
            "minutes_actual": [10.0, 30.0, 20.0, 40.0],
            "ast_per_min": [0.5, 0.1, 0.05, 0.0],
        }
    )
    found = Prior.fitted(base, "ast")
    assert found.league == pytest.approx(9 / 100)
    assert found.positions["PG"] == pytest.approx(8 / 40)
    # Nobody of that position: the league.
    assert found.positions["SF"] == found.league


class Constant:
    """A model file that says the same of every row."""

    count, features, trained_with = len(FEATURES), FEATURES, None

    def __init__(self, value: float) -> None:
        self.value = value

    def predict(self, rows: Floats) -> Floats:
        return np.full(len(rows), self.value)

    def gain(self) -> Floats:
        return np.zeros(len(FEATURES))


def test_a_mean_is_the_mean_of_its_parts() -> None:
    """A regression says the rate, counts a factor on the league's, a correction one on the player's own."""
    parts: Any = {"regression": Constant(0.4), "counts": Constant(2.0), "correction": Constant(1.5)}
    assert tuple(parts) == KINDS
    own = SHRUNK.predict(values(0.3, 100, "PG"))[0]
    found = Boosted(SHRUNK, parts, TEAM).predict(values(0.3, 100, "PG"))[0]
    assert found == pytest.approx((0.4 + 2.0 * 0.1 + 1.5 * own) / 3)
    negative: Any = {"regression": Constant(-1.0)}
    assert Boosted(SHRUNK, negative, TEAM).predict(values(0.3, 100, "PG"))[0] == 0.0


def test_trust_goes_part_of_the_way_from_the_own_rate() -> None:
    parts: Any = {"regression": Constant(0.4)}
    own = SHRUNK.predict(values(0.3, 100, "PG"))[0]
    found = Boosted(SHRUNK, parts, TEAM, trust=0.25).predict(values(0.3, 100, "PG"))[0]
    assert found == pytest.approx(own + 0.25 * (0.4 - own))


def test_a_mean_is_moved_towards_what_the_team_is_expected_to_do() -> None:
    """The team has 26 assists and the opponent allows 30; its players add up to 24: of a league with 25, 30% more."""
    parts: Any = {"regression": Constant(0.4)}
    found = Boosted(SHRUNK, parts, TEAM).predict(values(0.3, 100, "PG", (26, 30, 24)))[0]
    assert found == pytest.approx(0.4 * (26 * 30 / 25 / 24) ** 0.25)
    # Ten times as much is a wrong count; without a count nothing moves.
    bounded = TEAM.factor(np.vstack([values(0.3, 100, "PG", (26, 30, squad)) for squad in (2.4, 0.0, np.nan)]))
    assert bounded == pytest.approx([2**0.25, 1.0, 1.0])


def test_the_level_is_the_mean_of_the_quotients_by_minutes() -> None:
    rows = np.vstack([values(0.3, 100, "PG", totals) for totals in ((20, 25, 20), (30, 30, 30), UNKNOWN)])
    assert TeamTotal.fitted("ast", FEATURES, rows, np.array([10.0, 40.0, 30.0])).level == pytest.approx(29.0)
    assert TeamTotal.fitted("ast", FEATURES, rows[2:], np.array([30.0])).level == 1.0


@pytest.mark.parametrize("share", TEAM_SHARES)
def test_how_far_to_the_team_is_what_later_games_confirm(share: float) -> None:
    """The models say 0.4; what happened lies some of the way to the team's total, which is 30% higher or lower."""
    parts: Any = {"regression": Constant(0.4)}
    rows = np.vstack([values(0.3, 100, "PG", (26, 30, squad)) for squad in (24.0, 40.0)])
    happened = 0.4 * TeamTotal("ast", FEATURES, 25.0, share).factor(rows)
    games = pl.DataFrame(rows, schema=list(FEATURES)).with_columns(ast_per_min=happened, minutes_actual=pl.lit(30.0))
    found = fitted_moves(Boosted(SHRUNK, parts, TeamTotal("ast", FEATURES, 25.0)), games)
    assert (found.level, found.share, found.trust) == (25.0, share, pytest.approx(1.0))


@pytest.mark.parametrize(("actual", "trust"), [(0.4, 1.0), (0.9, 1.0), ("half", 0.5), (0.0, 0.0)])
def test_trust_is_what_later_games_confirm(actual: float | str, trust: float) -> None:
    """The models say 0.4; what happened lies there, beyond it, half way, and on the other side."""
    parts: Any = {"regression": Constant(0.4)}
    row = values(0.3, 100, "PG")
    own = float(SHRUNK.predict(row)[0])
    happened = (own + 0.4) / 2 if actual == "half" else actual
    games = pl.DataFrame(row, schema=list(FEATURES)).with_columns(ast_per_min=pl.lit(happened), minutes_actual=pl.lit(30.0))
    assert fitted_moves(Boosted(SHRUNK, parts, TEAM), games).trust == pytest.approx(trust)


def test_a_bundle_refuses_rows_that_lack_features_and_models_that_are_not_finite() -> None:
    bundle = RatesBundle({"ast_per_min": SHRUNK}, FEATURES, None)
    rows = pl.DataFrame(values(0.3, 100, "PG"), schema=list(FEATURES))
    assert bundle.means(rows).columns == ["ast_per_min_mean"]
    with pytest.raises(PredictionError, match="2 features of the bundle are missing: ast_slow_minutes, position_flags_C"):
        bundle.means(rows.drop("ast_slow_minutes", "position_flags_C"))
    broken: Any = Constant(np.nan)
    with pytest.raises(PredictionError, match="ast_per_min"):
        RatesBundle({"ast_per_min": broken}, FEATURES, None).means(rows)


def test_made_shots_are_shrunk_and_moved_by_the_opponent() -> None:
    prior = Prior(0.5, dict.fromkeys(POSITIONS, 0.6))
    shares = Percentages({"fg2": prior, "fg3": prior, "ft": prior})
    row = {name: [0.0] for name in FLAGS} | {"position_flags_C": [1.0]}
    row |= {f"{shot}_slow_{of}": [value] for shot in ("fg2", "fg3", "ft") for of, value in (("pct", 0.8), ("attempts", 100.0))}
    row |= {"opponent_allowed_fg2_pct": [0.55], "opponent_allowed_fg3_pct": [None]}
    found = shares.predict(pl.DataFrame(row, schema_overrides={"opponent_allowed_fg3_pct": pl.Float64}))
    assert found["fg2"][0] == pytest.approx(0.7 * (1 + 0.5 * 0.1))
    assert found["fg3"][0] == pytest.approx((0.8 * 100 + 0.6 * 200) / 300)
    assert found["ft"][0] == pytest.approx((0.8 * 100 + 0.6 * 30) / 130)


def expected(**counts: float) -> dict[str, Floats]:
    return {name: np.array([counts.get(name, 0.0)]) for name in ("pts", "reb", "ast", "stl", "blk")}


def test_the_bonus_of_doubles_by_hand() -> None:
    """Certain of ten in two of five: one and a half points; in three: four and a half; without spread, from Poisson."""
    sure = doubles_bonus(expected(pts=1000, reb=1000), np.array([30.0]), np.array([0.0]))
    assert sure[0] == pytest.approx(1.5)
    assert doubles_bonus(expected(pts=1000, reb=1000, ast=1000), np.array([30.0]), np.array([0.0]))[0] == pytest.approx(4.5)
    chance = 1 - sum(np.exp(-10.0) * 10.0**k / float(np.prod(range(1, k + 1))) for k in range(10))
    both = doubles_bonus(expected(pts=10, reb=10), np.array([30.0]), np.array([0.0]))
    assert both[0] == pytest.approx(1.5 * chance**2)
    # Minutes that vary make both happen together more often.
    assert doubles_bonus(expected(pts=10, reb=10), np.array([30.0]), np.array([20.0]))[0] > both[0]


def test_the_deviance_by_hand() -> None:
    found = deviance(np.array([0.0, 2.0, 3.0]), np.array([1.0, 2.0, 1.0]))
    assert found == pytest.approx([2.0, 0.0, 2 * (3 * np.log(3) - 2)])
    assert np.isfinite(deviance(np.array([1.0]), np.array([0.0]))).all()
