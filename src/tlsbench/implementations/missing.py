"""An implementation whose package is not installed: it is listed, with the line that installs it."""

from __future__ import annotations

from dataclasses import dataclass

from tlsbench.scenarios import Capabilities, gap
from tlsbench.scenarios.axes import WORKLOAD_AXES


@dataclass(frozen=True, slots=True)
class Missing:
    """A library that is not there.

    :param package: what brings it.
    """

    id: str
    summary: str
    package: str

    def engine(self) -> str:
        return "not installed"

    def capabilities(self) -> Capabilities:
        line = f"not installed: pip install 'tlsbench[implementations]' (or {self.package} alone)"
        return Capabilities((gap(line, workload=tuple(WORKLOAD_AXES)),))
