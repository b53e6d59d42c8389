"""Package data: the files that come with the project beside its code, `sql/` and `dagster_home/`."""

from pathlib import Path


def package_data(name: str) -> Path:
    """Return a folder of the repository, or its copy inside an installed wheel."""
    package = Path(__file__).parents[1]
    copy = package / "_data" / name
    return copy if copy.is_dir() else package.parent / name
