# SPDX-License-Identifier: BSD-3-Clause
"""From samples to what the table says."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

Rounds = Sequence[Sequence[float]]
"""The samples of one case on one side, round by round."""

SHAPE_SLACK = 1.1
"""By how much a ratio may exceed what a curve began with before its shape counts as worse."""


class Summary(NamedTuple):
    minimum: float
    median: float


class Ratio(NamedTuple):
    """Ours by theirs: the median of the rounds, and the least and the greatest of them."""

    median: float
    least: float
    greatest: float

    def within(self, at_most: float) -> bool:
        """Whether the ratio, as it is printed, is no more than that."""
        return round(self.median, 2) <= at_most


def summary(rounds: Rounds) -> Summary | None:
    """Return the least and the median of all samples."""
    samples = [sample for samples in rounds for sample in samples]
    return Summary(min(samples), statistics.median(samples)) if samples else None


def ratio(ours: Rounds, theirs: Rounds) -> Ratio | None:
    """Compare round by round, each side by its least sample in the round.

    What the machine did meanwhile is then in both or, being an addition, in neither.
    """
    ratios = [
        min(one) / min(other)
        for one, other in zip(ours, theirs)
        if one and other and min(one) > 0 and min(other) > 0
    ]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios)) if ratios else None


class Shape(NamedTuple):
    """How two curves compare."""

    worst: float
    """The greatest ratio on the curve."""
    at: int
    """Its x."""
    no_worse: bool
    """Whether the ratio stays below 1, or below that of the first point, with some slack."""


def shape(points: Sequence[tuple[int, float]]) -> Shape | None:
    """Judge a curve by pairs of x and ratio, in the order of x."""
    if not points:
        return None
    at, worst = max(points, key=lambda point: point[1])
    return Shape(worst, at, worst <= SHAPE_SLACK * max(1.0, points[0][1]))
