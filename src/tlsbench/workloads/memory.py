"""``workload=memory``: the memory that an open connection keeps on each side, and its peak in the handshake.

A sample's figures are bytes, counted by the allocator itself: what malloc(3) has allocated and not freed,
before and after each step of a side. Python's own objects come from malloc too, as the process runs with
``PYTHONMALLOC=malloc``, and freed blocks are not held back, as it runs without malloc's per-thread caches;
see :data:`ENVIRONMENT`.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from tlsbench.errors import MeasurementError
from tlsbench.implementations import ClientContext, Endpoint, ServerContext
from tlsbench.links import Direction, Link
from tlsbench.units import BYTES
from tlsbench.workloads.connection import ConnectionCell
from tlsbench.workloads.exchange import Exchange
from tlsbench.workloads.proof import prove
from tlsbench.workloads.sample import Sample

#: The environment that a process needs to count its memory.
ENVIRONMENT: Final[Mapping[str, str]] = {
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
}
#: The connections open at once in a sample, so that a library's one-time allocations weigh little.
CONNECTIONS: Final = 16
_MOST_STEPS: Final = 32


class _Mallinfo(ctypes.Structure):
    """``struct mallinfo2`` of mallinfo(3)."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in [
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        ]
    )


@cache
def _mallinfo() -> Callable[[], _Mallinfo]:
    try:
        function = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError, TypeError):
        raise MeasurementError("workload=memory needs glibc 2.33 or newer, for its mallinfo2(3)") from None
    function.restype = _Mallinfo
    found: Callable[[], _Mallinfo] = function
    return found


def allocated_bytes() -> int:
    """The bytes that malloc(3) has allocated and not freed, including mapped blocks.

    :raises MeasurementError: if the C library does not report them.
    """
    info = _mallinfo()()
    return int(info.uordblks + info.hblkhd)


@dataclass(slots=True)
class _Side:
    """The memory that one side of a connection keeps, and the most that it kept between two steps."""

    kept_bytes: int = 0
    peak_bytes: int = 0

    def make(self, step: Callable[[], Endpoint]) -> Endpoint:
        """Make an end."""
        before = allocated_bytes()
        endpoint = step()
        self._add(allocated_bytes() - before)
        return endpoint

    def take(self, endpoint: Endpoint, received: bytes) -> bytes:
        """Let an end process what the other has sent.

        :returns: what it sends, which is in transit and not counted as its own.
        """
        before = allocated_bytes()
        if received:
            endpoint.receive_data(received)
        if endpoint.handshake():
            endpoint.read()  # session tickets
        sent = endpoint.data_to_send()
        self._add(allocated_bytes() - before - (sys.getsizeof(sent) if sent else 0))
        return sent

    def _add(self, grown_bytes: int) -> None:
        self.kept_bytes += grown_bytes
        self.peak_bytes = max(self.peak_bytes, self.kept_bytes)


@dataclass(slots=True)
class Memory(ConnectionCell):
    """A cell of open connections, over streams."""

    clients: ClientContext
    servers: ServerContext
    link: Link

    def __post_init__(self) -> None:
        if any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
            needed = " ".join(f"{name}={value}" for name, value in ENVIRONMENT.items())
            raise MeasurementError(f"workload=memory must run in a process of its own, with {needed}")

    def sample(self) -> Sample:
        sides = [(_Side(), _Side()) for _ in range(CONNECTIONS)]
        opened = [self._open(client, server) for client, server in sides]
        for exchange in opened:
            self._proof = prove(exchange, self.scenario, self.peers, "none", reader=self.reader)
        for exchange in opened:
            exchange.close()
        kept = [sum(side.kept_bytes for side in of_one) for of_one in zip(*sides, strict=True)]
        peaks = [sum(side.peak_bytes for side in of_one) for of_one in zip(*sides, strict=True)]
        if min(kept) <= 0:
            raise MeasurementError(
                "a connection uses no memory from malloc: its library has its own allocator"
            )
        return Sample(
            client=kept[0],
            server=kept[1],
            total=sum(kept),
            operations=CONNECTIONS,
            phases={"client_peak": peaks[0], "server_peak": peaks[1]},
            unit=BYTES,
        )

    def visit(self, rewarm: int, samples: int) -> list[Sample]:  # noqa: ARG002 - there is no cache to warm
        return [self.sample() for _ in range(samples)]

    def _open(self, one: _Side, other: _Side) -> Exchange:
        """Run a handshake to its end, including the tickets that follow it."""
        self.link.take_ledger()
        client = one.make(lambda: self.clients.connect(None, b""))
        server = other.make(self.servers.accept)
        to_client = b""
        for _ in range(_MOST_STEPS):
            to_server = one.take(client, to_client)
            if to_server:
                to_server = self.link.carry(Direction.TO_SERVER, to_server)
            elif not to_client:
                return Exchange(client, server, 0, 0, 0, self.link.take_ledger())
            to_client = other.take(server, to_server)
            if to_client:
                to_client = self.link.carry(Direction.TO_CLIENT, to_client)
        raise MeasurementError(f"the handshake did not end within {_MOST_STEPS} steps")
