"""The pictures by size: throughput of TLS and of primitives."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from tlsbench.report.beside import of_names
from tlsbench.report.naming import labels_of, scenario_of
from tlsbench.report.pictures.choosing import at_equal_ranks, cells_of
from tlsbench.report.pictures.shapes import MOST_LINES, Line, Lines, Picture
from tlsbench.report.table import megabytes_per_s
from tlsbench.results import Cell, Run
from tlsbench.scenarios.sizes import parse_size

_MOST_CROSSINGS = 4
#: Where the logarithms of two lines are closer than this, neither is ahead.
_LEAD = 0.03


def throughput(run: Run) -> Picture | None:
    """How fast application data goes through TLS records, by the bytes of one operation."""
    return _by_size("throughput", "Throughput of TLS by size", cells_of(run, "bulk"))


def primitives(run: Run) -> Picture | None:
    """How fast primitives are alone, by the size of their input."""
    return _by_size("primitives", "Throughput of primitives by size", cells_of(run, "primitive"))


def _by_size(kind: str, title: str, cells: Sequence[Cell]) -> Picture | None:
    series: dict[tuple[tuple[str, str], ...], list[Cell]] = defaultdict(list)
    for cell in cells:
        if "size" in cell.axes:
            rest = {axis: value for axis, value in cell.axes.items() if axis != "size"}
            series[tuple(sorted(rest.items()))].append(cell)
    rows = [sorted(row, key=_size) for row in series.values() if len({_size(cell) for cell in row}) > 1]
    if not rows:
        return None
    found = at_equal_ranks(rows, MOST_LINES, _fastest, "the slowest to the fastest")
    shown = found.items
    lines = [
        Line(label, [_size(cell) for cell in row], [megabytes_per_s(cell) or 0.0 for cell in row])
        for label, row in zip(labels_of([row[0] for row in shown], ("size",)), shown, strict=True)
    ]
    sizes = {_size(cell): cell.axes["size"] for row in shown for cell in row}
    drawn = [lines[at] for at in found.drawn] or lines
    crossings = [
        (f"{one.name} and {other.name} at about {_bytes(at)}", (at, height))
        for number, one in enumerate(drawn)
        for other in drawn[:number]
        for at, height in _crossings(one, other)
    ]
    told = "; ".join(words for words, _ in crossings[:_MOST_CROSSINGS])
    said = f" Lines cross (○): {told}." if told else ""
    return Picture(
        kind,
        title,
        "Payload over the time in the libraries, in MB/s, by the bytes of one operation; both axes are "
        f"logarithmic.{said}{found.words}",
        Lines(
            lines,
            "bytes in one operation",
            "MB/s",
            x_is_log=True,
            y_is_log=True,
            ticks=sizes,
            marks=[at for _, at in crossings],
        ),
        beside=of_names([row[0] for row in shown], ("size",)),
        scenario=scenario_of([cell for row in shown for cell in row]),
        drawn=found.drawn,
    )


def _size(cell: Cell) -> float:
    return float(parse_size(cell.axes["size"]))


def _fastest(row: Sequence[Cell]) -> float:
    return max(megabytes_per_s(cell) or 0.0 for cell in row)


def _crossings(one: Line, other: Line) -> list[tuple[float, float]]:
    """Where one line overtakes another, between sizes that both have; interpolated on log axes."""
    at: Mapping[float, float] = dict(zip(other.x, other.y, strict=True))
    leads = [(x, math.log(y / at[x])) for x, y in zip(one.x, one.y, strict=True) if x in at and y > 0 < at[x]]
    clear = [(math.log(x), lead) for x, lead in leads if abs(lead) > _LEAD]
    found = [
        x + (next_x - x) * lead / (lead - next_lead)
        for (x, lead), (next_x, next_lead) in pairwise(clear)
        if lead * next_lead < 0
    ]
    xs, ys = np.log(one.x), np.log(one.y)
    return [(math.exp(x), math.exp(float(np.interp(x, xs, ys)))) for x in found]


def _bytes(count: float) -> str:
    return f"{count / 1024:.1f} KiB" if count >= 1024 else f"{count:.0f} B"
