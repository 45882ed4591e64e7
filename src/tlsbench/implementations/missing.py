"""An implementation whose package is not installed: it is listed, with the line that installs it."""

from __future__ import annotations

from dataclasses import dataclass

from tlsbench.scenarios import Capabilities, gap
from tlsbench.scenarios.axes import SPECIAL_AXES, WORKLOAD_AXES


@dataclass(frozen=True, slots=True)
class Missing:
    """A library that is not there.

    :param remedy: the line that installs it.
    """

    id: str
    summary: str
    remedy: str

    def engine(self) -> str:
        return "not installed"

    def capabilities(self) -> Capabilities:
        absent = gap(f"not installed: {self.remedy}", workload=tuple(WORKLOAD_AXES))
        return Capabilities((absent,), supports=SPECIAL_AXES)
