"""The yardsticks of a run while it is measured: visited in turn, within their share of the time.

Any failure of a yardstick ends that yardstick, never the run.
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

#: The share of the time that all yardsticks together may take.
SHARE = 0.1
#: The approximate length of a turn, uncounted runs included. It resembles the visits to cells: while another
#: load evicted the caches, visits of 1 ms were slower than longer ones by several percent.
_TURN_SECONDS = 0.005
_VISIT_SECONDS = 0.003
_WARM_UP_SECONDS = 0.002


class YardstickError(TlsbenchError):
    """A yardstick could not be measured."""


@dataclass(slots=True)
class References:
    """Reference cells, measured along with those of a run.

    :param cells: each yardstick's series, with the same rounds as the run.
    :param makers: the functions that make their workloads.
    """

    cells: Sequence[Series]
    makers: Sequence[Callable[[], Workload]]
    _rotation: Rotation[Series] = field(default_factory=lambda: Rotation(SHARE))

    @property
    def healthy(self) -> list[Series]:
        """The cells that have not failed."""
        return [cell for cell in self.cells if cell.error is None]

    @property
    def spent_s(self) -> float:
        """The seconds of sampling that they have used."""
        return self._rotation.spent_s

    def prepare(self) -> None:
        """Make their workloads."""
        for cell, make in zip(self.cells, self.makers, strict=True):
            with self._kept_apart(cell):
                cell.make_ready(make)

    def warm_up(self, turns: Turns, stop_asked: Callable[[], bool]) -> None:
        """Run each briefly, in every process; from then on they take turns."""
        for cell in self.healthy:
            if stop_asked():
                return
            self._rotation.join(cell, _TURN_SECONDS)
            with self._charged(), self._kept_apart(cell):
                for turn in range(turns.processes):
                    turns.begin_round(turn)
                    cell.warm_up(_WARM_UP_SECONDS, _VISIT_SECONDS)

    def due(self, elapsed_s: float) -> list[Series]:
        """The cells whose turn it is in the round that begins after this much time."""
        return self._rotation.due(elapsed_s)

    def visit(self, cell: Series) -> None:
        """Let one take its turn. Disturbed samples are not repeated: it will have another turn."""
        with self._charged(), self._kept_apart(cell):
            cell.keep(cell.take())

    def end_round(self, rounds: int) -> None:
        """Leave the round empty for yardsticks whose turn it was not."""
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
        except Exception as error:  # noqa: BLE001 - of any kind
            cell.error = YardstickError(f"{type(error).__name__}: {error}")
            self._rotation.leave(cell)
