"""The official injury report: a PDF with one table. Columns are found by their titles, so that they may move.

Layouts differ between seasons: the columns moved in the middle of 2022-23. A title that is not known means that the table means
something else: such a report is not used.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, NamedTuple

import polars as pl

from nba_assets.calendar import EASTERN
from nba_assets.sources.raw import Response
from nba_assets.sources.web import Unusable

COLUMNS = {
    "Game Date": "game_date",
    "Game Time": "game_time",
    "Matchup": "matchup",
    "Team": "team",
    "Player Name": "player",
    "Category": "category",
    "Current Status": "status",
    "Previous Status": "previous_status",
    "Reason": "reason",
}
NEEDED = ("game_date", "team", "player", "status", "reason")
# Written once for all rows below it.
SPANNING = ("game_date", "game_time", "matchup", "team")
STATUSES = ("Out", "Doubtful", "Questionable", "Probable", "Available")
NOT_SUBMITTED = "NOT YET SUBMITTED"
TITLE = re.compile(r"Injury\s*Report:\s*(\d\d/\d\d/\d\d)\s*(\d\d:\d\d)\s*(AM|PM)")
FOOTER = re.compile(r"^Page\s*\d+\s*of\s*\d+$")
# Points: words of one line, words of one cell, the most lines of one reason.
SAME_LINE, SAME_CELL, MOST_LINES = 2.5, 4.5, 6
ROW = {name: pl.String() for name in ("game_date", "team", "player", "status", "reason")}


class Report(NamedTuple):
    """A report.

    Attributes:
        at: when it was issued (UTC).
        rows: one per player: game_date, team, player, status and reason, as printed.
        pending: teams that have not submitted theirs, with their game dates.
    """

    at: datetime
    rows: pl.DataFrame
    pending: list[tuple[str, str]]


class _Cell(NamedTuple):
    """Words that stand together."""

    left: float
    right: float
    height: float
    text: str


class _Line(NamedTuple):
    """The cells of one height, by column."""

    height: float
    cells: dict[str, str]


def report(response: Response) -> Report:
    """Read a report.

    Raises:
        Unusable: it is no PDF, has no time of issue, or its table has other columns.
    """
    import pdfplumber
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        with pdfplumber.open(BytesIO(response.body)) as document:
            pages = [list(_cells(page)) for page in document.pages]
    except (PdfminerException, ValueError, TypeError, KeyError) as error:
        raise Unusable("not_json", f"the PDF cannot be read: {type(error).__name__}") from error
    if not pages:
        raise Unusable("empty", "the PDF has no pages")
    rows, pending = _rows(pages)
    return Report(_issued(pages[0]), pl.DataFrame(rows, schema=ROW, orient="row"), pending)


def _cells(page: Any) -> Iterator[_Cell]:
    """Words of a page that stand together on one line, from top to bottom and left to right."""
    words = page.extract_words(x_tolerance=1.5, y_tolerance=2)
    cell: _Cell | None = None
    for word in sorted(words, key=lambda word: (word["bottom"], word["x0"])):
        here = _Cell(word["x0"], word["x1"], word["bottom"], word["text"])
        if cell and abs(here.height - cell.height) < SAME_LINE and 0 <= here.left - cell.right < SAME_CELL:
            cell = _Cell(cell.left, here.right, cell.height, f"{cell.text} {here.text}")
            continue
        if cell:
            yield cell
        cell = here
    if cell:
        yield cell


def _issued(cells: Sequence[_Cell]) -> datetime:
    for cell in cells:
        if found := TITLE.search(cell.text):
            local = datetime.strptime(" ".join(found.groups()), "%m/%d/%y %I:%M %p")  # noqa: DTZ007 (New York's, next line)
            return local.replace(tzinfo=EASTERN).astimezone(UTC)
    raise Unusable("wrong_shape", "the report does not say when it was issued")


def _rows(pages: Sequence[Sequence[_Cell]]) -> tuple[list[tuple[str, ...]], list[tuple[str, str]]]:
    columns: dict[str, float] = {}
    spanning = dict.fromkeys(SPANNING, "")
    found: list[tuple[str, ...]] = []
    pending: list[tuple[str, str]] = []
    for cells in pages:
        columns, lines = _lines(cells, columns)
        anchors = [line for line in lines if line.cells.keys() - {"reason"}]
        reasons = [line for line in lines if "reason" in line.cells]
        for anchor, reason in zip(anchors, _reasons(anchors, reasons), strict=True):
            spanning |= {name: text for name, text in anchor.cells.items() if name in SPANNING}
            if "player" in anchor.cells:
                row = {**spanning, **anchor.cells, "reason": reason}
                if row.get("status") not in STATUSES:
                    raise Unusable("wrong_shape", f"status of {row['player']} is {row.get('status')!r}")
                found.append(tuple(row[name] for name in ROW))
            elif reason.upper() == NOT_SUBMITTED:
                pending.append((spanning["game_date"], spanning["team"]))
    return found, pending


def _lines(cells: Sequence[_Cell], columns: dict[str, float]) -> tuple[dict[str, float], list[_Line]]:
    """The lines of a page below its titles, by column; titles of the page before hold where it has none."""
    by_height: list[list[_Cell]] = []
    for cell in cells:
        if by_height and cell.height - by_height[-1][0].height < SAME_LINE:
            by_height[-1].append(cell)
        else:
            by_height.append([cell])
    lines: list[_Line] = []
    for line in by_height:
        text = " ".join(cell.text for cell in sorted(line))
        if titles := _titles(line):
            columns, lines = titles, []
        elif not TITLE.search(text) and not FOOTER.match(text):
            if not columns:
                raise Unusable("wrong_shape", f"there is no line of titles above {text!r}")
            placed: dict[str, str] = {}
            for cell in sorted(line):
                name = min(columns, key=lambda name: abs(columns[name] - cell.left))
                placed[name] = f"{placed[name]} {cell.text}" if name in placed else cell.text
            lines.append(_Line(line[0].height, placed))
    return columns, lines


def _titles(line: Sequence[_Cell]) -> dict[str, float]:
    """Where each column begins, if this is the line of titles."""
    texts = {cell.text: cell.left for cell in line}
    if "Player Name" not in texts:
        return {}
    if unknown := texts.keys() - COLUMNS.keys():
        raise Unusable("wrong_shape", f"unknown columns: {', '.join(sorted(unknown))}")
    columns = {COLUMNS[text]: left for text, left in texts.items()}
    if missing := [name for name in NEEDED if name not in columns]:
        raise Unusable("wrong_shape", f"missing columns: {', '.join(missing)}")
    return columns


def _reasons(anchors: Sequence[_Line], reasons: Sequence[_Line]) -> list[str]:
    """The reason of each row: long ones have several lines, which stand around the middle of their row.

    Of all ways to give consecutive lines to consecutive rows the one counts whose lines are nearest to the middles.
    """
    count = len(reasons)
    best: list[list[tuple[float, int]]] = [[(0.0 if end == 0 else float("inf"), 0) for end in range(count + 1)]]
    for anchor in anchors:
        row: list[tuple[float, int]] = []
        for end in range(count + 1):
            options = [
                (best[-1][start][0] + _off(anchor, reasons[start:end]), start)
                for start in range(max(0, end - MOST_LINES), end + 1)
            ]
            row.append(min(options))
        best.append(row)
    found: list[str] = []
    end = count
    for number in range(len(anchors), 0, -1):
        start = best[number][end][1]
        found.append(" ".join(line.cells["reason"] for line in reasons[start:end]))
        end = start
    return found[::-1]


def _off(anchor: _Line, lines: Sequence[_Line]) -> float:
    """How far lines are from the middle of a row; a row without any is no better than one with a line beside it."""
    if not lines:
        return 0.0 if "player" not in anchor.cells else 3.0
    return abs(sum(line.height for line in lines) / len(lines) - anchor.height)
