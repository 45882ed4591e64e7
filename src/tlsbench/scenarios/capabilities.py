"""What can rule out a scenario: gaps, and special values that a library does not declare support for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tlsbench.scenarios.axes import AXES, SPECIAL_AXES
from tlsbench.scenarios.axis import ENDS


@dataclass(frozen=True, slots=True)
class Gap:
    """A set of impossible scenarios, and the reason.

    A scenario falls into the gap if, for every axis in ``when``, its value is one of those given.
    The axes ``client`` and ``server`` are accepted too, for what only one side cannot do.
    """

    reason: str
    when: Mapping[str, frozenset[str]]


def gap(reason: str, **when: str | tuple[str, ...]) -> Gap:
    """Short form of a :class:`Gap`: ``gap("no tickets", version="1.3", resumption=("psk", "ticket"))``."""
    return Gap(
        reason,
        {axis: frozenset((values,) if isinstance(values, str) else values) for axis, values in when.items()},
    )


class AllBut(frozenset[str]):
    """The complement of a set of values."""

    def __contains__(self, value: object) -> bool:
        return not super().__contains__(value)


def all_but(*values: str) -> frozenset[str]:
    """Every value except these, including unlisted values that an axis accepts."""
    return AllBut(values)


def special_values(axis: str) -> frozenset[str]:
    """Every value of an axis except the neutral one, including unlisted values that it accepts."""
    return _every(axis, list(AXES[axis].special))


def _every(axis: str, values: list[str]) -> frozenset[str]:
    """The denied values; if the axis accepts unlisted values, all except listed ones that are not denied."""
    return AllBut(set(AXES[axis].values) - set(values)) if AXES[axis].parse else frozenset(values)


@dataclass(frozen=True)
class Capabilities:
    """What an implementation can do: everything usual except its gaps, and the special values it supports.

    :param gaps: what it cannot do.
    :param supports: the axes whose special values it can do: ``"ocsp"`` for all values of an axis,
        ``"resumption=early-data"`` for a single one. A value that an axis denies (:attr:`Axis.denied
        <tlsbench.scenarios.axis.Axis>`) and that is not named here is unsupported: a library written before
        an axis existed is never assumed to support it. A gap states what a library cannot do on an axis that
        it supports, or gives its own reason why it does not support one.
    :param alone: the reason why it cannot talk to other implementations; ``""`` if it can.
    :param libcrypto: the shared libcrypto that its process must load, as a process can load only one of that
        name: the system's, or the folder that the dynamic linker must search first; ``""`` if it does not
        matter.
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
        """A gap for each unsupported special value, with the ends that would have to support it, by axis."""
        return tuple(
            (Gap(reason, {axis: _every(axis, values)}), AXES[axis].ends_of.get(values[0], AXES[axis].ends))
            for axis in SPECIAL_AXES
            if axis not in self.supports
            for reason, values in self._denied(axis).items()
        )

    def _denied(self, axis: str) -> dict[str, list[str]]:
        """The denied values of an axis by reason, except those for which the library gives its own reason."""
        reasons: dict[str, list[str]] = {}
        for value, reason in AXES[axis].denied.items():
            has_own = any(gap.when.keys() == {axis} and value in gap.when[axis] for gap in self.gaps)
            if not has_own and f"{axis}={value}" not in self.supports:
                reasons.setdefault(reason, []).append(value)
        return reasons

    def refusals(self, ends: tuple[str, ...] = ENDS) -> tuple[Gap, ...]:
        """What the library at these ends lacks entirely: workloads, and unsupported special values.

        Workloads come first: a missing workload is a better reason than a value denied within it.
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
