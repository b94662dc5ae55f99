# SPDX-License-Identifier: BSD-3-Clause
"""The rounds: every case on every side in turn, so that what the machine does hits all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .places import Unavailable
from .sides import Failure, Side
from .stats import Rounds
from .table import Case


class Effort(NamedTuple):
    """How much of everything."""

    rounds: int
    once: bool = False
    """Each case in its least form: to see that it runs, not how fast."""

    def of(self, case: Case) -> tuple[int, int, int]:
        """Return operations per sample, samples, and samples before them that do not count."""
        return (min(case.n, 2), 1, 0) if self.once else (case.n, case.samples, 1)


class Result:
    """What the sides did with one case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.rounds: dict[str, list[list[float]]] = {}
        self.lacks: dict[str, str] = {}
        self.failures: dict[str, str] = {}

    def of(self, side: str) -> Rounds:
        return self.rounds.get(side, [])

    def take(self, side: Side, effort: Effort) -> None:
        """Run one round of the case on a side, unless it has shown that it cannot."""
        if side.name in self.lacks or side.name in self.failures:
            return
        try:
            samples = side.measure(self.case, *effort.of(self.case))
        except Unavailable as exc:
            self.lacks[side.name] = str(exc)
        except Failure as exc:
            self.failures[side.name] = str(exc)
        else:
            self.rounds.setdefault(side.name, []).append(samples)


def measure(
    cases: Sequence[Case],
    sides: Sequence[Side],
    effort: Effort,
    progress: Callable[[int, str], None],
) -> list[Result]:
    """Run all rounds; ``progress`` is told the round and the case before each."""
    results = [Result(case) for case in cases]
    for number in range(effort.rounds):
        # Who comes first may matter, so that changes.
        order = sides if number % 2 == 0 else list(reversed(sides))
        for result in results:
            progress(number, result.case.name)
            for side in order:
                result.take(side, effort)
    return results
