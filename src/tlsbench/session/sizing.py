"""The arithmetic of capacity: from what is asked of a server and what each part of it costs to what it needs.

Processor time is nanoseconds of one core, rates are of a second, sizes bytes. Of ``R`` new connections a
second a share ``s`` resumes, each is sent ``T`` bytes of application data, and ``O`` are open::

    busy cores = R × ((1 − s) × full + s × resumed + T × per byte + beyond TLS) / 10⁹
    cores      = the least n with n × efficiency(n) ≥ busy cores / (1 − headroom)
    memory     = O × memory of a connection / (1 − headroom)
    line       = R × ((1 − s) × full + s × resumed + T × bytes of record per byte) × 8 × frame / (1 −
    headroom)

Each cost is an :class:`~tlsbench.stats.Estimate`, whose interval is carried through by the bootstrap.
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
#: An Ethernet frame of full size takes the line for 1,538 bytes (with preamble and gap), of which 1,448 are
#: TCP's payload (IPv4, timestamps). Acknowledgements and smaller frames come on top.
FRAME: Final = 1538 / 1448
#: Tickets of TLS 1.3 live for seven days at most (RFC 8446 section 4.6.1).
MOST_TICKET_SECONDS: Final = 7 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is asked of a server.

    :param connections_per_s: new connections.
    :param resumed: the share of them that resume a session, from 0 to 1.
    :param transfer_bytes: application data that the server sends on each.
    :param open_connections: how many are open at once.
    :param headroom: the share of each resource that is to stay free, from 0 to below 1.
    """

    connections_per_s: float
    resumed: float = 0.0
    transfer_bytes: int = 0
    open_connections: int = 0
    headroom: float = 0.0


@dataclass(frozen=True, slots=True)
class Scaling:
    """What several cores do of what one does, as measured.

    :param efficiencies: by the number of threads: what they do together over what one does times their
        number. Without any it is taken to be linear.
    :param is_void: whether that was measured, and its controls did not come out.
    """

    efficiencies: Mapping[int, Estimate] = field(default_factory=dict)
    is_void: bool = False

    @property
    def is_measured(self) -> bool:
        """Whether there are any."""
        return bool(self.efficiencies)

    @property
    def most(self) -> int:
        """The largest number that was measured; 1 without."""
        return max(self.efficiencies, default=1)

    def cores_for(self, work: Estimate) -> Estimate:
        """The least cores that do the work of perfect ones, in each draw by its own efficiencies."""
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
    """The least cores that do the work of perfect ones.

    Between two measured numbers what they do together is on a line; beyond the largest, the efficiency is
    taken to stay what it was there. Infinite if more cores do no more.

    :param work: the number of perfect ones.
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
    """TLS bytes of one handshake, or of one byte of application data."""

    up: float = 0.0
    down: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a server pays, in processor time and bytes of TLS; None for what was not measured.

    :param full_ns: of a full handshake; ``resumed_ns`` of a resumed one.
    :param byte_ns: of a byte that is sealed and sent.
    :param beyond_ns: of each connection beyond the library: the kernel, and the server's own program.
    :param memory_bytes: of an open connection.
    :param scaling: what several cores do of what one does.
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
    """A part of a connection's processor time.

    :param share: of how many connections it is a part.
    :param each_ns: where it is one.
    :param cores: that are busy with it.
    """

    name: str
    share: float
    each_ns: Estimate
    cores: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """What a server needs.

    :param parts: of which ``busy_cores`` is the sum.
    :param cores: with headroom, and with what is lost as they are several.
    :param memory_bytes: of the TLS library for its open connections, with headroom; None without any, or if
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
    """What a server needs that pays these costs.

    :raises ValueError: if a cost is not known that is asked for, but for the memory.
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
    """The share that would resume if tickets lived for another time.

    As if each client came back by chance, at the same rate at any time (a Poisson process): the share that
    comes back within a lifetime L is 1 − exp(−L / τ), and τ follows from the share with the present one.

    :param share: of connections that resume now, from 0 to below 1.
    :param lifetime_s: of tickets now; ``other_s`` the other.
    """
    gone: float = (1 - share) ** (other_s / lifetime_s)
    return 1 - gone
