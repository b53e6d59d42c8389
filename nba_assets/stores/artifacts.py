"""The artifact store: folders of model files, written whole or not at all."""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class ArtifactError(RuntimeError):
    """An artifact that is not there or not whole: says which, and what to do."""


def content_hash(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 over names and contents, in name order."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return digest.hexdigest()


@dataclass(frozen=True)
class LocalArtifacts:
    """Artifacts in a local folder.

    Attributes:
        root: the folder; created on first use.
    """

    root: Path

    def put(self, folder: str, files: Mapping[str, bytes]) -> str:
        """Write the files of one artifact and return its path: the folder and the hash of the content.

        Written under a temporary name, then renamed: what has a path is whole. An artifact is never changed, but one that
        was damaged on the disk is written anew.
        """
        path = f"{folder}/{content_hash(files)[:16]}"
        target = self.root / path
        if target.exists() and self.get(path) != files:
            shutil.rmtree(target)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=target.parent))
            try:
                for name, content in files.items():
                    (temporary / name).write_bytes(content)
                temporary.rename(target)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        return path

    def find(self, folder: str) -> str | None:
        """Return the path of the newest artifact of a folder, or None if it has none."""
        whole = (child for child in (self.root / folder).glob("*") if not child.name.startswith("."))
        newest = max(whole, key=lambda child: child.stat().st_mtime_ns, default=None)
        return f"{folder}/{newest.name}" if newest else None

    def get(self, path: str) -> dict[str, bytes]:
        """Return the files of an artifact. Raises ArtifactError if it is not there."""
        folder = self.root / path
        if not folder.is_dir():
            raise ArtifactError(f"{folder}: no such bundle; materialize the asset that makes it")
        return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}
