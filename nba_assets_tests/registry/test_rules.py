"""The registry: which rows are usable, who serves, and what the audit finds."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from nba_assets.registry.catalog import DERIVED_HERE, TRAINED_HERE
from nba_assets.registry.rules import FOUND, Actor, champion, changes, last_promotion, seeds, usable
from nba_assets.tables.contracts import conform
from nba_assets.tables.registry import ML_MODEL_AUDIT, ML_MODEL_REGISTRY
from nba_assets_tests.rows import of

NOW = datetime(2024, 1, 1, tzinfo=UTC)
FILE = {
    "model_id": "catboost_v9",
    "model_type": "catboost",
    "model_path": "models/catboost_v9_36features.cbm",
    "model_format": "cbm",
    "feature_version": "v9_36features",
    "feature_count": 36,
    "enabled": True,
}
EMPTY = ML_MODEL_AUDIT.empty()


def registry(*rows: dict[str, object]) -> pl.DataFrame:
    return of(ML_MODEL_REGISTRY, *(FILE | row for row in rows))


def marked(**production: bool) -> pl.DataFrame:
    return registry(*({"model_id": name, "is_production": serves} for name, serves in production.items()))


def audited(*states: pl.DataFrame) -> pl.DataFrame:
    """The audit after it has seen some states of the registry."""
    audit = EMPTY
    for number, state in enumerate(states):
        audit = pl.concat([audit, changes(state, audit, Actor(FOUND, None, NOW + timedelta(days=number)))])
    conform(audit, ML_MODEL_AUDIT)
    return audit


def test_the_models_that_are_trained_here_are_there_from_the_start_and_once() -> None:
    first = conform(seeds(ML_MODEL_REGISTRY.empty(), EMPTY, NOW), ML_MODEL_REGISTRY)
    assert set(first["model_id"]) == {*TRAINED_HERE, *DERIVED_HERE}
    assert first.filter("is_production")["model_id"].to_list() == ["lightgbm_v2"]
    assert usable(first)[1] == []
    assert first.filter(~pl.col("enabled"))["model_id"].to_list() == ["lightgbm_pra_v1"]
    # Who deletes one does not get it back, and who has registered something else first gets ours too.
    assert seeds(first.head(2), audited(first), NOW).is_empty()
    assert seeds(registry({}), EMPTY, NOW).height == len(TRAINED_HERE) + len(DERIVED_HERE)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"model_type": "gpt"}, "model_type is 'gpt', must be one of catboost, xgboost, lightgbm, ensemble, derived"),
        ({"feature_version": "v7"}, "feature_version 'v7' is not known; there are v1_33features, v9_36features, v2_wide"),
        ({"feature_count": 33}, "feature_count is 33, but v9_36features has 36"),
        ({"model_format": "json"}, "model_format is 'json', but a catboost model is cbm"),
        ({"model_path": "bundles"}, "model_path 'bundles' and model_format 'cbm': both must be 'bundles', or neither"),
        ({"model_path": "bundles", "model_format": "bundles"}, "but only xgboost_v2, lightgbm_v2, catboost_v8, xgboost_v1"),
        ({"market": "player_dunks"}, "market 'player_dunks' is not known; there are player_points"),
        ({"model_type": "ensemble"}, "an ensemble has no file; only those that are trained here can be registered"),
        (
            {"model_id": "xgboost_v1", "model_path": "bundles", "model_format": "bundles"},
            "is trained here as xgboost on v1_33features for player_points, not as catboost on v9_36features",
        ),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_with_its_reason(wrong: dict[str, object], reason: str) -> None:
    good, bad = usable(registry({"model_id": "other"}, wrong))
    assert [row["model_id"] for row in good] == ["other"]
    assert len(bad) == 1
    assert reason in bad[0].reason
    # Who is not enabled is not looked at.
    assert usable(registry(wrong | {"enabled": False})) == ([], [])


def test_of_two_rows_of_a_model_the_older_one_counts() -> None:
    later = {"created_at": NOW + timedelta(days=1), "model_path": "other.cbm"}
    good, bad = usable(registry(later, {"created_at": NOW}))
    assert [row["model_path"] for row in good] == [FILE["model_path"]]
    assert bad == [("catboost_v9", "player_points", "model_id 'catboost_v9' is registered already; delete one of its rows")]
    # A row that was wrong and is inserted once more: one refusal a model, with all there is to say.
    good, bad = usable(registry({"created_at": NOW, "feature_count": 35}, later, later))
    assert (good, len(bad)) == ([], 1)
    assert bad[0].reason.startswith("feature_count is 35")
    assert bad[0].reason.endswith("is registered already; delete one of its rows")


def test_between_two_updates_the_old_champion_serves() -> None:
    old, none, new = marked(a=True, b=False), marked(a=False, b=False), marked(a=False, b=True)
    assert champion(old, EMPTY) == "a"
    assert champion(none, audited(old)) == "a"
    assert champion(marked(a=True, b=True), audited(old)) == "a"
    assert champion(new, audited(old, none)) == "b"
    assert champion(none, EMPTY) is None
    # Neither a row that makes no sense nor another market can serve, whoever marks it: the old one does.
    for wrong in ({"feature_count": 40}, {"market": "player_points_rebounds_assists"}):
        odd = registry({"model_id": "a"}, {"model_id": "b", "is_production": True} | wrong)
        assert champion(odd, audited(old)) == "a"
    # A champion that is switched off serves no more.
    assert champion(new.with_columns(enabled=pl.col("model_id") == "a"), audited(new)) is None


def test_the_audit_finds_what_plain_sql_changed() -> None:
    first = registry({"model_id": "a", "is_production": True}, {"model_id": "b", "enabled": False})
    audit = audited(first)
    assert audit.select("model_id", "event", "old_value", "new_value").rows() == [
        ("a", "added", None, FILE["model_path"]),
        ("b", "added", None, FILE["model_path"]),
        ("b", "disabled", None, None),
        ("a", "promoted", None, "a"),
    ]
    assert changes(first, audit, Actor(FOUND, None, NOW)).is_empty()
    second = registry({"model_id": "b", "is_production": True, "model_path": "new.cbm"})
    found = changes(second, audit, Actor("ann", "better on 60 dates", NOW))
    assert found.select("number", "model_id", "event", "old_value", "new_value").rows() == [
        (5, "b", "path", FILE["model_path"], "new.cbm"),
        (6, "b", "enabled", None, None),
        (7, "a", "removed", FILE["model_path"], None),
        (8, "b", "promoted", "a", "b"),
    ]
    assert found.select("changed_by", "reason").unique().rows() == [("ann", "better on 60 dates")]
    assert last_promotion(pl.concat([audit, found]))[:2] == ("a", "b")
    assert last_promotion(pl.concat([audit, found])).at == NOW
    assert last_promotion(EMPTY) == (None, None, None)
