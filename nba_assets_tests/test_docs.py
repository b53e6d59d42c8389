"""README and docs say what is true: commands run, trees exist, tables are the contracts'."""

import re
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from nba_assets.cli.app import app
from nba_assets.cli.pages import pages

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", ["docs/api.md", "docs/archive.md", "docs/serving.md", "docs/simulator.md", "docs/tables.md"])
def test_pages_that_the_code_writes_are_current(path: str) -> None:
    assert pages(ROOT / "docs")[ROOT / path] == (ROOT / path).read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_exist(page: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in re.findall(r"^ {4}make ([a-z]+)|`make ([a-z]+)`", page.read_text(), re.MULTILINE):
        assert "".join(target) in targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_their_options_exist(page: Path) -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for words in re.findall(r"nba-assets ((?:[^`\n\\]|\\\n)+)", page.read_text()):
        name, *rest = words.replace("\\\n", " ").split()
        command = commands[name]
        if hasattr(command, "commands") and rest:
            command = command.commands[rest[0]]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if re.fullmatch(r"--[a-z-]+", word)} <= known, words


def test_the_tree_is_the_repositorys() -> None:
    tree = re.search(r"## The tree\n(.*?)(?:\n## |\Z)", README, re.DOTALL)
    assert tree
    named = re.findall(r"^ {4}( *)([\w./-]+?)/? {2,}\S", tree[1], re.MULTILINE)
    paths = {f"nba_assets/{name}" if indent else name for indent, name in named}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert {path for path in paths if not any(file == path or file.startswith(f"{path}/") for file in tracked)} == set()
    rooms = {file.split("/")[1] for file in tracked if file.startswith("nba_assets/") and file.count("/") > 1}
    top = {file.split("/")[0] for file in tracked if not file.startswith(".")}
    assert {f"nba_assets/{room}" for room in rooms} <= paths
    assert {name for name in top if not name.endswith((".lock", "LICENSE"))} <= paths
