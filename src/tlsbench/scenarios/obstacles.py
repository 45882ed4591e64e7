"""What stands between two libraries in a workload, prepared for checking very many combinations.

The gaps of the protocol and of both libraries are gathered once for each pair, in the order in which their
reasons are given, without those that cannot hold. The open axes of a combination are then filled in one by
one: a value is given up as soon as a gap holds whose axes are all known, so that a whole product is never
tried where one of its values alone stands in the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tlsbench.scenarios.axes import AXES, WORKLOAD_AXES
from tlsbench.scenarios.capabilities import Capabilities, Gap
from tlsbench.scenarios.protocol import PROTOCOL


@dataclass(frozen=True, slots=True)
class _Obstacle:
    """A gap, by the axes that still matter once workload and libraries are known."""

    reason: str
    when: tuple[tuple[str, frozenset[str]], ...]

    def holds(self, values: Mapping[str, str]) -> bool:
        for axis, excluded in self.when:  # noqa: SIM110 - all() takes twice as long, and this is asked often
            if values[axis] not in excluded:
                return False
        return True


_ByAxis = tuple[tuple[_Obstacle, ...], ...]


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What can stand in the way of a pair of libraries.

    :param every: in the order of reasons.
    :param open_axes: the axes that a request leaves open, each with its values in order of preference.
    :param at: the obstacles whose axes are known once the given axes are, and then each open one in turn.
    :param protocol_at: the same of the protocol's alone.
    """

    every: tuple[_Obstacle, ...]
    open_axes: tuple[tuple[str, tuple[str, ...]], ...]
    at: _ByAxis
    protocol_at: _ByAxis

    def fill(self, chosen: Mapping[str, str]) -> tuple[Mapping[str, str], str | None]:
        """The chosen values, and for the open axes the first that can be.

        :returns: the values, and why they cannot be. If none can be, the values are the first that TLS
            itself allows, so that the reason is that of the libraries; else the first.
        """
        values = dict(chosen)
        if self._first(values, self.at):
            return values, None
        if not self._first(values, self.protocol_at):
            values |= {axis: options[0] for axis, options in self.open_axes}
        return values, next(obstacle.reason for obstacle in self.every if obstacle.holds(values))

    def _first(self, values: dict[str, str], at: _ByAxis, known: int = 0) -> bool:
        """Whether the open axes from the number ``known`` on can be filled; if so, ``values`` is."""
        for obstacle in at[known]:
            if obstacle.holds(values):
                return False
        if known == len(self.open_axes):
            return True
        axis, options = self.open_axes[known]
        for option in options:
            values[axis] = option
            if self._first(values, at, known + 1):
                return True
        return False


def obstacles(
    workload: str,
    client: str,
    server: str,
    chosen: Sequence[str],
    capabilities: Mapping[str, Capabilities] | None,
) -> Obstacles:
    """What stands between a client and a server in a workload.

    :param chosen: the axes that the request gives.
    :param capabilities: by the library's id; None if the protocol's rules alone are asked for.
    """
    fixed = {
        "workload": workload,
        "client": client,
        "server": server,
        "implementation": client if client == server else "",
    }
    protocol = tuple(_that_can_hold(PROTOCOL, fixed))
    every = protocol
    if capabilities is not None:
        every += tuple(_that_can_hold(_between(client, server, capabilities), fixed))
    open_axes = tuple((axis, AXES[axis].default) for axis in WORKLOAD_AXES[workload] if axis not in chosen)
    return Obstacles(every, open_axes, _by_axis(every, open_axes), _by_axis(protocol, open_axes))


def _between(client: str, server: str, capabilities: Mapping[str, Capabilities]) -> Iterator[Gap]:
    """The gaps of both libraries, with their names, and that no process can hold them both.

    What one of them lacks entirely comes before what the other has in part.
    """
    ends: dict[str, tuple[str, ...]] = {}
    for end, library in (("client", client), ("server", server)):
        ends[library] = (*ends.get(library, ()), end)
    for library, stood in ends.items():
        able = capabilities[library]
        if able.alone and client != server:
            yield Gap(f"{library}: {able.alone}", {})
        for gap in able.refusals(stood):
            yield Gap(f"{library}: {gap.reason}", gap.when)
    for library in ends:
        for gap in capabilities[library].partial:
            yield Gap(f"{library}: {gap.reason}", gap.when)
    ours, theirs = capabilities[client].libcrypto, capabilities[server].libcrypto
    if ours and theirs and ours != theirs:
        needs = f"{client} needs {ours}, {server} {theirs}"
        yield Gap(f"a process can hold only one libcrypto of a name: {needs}", {})


def _that_can_hold(gaps: Iterator[Gap] | Sequence[Gap], fixed: Mapping[str, str]) -> Iterator[_Obstacle]:
    axes = WORKLOAD_AXES[fixed["workload"]]
    for gap in gaps:
        if all(fixed[axis] in values if axis in fixed else axis in axes for axis, values in gap.when.items()):
            yield _Obstacle(
                gap.reason, tuple((axis, values) for axis, values in gap.when.items() if axis not in fixed)
            )


def _by_axis(found: Sequence[_Obstacle], open_axes: Sequence[tuple[str, object]]) -> _ByAxis:
    places = {axis: place for place, (axis, _) in enumerate(open_axes, 1)}
    at: list[list[_Obstacle]] = [[] for _ in range(len(open_axes) + 1)]
    for obstacle in found:
        at[max((places.get(axis, 0) for axis, _ in obstacle.when), default=0)].append(obstacle)
    return tuple(map(tuple, at))
