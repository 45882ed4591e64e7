"""One cell of the matrix."""

from __future__ import annotations

from dataclasses import dataclass

from tlsbench.scenarios.axes import AXES, WORKLOAD_AXES
from tlsbench.scenarios.values import Values

_NEUTRAL = {axis.name: axis.neutral for axis in AXES.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(Values):
    """What to measure: one value for each axis that its workload has."""

    def value(self, axis: str) -> str:
        """The value of ``axis`` as spelled in a selector; ``""`` if the axis does not apply."""
        if axis == "implementation":
            return self.client if self.client == self.server else ""
        value = getattr(self, axis)
        return AXES[axis].write(value) if value else ""

    def axes(self) -> dict[str, str]:
        """The values of all axes that apply, in the order of the id; equal ends become ``implementation``."""
        both = self.client == self.server
        values = {}
        for axis in WORKLOAD_AXES[self.workload]:  # one pass: this is called for every cell of a matrix
            value = getattr(self, axis)
            if not value or (both and axis == "server"):
                continue
            name = "implementation" if both and axis == "client" else axis
            values[name] = value if isinstance(value, str) else AXES[axis].write(value)
        return values

    @property
    def id(self) -> str:
        """The selectors that name this scenario and no other; the key of its history.

        Neutral values (see :class:`tlsbench.scenarios.axis.Axis`) are left out.
        """
        return " ".join(f"{axis}={value}" for axis, value in self._telling().items())

    @property
    def label(self) -> str:
        """The values of the id without their axes: shorter, for display."""
        return " ".join(self._telling().values())

    def _telling(self) -> dict[str, str]:
        return {axis: value for axis, value in self.axes().items() if value != _NEUTRAL[axis]}

    def __str__(self) -> str:
        return self.id
