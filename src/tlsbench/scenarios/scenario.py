"""One cell of the matrix, and what can stand in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tlsbench.scenarios.axes import AXES, WORKLOAD_AXES
from tlsbench.scenarios.sizes import format_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What to measure: one value for each axis that its workload has.

    An axis that does not apply to the workload is ``""`` (``0`` for the numeric ones).
    ``chain_length`` counts certificates, ``size`` bytes.
    """

    workload: str
    client: str
    server: str
    version: str = ""
    cipher: str = ""
    group: str = ""
    key: str = ""
    chain_length: int = 0
    intermediate_key: str = ""
    root_key: str = ""
    client_auth: str = ""
    ocsp: str = ""
    trust: str = ""
    signature: str = ""
    tickets: str = ""
    resumption: str = ""
    session: str = ""
    link: str = ""
    cpu: str = ""
    size: int = 0
    algorithm: str = ""
    operation: str = ""

    def value(self, axis: str) -> str:
        """The value of ``axis`` as a selector spells it; ``""`` where the axis does not apply."""
        if axis == "implementation":
            return self.client if self.client == self.server else ""
        if axis == "size":
            return format_size(self.size) if self.size else ""
        if axis == "chain_length":
            return str(self.chain_length) if self.chain_length else ""
        value: str = getattr(self, axis)
        return value

    def axes(self) -> dict[str, str]:
        """Every axis that applies, in the order of the id; equal ends become ``implementation``."""
        values = {axis: self.value(axis) for axis in WORKLOAD_AXES[self.workload] if self.value(axis)}
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


@dataclass(frozen=True, slots=True)
class Gap:
    """A set of scenarios that cannot be, and why.

    A scenario falls into the gap when, for every axis in ``when``, its value is one of those given.
    The axes ``client`` and ``server`` may be named too, for what only one side cannot do.
    """

    reason: str
    when: Mapping[str, frozenset[str]]

    def holds(self, scenario: Scenario) -> bool:
        """Whether ``scenario`` falls into this gap."""
        return all(scenario.value(axis) in values for axis, values in self.when.items())


def gap(reason: str, **when: str | tuple[str, ...]) -> Gap:
    """A :class:`Gap` in short: ``gap("no tickets", version="1.3", resumption=("psk", "ticket"))``."""
    return Gap(
        reason,
        {axis: frozenset((values,) if isinstance(values, str) else values) for axis, values in when.items()},
    )


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an implementation can do: everything but its gaps. Filled in by the implementation.

    ``alone`` is the reason why it talks to no other implementation; ``""`` if it does. ``libcrypto`` names
    the one shared libcrypto that its process must hold, where a process can hold but one of that name: the
    system's, or a folder that the dynamic linker must look into first; ``""`` if that is all the same to
    it.
    """

    gaps: tuple[Gap, ...] = ()
    alone: str = ""
    libcrypto: str = ""

    def why_not(self, scenario: Scenario) -> str | None:
        """The reason why ``scenario`` cannot be, or None if it can."""
        if self.alone and scenario.client != scenario.server:
            return self.alone
        return next((gap.reason for gap in self.gaps if gap.holds(scenario)), None)
