"""What the tests of reports share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench.results import Cell, Run
from tlsbench.stats import summarise


@pytest.fixture
def taking() -> Callable[[Run, Callable[[Cell], float]], Run]:
    """Gives the same run, with a time of its own for each cell, and little noise."""

    def give(run: Run, time_of: Callable[[Cell], float]) -> Run:
        def timed(cell: Cell) -> Cell:
            steady = summarise([[time_of(cell) * (1 + step / 10_000)] for step in range(20)])
            return replace(cell, figures=dict.fromkeys(cell.figures, steady))

        return replace(run, cells=[timed(cell) for cell in run.cells], noise_floor={})

    return give
