"""The data dictionary in docs/, written from the contracts: `python -m nba_assets.tables.dictionary docs`."""

import sys
from collections.abc import Iterable
from pathlib import Path

from nba_assets.tables import TABLES, archive, truth
from nba_assets.tables.contracts import Table
from nba_assets.tables.features import Feature

MARK = "<!-- from here on written from the contracts: python -m nba_assets.tables.dictionary docs -->\n"


def section(table: Table) -> str:
    """Return a table's chapter in Markdown."""
    lines = [f"## {table.name}\n", f"{table.grain[0].upper()}{table.grain[1:]}.\n"]
    if table.dataset not in ("archive", "truth"):
        scope = ", ".join(table.scope) or ("nothing: append only" if table.append_only else "the whole table")
        lines.append(f"`{table.qualified}` · key {', '.join(table.key)} · a write replaces {scope}\n")
    feature = any(isinstance(column, Feature) for column in table.columns)
    lines += [f"| column | type | meaning | null when |{' looks back on |' if feature else ''}"]
    lines += [f"|---|---|---|---|{'---|' if feature else ''}"]
    for column in table.columns:
        unit = f" [{column.unit}]" if column.unit else ""
        values = f": {', '.join(column.allowed)}" if column.allowed else ""
        row = f"| {column.name} | {column.type} | {column.meaning}{values}{unit} | {column.null_when or ''} |"
        back = f" {column.look_back} |" if isinstance(column, Feature) else " |"
        lines.append(row + (back if feature else ""))
    return "\n".join(lines) + "\n"


def write(path: Path, tables: Iterable[Table]) -> str:
    """Return a page's text with its chapters written anew; what stands above the mark is kept."""
    above = path.read_text().split(MARK)[0] if path.exists() else ""
    return above + MARK + "\n" + "\n".join(section(table) for table in tables)


def pages(docs: Path) -> dict[Path, str]:
    """Return the text of each page that has chapters of tables."""
    return {
        docs / "archive.md": write(docs / "archive.md", archive.FILES),
        docs / "simulator.md": write(docs / "simulator.md", truth.TABLES),
        docs / "tables.md": write(docs / "tables.md", TABLES.values()),
    }


if __name__ == "__main__":
    for page, text in pages(Path(sys.argv[1])).items():
        page.write_text(text)
