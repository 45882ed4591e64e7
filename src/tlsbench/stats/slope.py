"""How much one quantity grows with each unit of another: the slope of a straight line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

_Y = TypeVar("_Y")
#: Fewer points than this do not show how well a line fits them.
_LEAST_POINTS = 4


@dataclass(frozen=True, slots=True)
class Slope:
    """The slope of a line with its standard error, both in units of y per unit of x."""

    value: float
    error: float
    intercept: float = 0.0

    def at(self, x: float) -> float:
        """The line's y at x."""
        return self.intercept + self.value * x


def slope(points: Sequence[tuple[float, float]]) -> Slope | None:
    """The least-squares slope through points (x, y); None if they have too few different x.

    The error is the slope's standard error, assuming independent deviations from the line.
    """
    import numpy as np
    from scipy.stats import linregress

    if len({x for x, _ in points}) < _LEAST_POINTS:
        return None
    with np.errstate(all="ignore"):  # if all points are on a line, the error is zero or NaN
        line = linregress([x for x, _ in points], [y for _, y in points])
    error = float(line.stderr)
    return Slope(float(line.slope), error if math.isfinite(error) else 0.0, float(line.intercept))


def growth(points: Sequence[tuple[float, _Y]]) -> Sequence[tuple[float, _Y]]:
    """The points up to the largest x: those after it are not growth."""
    if not points:
        return ()
    top = max(range(len(points)), key=lambda at: points[at][0])
    return points[: top + 1]
