"""Injury reports as the league prints them, in the layouts of four seasons; what is in them is made up."""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import NamedTuple

from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from nba_assets.calendar import EASTERN

FONT, SIZE, LEADING = "Helvetica", 8, 9.5


class Entry(NamedTuple):
    """A player on a report; player '' with a reason: the team has not submitted."""

    game_date: str
    game_time: str
    matchup: str
    team: str
    player: str
    status: str
    reason: str


@dataclass(frozen=True)
class Layout:
    """Where columns begin, in points, how large the page is, and whether every page repeats the titles."""

    columns: dict[str, float]
    page: tuple[float, float] = (842, 595)
    every_page: bool = True
    centred: bool = True


LAYOUTS = {
    "2021-22": Layout({"Game Date": 22, "Game Time": 95, "Matchup": 168, "Team": 235, "Player Name": 370, "Category": 480,
                       "Reason": 560, "Current Status": 700, "Previous Status": 770}),
    "2022-23 before": Layout({"Game Date": 23, "Game Time": 112, "Matchup": 192, "Team": 262, "Player Name": 418,
                              "Current Status": 560, "Reason": 652}, every_page=False),
    "2022-23 after": Layout({"Game Date": 24, "Game Time": 120, "Matchup": 200, "Team": 262, "Player Name": 424,
                             "Current Status": 584, "Reason": 664}),
    "2023-24": Layout({"Game Date": 22, "Game Time": 118, "Matchup": 198, "Team": 260, "Player Name": 422,
                       "Current Status": 582, "Reason": 662}, centred=False),
    "2024-25": Layout({"Game Date": 40, "Game Time": 130, "Matchup": 210, "Team": 275, "Player Name": 430,
                       "Current Status": 575, "Reason": 650}, page=(900, 620)),
}  # fmt: skip


def printed(entries: list[Entry], at: datetime, layout: Layout, rename: dict[str, str] | None = None) -> bytes:
    """Return the PDF of a report; titles may be renamed."""
    body, width = BytesIO(), layout.page[0]
    titles = {(rename or {}).get(name, name): left for name, left in layout.columns.items()}
    canvas = Canvas(body, pagesize=layout.page)
    last = Entry("", "", "", "", "", "", "")
    y = _head(canvas, at, layout, titles)
    room = width - layout.columns["Reason"] - 10
    if "Category" in layout.columns:
        room = layout.columns["Current Status"] - layout.columns["Reason"] - 8
    for entry in entries:
        reason = simpleSplit(entry.reason, FONT, SIZE, room) or [""]
        tall = max(len(reason), 1) * LEADING + 3
        if y - tall < 40:
            _foot(canvas, width)
            canvas.showPage()
            y = _head(canvas, at, layout, titles if layout.every_page else {})
        middle = y - (tall / 2 if layout.centred else LEADING / 2)
        new = {
            "Game Date": entry.game_date != last.game_date,
            "Game Time": (entry.game_date, entry.game_time) != (last.game_date, last.game_time),
            "Matchup": (entry.game_date, entry.matchup) != (last.game_date, last.matchup),
            "Team": (entry.game_date, entry.team) != (last.game_date, last.team),
        }
        texts = {name: getattr(entry, name.lower().replace(" ", "_")) for name, is_new in new.items() if is_new}
        texts |= {"Player Name": entry.player, "Current Status": entry.status}
        if "Category" in layout.columns and entry.player:
            texts |= {"Category": "Injury/Illness", "Previous Status": entry.status}
        for name, text in texts.items():
            canvas.drawString(layout.columns[name], middle, text)
        top = middle + (len(reason) - 1) * LEADING / 2
        for number, line in enumerate(reason):
            canvas.drawString(layout.columns["Reason"], top - number * LEADING, line)
        y, last = y - tall, entry
    _foot(canvas, width)
    canvas.save()
    return body.getvalue()


def _head(canvas: Canvas, at: datetime, layout: Layout, titles: dict[str, float]) -> float:
    top = layout.page[1] - 30
    canvas.setFont(FONT, 12)
    canvas.drawString(22, top, f"Injury Report: {at.astimezone(EASTERN):%m/%d/%y %I:%M %p}")
    canvas.setFont(FONT, SIZE)
    for name, left in titles.items():
        canvas.drawString(left, top - 22, name)
    return top - 34


def _foot(canvas: Canvas, width: float) -> None:
    canvas.drawString(width / 2 - 20, 20, f"Page {canvas.getPageNumber()} of 9")
