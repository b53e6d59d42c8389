"""Modules and functions stay short, and what is silenced says why."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "nba_assets"
MODULES = sorted(PACKAGE.rglob("*.py"))
MODULE_LINES, FUNCTION_LINES = 300, 40
REASON = "# Longer than 40 lines: "


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_and_its_functions_are_short(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= MODULE_LINES
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.FunctionDef):
            continue
        first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
        length = (node.end_lineno or 0) - first.lineno + 1
        assert length <= FUNCTION_LINES or lines[node.lineno - 2].startswith(REASON), f"{node.name}: {length} lines"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_what_is_silenced_says_why(path: Path) -> None:
    for line in path.read_text().splitlines():
        assert not re.search(r"# noqa: [A-Z0-9, ]+$|# noqa$|# type: ignore", line), line
