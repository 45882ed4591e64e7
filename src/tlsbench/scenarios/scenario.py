"""One cell of the matrix."""

from __future__ import annotations

from dataclasses import dataclass

from tlsbench.scenarios.axes import AXES, WORKLOAD_AXES
from tlsbench.scenarios.values import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(Values):
    """What to measure: one value for each axis that its workload has."""

    def value(self, axis: str) -> str:
        """The value of ``axis`` as a selector spells it; ``""`` where the axis does not apply."""
        if axis == "implementation":
            return self.client if self.client == self.server else ""
        value = getattr(self, axis)
        return AXES[axis].write(value) if value else ""

    def axes(self) -> dict[str, str]:
        """Every axis that applies, in the order of the id; equal ends become ``implementation``."""
        values = {axis: self.value(axis) for axis in WORKLOAD_AXES[self.workload] if getattr(self, axis)}
        if self.client != self.server:
            return values
        return {
            {"client": "implementation"}.get(axis, axis): value
            for axis, value in values.items()
            if axis != "server"
        }

    @property
    def id(self) -> str:
        """The selectors that name this scenario and no other; the key of its history.

        Neutral values (see :mod:`tlsbench.scenarios.axes`) are left out.
        """
        return " ".join(f"{axis}={value}" for axis, value in self._telling().items())

    @property
    def label(self) -> str:
        """The values of the id without their axes: shorter, for people."""
        return " ".join(self._telling().values())

    def _telling(self) -> dict[str, str]:
        return {axis: value for axis, value in self.axes().items() if value != AXES[axis].neutral}

    def __str__(self) -> str:
        return self.id
