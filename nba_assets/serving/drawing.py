"""Small pictures as SVG, for the page: intervals, a distribution, a player's games. Texts are given by the caller, escaped."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

STEPS, BARS = 5, 16


class Interval(NamedTuple):
    """A prediction as it is drawn.

    Attributes:
        low: 10% quantile.
        middle: median.
        high: 90% quantile.
        line: of the bookmakers; None: there is none.
        actual: the result; None: not known.
    """

    low: float
    middle: float
    high: float
    line: float | None = None
    actual: float | None = None


def interval(found: Interval, most: float, label: str, width: int = 150) -> Markup:
    """Return a bar from the 10% to the 90% quantile with the median, the line and the result.

    Args:
        found: what is drawn.
        most: the right end of the scale, which is the same for all bars of a table.
        label: what a screen reader says.
        width: pixels.
    """
    x = _scale(most, width)
    parts = [
        f'<rect class="track" x="0" y="9" width="{width}" height="2"/>',
        f'<rect class="range" x="{x(found.low)}" y="6" width="{max(x(found.high) - x(found.low), 1):.1f}" height="8" rx="4"/>',
        f'<circle class="middle" cx="{x(found.middle)}" cy="10" r="4"/>',
    ]
    if found.line is not None:
        parts.append(f'<rect class="line" x="{x(found.line) - 1:.1f}" y="1" width="2" height="18"/>')
    if found.actual is not None:
        parts.append(f'<path class="actual" d="M{x(found.actual)} 3l5 7-5 7-5-7z"/>')
    return _svg(width, 20, parts, label)


def distribution(quantiles: Sequence[tuple[float, float]], line: float | None, label: str, width: int = 560) -> Markup:
    """Return a histogram: the chance of each range of values, as far as 99 quantiles tell; and the line.

    Args:
        quantiles: level and value, by level.
        line: None: nothing is marked.
        label: what a screen reader says.
        width: pixels.
    """
    height, base = 150, 130
    most = max(value for _, value in quantiles) + 1
    cell = max(1, round(most / BARS))
    cells = ceil(most / cell)
    x, chances = _scale(cells * cell, width), _chances(quantiles, cell, cells)
    peak = max(chances) or 1.0
    parts = [
        f'<rect class="range" x="{x(place * cell) + 0.5:.1f}" y="{base - 115 * chance / peak:.1f}" '
        f'width="{width / cells - 1:.1f}" height="{115 * chance / peak:.1f}"/>'
        for place, chance in enumerate(chances)
    ]
    parts += _axis(cells * cell, x, base, width)
    if line is not None:
        # The script moves it: so many pixels per unit.
        per = f'data-per="{width / (cells * cell):.4f}"'
        parts.append(f'<rect class="line" {per} x="{x(line) - 1:.1f}" y="5" width="2" height="{base - 5}"/>')
    return _svg(width, height, parts, label)


def games(found: Sequence[Interval], label: str, width: int = 560) -> Markup:
    """Return a player's games from left to right: interval, median, line and result of each."""
    height, base = 190, 170
    most = max(max(each.high, each.actual or 0, each.line or 0) for each in found) * 1.05 + 1
    step = width / len(found)

    def y(value: float) -> float:
        return round(base - (base - 8) * min(value, most) / most, 1)

    parts = [f'<line class="axis" x1="0" y1="{base}" x2="{width}" y2="{base}"/>']
    for tick in _ticks(most):
        parts.append(f'<text x="2" y="{y(tick) - 2}">{tick:g}</text>')
        parts.append(f'<line class="grid" x1="0" y1="{y(tick)}" x2="{width}" y2="{y(tick)}"/>')
    for place, each in enumerate(found):
        x, low, high = round((place + 0.5) * step, 1), y(each.low), y(each.high)
        parts.append(f'<rect class="range" x="{x - 4}" y="{high}" width="8" height="{low - high:.1f}" rx="4"/>')
        parts.append(f'<circle class="middle" cx="{x}" cy="{y(each.middle)}" r="3.5"/>')
        if each.line is not None:
            parts.append(f'<rect class="line" x="{x - 8}" y="{y(each.line) - 1:.1f}" width="16" height="2"/>')
        if each.actual is not None:
            parts.append(f'<path class="actual" d="M{x} {y(each.actual) - 5:.1f}l5 5-5 5-5-5z"/>')
    return _svg(width, height, parts, label)


class Happened(NamedTuple):
    """A chance that was said, and what became of it with its 95% interval; None: too few dates for one."""

    said: float
    share: float
    low: float | None
    high: float | None


def reliability(points: Sequence[Happened], label: str, size: int = 280) -> Markup:
    """Return what happened against what was said, on a square from 0 to 1 whose diagonal is right."""
    x, y = (lambda value: round(size * value, 1)), (lambda value: round(size * (1 - value), 1))
    parts = [f'<rect class="frame" x="0" y="0" width="{size}" height="{size}"/>']
    parts.append(f'<line class="axis" x1="0" y1="{size}" x2="{size}" y2="0"/>')
    parts += [f'<text x="{x(tick) + 2}" y="{size - 3}">{tick:.0%}</text>' for tick in (0.2, 0.4, 0.6, 0.8)]
    parts += [f'<text x="2" y="{y(tick)}">{tick:.0%}</text>' for tick in (0.2, 0.4, 0.6, 0.8)]
    for point in points:
        if point.low is not None and point.high is not None:
            low, high = y(max(point.low, 0.0)), y(min(point.high, 1.0))
            parts.append(f'<rect class="range" x="{x(point.said) - 2}" y="{high}" width="4" height="{low - high:.1f}"/>')
        parts.append(f'<circle class="middle" cx="{x(point.said)}" cy="{y(point.share)}" r="4"/>')
    return _svg(size, size, parts, label)


def curves(series: Sequence[Sequence[float]], label: str, width: int = 560) -> Markup:
    """Return up to two curves over the same nights, with zero as a line; the numbers are at its ends."""
    height = 180
    least, most = min(0.0, *map(min, series)), max(0.0, *map(max, series))
    span = (most - least) or 1.0

    def y(value: float) -> float:
        return round(10 + (height - 20) * (most - value) / span, 1)

    parts = [f'<line class="axis" x1="0" y1="{y(0)}" x2="{width}" y2="{y(0)}"/>']
    parts += [f'<text x="2" y="{y(value) + (11 if value == most else -3)}">{value:,.0f}</text>' for value in {least, most}]
    for kind, values in zip(("first", "second"), series, strict=False):
        step = (width - 40) / max(len(values) - 1, 1)
        places = " ".join(f"{40 + step * place:.1f},{y(value)}" for place, value in enumerate(values))
        parts.append(f'<polyline class="{kind}" points="{places}"/>')
    return _svg(width, height, parts, label)


def _chances(quantiles: Sequence[tuple[float, float]], cell: float, cells: int) -> list[float]:
    """The chance of each of equal cells from zero on, by linear interpolation between quantiles."""
    levels, values = zip((0.0, 0.0), *quantiles, (1.0, cell * cells), strict=True)
    below = np.interp([cell * place for place in range(cells + 1)], values, levels)
    return np.diff(below).tolist()


def _scale(most: float, width: int) -> Callable[[float], float]:
    return lambda value: round(width * min(max(value, 0.0), most) / most, 1)


def _ticks(most: float) -> list[float]:
    step = next(each for each in (1, 2, 5, 10, 20, 50, 100) if most / each <= STEPS + 1)
    return [float(step * place) for place in range(1, int(most // step) + 1)]


def _axis(most: float, x: Callable[[float], float], base: int, width: int) -> list[str]:
    ticks = [f'<text x="{x(tick)}" y="{base + 15}" text-anchor="middle">{tick:g}</text>' for tick in _ticks(most)]
    return [f'<line class="axis" x1="0" y1="{base}" x2="{width}" y2="{base}"/>', *ticks]


def _svg(width: int, height: int, parts: Sequence[str], label: str) -> Markup:
    head = Markup('<svg role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">').format(
        label, width, height, width, height
    )
    return head + Markup("".join(parts)) + Markup("</svg>")  # noqa: S704 (the parts are numbers, and the label is escaped)
