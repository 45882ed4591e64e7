"""The arithmetic of capacity: from the demand on a server and its costs to the resources that it needs.

Processor time is in nanoseconds of one core, rates are per second, sizes in bytes. Of ``R`` new connections
per second a share ``s`` resumes, each is sent ``T`` bytes of application data, and ``O`` are open::

    busy cores = R × ((1 − s) × full + s × resumed + T × per byte + beyond TLS) / 10⁹
    cores      = the least n with n × efficiency(n) ≥ busy cores / (1 − headroom)
    memory     = O × memory of a connection / (1 − headroom)
    line       = R × ((1 − s) × full + s × resumed + T × bytes of record per byte) × 8 × frame
                 / (1 − headroom)

Each cost is an :class:`~tlsbench.stats.Estimate`, whose interval is propagated by the bootstrap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np

from tlsbench.stats import Estimate

_NS_PER_S: Final = 1e9
#: A full-size Ethernet frame occupies the line for 1,538 bytes (with preamble and gap), of which 1,448 are
#: TCP payload (IPv4, timestamps). Acknowledgements and smaller frames add to this.
FRAME: Final = 1538 / 1448
#: TLS 1.3 tickets live for seven days at most (RFC 8446 section 4.6.1).
MOST_TICKET_SECONDS: Final = 7 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The demand on a server.

    :param connections_per_s: new connections per second.
    :param resumed: the share of them that resume a session, from 0 to 1.
    :param transfer_bytes: application data that the server sends on each.
    :param open_connections: how many are open at once.
    :param headroom: the share of each resource to keep free, from 0 to below 1.
    """

    connections_per_s: float
    resumed: float = 0.0
    transfer_bytes: int = 0
    open_connections: int = 0
    headroom: float = 0.0


@dataclass(frozen=True, slots=True)
class Scaling:
    """The throughput of several cores relative to one, as measured.

    :param efficiencies: by the number of threads: their joint throughput over that number times the
        throughput of one. If there are none, scaling is assumed to be linear.
    :param is_void: whether it was measured, but its controls failed.
    """

    efficiencies: Mapping[int, Estimate] = field(default_factory=dict)
    is_void: bool = False

    @property
    def is_measured(self) -> bool:
        """Whether there are efficiencies."""
        return bool(self.efficiencies)

    @property
    def most(self) -> int:
        """The largest number of threads that was measured; 1 if there is none."""
        return max(self.efficiencies, default=1)

    def cores_for(self, work: Estimate) -> Estimate:
        """The fewest cores that do the work of perfect ones, for each draw by its own efficiencies."""
        if not self.is_measured:
            return work
        value = cores_for(work.value, {count: one.value for count, one in self.efficiencies.items()})
        shares = zip(*(one.draws for one in self.efficiencies.values()), strict=True)
        draws = [
            cores_for(float(needed), dict(zip(self.efficiencies, drawn, strict=True)))
            for needed, drawn in zip(work.draws, shares, strict=True)
        ]
        return Estimate(value, np.array(draws))


def cores_for(work: float, efficiencies: Mapping[int, float]) -> float:
    """The fewest cores that do the work of perfect ones.

    Between measured numbers of cores, throughput is interpolated linearly; beyond the largest, its efficiency
    is assumed to hold. Infinite if that efficiency is zero.

    :param work: the number of perfect cores.
    """
    done = [(0.0, 0.0), (1.0, 1.0)]
    done += [(float(count), count * share) for count, share in sorted(efficiencies.items()) if count > 1]
    for (fewer, less), (more, enough) in pairwise(done):
        if work <= enough and enough > less:
            return fewer + (more - fewer) * max(0.0, work - less) / (enough - less)
    last, together = done[-1]
    return work * last / together if together > 0 else math.inf


@dataclass(frozen=True, slots=True)
class Bytes:
    """TLS bytes of one handshake, or for one byte of application data."""

    up: float = 0.0
    down: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """A server's costs in processor time and TLS bytes; None for what was not measured.

    :param full_ns: of a full handshake; ``resumed_ns`` of a resumed one.
    :param byte_ns: of sealing and sending a byte.
    :param beyond_ns: of each connection beyond the library: in the kernel, and in the server's own program.
    :param memory_bytes: of an open connection.
    :param scaling: the throughput of several cores relative to one.
    """

    full_ns: Estimate
    full_bytes: Bytes
    resumed_ns: Estimate | None = None
    resumed_bytes: Bytes = Bytes()
    byte_ns: Estimate | None = None
    byte_bytes: Bytes = Bytes()
    beyond_ns: Estimate | None = None
    memory_bytes: Estimate | None = None
    scaling: Scaling = Scaling()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the processor time of connections.

    :param share: the share of connections that have it.
    :param each_ns: its time in each of these.
    :param cores: the cores that it keeps busy.
    """

    name: str
    share: float
    each_ns: Estimate
    cores: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """The resources that a server needs.

    :param parts: they add up to ``busy_cores``.
    :param cores: with headroom, and with the losses of scaling.
    :param memory_bytes: of the TLS library for open connections, with headroom; None if there are none, or if
        it was not measured.
    :param up_bits_per_s: on the line from clients, with headroom; ``down_bits_per_s`` to them.
    """

    parts: Sequence[Part]
    busy_cores: Estimate
    cores: Estimate
    memory_bytes: Estimate | None
    up_bits_per_s: float
    down_bits_per_s: float


def size(demand: Demand, costs: Costs) -> Sizing:
    """The resources that a server with these costs needs.

    :raises ValueError: if a cost that the demand involves is unknown, unless it is the memory.
    """
    rate, resumed = demand.connections_per_s, demand.resumed
    parts = [
        Part(
            "full handshakes", 1 - resumed, costs.full_ns, costs.full_ns * (rate * (1 - resumed) / _NS_PER_S)
        )
    ]
    if resumed:
        parts.append(_part("resumed handshakes", resumed, costs.resumed_ns, 1.0, rate))
    if demand.transfer_bytes:
        parts.append(_part("records", 1.0, costs.byte_ns, demand.transfer_bytes, rate))
    if costs.beyond_ns is not None:
        parts.append(_part("beyond TLS", 1.0, costs.beyond_ns, 1.0, rate))
    busy = sum((part.cores for part in parts[1:]), parts[0].cores)
    free = 1 - demand.headroom
    memory = costs.memory_bytes if demand.open_connections else None
    up, down = (
        rate * (1 - resumed) * full + rate * resumed * again + rate * demand.transfer_bytes * record
        for full, again, record in (
            (costs.full_bytes.up, costs.resumed_bytes.up, costs.byte_bytes.up),
            (costs.full_bytes.down, costs.resumed_bytes.down, costs.byte_bytes.down),
        )
    )
    return Sizing(
        parts=parts,
        busy_cores=busy,
        cores=costs.scaling.cores_for(busy / free),
        memory_bytes=None if memory is None else memory * (demand.open_connections / free),
        up_bits_per_s=8 * FRAME * up / free,
        down_bits_per_s=8 * FRAME * down / free,
    )


def _part(name: str, share: float, cost_ns: Estimate | None, times: float, rate: float) -> Part:
    if cost_ns is None:
        raise ValueError(f"the cost of {name} is not known")
    each_ns = cost_ns * times
    return Part(name, share, each_ns, each_ns * (rate * share / _NS_PER_S))


def share_with_lifetime(share: float, lifetime_s: float, other_s: float) -> float:
    """The share that would resume with another ticket lifetime.

    This assumes that each client comes back at random, at a constant rate (a Poisson process): the share that
    comes back within a lifetime L is 1 − exp(−L / τ), and τ follows from the present share and lifetime.

    :param share: the share of connections that resume now, from 0 to below 1.
    :param lifetime_s: the present ticket lifetime; ``other_s`` is the other.
    """
    gone: float = (1 - share) ** (other_s / lifetime_s)
    return 1 - gone
