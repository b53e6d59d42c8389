"""Single files by path or URL, here or in the cloud."""

from pathlib import Path

from nba_assets.stores.artifacts import ArtifactError


def read_bytes(where: str, root: Path) -> bytes:
    """Return the content of a file: a gs:// or other URL, an absolute path, or one below the artifact store or where we are.

    Raises:
        ArtifactError: it is not there, or cannot be read.
    """
    from fsspec.core import url_to_fs  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    places = [where] if "://" in where else list(dict.fromkeys([str(root / where), str(Path(where).resolve())]))
    for url in places:
        try:
            store, path = url_to_fs(url)  # pyright: ignore[reportUnknownVariableType]
            return bytes(store.cat_file(path))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        except FileNotFoundError:
            continue
        # Each file system has its own exceptions.
        except Exception as error:
            raise ArtifactError(f"{url} cannot be read: {type(error).__name__}: {error}") from error
    raise ArtifactError(f"{' and '.join(places)}: no such file; mend model_path")


def write_bytes(url: str, content: bytes) -> None:
    """Write a file to a gs:// or other URL, or to a path. Raises ArtifactError if that fails."""
    from fsspec.core import url_to_fs  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    try:
        options = {} if "://" in url else {"auto_mkdir": True}
        store, path = url_to_fs(url, **options)  # pyright: ignore[reportUnknownVariableType]
        store.pipe_file(path, content)  # pyright: ignore[reportUnknownMemberType]
    # Each file system has its own exceptions.
    except Exception as error:
        raise ArtifactError(f"{url} cannot be written: {type(error).__name__}: {error}") from error
