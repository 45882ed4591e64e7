"""What a large noise floor hides: differences that would count, had the A/A cells been quiet."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from tlsbench.report.table import tables
from tlsbench.results import Run
from tlsbench.sampling.instruments import CALLGRIND
from tlsbench.stats import LARGE_FLOOR, is_difference


def hidden_differences(run: Run) -> Iterator[str]:
    """For each workload with a large noise floor, the cell on which it was measured and what it hides.

    The cell is the first of its workload (:func:`tlsbench.sampling.aa_cells_of`); the differences of the
    other cells from it are counted.
    """
    for table in tables(run):
        floor = run.noise_floor.get(table.workload, 0.0)
        if floor <= LARGE_FLOOR or not isfinite(floor) or table.rows[0].cell.instrument is CALLGRIND:
            continue
        first, *others = table.rows
        hidden = sum(not row.is_different and is_difference(row.ratio, 0.0) for row in others)
        if hidden:
            yield (
                f"the noise floor of {table.workload} is {100 * floor:.1f} %, because the A/A cells of "
                f"'{first.cell.label}' differ by that; it hides {hidden} of {len(others)} differences "
                "and the findings on them: measure again on a quieter machine, or give more --time-budget"
            )
