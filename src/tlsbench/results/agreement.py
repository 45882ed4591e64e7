"""Check that a stored benchmark agrees with itself: pytest-benchmark's figures with tlsbench's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from statistics import median

from tlsbench.results.benchmark_json import PER_SECOND
from tlsbench.results.cell import Cell
from tlsbench.results.strict import Node, shown
from tlsbench.stats import present

#: The conversion to JSON and back changes figures by less than this.
_TOLERANCE = 1e-6


def disagreements(
    stats: Node, data_s: Sequence[float], cell: Cell | None = None, name: str = ""
) -> list[str]:
    """The inconsistencies in an entry of ``benchmarks``, a line each.

    :param stats: pytest-benchmark's; ``data_s`` is its raw data, empty if it was not saved.
    :param cell: the record of the same samples that tlsbench stored in ``extra_info``; ``name`` is the
        ``fullname``.
    """
    where = f"{stats.path.removesuffix('.stats')}: "
    found = list(_of_stats(stats, data_s))
    if cell is not None:
        found += _of_cell(stats, data_s, cell, name)
    return [where + one for one in found]


def _of_stats(stats: Node, data_s: Sequence[float]) -> Iterator[str]:
    told = stats.get("median")
    if data_s and told is not None and not _close(told.number(), median(data_s)):
        yield f"stats.median is {told.number():g} s, the median of stats.data {median(data_s):g} s"


def _of_cell(stats: Node, data_s: Sequence[float], cell: Cell, name: str) -> Iterator[str]:
    side = {cell.id: "total", **{f"{cell.id} ({time})": time for time in cell.figures}}.get(name)
    if side is None:
        yield f"fullname is {shown(name)}, extra_info is about {shown(cell.id)}"
        return
    medians = cell.figures[side].round_medians
    measured = present(medians)
    if not data_s:
        bounds = [stats.get(end) for end in ("min", "max")]
        low, high = (PER_SECOND * end.number() if end is not None else None for end in bounds)
        if len(measured) and (
            (low is not None and low * (1 - _TOLERANCE) > min(measured))
            or (high is not None and high * (1 + _TOLERANCE) < max(measured))
        ):
            yield f"the medians of rounds in extra_info are outside stats.min and stats.max ({side})"
        return
    if sum(cell.round_sizes) != len(data_s) or len(cell.round_sizes) != len(medians):
        yield (
            f"stats.data has {len(data_s)} samples, extra_info {sum(cell.round_sizes)} in "
            f"{len(cell.round_sizes)} rounds with {len(medians)} medians ({side})"
        )
        return
    ends = [0, *accumulate(cell.round_sizes)]
    for number, ((begin, end), told) in enumerate(zip(pairwise(ends), medians, strict=True)):
        found = PER_SECOND * median(data_s[begin:end]) if end > begin else math.nan
        if not _close(found, told):
            unit = cell.instrument.unit.symbol
            yield (
                f"the median of round {number} is {found:g} {unit} by stats.data, {told:g} {unit} by "
                f"extra_info ({side}); extra_info is used"
            )
            return


def _close(one: float, other: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return abs(one - other) <= _TOLERANCE * max(abs(one), abs(other))
