# SPDX-License-Identifier: BSD-3-Clause
"""The results as a table for people and as JSON for programs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .assemble import OMQ, OURS, THEIRS, C
from .measure import Effort, Result
from .stats import Ratio, Shape, ratio, shape, summary
from .table import Curve

FORMAT = 1
"""Number of the JSON's layout."""


class Run(NamedTuple):
    """Everything that one call of the command found out."""

    machine: Mapping[str, str]
    facts: Mapping[str, Mapping[str, str]]
    """Per side, what it said of itself."""
    absent: Mapping[str, str]
    remarks: Sequence[str]
    effort: Effort
    cases: Sequence[Result]
    curves: Sequence[tuple[Curve, Sequence[Result]]]

    def results(self) -> list[Result]:
        return [*self.cases, *(result for _, points in self.curves for result in points)]

    def failures(self) -> list[tuple[str, str, str]]:
        """Return side, case and traceback of what broke and must not."""
        return [
            (side, result.case.name, text)
            for result in self.results()
            for side, text in result.failures.items()
            if side in (OURS, THEIRS)
        ]


def ratio_of(result: Result) -> Ratio | None:
    return ratio(result.of(OURS), result.of(THEIRS))


def points_of(results: Sequence[Result], side: str) -> list[tuple[int, float]]:
    """Return x and the least sample of a side along a curve."""
    found = [(int(result.case.arguments[0]), summary(result.of(side))) for result in results]
    return [(x, least.minimum) for x, least in found if least]


def shape_of(results: Sequence[Result]) -> Shape | None:
    found = [(int(result.case.arguments[0]), ratio_of(result)) for result in results]
    return shape([(x, one.median) for x, one in found if one])


# --- words ----------------------------------------------------------------------------------------


SCALES = {
    "ns": ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns")),
    "B": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
}


def _scaled(value: float, unit: str) -> tuple[float, str]:
    scales = SCALES[unit]
    scale, name = next((one for one in scales if abs(value) >= one[0]), scales[-1])
    return value / scale, name


def amount(value: float, unit: str) -> str:
    """Return a time in ns or a number of bytes with three digits and a fitting unit."""
    scaled, name = _scaled(value, unit)
    digits = 0 if abs(scaled) >= 99.95 else 1 if abs(scaled) >= 9.995 else 2
    return f"{scaled:.{digits}f} {name}"


def tick(value: float, unit: str) -> str:
    """Return a round amount as it stands at an axis."""
    scaled, name = _scaled(value, unit)
    return f"{scaled:.6g} {name}"


def verdict(result: Result) -> str:
    found, at_most = ratio_of(result), result.case.at_most
    if found is None or at_most is None:
        return ""
    return "met" if found.within(at_most) else "missed"


def heading(run: Run) -> list[str]:
    """Return the lines that say what was compared, where and how."""
    ours = run.facts[OURS]
    names = [f"zmq-ctypes {ours['version']}"]
    if THEIRS in run.facts:
        names.append(f"pyzmq {run.facts[THEIRS]['version']}")
    if OMQ in run.facts:
        names.append(f"pyomq {run.facts[OMQ]['version']}")
    once = ", once each: not to be read as figures" if run.effort.once else ""
    return [
        f"{' and '.join(names)} on {ours['implementation']} {ours['python']}",
        f"libzmq {ours['libzmq']}, {os.path.basename(ours['libzmq_file'])}",
        f"{run.machine['processor']}, {run.machine['processors']} processors, "
        f"{run.machine['system']}",
        f"rounds: {run.effort.rounds}{once}",
        *(f"without {name}: {reason}" for name, reason in run.absent.items()),
        *(f"note: {remark}" for remark in run.remarks),
    ]


def grid(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]


def _cells(result: Result, others: Iterable[str]) -> list[str]:
    unit, found = result.case.unit, ratio_of(result)
    cells = [result.case.name]
    for side in (OURS, THEIRS):
        figures = summary(result.of(side))
        cells += [amount(value, unit) for value in figures] if figures else ["-", "-"]
    if found:
        cells += [f"{found.median:.2f}", f"{found.least:.2f}..{found.greatest:.2f}"]
    else:
        cells += ["-", "-"]
    at_most = result.case.at_most
    cells += ["" if at_most is None else f"{at_most:.2f}", verdict(result)]
    for side in others:
        figures = summary(result.of(side))
        cells.append(amount(figures.minimum, unit) if figures else "-")
    return cells


def table(run: Run, results: Sequence[Result]) -> list[str]:
    others = [name for name in (C, OMQ) if name in run.facts]
    others = [name for name in others if any(result.of(name) for result in results)]
    head = ["", "ours: min", "median", "pyzmq: min", "median"]
    head += ["ratio", "spread", "at most", "", *(f"{name}: min" for name in others)]
    return grid([head, *(_cells(result, others) for result in results)])


def text(run: Run) -> str:
    """Return the whole report."""
    lines = [*heading(run), ""]
    if run.cases:
        lines += [*table(run, run.cases), ""]
        lines += _count(run.cases)
    for curve, results in run.curves:
        judgement = [] if run.effort.once else _judgement(curve, results)
        lines += [*table(run, results), *judgement, ""]
    for result in run.results():
        lines += [
            f"{side} lacks {result.case.name}: {reason}"
            for side, reason in result.lacks.items()
            if side != C
        ]
        lines += [
            f"{side} failed in {result.case.name}: {_last(words)}"
            for side, words in result.failures.items()
        ]
    return "\n".join(lines).rstrip() + "\n"


def _count(results: Sequence[Result]) -> list[str]:
    verdicts = [verdict(result) for result in results]
    met, missed = verdicts.count("met"), verdicts.count("missed")
    return [f"targets met: {met} of {met + missed}", ""] if met + missed else []


def _judgement(curve: Curve, results: Sequence[Result]) -> list[str]:
    found = shape_of(results)
    if found is None:
        return []
    words = "no worse" if found.no_worse else "WORSE"
    return [f"{curve.name}: shape {words}; greatest ratio {found.worst:.2f} at {found.at:,}"]


def _last(words: str) -> str:
    lines = words.strip().splitlines()
    return lines[-1] if lines else ""


# --- JSON -----------------------------------------------------------------------------------------


def data(run: Run) -> dict[str, Any]:
    """Return what the JSON file holds: every sample, and what was made of them."""
    return {
        "format": FORMAT,
        "machine": dict(run.machine),
        "sides": {name: _public(facts) for name, facts in run.facts.items()},
        "absent": dict(run.absent),
        "remarks": list(run.remarks),
        "rounds": run.effort.rounds,
        "once": run.effort.once,
        "cases": [_record(result) for result in run.cases],
        "curves": [_curve_record(curve, results) for curve, results in run.curves],
    }


def _public(facts: Mapping[str, str]) -> dict[str, str]:
    """Leave out where things lie on this machine."""
    kept = {name: value for name, value in facts.items() if name not in ("file", "executable")}
    return {**kept, "libzmq_file": os.path.basename(facts["libzmq_file"])}


def _record(result: Result) -> dict[str, Any]:
    found = ratio_of(result)
    figures = {side: summary(rounds) for side, rounds in result.rounds.items()}
    return {
        "name": result.case.name,
        "unit": result.case.unit,
        "at_most": result.case.at_most,
        "verdict": verdict(result),
        "ratio": found._asdict() if found else None,
        "summary": {side: one._asdict() for side, one in figures.items() if one},
        "samples": result.rounds,
        "lacks": result.lacks,
        "failures": {side: _last(words) for side, words in result.failures.items()},
    }


def _curve_record(curve: Curve, results: Sequence[Result]) -> dict[str, Any]:
    found = shape_of(results)
    return {
        "name": curve.name,
        "axis": curve.axis,
        "shape": found._asdict() if found else None,
        "points": [{"x": result.case.arguments[0], **_record(result)} for result in results],
    }
