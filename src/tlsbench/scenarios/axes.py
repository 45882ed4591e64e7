"""The axes of the matrix by name, and what follows from their table."""

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

#: No field of a scenario: it sets both ends.
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
    """The neutral value alone: which machines there are is up to the fleet.

    :raises RequestError: for another.
    """
    if text.lower() != _HERE:
        raise RequestError(f"machine={text}: all machines of a fleet measure, see 'tlsbench fleet run'")
    return _HERE


#: No field of a scenario: where it was measured, and not what.
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


#: Every axis by its name, in the order of tables.
AXES: Final = {axis.name: axis for axis in _table()}


#: Other names that people use for an axis: selectors take them, and ids never have them.
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


#: The axes that mean something to each workload, in the order in which an id spells them.
WORKLOAD_AXES: Final = {
    workload: tuple(axis.name for axis in _in_ids() if workload in axis.workloads) for workload in WORKLOADS
}
#: The axes with values that a library must say that it supports.
SPECIAL_AXES: Final = tuple(axis.name for axis in AXES.values() if axis.denied)
