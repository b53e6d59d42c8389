"""The artifact store: folders of model files, and single files by path or URL, on a local folder or gs://."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nba_assets.errors import NbaAssetsError

# Written last: an artifact that has one is whole. Object stores cannot rename a folder.
LAST = "meta.json"


class ArtifactError(NbaAssetsError):
    """An artifact or model file that is not there, not whole, or cannot be read or written."""


def content_hash(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 over names and contents, in name order."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return digest.hexdigest()


class Artifacts(Protocol):
    """Folders of model files by the hash of their content, and single model files."""

    def put(self, folder: str, files: Mapping[str, bytes]) -> str:
        """Write the files of one artifact and return its path: the folder and the hash of the content.

        An artifact never changes; one that is damaged or unfinished is written again.
        """
        ...

    def find(self, folder: str) -> str | None:
        """Return the path of the newest artifact of a folder, or None if it has none."""
        ...

    def get(self, path: str) -> dict[str, bytes]:
        """Return the files of an artifact, by name. Raises ArtifactError if it is not there."""
        ...

    def read(self, where: str) -> bytes:
        """Return the content of a model file.

        Args:
            where: a gs:// or other URL, an absolute path, or a path below the store, else below the current folder.

        Raises:
            ArtifactError: it is not there, or cannot be read.
        """
        ...

    def write(self, where: str, content: bytes) -> str:
        """Write a model file to a URL, an absolute path or a path below the store, and return where it is.

        Raises:
            ArtifactError: it cannot be written.
        """
        ...

    def names(self, folder: str) -> list[str]:
        """Return the names of what is in a folder, in order; nothing if it is not there."""
        ...

    def remove(self, where: str) -> None:
        """Delete one file."""
        ...


@dataclass(frozen=True)
class FileArtifacts:
    """Artifacts in a folder, local or gs://, through fsspec.

    Attributes:
        url: a path or URL; a local folder is created on first use.
    """

    url: str

    def put(self, folder: str, files: Mapping[str, bytes]) -> str:
        """Write the files of one artifact, `meta.json` last."""
        path = f"{folder}/{content_hash(files)[:16]}"
        stored = self._files(path)
        if stored != dict(files):
            for name in stored.keys() - files.keys():
                store, file = _opened(f"{self._at(path)}/{name}")
                store.rm_file(file)
            for name in sorted(files, key=lambda name: (name == LAST, name)):
                _write(f"{self._at(path)}/{name}", files[name])
        return path

    def find(self, folder: str) -> str | None:
        """Return the path of the newest artifact of a folder, or None."""
        store, root = _opened(self._at(folder))
        if not store.isdir(root):
            return None
        names: dict[str, Any] = {}
        for child in store.ls(root, detail=False):
            files = [file for file in store.ls(child, detail=False) if not _name(file).startswith(".")]
            if files:
                names[_name(child)] = max(store.modified(file) for file in files)
        newest = max(names, key=lambda name: names[name], default=None)
        return f"{folder}/{newest}" if newest else None

    def get(self, path: str) -> dict[str, bytes]:
        """Return the files of an artifact."""
        files = self._files(path)
        if not files:
            raise ArtifactError("no such bundle", source=self._at(path), remedy="materialize the asset that makes it")
        return files

    def read(self, where: str) -> bytes:
        """Return the content of a model file."""
        # A path may be below the store, or where the user is.
        places = [where] if "://" in where else list(dict.fromkeys([self._at(where), str(Path(where).resolve())]))
        for url in places:
            try:
                store, path = _opened(url)
                return bytes(store.cat_file(path))
            except FileNotFoundError:
                continue
            # Each file system has its own exceptions.
            except Exception as error:
                raise ArtifactError(f"cannot be read: {type(error).__name__}: {error}", source=url) from error
        raise ArtifactError("no such file", source=" and ".join(places), remedy="correct model_path")

    def write(self, where: str, content: bytes) -> str:
        """Write a model file."""
        url = self._at(where)
        _write(url, content)
        return url

    def names(self, folder: str) -> list[str]:
        """Return the names of what is in a folder, in order; nothing if it is not there."""
        store, root = _opened(self._at(folder) if folder else self.url)
        if not store.isdir(root):
            return []
        return sorted(name for path in store.ls(root, detail=False) if not (name := _name(path)).startswith("."))

    def remove(self, where: str) -> None:
        """Delete one file."""
        store, path = _opened(self._at(where))
        store.rm_file(path)

    def _at(self, where: str) -> str:
        """Where a path below the store is; a URL or an absolute path stands for itself."""
        return where if "://" in where or Path(where).is_absolute() else f"{self.url.rstrip('/')}/{where}"

    def _files(self, path: str) -> dict[str, bytes]:
        """The files of an artifact; none if it is not there."""
        store, root = _opened(self._at(path))
        if not store.isdir(root):
            return {}
        paths = sorted(file for file in store.ls(root, detail=False) if not _name(file).startswith("."))
        return {_name(file): bytes(store.cat_file(file)) for file in paths}


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _opened(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it. Listings are not cached: another process may write."""
    from fsspec.core import url_to_fs  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    options = {"use_listings_cache": False} if "://" in url else {"auto_mkdir": True}
    store: Any
    store, path = url_to_fs(url, **options)  # pyright: ignore[reportUnknownVariableType]
    return store, str(path)  # pyright: ignore[reportUnknownArgumentType]


def _write(url: str, content: bytes) -> None:
    """Write one file whole or not at all: locally under a temporary name, then renamed; an object store does it by itself."""
    try:
        store, path = _opened(url)
        if "://" in url:
            store.pipe_file(path, content)
            return
        folder, _, name = path.rpartition("/")
        temporary = f"{folder}/.{name}.{os.getpid()}"
        store.pipe_file(temporary, content)
        Path(temporary).replace(path)
    # Each file system has its own exceptions.
    except Exception as error:
        raise ArtifactError(f"cannot be written: {type(error).__name__}: {error}", source=url) from error
