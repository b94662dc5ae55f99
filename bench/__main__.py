# SPDX-License-Identifier: BSD-3-Clause
"""``python -m bench``: see docs/benchmarks.rst."""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from . import machine, picture, report
from .assemble import OMQ, THEIRS, C, Sides, assemble
from .measure import Effort, measure
from .places import Unavailable, check_file
from .table import CASES, CURVES, Case, Curve

FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure this checkout beside genuine pyzmq, on the same libzmq and Python.",
    )
    add = parser.add_argument
    add("--peer", metavar="PYTHON", help="a Python that has pyzmq (else one is made and kept)")
    add("--rounds", type=int, default=7, metavar="N", help="how often everything is repeated")
    add(
        "--case",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only cases and curves whose name contains or matches this; may be repeated",
    )
    add("--grow", action="store_true", help="measure the curves instead of the cases")
    add("--once", action="store_true", help="run everything in its least form, to see that it runs")
    add(
        "--without",
        action="append",
        default=[],
        choices=(THEIRS, C, OMQ),
        help="leave a side out; may be repeated",
    )
    add("--json", metavar="FILE", help="write all samples and what they come to")
    add("--plot", metavar="FILE", help="draw a picture; .svg, or .png where matplotlib is")
    add("--list", action="store_true", help="print the cases and their targets and end")
    return parser


def wanted(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(
        pattern.lower() in name.lower() or fnmatch.fnmatch(name.lower(), pattern.lower())
        for pattern in patterns
    )


def selection(options: argparse.Namespace) -> tuple[list[Case], list[tuple[Curve, list[Case]]]]:
    """Return the cases and the curves that were asked for."""
    cases = [] if options.grow else [one for one in CASES if wanted(one.name, options.case)]
    curves = []
    if options.grow or options.once:
        curves = [(one, one.cases()) for one in CURVES if wanted(one.name, options.case)]
    if options.once:  # which says nothing about targets
        cases = [case._replace(at_most=None) for case in cases]
        curves = [(curve, points[:2]) for curve, points in curves]
    return cases, curves


def names() -> str:
    rows = [["case", "at most"]]
    rows += [[one.name, "" if one.at_most is None else f"{one.at_most:.2f}"] for one in CASES]
    rows += [[f"{one.name}, against {one.axis}", ""] for one in CURVES]
    return "\n".join(report.grid(rows))


def run(options: argparse.Namespace, sides: Sides) -> report.Run:
    cases, curves = selection(options)
    effort = Effort(1 if options.once else options.rounds, options.once)
    every = [*cases, *(point for _, points in curves for point in points)]

    def progress(number: int, name: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{number + 1}/{effort.rounds}  {name}", end="", file=sys.stderr)

    results = measure(every, sides.all, effort, progress)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    of = dict(zip(every, results))
    return report.Run(
        machine.describe(),
        {side.name: side.facts for side in sides.all},
        sides.absent,
        sides.remarks,
        effort,
        [of[case] for case in cases],
        [(curve, [of[point] for point in points]) for curve, points in curves],
    )


def check_files(options: argparse.Namespace) -> None:
    """Raise `Unavailable` before the work if what comes of it could not be written."""
    if options.json:
        check_file(options.json)
    if options.plot:
        check_file(options.plot)
        picture.check(options.plot)


def write(options: argparse.Namespace, done: report.Run) -> int:
    """Print and write what came out; return the exit status."""
    print(report.text(done), end="")
    if options.json:
        data = json.dumps(report.data(done), indent=1)
        Path(options.json).write_text(data + "\n", encoding="utf-8")
    if options.plot:
        for path in picture.draw(done, options.plot):
            print(f"picture: {path}", file=sys.stderr)
    failures = done.failures()
    for side, name, words in failures:
        print(f"\n{side} failed in {name}:\n{words}", file=sys.stderr)
    return FAILED if failures else 0


def main() -> int:
    parser = arguments()
    options = parser.parse_args()
    if options.list:
        print(names())
        return 0
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    if not any(selection(options)):
        parser.error("no case has such a name; --list prints them all")
    try:
        check_files(options)
        sides = start(options)
    except Unavailable as exc:
        print(f"bench: {exc}", file=sys.stderr)
        return UNUSABLE
    try:
        done = run(options, sides)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        sides.close()
    return write(options, done)


def start(options: argparse.Namespace) -> Sides:
    """Start the sides; to see that cases run, a peer is good but not needed."""
    try:
        return assemble(options.peer, options.without)
    except Unavailable as exc:
        if not options.once or THEIRS in options.without:
            raise
        print(f"bench: {exc}", file=sys.stderr)
        sides = assemble(None, [*options.without, THEIRS])
        sides.absent[THEIRS] = str(exc)
        return sides


if __name__ == "__main__":
    sys.exit(main())
