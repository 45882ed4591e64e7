"""What can stand in the way of a scenario: gaps, and special values that a library does not say it can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tlsbench.scenarios.axes import AXES, SPECIAL_AXES
from tlsbench.scenarios.axis import ENDS


@dataclass(frozen=True, slots=True)
class Gap:
    """A set of scenarios that cannot be, and why.

    A scenario falls into the gap when, for every axis in ``when``, its value is one of those given.
    The axes ``client`` and ``server`` may be named too, for what only one side cannot do.
    """

    reason: str
    when: Mapping[str, frozenset[str]]


def gap(reason: str, **when: str | tuple[str, ...]) -> Gap:
    """A :class:`Gap` in short: ``gap("no tickets", version="1.3", resumption=("psk", "ticket"))``."""
    return Gap(
        reason,
        {axis: frozenset((values,) if isinstance(values, str) else values) for axis, values in when.items()},
    )


class AllBut(frozenset[str]):
    """Every value but these."""

    def __contains__(self, value: object) -> bool:
        return not super().__contains__(value)


def all_but(*values: str) -> frozenset[str]:
    """Every value but these, also of an axis that takes more than are listed."""
    return AllBut(values)


def special_values(axis: str) -> frozenset[str]:
    """Every value of an axis but the neutral one, also of an axis that takes more than are listed."""
    return _every(axis, list(AXES[axis].special))


def _every(axis: str, values: list[str]) -> frozenset[str]:
    """Values that are denied; of an axis that takes more than are listed every one but those that are not."""
    return AllBut(set(AXES[axis].values) - set(values)) if AXES[axis].parse else frozenset(values)


@dataclass(frozen=True)
class Capabilities:
    """What an implementation can do: everything usual but its gaps, and the special things that it supports.

    :param gaps: what it cannot do.
    :param supports: the axes whose special values it can do, as ``"ocsp"`` for all of an axis and
        ``"resumption=early-data"`` for one value. What an axis denies (:attr:`Axis.denied
        <tlsbench.scenarios.axis.Axis>`) and is not named here cannot be: a library written before an axis
        is never taken to know it. A gap is for what it cannot do of an axis that it supports, or gives its
        own reason for what it does not.
    :param alone: the reason why it talks to no other implementation; ``""`` if it does.
    :param libcrypto: the one shared libcrypto that its process must hold, where a process can hold but one
        of that name: the system's, or a folder that the dynamic linker must look into first; ``""`` if that
        does not matter to it.
    """

    gaps: tuple[Gap, ...] = ()
    supports: tuple[str, ...] = ()
    alone: str = ""
    libcrypto: str = ""

    def __post_init__(self) -> None:
        for axis, equals, value in (text.partition("=") for text in self.supports):
            if axis not in SPECIAL_AXES or (equals and value not in AXES[axis].denied):
                raise ValueError(f"no axis asks whether a library supports '{axis}{equals}{value}'")

    @cached_property
    def denials(self) -> tuple[tuple[Gap, tuple[str, ...]], ...]:
        """A gap for what is special and not supported, and the ends that must support it, by axis."""
        return tuple(
            (Gap(reason, {axis: _every(axis, values)}), AXES[axis].ends_of.get(values[0], AXES[axis].ends))
            for axis in SPECIAL_AXES
            if axis not in self.supports
            for reason, values in self._denied(axis).items()
        )

    def _denied(self, axis: str) -> dict[str, list[str]]:
        """The values of an axis that are denied, by the reason; not those with one of the library's own."""
        reasons: dict[str, list[str]] = {}
        for value, reason in AXES[axis].denied.items():
            has_own = any(gap.when.keys() == {axis} and value in gap.when[axis] for gap in self.gaps)
            if not has_own and f"{axis}={value}" not in self.supports:
                reasons.setdefault(reason, []).append(value)
        return reasons

    def refusals(self, ends: tuple[str, ...] = ENDS) -> tuple[Gap, ...]:
        """What the library at these ends lacks entirely: workloads, and what is special and not supported.

        A workload that it does not have at all is a better reason than what is denied of it.
        """
        denials = (gap for gap, needed in self.denials if set(ends) & set(needed))
        return (*(gap for gap in self.gaps if _is_of_workload(gap)), *denials)

    @property
    def partial(self) -> tuple[Gap, ...]:
        """The other gaps."""
        return tuple(gap for gap in self.gaps if not _is_of_workload(gap))

    def in_the_way(self, ends: tuple[str, ...] = ENDS) -> tuple[Gap, ...]:
        """Every gap of the library at these ends, in the order in which reasons are given."""
        return (*self.refusals(ends), *self.partial)


def _is_of_workload(gap: Gap) -> bool:
    return gap.when.keys() == {"workload"}
