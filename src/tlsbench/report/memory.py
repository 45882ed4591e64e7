"""What a connection takes of memory, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tlsbench.stats.slope import growth, slope

#: A slope that is not well above its error is none.
_ERRORS = 3.0


def memory_line(side: str, processes: Sequence[Sequence[tuple[int, int]]]) -> str | None:
    """The memory of one connection on a side, as the slope of resident memory over open connections.

    :param side: ``"client"`` or ``"server"``.
    :param processes: of each process the open connections and its resident memory, over time.
    :returns: None where the points are too few, or do not lie on a rising line.
    """
    slopes = [found for points in processes if (found := slope(growth(points))) is not None]
    if not slopes:
        return None
    value = sum(one.value for one in slopes) / len(slopes)
    error = math.hypot(*(one.error for one in slopes)) / len(slopes)
    if value < _ERRORS * error:
        return None
    return (
        f"{value / 1024:,.1f} ± {error / 1024:,.1f} KiB of the {side}'s memory for each open connection "
        "(slope of resident memory, with its standard error)"
    )
