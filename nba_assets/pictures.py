"""Pictures for people who look rather than read: PNG bytes of figures. No data is fetched or changed here."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, ACCENT, PALE = "#222222", "#c8102e", "#8a94a6"
COLOURS = (ACCENT, "#1d428a", "#e8a33d", "#4c9f70", PALE)


class Picture:
    """A PNG, filled when the `with` of `panels` ends."""

    png: bytes = b""

    @property
    def markdown(self) -> str:
        """The picture inside Markdown."""
        return f"![picture](data:image/png;base64,{b64encode(self.png).decode()})"


@contextmanager
def panels(number: int, width: float = 4.6, height: float = 3.4, rows: int = 1) -> Iterator[tuple[Picture, list["Axes"]]]:
    """Yield axes side by side, in one row or more; the picture is there when the block ends."""
    from matplotlib.figure import Figure

    beside = number // rows
    figure, picture = Figure(figsize=(width * beside, height * rows), dpi=110, layout="constrained"), Picture()
    axes: Any = figure.subplots(rows, beside, squeeze=False)
    for axis in axes.ravel():
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(colors=INK, labelsize=8)
        axis.title.set_fontsize(10)
    yield picture, list(axes.ravel())
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    picture.png = buffer.getvalue()


def lines(axis: "Axes", x: Sequence[str], ys: Mapping[str, Sequence[float | None]], *, title: str, unit: str) -> None:
    """Draw one line per name over the same places."""
    for (name, y), colour in zip(ys.items(), COLOURS, strict=False):
        axis.plot(
            range(len(x)),
            [float("nan") if value is None else value for value in y],
            marker="o",
            ms=3.5,
            lw=1.6,
            color=colour,
            label=name,
        )
    axis.set_xticks(range(len(x)), list(x))
    axis.set_ylabel(unit, fontsize=8)
    axis.set_title(title)
    axis.legend(fontsize=7, frameon=False)


def against(
    axis: "Axes",
    x: Sequence[float],
    y: Sequence[float],
    *,
    title: str,
    names: tuple[str, str],
    spread: tuple[Sequence[float], Sequence[float]] | None = None,
) -> None:
    """Draw points, with intervals of a spread below and above them, beside the diagonal on which they should lie."""
    least, top = (min([*x, *y]), max([*x, *y])) if spread else (0, max([*x, *y, 1.0]))
    axis.plot([least, top], [least, top], color=PALE, lw=1, ls="--")
    axis.errorbar(x, y, yerr=spread, marker="o", ms=4, lw=1.4, elinewidth=0.8, color=ACCENT)
    axis.set_xlabel(names[0], fontsize=8)
    axis.set_ylabel(names[1], fontsize=8)
    axis.set_title(title)


def histograms(axis: "Axes", values: Mapping[str, Sequence[float]], *, title: str) -> None:
    """Draw the shares of numbers of several origins, one outline over the other, in the same bins."""
    least, most = (round(pick(pick(numbers) for numbers in values.values())) for pick in (min, max))
    # Whole numbers in bins of a whole width; else some bins hold one number more than others.
    width = max(round((most - least) / 36), 1)
    edges = [edge - 0.5 for edge in range(least, most + width, width)]
    for (name, numbers), colour in zip(values.items(), (PALE, ACCENT), strict=False):
        axis.hist(numbers, bins=edges, density=True, histtype="step", lw=1.6, color=colour, label=name)
    axis.set_yticks([])
    axis.set_title(title)
    axis.legend(fontsize=7, frameon=False)


def bars(axis: "Axes", names: Sequence[str], values: Sequence[float], *, title: str, unit: str) -> None:
    """Draw horizontal bars, the first on top."""
    axis.barh(range(len(names)), list(values), color=COLOURS[1], height=0.7)
    axis.set_yticks(range(len(names)), list(names), fontsize=7)
    axis.invert_yaxis()
    axis.set_xlabel(unit, fontsize=8)
    axis.set_title(title)


def forest(
    axis: "Axes",
    names: Sequence[str],
    values: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    *,
    title: str,
    unit: str,
) -> None:
    """Draw estimates with their intervals beside zero, the first on top."""
    places = range(len(names))
    axis.axvline(0, color=PALE, lw=1, ls="--")
    axis.hlines(list(places), list(low), list(high), color=COLOURS[1], lw=1.6)
    axis.plot(list(values), list(places), marker="o", ms=4, ls="", color=ACCENT)
    axis.set_yticks(list(places), list(names), fontsize=7)
    axis.invert_yaxis()
    axis.set_xlabel(unit, fontsize=8)
    axis.set_title(title)


def grid(axis: "Axes", rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float]], *, title: str) -> None:
    """Draw a share from 0 to 1 for each row and column as a shade."""
    axis.imshow(list(values), vmin=0, vmax=1, aspect="auto", cmap="Blues")
    axis.set_yticks(range(len(rows)), list(rows), fontsize=6)
    axis.set_xticks(range(len(columns)), list(columns), fontsize=7)
    axis.set_title(title)
