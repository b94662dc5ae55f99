# SPDX-License-Identifier: BSD-3-Clause
"""Pictures written by hand as SVG: bars of ratios, and curves of growth."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from .stats import Ratio

GOOD, BAD, PLAIN = "#2a7f62", "#c8553d", "#4a6fa5"
COLORS = ("#2a7f62", "#c08a1e", "#4a6fa5", "#8d6a9f")
LEAST_SPAN = 10.0
"""The factor that an axis covers at least, so that a level line looks level."""
ROW, LABEL, WIDTH, TOP = 22, 330, 960, 78
PANEL, PANEL_HEIGHT = 480, 330


class Bar(NamedTuple):
    name: str
    ratio: Ratio
    at_most: float | None


class Panel(NamedTuple):
    """One diagram with both axes logarithmic."""

    title: str
    axis: str
    lines: Mapping[str, Sequence[tuple[int, float]]]
    label: Callable[[float], str]
    """How a value of y is written."""


def _text(x: float, y: float, words: str, anchor: str = "start", size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
        f"{escape(words)}</text>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, color: str, width: float = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{color}" stroke-width="{width}"/>'
    )


def _document(width: int, height: int, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" fill="#222">'
    )
    ground = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    return "\n".join([head, ground, *parts, "</svg>", ""])


def _titles(title: str, lines: Sequence[str]) -> list[str]:
    below = [_text(16, 42 + 15 * number, words, size=11) for number, words in enumerate(lines)]
    return [_text(16, 24, title, size=15), *below]


# --- bars -----------------------------------------------------------------------------------------


def bars(rows: Sequence[Bar], title: str, lines: Sequence[str]) -> str:
    """Draw a ratio a row: from 1 to the left is ahead; the tick is the target."""
    values = [value for row in rows for value in (row.ratio.least, row.ratio.greatest)]
    low = min([0.5, *values]) / 1.1
    high = max([2.0, *values, *(row.at_most or 1.0 for row in rows)]) * 1.1
    left, right = LABEL, WIDTH - 70

    def place(value: float) -> float:
        return left + (right - left) * math.log(value / low) / math.log(high / low)

    top = TOP + 15 * max(0, len(lines) - 1)
    bottom = top + ROW * len(rows)
    parts = _titles(title, lines)
    for power in range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1):
        x = place(2.0**power)
        parts.append(_line(x, top - 6, x, bottom, "#222" if power == 0 else "#ddd"))
        parts.append(_text(x, top - 10, f"{2.0**power:.2g}", "middle", 11))
    for number, row in enumerate(rows):
        parts += _row(row, top + ROW * number, place)
    return _document(WIDTH, int(bottom + 16), parts)


def _row(row: Bar, y: float, place: Callable[[float], float]) -> list[str]:
    color = PLAIN
    if row.at_most is not None:
        color = GOOD if row.ratio.within(row.at_most) else BAD
    start, end = sorted((place(1.0), place(row.ratio.median)))
    middle = y + ROW / 2
    parts = [
        _text(LABEL - 12, middle + 4, row.name, "end"),
        f'<rect x="{start:.1f}" y="{y + 5:.1f}" width="{end - start:.1f}" height="{ROW - 10}" '
        f'fill="{color}"/>',
        _line(place(row.ratio.least), middle, place(row.ratio.greatest), middle, "#222"),
        _text(WIDTH - 12, middle + 4, f"{row.ratio.median:.2f}", "end"),
    ]
    if row.at_most is not None:
        x = place(row.at_most)
        parts.append(_line(x, y + 2, x, y + ROW - 2, "#222", 2.5))
    return parts


# --- curves ---------------------------------------------------------------------------------------


def curves(panels: Sequence[Panel], title: str, lines: Sequence[str]) -> str:
    """Draw the panels two in a row."""
    top = TOP + 15 * max(0, len(lines) - 2)
    parts = _titles(title, lines)
    for number, panel in enumerate(panels):
        x, y = PANEL * (number % 2), top + PANEL_HEIGHT * (number // 2)
        parts.append(f'<g transform="translate({x},{y})">')
        parts += _panel(panel)
        parts.append("</g>")
    return _document(2 * PANEL, top + PANEL_HEIGHT * math.ceil(len(panels) / 2), parts)


def extent(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis that shows these."""
    low, high = min(values), max(values)
    slack = math.sqrt(max(1.0, LEAST_SPAN * low / high))
    return low / slack, high * slack


def ticks(low: float, high: float) -> list[float]:
    """Return the powers of ten within; of few, also what lies between."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if math.log10(high / low) < 2 else (1,)
    every = [step * 10.0**power for power in powers for step in steps]
    return [value for value in every if low * 0.999 <= value <= high * 1.001]


def count(value: float) -> str:
    """Write a number on the x axis: 1, 10k, 10M."""
    scale, name = next((one for one in ((1e6, "M"), (1e3, "k")) if value >= one[0]), (1.0, ""))
    return f"{value / scale:g}{name}"


def _scale(ends: tuple[float, float], start: float, end: float) -> Callable[[float], float]:
    low, high = map(math.log, ends)
    return lambda value: start + (end - start) * (math.log(value) - low) / (high - low)


def _panel(panel: Panel) -> list[str]:
    known = {name: [p for p in points if p[1] > 0] for name, points in panel.lines.items()}
    xs = [float(x) for points in known.values() for x, _ in points]
    ys = [y for points in known.values() for _, y in points]
    parts = [_text(70, 16, panel.title, size=13)]
    if not xs:
        return [*parts, _text(70, 40, "nothing was measured")]
    left, right, above, below = 70, PANEL - 20, 30, PANEL_HEIGHT - 50
    wide, tall = extent(xs), extent(ys)
    across, up = _scale(wide, left, right), _scale(tall, below, above)
    for x in ticks(*wide):
        parts.append(_line(across(x), above, across(x), below, "#ddd"))
        parts.append(_text(across(x), below + 15, count(x), "middle", 10))
    for y in ticks(*tall):
        parts.append(_line(left, up(y), right, up(y), "#ddd"))
        parts.append(_text(left - 6, up(y) + 4, panel.label(y), "end", 10))
    parts.append(_text((left + right) / 2, below + 32, panel.axis, "middle", 11))
    for number, (name, points) in enumerate(known.items()):
        color = COLORS[number % len(COLORS)]
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="2.5" fill="{color}"/>'
            for x, y in points
        ]
        row = above + 14 + 16 * number
        parts.append(_line(left + 10, row - 4, left + 30, row - 4, color, 2))
        parts.append(_text(left + 36, row, name, size=11))
    return parts
