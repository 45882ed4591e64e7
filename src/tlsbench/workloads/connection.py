"""The common base of cells that need a TLS connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tlsbench.implementations import (
    ClientContext,
    DatagramClientContext,
    DatagramServerContext,
    ServerContext,
)
from tlsbench.links import STREAM, DatagramLink, Link, WireReader
from tlsbench.pki import Peers
from tlsbench.scenarios import Scenario
from tlsbench.workloads.exchange import Connection, shake_hands
from tlsbench.workloads.proof import Proof
from tlsbench.workloads.sample import Clock


@dataclass(slots=True)
class ConnectionCell:
    """A scenario with everything that was made for it; contexts and link are its own.

    ``shake`` makes a connection from the contexts and the link; ``reader`` reads what went over the link.
    """

    scenario: Scenario
    peers: Peers
    clients: ClientContext | DatagramClientContext
    servers: ServerContext | DatagramServerContext
    link: Link | DatagramLink
    clock: Clock
    reader: WireReader = field(default=STREAM, kw_only=True)
    shake: Callable[..., Connection] = field(default=shake_hands, kw_only=True)
    _proof: Proof | None = field(default=None, init=False)

    def proof(self) -> Mapping[str, object]:
        return self._proof.record() if self._proof is not None else {}

    def close(self) -> None:
        self.link.close()
