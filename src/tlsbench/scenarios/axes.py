"""The axes of the matrix by name, and lists derived from their table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Final

from tlsbench.errors import RequestError
from tlsbench.scenarios.axis import BY_ITSELF, Axis
from tlsbench.scenarios.libraries import IMPLEMENTATION_ALIASES
from tlsbench.scenarios.values import (
    ONE_SIDED_WORKLOADS,
    TLS_WORKLOADS,
    WORKLOADS,
    Values,
)

__all__ = [
    "AXES",
    "AXIS_ALIASES",
    "MACHINE",
    "ONE_SIDED_WORKLOADS",
    "SPECIAL_AXES",
    "TLS_WORKLOADS",
    "WORKLOAD_AXES",
]

#: Not a field of a scenario: it sets both ends.
_IMPLEMENTATION: Final = Axis(
    name="implementation",
    meaning="the TLS library at both ends (client= and server= set one end)",
    default=("pyopenssl", "cryptography"),
    aliases=IMPLEMENTATION_ALIASES,
    alone=BY_ITSELF,
)
#: The axis that distinguishes the cells of a fleet's machines.
MACHINE: Final = "machine"
_HERE: Final = "here"


def _machine(text: str) -> str:
    """The neutral value, the only one accepted: the fleet defines which machines there are.

    :raises RequestError: for any other value.
    """
    if text.lower() != _HERE:
        raise RequestError(f"machine={text}: all machines of a fleet measure, see 'tlsbench fleet run'")
    return _HERE


#: Not a field of a scenario: it says where the scenario was measured, not what was measured.
_MACHINE: Final = Axis(
    name=MACHINE,
    meaning="the machine of a fleet that measured it ('tlsbench fleet run')",
    values=(_HERE,),
    default=(_HERE,),
    neutral=_HERE,
    parse=_machine,
    rare=True,
)


def _table() -> Iterator[Axis]:
    yield from _fields()
    yield _MACHINE


def _fields() -> Iterator[Axis]:
    for one in fields(Values):
        yield replace(one.metadata["axis"], name=one.name)
        if one.name == "workload":
            yield _IMPLEMENTATION


#: Every axis by name, in the order used in tables.
AXES: Final = {axis.name: axis for axis in _table()}


#: Other common names of axes; selectors accept them, ids never contain them.
AXIS_ALIASES: Final = {
    "library": "implementation",
    "tls": "version",
    "suite": "cipher",
    "ciphersuite": "cipher",
    "curve": "group",
    "kex": "group",
}


def _in_ids() -> list[Axis]:
    order = [axis for axis in AXES.values() if not axis.before]
    for axis in AXES.values():
        if axis.before:
            order.insert(order.index(AXES[axis.before]), axis)
    return order


#: The axes that apply to each workload, in the order in which an id lists them.
WORKLOAD_AXES: Final = {
    workload: tuple(axis.name for axis in _in_ids() if workload in axis.workloads) for workload in WORKLOADS
}
#: The axes with values that a library must declare support for.
SPECIAL_AXES: Final = tuple(axis.name for axis in AXES.values() if axis.denied)
