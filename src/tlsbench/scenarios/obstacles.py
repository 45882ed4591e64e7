"""What rules out combinations of two libraries in a workload, prepared for checking very many of them.

The gaps of the protocol and of both libraries are gathered once for each pair, in the order in which their
reasons take precedence, without those that cannot apply. The open axes of a combination are then filled in
one by one: a value is abandoned as soon as a gap whose axes are all known applies, so that a whole product is
never tried if one of its values alone is impossible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tlsbench.scenarios.axes import AXES, WORKLOAD_AXES
from tlsbench.scenarios.capabilities import Capabilities, Gap
from tlsbench.scenarios.protocol import PROTOCOL


@dataclass(frozen=True, slots=True)
class _Obstacle:
    """A gap, reduced to the axes that still matter once workload and libraries are known."""

    reason: str
    when: tuple[tuple[str, frozenset[str]], ...]

    def holds(self, values: Mapping[str, str]) -> bool:
        for axis, excluded in self.when:  # noqa: SIM110 - all() takes twice as long, and this is called often
            if values[axis] not in excluded:
                return False
        return True


_ByAxis = tuple[tuple[_Obstacle, ...], ...]


@dataclass(frozen=True, slots=True)
class Obstacles:
    """The obstacles for a pair of libraries.

    :param every: all of them, in the order in which their reasons take precedence.
    :param open_axes: the axes that a request leaves open, each with its values in order of preference.
    :param at: the obstacles by when all their axes are known: with the given axes, then with each open one.
    :param protocol_at: the same for the protocol's obstacles alone.
    """

    every: tuple[_Obstacle, ...]
    open_axes: tuple[tuple[str, tuple[str, ...]], ...]
    at: _ByAxis
    protocol_at: _ByAxis

    def fill(self, chosen: Mapping[str, str]) -> tuple[Mapping[str, str], str | None]:
        """The chosen values, with the first possible values for the open axes.

        :returns: the values, and None or the reason why they are impossible. If no values are possible, they
            are the first that TLS itself allows, so that the reason is the libraries'; if TLS allows none,
            the first of each axis.
        """
        values = dict(chosen)
        if self._first(values, self.at):
            return values, None
        if not self._first(values, self.protocol_at):
            values |= {axis: options[0] for axis, options in self.open_axes}
        return values, next(obstacle.reason for obstacle in self.every if obstacle.holds(values))

    def _first(self, values: dict[str, str], at: _ByAxis, known: int = 0) -> bool:
        """Whether the open axes from index ``known`` on can be filled in; if so, ``values`` has them."""
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
    """The obstacles for a client and a server in a workload.

    :param chosen: the axes for which the request gives values.
    :param capabilities: by the library's id; None to apply only the protocol's rules.
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
    """The gaps of both libraries, prefixed with their names, and a gap if no process can load both.

    What one of them lacks entirely comes before what the other supports in part.
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
        yield Gap(f"a process can load only one libcrypto of a name: {needs}", {})


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
