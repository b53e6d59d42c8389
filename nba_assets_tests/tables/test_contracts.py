from datetime import UTC, date, datetime

import polars as pl
import pytest

from nba_assets.reference.teams import ID_BY_ABBREVIATION, TEAMS
from nba_assets.tables import TABLES
from nba_assets.tables.contracts import Column, ContractError, Table, conform
from nba_assets.tables.features import FEATURE_VERSIONS, ML_FEATURE_STORE

SHOTS = Table(
    "shots",
    "test",
    "one row a shot",
    ("game_date", "number"),
    (
        Column("game_date", "DATE", "day"),
        Column("number", "INT64", "number"),
        Column("made", "STRING", "yes or no", allowed=("yes", "no")),
        Column("distance", "FLOAT64", "distance", "feet", null_when="not measured"),
    ),
)
DAY = date(2024, 1, 1)


def shots(**changed: object) -> pl.DataFrame:
    return pl.DataFrame({"game_date": [DAY, DAY], "number": [1, 2], "made": ["yes", "no"], "distance": [3.5, None]} | changed)


def test_conform_orders_columns_and_widens_numbers() -> None:
    frame = shots(distance=[3, None], extra=[0, 0]).select(
        "extra", "distance", "made", pl.col("number").cast(pl.Int16), "game_date"
    )
    found = conform(frame, SHOTS)
    assert dict(found.schema) == SHOTS.schema
    assert found.rows() == [(DAY, 1, "yes", 3.0), (DAY, 2, "no", None)]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (shots().drop("made"), "file.parquet → shots: missing column made"),
        (shots(number=["1", "2"]), "column number has type String, must be Int64"),
        (shots(number=[1.0, 2.0]), "column number has type Float64, must be Int64"),
        (shots(number=[1, 1]), "row 0: duplicate key game_date=2024-01-01, number=1"),
        (shots(number=[1, None]), "row 1: number is null"),
        (shots(made=["yes", "perhaps"]), "row 1: made is 'perhaps', must be one of"),
        (shots(distance=[1.0, float("nan")]), "row 1: distance is not a finite number"),
        (shots(distance=[float("inf"), 1.0]), "row 0: distance is not a finite number"),
    ],
)
def test_conform_names_file_table_column_and_row(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        conform(frame, SHOTS, "file.parquet")
    assert message in str(caught.value)


def test_local_time_is_not_taken_for_utc() -> None:
    table = Table("t", "test", "row", (), (Column("at", "TIMESTAMP", "instant"),), scope=(), date_column=None)
    naive = pl.DataFrame({"at": [datetime(2024, 1, 1)]})  # noqa: DTZ001 (that is the fault)
    with pytest.raises(ContractError, match="column at has type"):
        conform(naive, table)
    assert conform(pl.DataFrame({"at": [datetime(2024, 1, 1, tzinfo=UTC)]}), table).height == 1


def test_a_contract_names_only_columns_that_it_has() -> None:
    with pytest.raises(ValueError, match="nothing_like_it"):
        Table("t", "test", "row", ("nothing_like_it",), SHOTS.columns)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_contracts_are_complete(table: Table) -> None:
    assert all(column.meaning for column in table.columns)
    assert table.empty().schema == table.schema
    assert not table.versions or "known_at" in table.key


def test_feature_versions_name_features_of_the_store() -> None:
    for features in FEATURE_VERSIONS.values():
        assert set(features) <= set(ML_FEATURE_STORE.names)
        assert len(set(features)) == len(features)


def test_teams_have_their_own_ids() -> None:
    assert len(TEAMS) == len(ID_BY_ABBREVIATION) == 30
    assert ID_BY_ABBREVIATION["ATL"] == 1610612737
    assert ID_BY_ABBREVIATION["OKC"] == 1610612760
    assert ID_BY_ABBREVIATION["CHA"] == 1610612766
