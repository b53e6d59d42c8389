"""Pages of docs/ that the code writes, from contracts and docstrings: `python -m nba_assets.cli.pages docs`."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from nba_assets import home
from nba_assets.evaluation import grading, metrics
from nba_assets.features import store
from nba_assets.forecasting import scenarios
from nba_assets.modelling import distributions
from nba_assets.tables import TABLES, archive, serving, truth
from nba_assets.tables.contracts import Table
from nba_assets.tables.feature import Feature
from nba_assets.usage import coefficients

MARK = "<!-- from here on written by the code: python -m nba_assets.cli.pages docs -->\n"

# What a notebook needs, in the order of an evening: read, look up usage, evaluate, ask what if.
PUBLIC: dict[str, tuple[Callable[..., Any], ...]] = {
    "Read a home folder": (home.open_home, home.Home.read, home.Home.sql),
    "Usage when teammates are out": (
        coefficients.predict_usage,
        coefficients.get_player_coefficients,
        coefficients.save_coefficients,
        coefficients.promote,
    ),
    "Evaluate predictions": (
        grading.standing_grades,
        metrics.evaluate,
        metrics.by_season,
        metrics.intervals,
        metrics.accuracy_picture,
    ),
    "Distributions": (distributions.fit, distributions.Distribution.quantiles, distributions.chance_over, distributions.crps),
    "Features and scenarios": (store.read_facts, store.build, scenarios.sitting_out),
}


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


def function(public: Callable[..., Any]) -> str:
    """Return a function's part of the API page: name, signature as it is written, and docstring."""
    written = ast.parse(textwrap.dedent(inspect.getsource(public))).body[0]
    assert isinstance(written, ast.FunctionDef)
    called = f"{public.__qualname__}({ast.unparse(written.args)}) -> {ast.unparse(written.returns or ast.Constant(None))}"
    called = called.replace("(self, ", "(").replace("(*, ", "(")
    lines = [*textwrap.wrap(called, 130, subsequent_indent="    "), "", *(inspect.getdoc(public) or "").splitlines()]
    text = "\n".join(f"    {line}".rstrip() for line in lines)
    return f"### {public.__qualname__}\n\nin `{public.__module__}`\n\n{text}\n"


def api(path: Path) -> str:
    """Return the API page's text: what notebooks call, from its docstrings."""
    above = path.read_text().split(MARK)[0] if path.exists() else ""
    chapters = [f"## {title}\n\n" + "\n".join(map(function, functions)) for title, functions in PUBLIC.items()]
    return above + MARK + "\n" + "\n".join(chapters)


def pages(docs: Path) -> dict[Path, str]:
    """Return the text of each page that the code writes."""
    return {
        docs / "api.md": api(docs / "api.md"),
        docs / "archive.md": write(docs / "archive.md", archive.FILES),
        docs / "serving.md": write(docs / "serving.md", serving.ALL),
        docs / "simulator.md": write(docs / "simulator.md", truth.TABLES),
        docs / "tables.md": write(docs / "tables.md", TABLES.values()),
    }


if __name__ == "__main__":
    for page, text in pages(Path(sys.argv[1])).items():
        page.write_text(text)
