# SPDX-License-Identifier: BSD-3-Clause
"""Which pictures a run gives, and into which files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from . import png, svg
from .places import Unavailable
from .report import Run, heading, points_of, ratio_of, tick
from .svg import Bar, Panel

BARS = "Time per operation, zmq-ctypes by pyzmq: left of 1 is ahead, the tick is the target"
CURVES = "How it grows"


def check(path: str) -> None:
    """Raise `Unavailable` before the work if a picture could not be drawn after it."""
    if path.endswith(".png"):
        png.pyplot()
    elif not path.endswith(".svg"):
        raise Unavailable(f"{path}: a picture is .svg or .png")


def draw(run: Run, path: str) -> list[str]:
    """Draw what there is; return the files written. Curves beside bars get a file of their own."""
    rows = [
        Bar(result.case.name, found, result.case.at_most)
        for result in run.cases
        if (found := ratio_of(result)) is not None
    ]
    panels = [
        Panel(
            curve.name,
            curve.axis,
            {name: points_of(results, name) for name in run.facts if name != "C"},
            partial(tick, unit=curve.unit),
        )
        for curve, results in run.curves
    ]
    lines = heading(run)[:3]
    written = []
    if rows or not panels:
        _bars(path, rows, lines)
        written.append(path)
    if panels:
        other = Path(path)
        curves = str(other.with_name(f"{other.stem}-growth{other.suffix}")) if written else path
        _curves(curves, panels, lines)
        written.append(curves)
    return written


def _bars(path: str, rows: list[Bar], lines: list[str]) -> None:
    if path.endswith(".png"):
        png.bars(path, rows, BARS, lines)
    else:
        Path(path).write_text(svg.bars(rows, BARS, lines), encoding="utf-8")


def _curves(path: str, panels: list[Panel], lines: list[str]) -> None:
    if path.endswith(".png"):
        png.curves(path, panels, CURVES, lines)
    else:
        Path(path).write_text(svg.curves(panels, CURVES, lines), encoding="utf-8")
