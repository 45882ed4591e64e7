"""From the axes and ids of stored results back to scenarios, whatever libraries are installed now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from tlsbench.errors import RequestError
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.axes import AXES, MACHINE, WORKLOAD_AXES
from tlsbench.scenarios.sizes import parse_size

_FIELDS = frozenset(field.name for field in fields(Scenario))
_COUNTS = ("chain_length", "threads")


def scenario_of_axes(axes: Mapping[str, str]) -> Scenario | None:
    """The scenario with these axes; None if this version has no such scenario.

    The inverse of :meth:`Scenario.axes`: the values are what a file says, not what can be measured here.
    """
    axes = {axis: value for axis, value in axes.items() if axis != MACHINE}  # where it was measured
    both = axes.get("implementation")
    ends = {"client": both, "server": both} if both else {}
    values = {**{axis: value for axis, value in axes.items() if axis != "implementation"}, **ends}
    size, counts = values.pop("size", ""), {name: values.pop(name, "0") for name in _COUNTS}
    if not {"workload", "client", "server"} <= set(values) <= _FIELDS:
        return None
    if not all(count.isdecimal() for count in counts.values()):
        return None
    try:
        scenario = Scenario(
            **values,
            size=parse_size(size) if size else 0,
            chain_length=int(counts["chain_length"][:9]),
            threads=int(counts["threads"][:9]),
        )
    except RequestError:
        return None
    known = scenario.workload in WORKLOAD_AXES
    return scenario if known and scenario.axes() == dict(axes) else None


def axes_of_id(identity: str) -> Mapping[str, str]:
    """All axes of the scenario with an id, including those with neutral values; none if it is not an id."""
    pairs = [word.partition("=") for word in identity.split()]
    given = {axis: value for axis, equals, value in pairs if equals}
    names = WORKLOAD_AXES.get(given.get("workload", ""), ())
    ends = ("implementation",) if "implementation" in given else ("client", "server")
    spelled = [axis for name in names for axis in (ends if name == "client" else (name,)) if name != "server"]
    axes = {axis: given.get(axis) or AXES[axis].neutral for axis in spelled}
    return {axis: value for axis, value in axes.items() if value}
