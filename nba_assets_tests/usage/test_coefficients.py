"""Coefficients as they are saved, looked up and added up: on SQLite and on Postgres."""

import copy
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier

import polars as pl
import pytest
import sqlalchemy as sa

from nba_assets.stores.database import Database, DatabaseError
from nba_assets.stores.relational import METADATA, migrate
from nba_assets.usage import coefficients
from nba_assets.usage.coefficients import get_player_coefficients, predict_usage, promote, save_coefficients
from nba_assets.usage.effects import CoefficientError, Effect, PlayerCoefficients
from nba_assets.usage.lookups import C, listed
from nba_assets.usage.saving import store
from nba_assets_tests.postgres import PASSWORD, PostgresServer

TRAE = {"vit_krejci": 11.38, "kristaps_porzingis": 6.66}


def save_trae(database: Database, version: str = "additive_v1", **changed: float) -> None:
    save_coefficients("trae_young", "ATL", 17.96, TRAE | changed, {"vit_krejci": 0.0004}, 10, 0.41, version, database=database)


def trained(name: str, team: str, player_id: int, *effects: Effect, cutoff: date = date(2024, 1, 1)) -> PlayerCoefficients:
    return PlayerCoefficients(name, team, 20.0, effects, 30, 0.2, player_id, cutoff, date(2023, 10, 24), date(2023, 12, 31))


def test_the_known_example(database: Database) -> None:
    save_trae(database)
    served = get_player_coefficients("trae_young", database=database)
    assert (served["baseline_usage"], served["teammate_deltas"], served["model_version"]) == (17.96, TRAE, "additive_v1")
    first = predict_usage("trae_young", ["vit_krejci"], database=database)
    both = predict_usage("trae_young", ["vit_krejci", "kristaps_porzingis"], database=database)
    assert (first, both, first.model_version) == (29.34, 36.00, "additive_v1")
    assert predict_usage("trae_young", database=database) == 17.96


def test_without_anything_but_an_empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBA_ASSETS_HOME", str(tmp_path / "not" / "there"))
    monkeypatch.delenv("NBA_ASSETS_DATABASE_URL", raising=False)
    save_coefficients("trae_young", "ATL", 17.96, TRAE, {}, 10, 0.41)
    assert predict_usage("trae_young", ["vit_krejci"]) == 29.34
    assert (tmp_path / "not" / "there" / "usage.db").exists()
    coefficients.default_database().close()


@pytest.mark.parametrize("name", ["Trae Young", "trae_young", "TRAE YOUNG", "Young, Trae", "  Trae  Young ", "Traé Young"])
def test_a_name_in_any_spelling_finds_the_player(database: Database, name: str) -> None:
    save_trae(database)
    assert predict_usage(name, ["Vít Krejčí", "vit krejci", "K. Porziņģis"], database=database) == 36.00


def test_a_suffix_and_a_short_name_are_found_too(database: Database) -> None:
    save_coefficients("Tim Hardaway Jr.", "DAL", 18.0, {"Luka Dončić": 3.0}, {}, 20, 0.1, database=database)
    assert predict_usage("Tim Hardaway", ["luka_doncic"], database=database) == 21.0


def test_a_save_replaces_the_players_old_set_and_no_other(database: Database) -> None:
    save_trae(database)
    save_trae(database, "other_v1")
    save_coefficients("Clint Capela", "ATL", 16.0, {"Trae Young": -1.0}, {}, 12, 0.1, database=database)
    save_coefficients("Trae Young", "Atlanta Hawks", 20.0, {"Clint Capela": 1.5}, {}, 12, None, database=database)
    assert get_player_coefficients("trae_young", "additive_v1", database=database)["teammate_deltas"] == {"Clint Capela": 1.5}
    assert get_player_coefficients("trae_young", "other_v1", database=database)["teammate_deltas"] == TRAE
    assert predict_usage("Clint Capela", ["trae young"], database=database) == 15.0


def test_a_player_without_effects_keeps_his_baseline(database: Database) -> None:
    save_coefficients("Trae Young", "ATL", 20.0, {}, {}, 3, None, database=database)
    assert get_player_coefficients("Trae Young", database=database)["teammate_deltas"] == {}
    assert predict_usage("Trae Young", database=database) == 20.0


def test_the_promoted_version_is_served_unless_he_has_none_of_it(database: Database) -> None:
    save_trae(database, "shrunk_v1", vit_krejci=1.0)
    save_trae(database, "additive_v1")
    # The pooled version is promoted from the start.
    assert predict_usage("trae_young", database=database).model_version == "shrunk_v1"
    promote("additive_v1", database)
    assert predict_usage("trae_young", ["vit_krejci"], database=database) == 29.34
    save_coefficients("Clint Capela", "ATL", 16.0, {}, {}, 12, None, "mine_v2", database=database)
    assert get_player_coefficients("Clint Capela", database=database)["model_version"] == "mine_v2"
    with pytest.raises(CoefficientError, match="nobody has coefficients of 'other'; there are additive_v1, mine_v2, shrunk_v1"):
        promote("other", database)


def test_who_was_traded_is_served_for_his_newest_team(database: Database) -> None:
    store([trained("James Harden", "BKN", 201935, Effect(("Kyrie Irving",), 2.0, ids=(202681,)))], "shrunk_v1", database)
    later = trained("James Harden", "PHI", 201935, Effect(("Joel Embiid",), 4.0, ids=(203954,)), cutoff=date(2024, 3, 1))
    store([later], "shrunk_v1", database)
    assert predict_usage("James Harden", ["Joel Embiid"], database=database) == 24.0
    assert predict_usage("James Harden", ["Kyrie Irving"], team="Nets", database=database) == 22.0
    with pytest.raises(CoefficientError, match="no coefficients with BOS; there are some with BKN, PHI"):
        predict_usage("James Harden", team="BOS", database=database)


def test_namesakes_are_an_error_that_lists_them(database: Database) -> None:
    store([trained("Jalen Williams", "OKC", 1631114), trained("Jalen Williams", "LAL", 99)], "shrunk_v1", database)
    with pytest.raises(CoefficientError, match=r"could be Jalen Williams \(LAL, id 99\); Jalen Williams \(OKC, id 1631114\)"):
        predict_usage("jalen_williams", database=database)
    assert predict_usage("jalen_williams", team="OKC", database=database) == 20.0
    store([trained("Jaylin Williams", "OKC", 1631119)], "shrunk_v1", database)
    with pytest.raises(CoefficientError, match="it could be Jalen Williams, Jaylin Williams"):
        predict_usage("J. Williams", database=database)
    # Only one of them plays there.
    assert predict_usage("J. Williams", team="LAL", database=database).player_name == "Jalen Williams"
    # Whose they are cannot be told of a name that two of a team have.
    store([trained("Jalen Williams", "OKC", 3)], "shrunk_v1", database)
    with pytest.raises(CoefficientError, match="could be several players of OKC: ids 3, 1631114"):
        save_coefficients("Jalen Williams", "OKC", 10.0, {}, {}, 5, None, "shrunk_v1", database=database)
    assert listed(database).filter(pl.col("team_name") == "OKC").height == 3


def test_a_name_without_an_id_is_one_player_whatever_the_team(database: Database) -> None:
    save_coefficients("James Harden", "BKN", 28.0, {"Kyrie Irving": 2.0}, {}, 9, None, database=database)
    save_coefficients("James Harden", "PHI", 25.0, {"Joel Embiid": 4.0}, {}, 9, None, database=database)
    assert predict_usage("james_harden", ["Joel Embiid"], database=database) == 29.0
    assert predict_usage("james_harden", ["Kyrie Irving"], team="BKN", database=database) == 30.0
    later = trained("James Harden", "LAC", 201935, Effect(("Paul George",), 3.0, ids=(202331,)))
    store([later], "shrunk_v1", database)
    assert predict_usage("james_harden", ["Paul George"], database=database) == 23.0
    assert predict_usage("james_harden", ["Joel Embiid"], "additive_v1", database=database) == 29.0
    # What notebooks saved without a team is of any team.
    save_coefficients("Trae Young", "", 18.0, {}, {}, 9, None, database=database)
    save_coefficients("Trae Young", "ATL", 19.0, {}, {}, 9, None, database=database)
    assert predict_usage("Trae Young", database=database) == 19.0


def test_a_save_by_name_finds_the_ids_that_the_team_has(database: Database) -> None:
    store([trained("Trae Young", "ATL", 1629027), trained("Vít Krejčí", "ATL", 1630249)], "shrunk_v1", database)
    save_trae(database)
    rows = database.read(
        lambda connection: connection.execute(
            sa.select(C.player_id, C.teammate_id, C.teammate_name).where(C.model_version == "additive_v1")
        ).all()
    )
    assert {tuple(row) for row in rows} == {(1629027, 1630249, "vit_krejci"), (1629027, None, "kristaps_porzingis")}
    assert predict_usage("trae_young", ["vit_krejci"], "additive_v1", database=database) == 29.34


def test_namesakes_among_teammates_are_told_apart(database: Database) -> None:
    both = (Effect(("Jalen Williams",), 1.0, ids=(5,)), Effect(("Jalen Williams",), 3.0, ids=(6,)))
    store([trained("Chet Holmgren", "OKC", 7, *both)], "shrunk_v1", database)
    deltas = get_player_coefficients("Chet Holmgren", database=database)["teammate_deltas"]
    assert deltas == {"Jalen Williams (5)": 1.0, "Jalen Williams (6)": 3.0}
    with pytest.raises(CoefficientError, match=r"there are Jalen Williams \(5\), Jalen Williams \(6\)"):
        predict_usage("Chet Holmgren", ["Jalen Williams"], database=database)
    assert predict_usage("Chet Holmgren", ["Jalen Williams (6)"], database=database) == 23.0


def test_who_was_only_out_together_is_said_where_each_keeps_a_delta(database: Database) -> None:
    effect = Effect(("Vit Krejci",), 2.0, ids=(1630249,), joint_with="Kristaps Porzingis", joint_delta=5.0, joint_error=1.0)
    store([trained("Trae Young", "ATL", 1629027, effect)], "shrunk_v1", database)
    assert predict_usage("Trae Young", ["Vit Krejci"], database=database).served["joint_with"] == {
        "Vit Krejci": "Kristaps Porzingis"
    }


def test_who_is_renamed_stays_one_player(database: Database) -> None:
    store([trained("Enes Kanter", "BOS", 202683)], "shrunk_v1", database)
    store([trained("Enes Freedom", "BOS", 202683)], "shrunk_v1", database)
    assert listed(database)["player_name"].to_list() == ["Enes Freedom"]


def test_more_threads_than_any_pool_has_connections(database: Database) -> None:
    save_trae(database)
    ready = Barrier(24)

    def ask(_: int) -> float:
        ready.wait()
        return predict_usage("trae_young", ["vit_krejci"], database=database)

    with ThreadPoolExecutor(24) as pool:
        assert set(pool.map(ask, range(24))) == {29.34}
        save_trae(database, vit_krejci=1.0)


def test_a_prediction_can_be_kept_in_a_cache(database: Database) -> None:
    save_trae(database)
    found = predict_usage("trae_young", ["vit_krejci"], database=database)
    kept = copy.deepcopy(found)
    assert (kept, kept.model_version, kept.deltas) == (found, "additive_v1", {"vit_krejci": 11.38})


def test_what_was_saved_by_name_is_replaced_when_his_id_is_known(database: Database) -> None:
    save_trae(database)
    store([trained("Trae Young", "ATL", 1629027, Effect(("Vit Krejci",), 2.0, ids=(1630249,)))], "additive_v1", database)
    assert predict_usage("trae_young", ["vit_krejci"], database=database) == 22.0
    save_trae(database)
    assert predict_usage("trae_young", ["vit_krejci"], database=database) == 29.34


def test_two_who_were_always_out_together_have_one_effect(database: Database) -> None:
    pair = Effect(("Vit Krejci", "Kristaps Porzingis"), 5.0, 0.03, (1630249, 204001), 2.0, 1.7, 8.3, 20, 6)
    store([trained("Trae Young", "ATL", 1629027, pair)], "additive_v1", database)
    assert predict_usage("Trae Young", ["Vit Krejci", "Kristaps Porzingis"], database=database) == 25.0
    with pytest.raises(CoefficientError, match=r"Vit Krejci \+ Kristaps Porzingis were always out together: .* \+5\.000"):
        predict_usage("Trae Young", ["Vit Krejci"], database=database)


@pytest.mark.parametrize(
    ("player", "out", "message"),
    [
        ("nobody_here", [], "'nobody_here' has no usage coefficients"),
        ("trae_young", ["lebron_james"], "'lebron_james' is no teammate of trae_young .ATL. with a coefficient of additive_v1"),
        ("trae_young", ["clint_capela"], "'clint_capela' is no teammate of trae_young"),
    ],
)  # fmt: skip
def test_who_cannot_be_looked_up_is_named(database: Database, player: str, out: list[str], message: str) -> None:
    save_trae(database)
    save_coefficients("Clint Capela", "HOU", 16.0, {"someone else": 1.0}, {}, 12, 0.1, database=database)
    with pytest.raises(CoefficientError, match=message):
        predict_usage(player, out, database=database)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"baseline_usage": float("nan")}, "baseline_usage is nan"),
        ({"teammate_coeffs": {"vit_krejci": float("inf")}}, "vit_krejci is inf"),
        ({"teammate_coeffs": {"vit_krejci": 1000.0}}, "must be a number from -999.999 to 999.999"),
        ({"p_values": {"vit_krejci": 1.5}}, "p-value of vit_krejci is 1.5"),
        ({"games_used": 0}, "games_used is 0: no games are behind these coefficients"),
        ({"games_used": 10.7}, "games_used is 10.7"),
        ({"games_used": float("nan")}, "games_used is nan"),
        ({"games_used": None}, "games_used is None"),
        ({"baseline_usage": -50.0}, "baseline_usage is -50.0, must be a percentage"),
        ({"r_squared": 1.5}, "r_squared is 1.5"),
        ({"model_version": ""}, "model version '' must have 1 to 50 characters"),
        ({"model_version": "v" * 51}, "must have 1 to 50 characters"),
        ({"teammate_coeffs": {"vit_krejci": None}}, "vit_krejci is missing"),
        ({"baseline_usage": None}, "baseline_usage is missing"),
        ({"p_values": {"vit_krejci": -0.5}}, "p-value of vit_krejci is -0.5"),
        ({"p_values": {"somebody else": 0.5}}, "p_values of somebodyelse, who have no coefficient"),
        ({"teammate_coeffs": {"Trae Young": 1.0}}, "a player cannot be out and play"),
        ({"player_name": " _ "}, "is no name"),
        ({"teammate_coeffs": {"vit_krejci": 1.0, "Vit Krejčí": 2.0}}, "given twice"),
    ],
)
def test_what_makes_no_sense_is_not_saved_and_the_old_set_stays(
    database: Database, wrong: dict[str, object], message: str
) -> None:
    save_trae(database)
    given = {"player_name": "trae_young", "team_name": "ATL", "baseline_usage": 20.0, "games_used": 9, "r_squared": 0.1}
    given |= {"teammate_coeffs": {"vit_krejci": 1.0}, "p_values": {}}
    with pytest.raises(CoefficientError, match=message):
        save_coefficients(**(given | wrong), database=database)  # type: ignore[arg-type]
    assert predict_usage("trae_young", ["vit_krejci"], database=database) == 29.34


def test_concurrent_saves_leave_one_whole_set_and_readers_never_see_half(database: Database) -> None:
    names = [f"mate {chr(97 + number)}" for number in range(12)]
    sets = [dict.fromkeys(names, float(value)) for value in range(1, 9)]
    save_coefficients("Trae Young", "ATL", 20.0, sets[0], {}, 9, 0.1, database=database)

    def save(deltas: dict[str, float]) -> None:
        save_coefficients("Trae Young", "ATL", 20.0, deltas, {}, 9, 0.1, database=database)

    def read(_: int) -> set[tuple[int, int]]:
        deltas = get_player_coefficients("Trae Young", database=database)["teammate_deltas"]
        return {(len(deltas), len(set(deltas.values())))}

    with ThreadPoolExecutor(8) as pool:
        saves = [pool.submit(save, deltas) for deltas in sets]
        seen = set[tuple[int, int]]().union(*pool.map(read, range(100)))
        for each in saves:
            each.result()
    assert seen == {(12, 1)}
    assert read(0) == {(12, 1)}


def test_a_server_that_goes_away_in_the_middle_of_a_save_leaves_the_old_set(postgres: PostgresServer) -> None:
    database = Database(postgres.url())
    migrate(database)
    save_trae(database)

    def interrupted(connection: sa.Connection) -> None:
        connection.execute(sa.text("DELETE FROM usage_model_coefficients"))
        postgres.stop()
        connection.execute(sa.text("SELECT 1"))

    with pytest.raises(DatabaseError) as failed:
        database.write(interrupted)
    assert PASSWORD not in str(failed.value)
    with pytest.raises(DatabaseError):
        predict_usage("trae_young", database=database)
    postgres.start()
    # The same process goes on by itself.
    assert predict_usage("trae_young", ["vit_krejci"], database=database) == 29.34
    save_trae(database, vit_krejci=1.0)
    postgres.stop()
    postgres.start()
    save_trae(database, vit_krejci=2.0)
    assert predict_usage("trae_young", ["vit_krejci"], database=database) == 19.96
    database.close()


def test_a_url_with_tls_works_unchanged(postgres: PostgresServer) -> None:
    if not postgres.tls:
        pytest.skip("these Postgres binaries know no TLS")
    database = Database(postgres.url(sslmode="require", channel_binding="require"))
    migrate(database)
    save_trae(database)
    assert predict_usage("trae_young", ["vit_krejci"], database=database) == 29.34
    used = database.read(
        lambda connection: connection.scalar(sa.text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
    )
    assert used is True
    assert PASSWORD not in str(database)
    database.close()
    also = Database(postgres.url(sslmode="require").replace("postgresql://", "postgres://"))
    assert predict_usage("trae_young", database=also) == 17.96
    also.close()


LEGACY = """
CREATE TABLE usage_model_coefficients (player_name VARCHAR(100), team_name VARCHAR(50), teammate_name VARCHAR(100),
  usage_delta DECIMAL(6,3), baseline_usage DECIMAL(6,3), p_value DECIMAL(10,8), games_used INTEGER, r_squared DECIMAL(5,3),
  timestamp TIMESTAMP, model_version VARCHAR(50), PRIMARY KEY (player_name, teammate_name, model_version))
"""


def test_a_table_of_the_notebooks_is_taken_over_with_its_rows(fresh: Database) -> None:
    def old(connection: sa.Connection) -> None:
        connection.execute(sa.text(LEGACY))
        insert = """
            INSERT INTO usage_model_coefficients
            VALUES (:name, 'Atlanta Hawks', :mate, :delta, 17.96, 0.01, 10, 0.4, :at, 'additive_v1')
        """
        for name, mate, delta, at in (
            ("trae_young", "vit_krejci", 11.38, "2024-01-01 00:00:00"),
            ("trae_young", "kristaps_porzingis", 6.66, "2024-01-01 00:00:00"),
            # Another spelling of older times, with somebody who is not in the newer set: sets are not mixed.
            ("Trae Young", "Vit Krejci", 1.0, "2023-01-01 00:00:00"),
            ("Trae Young", "John Collins", 5.0, "2023-01-01 00:00:00"),
        ):
            connection.execute(sa.text(insert), {"name": name, "mate": mate, "delta": delta, "at": at})

    fresh.write(old)
    migrate(fresh)
    migrate(fresh)
    assert predict_usage("trae_young", ["vit_krejci", "kristaps_porzingis"], team="ATL", database=fresh) == 36.00
    assert listed(fresh).height == 2
    save_trae(fresh)
    assert listed(fresh)["usage_delta"].to_list() == [11.38, 6.66]


def test_another_application_may_be_under_alembic_in_the_same_database(fresh: Database) -> None:
    def theirs(connection: sa.Connection) -> None:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('of_a_website')"))

    fresh.write(theirs)
    migrate(fresh)
    save_trae(fresh)
    version = sa.text("SELECT version_num FROM alembic_version")
    assert fresh.read(lambda connection: connection.scalars(version).all()) == ["of_a_website"]
    fresh.write(lambda connection: connection.execute(sa.text("DROP TABLE alembic_version")))


def test_tables_of_a_newer_release_are_left_alone(database: Database) -> None:
    newer = sa.text("UPDATE usage_alembic_version SET version_num = '9999'")
    database.write(lambda connection: connection.execute(newer))
    with pytest.raises(DatabaseError, match="a newer release made its tables"):
        migrate(database)


def test_migrations_lead_to_the_tables_that_the_code_knows(fresh: Database) -> None:
    migrate(fresh)
    found = fresh.read(
        lambda connection: {
            name: {column["name"] for column in sa.inspect(connection).get_columns(name)} for name in METADATA.tables
        }
    )
    assert found == {name: set(table.columns.keys()) for name, table in METADATA.tables.items()}


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite://", "sqlite:///:memory:", "mysql://u:hidden@h/d", "postgresql://nba:hidden@127.0.0.1:1/x"]
)
def test_a_database_that_cannot_be_reached_says_which_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseError) as failed:
        migrate(Database(url))
    assert "hidden" not in str(failed.value)
