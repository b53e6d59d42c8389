"""The contract of every artifact store: a local folder and a Cloud Storage."""

from pathlib import Path

import pytest

from nba_assets.stores.artifacts import LAST, ArtifactError, Artifacts, FileArtifacts, content_hash

FILES = {"model.txt": b"tree", LAST: b"{}", "distribution.json": b"[]"}


@pytest.fixture(params=["folder", "bucket"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "artifacts")
    return f"{request.getfixturevalue('bucket')}/home/artifacts"


@pytest.fixture
def store(where: str) -> Artifacts:
    return FileArtifacts(where)


def test_what_is_put_is_got_and_the_same_content_is_one_artifact(store: Artifacts) -> None:
    path = store.put("bundles/m/2024-01-01", FILES)
    assert path == f"bundles/m/2024-01-01/{content_hash(FILES)[:16]}"
    assert store.get(path) == FILES
    assert store.put("bundles/m/2024-01-01", FILES) == path
    assert store.put("bundles/m/2024-01-01", FILES | {"model.txt": b"tree 2"}) != path
    assert store.get(path) == FILES


def test_an_artifact_that_is_not_there_is_named_with_a_remedy(store: Artifacts, where: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        store.get("bundles/none")
    assert (caught.value.source, caught.value.remedy) == (f"{where}/bundles/none", "materialize the asset that makes it")
    assert store.find("bundles/none") is None


def test_a_damaged_or_unfinished_artifact_is_written_again(store: Artifacts) -> None:
    path = store.put("bundles", FILES)
    store.write(f"{path}/model.txt", b"tr")
    store.write(f"{path}/stray.txt", b"left behind")
    assert store.put("bundles", FILES) == path
    assert store.get(path) == FILES


def test_an_artifact_is_found_by_its_folder(store: Artifacts) -> None:
    path = store.put("distributions/a", {"distribution.json": b"[1]"})
    assert store.find("distributions/a") == path
    assert store.find("distributions/b") is None


def test_a_single_file_is_read_by_its_path_below_the_store_or_its_url(store: Artifacts, where: str) -> None:
    assert store.write("models/a.cbm", b"CBM1") == f"{where}/models/a.cbm"
    assert store.read("models/a.cbm") == store.read(f"{where}/models/a.cbm") == b"CBM1"
    store.write("models/a.cbm", b"CBM2")
    assert store.read("models/a.cbm") == b"CBM2"
    with pytest.raises(ArtifactError, match="no such file; correct model_path"):
        store.read("models/none.cbm")


def test_a_path_that_a_user_types_may_be_where_they_are(
    store: Artifacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.txt").write_bytes(b"tree")
    assert store.read("mine.txt") == b"tree"


def test_a_store_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(ArtifactError, match="cannot be written: ValueError: Protocol not known: s4"):
        FileArtifacts("s4://bucket").write("a", b"")


def test_meta_json_is_written_last_so_that_an_unfinished_bundle_has_none(tmp_path: Path) -> None:
    store = FileArtifacts(str(tmp_path))
    folder = tmp_path / store.put("bundles", FILES)
    written = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
    assert written[-1].name == LAST
    # What a process that was killed while it wrote the last file leaves behind.
    (folder / f".{LAST}.7").write_bytes(b"{")
    (folder / LAST).unlink()
    assert LAST not in store.get(f"bundles/{folder.name}")
    store.put("bundles", FILES)
    assert store.get(f"bundles/{folder.name}") == FILES
