"""The yardsticks of a run while it is measured: visited in turn, within their share of the time.

Whatever fails about one is the end of that one, and never of the run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tlsbench.errors import TlsbenchError
from tlsbench.interrupts import may_be_cut
from tlsbench.sampling.rotation import Rotation
from tlsbench.sampling.series import Series
from tlsbench.workloads import Workload

if TYPE_CHECKING:
    from tlsbench.sampling.runner import Turns

#: What all yardsticks may take together: this share of the time.
SHARE = 0.1
#: About how long a turn is: runs that do not count, and samples that do. It resembles the visits of cells:
#: beside a load that evicts caches, visits of 1 ms were slower than longer ones by several percent.
_TURN_SECONDS = 0.005
_VISIT_SECONDS = 0.003
_WARM_UP_SECONDS = 0.002


class YardstickError(TlsbenchError):
    """A yardstick that cannot be measured."""


@dataclass(slots=True)
class References:
    """Reference cells beside those of a run.

    :param cells: each yardstick's series; its rounds are those of the run.
    :param makers: what makes the workload of each.
    """

    cells: Sequence[Series]
    makers: Sequence[Callable[[], Workload]]
    _rotation: Rotation[Series] = field(default_factory=lambda: Rotation(SHARE))

    @property
    def healthy(self) -> list[Series]:
        """Those that have not failed."""
        return [cell for cell in self.cells if cell.error is None]

    @property
    def spent_s(self) -> float:
        """The seconds of sampling that they have taken."""
        return self._rotation.spent_s

    def prepare(self) -> None:
        """Make their workloads."""
        for cell, make in zip(self.cells, self.makers, strict=True):
            with self._kept_apart(cell):
                cell.make_ready(make)

    def warm_up(self, turns: Turns, stop_asked: Callable[[], bool]) -> None:
        """Run each for a moment, in every process; from then on they take their turns."""
        for cell in self.healthy:
            if stop_asked():
                return
            self._rotation.join(cell, _TURN_SECONDS)
            with self._charged(), self._kept_apart(cell):
                for turn in range(turns.processes):
                    turns.begin_round(turn)
                    cell.warm_up(_WARM_UP_SECONDS, _VISIT_SECONDS)

    def due(self, elapsed_s: float) -> list[Series]:
        """Those whose turn it is in the round that begins after this much time."""
        return self._rotation.due(elapsed_s)

    def visit(self, cell: Series) -> None:
        """Let one take its turn. Samples that are disturbed are not taken again: its next turn comes."""
        with self._charged(), self._kept_apart(cell):
            cell.keep(cell.take())

    def end_round(self, rounds: int) -> None:
        """Leave the round empty where it was not a yardstick's turn."""
        for cell in self.healthy:
            if len(cell.rounds) < rounds:
                cell.keep(())

    @contextmanager
    def _charged(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self._rotation.spent_s += time.perf_counter() - began

    @contextmanager
    def _kept_apart(self, cell: Series) -> Iterator[None]:
        try:
            with may_be_cut():
                yield
        except Exception as error:  # noqa: BLE001 - of whatever kind
            cell.error = YardstickError(f"{type(error).__name__}: {error}")
            self._rotation.leave(cell)
