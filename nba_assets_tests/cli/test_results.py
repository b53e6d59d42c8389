"""The pages' figures: those of the small league are what the commands print, and those of real games have the same rows."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nba_assets.cli.app import app
from nba_assets.settings import Settings
from nba_assets_tests.conftest import PREDICTED

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ran_home")]
DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "results.md").read_text()
README = (DOCS.parent / "README.md").read_text()
NUMBER = re.compile(r"[-+]?\d+(?:,\d{3})*(?:\.\d+)?")
SMALL = f"nba-assets evaluate report --from {PREDICTED.first} --to {PREDICTED.last}"


def shown(command: str) -> str:
    """What the page shows below a command, up to the next heading or command."""
    after = PAGE.split(f"    {command}\n", 1)[1]
    return re.split(r"^(?:#|    nba-assets)", after, maxsplit=1, flags=re.MULTILINE)[0].strip()


def rows(text: str) -> list[list[str]]:
    """The cells of the tables' rows."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def numbers(cell: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(cell)]


def test_the_page_shows_what_the_command_prints(ran_home: Settings) -> None:
    printed = CliRunner().invoke(app, [*SMALL.split()[1:], "--home", str(ran_home.home)])
    assert printed.exit_code == 0, printed.output
    page, now = rows(shown(SMALL)), rows(printed.stdout)
    assert [row[0].strip("*") for row in page] == [row[0].strip("*") for row in now]
    for one, other in zip(page, now, strict=True):
        for cell, again in zip(one[1:], other[1:], strict=True):
            # Fits differ a little between processors.
            assert numbers(cell) == pytest.approx(numbers(again), rel=0.02, abs=0.02), (one, other)


def test_figures_of_real_games_have_the_rows_that_the_command_prints() -> None:
    heads = {tuple(row) for row in rows(shown(SMALL)) if row[0] in ("model", "distribution", "chance of the over", "bets")}
    commands = re.findall(r"^    (nba-assets evaluate report .*)$", PAGE, re.MULTILINE)
    assert len(commands) >= 3
    for command in commands:
        found = {
            tuple(row) for row in rows(shown(command)) if row[0] in ("model", "distribution", "chance of the over", "bets")
        }
        assert found <= heads
        assert len(found) >= 2
        assert "player-games that were played" in shown(command)


def test_the_readme_has_no_figure_that_the_results_do_not_have() -> None:
    table = README.split("## What it reaches", 1)[1].split("\n## ", 1)[0]
    known = {number.lstrip("+") for number in NUMBER.findall(PAGE)}
    figures = [cell for row in rows(table) for cell in row[1:]]
    lacking = {
        number for cell in figures for number in NUMBER.findall(cell) if "." in number and number.lstrip("+") not in known
    }
    assert lacking == set()
