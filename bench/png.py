# SPDX-License-Identifier: BSD-3-Clause
"""The pictures of `svg`, drawn by matplotlib into a PNG."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from .places import Unavailable
from .svg import BAD, COLORS, GOOD, PLAIN, Bar, Panel, count, extent, ticks


def pyplot() -> Any:
    """Return matplotlib's pyplot for drawing without a screen."""
    try:
        importlib.import_module("matplotlib").use("Agg")
        return importlib.import_module("matplotlib.pyplot")
    except ImportError as exc:
        raise Unavailable("a PNG needs matplotlib; an SVG needs nothing") from exc


def bars(path: str, rows: Sequence[Bar], title: str, lines: Sequence[str]) -> None:
    plot = pyplot()
    figure, axes = plot.subplots(figsize=(9.6, 1.6 + 0.24 * len(rows)), layout="constrained")
    for number, row in enumerate(rows):
        color = PLAIN
        if row.at_most is not None:
            color = GOOD if row.ratio.within(row.at_most) else BAD
            axes.plot([row.at_most] * 2, [number - 0.45, number + 0.45], color="#222", lw=2.5)
        axes.barh(number, row.ratio.median - 1.0, left=1.0, height=0.6, color=color)
        axes.plot([row.ratio.least, row.ratio.greatest], [number] * 2, color="#222", lw=1)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.2g}")
    axes.axvline(1.0, color="#222", lw=1)
    labels = [f"{row.name}   {row.ratio.median:.2f}" for row in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=8)
    axes.invert_yaxis()
    axes.set_title("\n".join([title, *lines]), fontsize=9, loc="left")
    figure.savefig(path, dpi=120)


def curves(path: str, panels: Sequence[Panel], title: str, lines: Sequence[str]) -> None:
    plot = pyplot()
    rows = (len(panels) + 1) // 2
    figure, grid = plot.subplots(
        rows, 2, figsize=(9.6, 0.8 + 3.3 * rows), layout="constrained", squeeze=False
    )
    cells = [cell for row in grid for cell in row]
    for panel, axes in zip(panels, cells):
        _curve(axes, panel)
    for axes in cells[len(panels) :]:
        axes.axis("off")
    figure.suptitle("\n".join([title, *lines]), fontsize=9)
    figure.savefig(path, dpi=120)


def _curve(axes: Any, panel: Panel) -> None:
    known = {name: [p for p in points if p[1] > 0] for name, points in panel.lines.items()}
    known = {name: points for name, points in known.items() if points}
    axes.set_title(panel.title, fontsize=10)
    axes.set_xlabel(panel.axis, fontsize=9)
    if not known:
        return
    for (name, points), color in zip(known.items(), COLORS):
        axes.loglog(*zip(*points), marker="o", ms=3, color=color, label=name)
    across = ticks(*extent([x for points in known.values() for x, _ in points]))
    tall = extent([y for points in known.values() for _, y in points])
    axes.set_xticks(across, map(count, across), fontsize=8)
    axes.set_ylim(tall)
    axes.set_yticks(ticks(*tall), map(panel.label, ticks(*tall)), fontsize=8)
    axes.minorticks_off()
    axes.grid(color="#ddd")
    axes.legend(fontsize=8)
